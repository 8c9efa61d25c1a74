//! Readers as founts: order, completeness, one read a pull, ends and failures.

use std::io::ErrorKind;
use std::pin::Pin;

use bytes::Bytes;
use support::chance::Chance;
use support::fake_io::{FakeReader, Manners};
use tubes::testing::laws;
use tubes::{Fount, Kind, Reason, drains, founts, io};

use super::kit::{awkward, content, cx, run};

const NO_BYTES: &[u8] = &[];

#[test]
fn what_a_reader_has_comes_out_whole_and_in_order() {
    for seed in 0..200 {
        let chance = &mut Chance::new(seed);
        let manners = awkward(chance);
        let largest = manners.most.clamp(9000, 300_000);
        let len = chance.below(largest);
        let all = content(chance, len);
        let (reader, life) = FakeReader::new(&all, manners);
        let buffer = [0, 20_000, 256 * 1024][chance.below(3)];
        let largest = buffer.max(8 * 1024);
        let mut fount = io::read(reader).with_buffer(buffer);
        let (read, reason) = run(async {
            let mut read = Vec::new();
            loop {
                match fount.next_or_reason().await {
                    Ok(segment) => {
                        assert!((1..=largest).contains(&segment.len()), "seed {seed}");
                        read.extend_from_slice(&segment);
                    }
                    Err(reason) => return (read, reason),
                }
            }
        });
        assert!(read == all, "seed {seed}: other bytes than there were");
        assert!(matches!(reason, Reason::Finished));
        assert!(life.so_far().dropped, "over, and keeps the reader");
        assert!(matches!(run(fount.next_or_reason()), Err(Reason::Finished)));
    }
}

#[test]
fn a_reader_is_read_once_a_pull_and_not_at_all_without_one() {
    let (reader, life) = FakeReader::new(
        &[1; 100],
        Manners {
            most: 10,
            ..Manners::BEST
        },
    );
    let mut fount = io::read(reader);
    for pulls in 0..5 {
        assert_eq!(life.so_far().calls, pulls);
        assert!(
            Pin::new(&mut fount)
                .poll_progress(&mut cx())
                .is_ready()
        );
        assert_eq!(
            run(fount.next_or_reason())
                .unwrap()
                .len(),
            10
        );
    }
}

#[test]
fn the_failure_of_a_reader_is_told_behind_its_bytes() {
    let fails = Some((2, ErrorKind::ConnectionReset));
    let (reader, life) = FakeReader::new(
        &[1; 100],
        Manners {
            most: 10,
            fails,
            ..Manners::BEST
        },
    );
    let mut fount = io::read(reader);
    for _ in 0..2 {
        assert_eq!(
            run(fount.next_or_reason())
                .unwrap()
                .len(),
            10
        );
    }
    for _ in 0..2 {
        let Err(Reason::Failed(error)) = run(fount.next_or_reason()) else {
            panic!("no failure");
        };
        assert_eq!(error.kind(), Kind::Io(ErrorKind::ConnectionReset));
        assert_eq!(error.stage(), Some("read"));
    }
    assert!(life.so_far().dropped);
}

#[test]
fn a_stopped_fount_drops_its_reader_and_keeps_the_first_reason() {
    let (reader, life) = FakeReader::new(NO_BYTES, Manners::BEST);
    let mut fount = io::read(reader);
    Pin::new(&mut fount).stop(&Reason::Enough);
    Pin::new(&mut fount).stop(&Reason::Finished);
    assert!(life.so_far().dropped);
    assert!(matches!(run(fount.next_or_reason()), Err(Reason::Enough)));
    assert_eq!(life.so_far().calls, 0);
}

#[test]
fn an_echo_through_a_narrow_pipe_gives_all_back() {
    let all = content(&mut Chance::new(9), 300_000);
    let (near, far) = tokio::io::duplex(64);
    let (near_reader, near_writer) = tokio::io::split(near);
    let (far_reader, far_writer) = tokio::io::split(far);
    let segments = all
        .chunks(1000)
        .map(Bytes::copy_from_slice)
        .collect::<Vec<_>>();
    let (sent, echoed, heard) = run(async {
        tokio::join!(
            founts::iter(segments).flow_to(io::write(near_writer)),
            io::read(far_reader).flow_to(io::write(far_writer).with_bound(100)),
            io::read(near_reader).flow_to(drains::collect(all.len())),
        )
    });
    sent.and(echoed).unwrap();
    assert!(heard.unwrap().concat() == all);
}

#[test]
fn a_read_keeps_the_laws() {
    let all = b"bytes cut anywhere";
    let three = || {
        io::read(
            FakeReader::new(
                all,
                Manners {
                    most: 3,
                    ..Manners::BEST
                },
            )
            .0,
        )
    };
    laws::fount(
        three,
        all.chunks(3)
            .map(Bytes::copy_from_slice)
            .collect(),
    )
    .check();

    let one = || Manners {
        most: 1,
        awkward: Some((3, Chance::new(5))),
        ..Manners::BEST
    };
    let one = || io::read(FakeReader::new(all, one()).0);
    laws::fount(
        one,
        all.chunks(1)
            .map(Bytes::copy_from_slice)
            .collect(),
    )
    .check();

    laws::fair(io::read(tokio::io::repeat(7)));
}
