//! Writers as drains: order, completeness, what may wait, ends and failures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use support::chance::Chance;
use support::fake_io::{FakeWriter, Manners};
use tubes::testing::laws;
use tubes::{Drain, Error, Fount, Kind, Reason, founts, io};

use super::kit::{awkward, content, cx, run};

#[test]
fn what_is_written_is_what_was_received_and_never_more_waits_than_the_bound_and_one_item() {
    for seed in 0..300 {
        let chance = &mut Chance::new(seed);
        let bounds = [0, 1, 100, 5000, 256 * 1024];
        let bound = bounds[chance.below(bounds.len())];
        let manners = awkward(chance);
        let longest = manners.most.clamp(30, 20_000);
        let (writer, life) = FakeWriter::new(manners);
        let mut drain = pin!(io::write(writer).with_bound(bound));
        let mut all = Vec::new();
        for _ in 0..chance.below(40) {
            let largest = [1, 30, 1023, longest][chance.below(4)];
            let len = chance.below(largest + 1);
            let item = content(chance, len);
            while drain
                .as_mut()
                .poll_ready(&mut cx())
                .is_pending()
            {}
            let held = all.len() - life.written();
            assert!(
                held < bound.max(1),
                "seed {seed}: ready with {held} of {bound}"
            );
            all.extend_from_slice(&item);
            drain
                .as_mut()
                .receive(Bytes::from(item))
                .unwrap();
            if chance.once_in(4) {
                drop(drain.as_mut().poll_flush(&mut cx()));
            }
        }
        while drain
            .as_mut()
            .poll_stopped(&mut cx(), &Reason::Finished)
            .map(|output| output.unwrap())
            .is_pending()
        {}
        let record = life.so_far();
        assert!(
            record.bytes == all,
            "seed {seed}: other bytes than received"
        );
        assert_eq!((record.shutdowns, record.dropped), (1, true), "seed {seed}");
    }
}

#[test]
fn nothing_is_written_below_the_bound_and_nothing_received_at_it() {
    let manners = Manners {
        fails: None,
        most: 10,
        ..Manners::BEST
    };
    let (writer, life) = FakeWriter::new(manners);
    let mut drain = pin!(io::write(writer).with_bound(20));
    let ready = |drain: Pin<&mut io::Write<FakeWriter>>| drain.poll_ready(&mut cx());
    for _ in 0..2 {
        assert!(matches!(ready(drain.as_mut()), Poll::Ready(Ok(()))));
        drain
            .as_mut()
            .receive(Bytes::from_static(&[1; 19]))
            .unwrap();
        assert!(life.written() <= 20);
        if life.written() == 0 {
            assert_eq!(life.so_far().calls, 0);
        }
    }
    // 38 are held; two writes of 10 leave 18.
    assert!(matches!(ready(drain.as_mut()), Poll::Ready(Ok(()))));
    assert_eq!(life.written(), 20);
    assert_eq!(format!("{drain:?}"), "write(18 of 20)");
}

#[test]
fn an_item_larger_than_the_bound_is_taken_whole_and_nothing_behind_it_before_it_is_written() {
    let manners = Manners {
        awkward: Some((1, Chance::new(1))),
        ..Manners::BEST
    };
    let (writer, _life) = FakeWriter::new(manners);
    let mut drain = pin!(io::write(writer).with_bound(10));
    assert!(
        drain
            .as_mut()
            .poll_ready(&mut cx())
            .is_ready()
    );
    drain
        .as_mut()
        .receive(Bytes::from(vec![0; 1_000_000]))
        .unwrap();
    assert!(
        drain
            .as_mut()
            .poll_ready(&mut cx())
            .is_pending()
    );
    assert_eq!(format!("{drain:?}"), "write(1000000 of 10)");
}

#[test]
fn thousands_of_small_items_leave_in_few_writes() {
    let (writer, life) = FakeWriter::new(Manners::BEST);
    let items = founts::iter((0..20_000).map(|_| Bytes::from_static(b"ten bytes!")));
    run(items.flow_to(io::write(writer))).unwrap();
    let record = life.so_far();
    assert_eq!(record.bytes.len(), 200_000);
    assert_eq!((record.writes, record.flushes, record.shutdowns), (1, 1, 1));
}

#[test]
fn a_flush_without_news_asks_nothing_of_the_writer() {
    let (writer, life) = FakeWriter::new(Manners::BEST);
    let mut drain = pin!(io::write(writer));
    for _ in 0..3 {
        assert!(
            drain
                .as_mut()
                .poll_flush(&mut cx())
                .is_ready()
        );
    }
    assert_eq!(life.so_far().calls, 0);
    drain
        .as_mut()
        .receive(Bytes::from_static(b"news"))
        .unwrap();
    for _ in 0..3 {
        assert!(
            drain
                .as_mut()
                .poll_flush(&mut cx())
                .is_ready()
        );
    }
    assert_eq!((life.so_far().writes, life.so_far().flushes), (1, 1));
}

/// The kinds of all answers that a drain gives when it is over.
fn last_answers(drain: &mut io::Write<FakeWriter>) -> Vec<Kind> {
    let mut drain = Pin::new(drain);
    let mut reasons = vec![
        drain
            .as_mut()
            .receive(Bytes::from_static(b"late")),
    ];
    for poll in [
        drain.as_mut().poll_ready(&mut cx()),
        drain.as_mut().poll_flush(&mut cx()),
        drain
            .as_mut()
            .poll_stopped(&mut cx(), &Reason::Finished)
            .map_err(Reason::Failed),
    ] {
        let Poll::Ready(answer) = poll else {
            panic!("over, and pending");
        };
        reasons.push(answer);
    }
    let kind = |reason: Result<(), Reason>| {
        reason
            .unwrap_err()
            .error()
            .unwrap()
            .kind()
    };
    reasons.into_iter().map(kind).collect()
}

#[test]
fn a_writer_that_fails_at_any_point_is_dropped_without_shutdown_and_its_error_told() {
    let broken = Kind::Io(ErrorKind::BrokenPipe);
    for vectored in [true, false] {
        // Calls of the writer in a run that goes well: writes, one flush, one shutdown.
        let (writer, life) = FakeWriter::new(Manners {
            vectored,
            most: 1000,
            ..Manners::BEST
        });
        let items = || founts::iter([700, 5, 5, 2000, 1]).map(|len| Bytes::from(vec![3; len]));
        run(items().flow_to(io::write(writer).with_bound(100))).unwrap();
        let calls = life.so_far().calls;
        assert!(calls >= 5);
        for point in 0..calls {
            let fails = Some((point, ErrorKind::BrokenPipe));
            let (writer, life) = FakeWriter::new(Manners {
                vectored,
                most: 1000,
                fails,
                ..Manners::BEST
            });
            let mut drain = io::write(writer).with_bound(100);
            let mut fount = items();
            let error = run(by_hand(&mut fount, &mut drain)).unwrap_err();
            assert_eq!(
                (error.kind(), error.stage()),
                (broken, Some("write")),
                "at {point}"
            );
            assert_eq!((life.so_far().shutdowns, life.so_far().dropped), (0, true));
            assert_eq!(last_answers(&mut drain), [broken; 4]);
        }
    }
}

/// What the driver of a flow does, and the two ends outlive it.
async fn by_hand<F>(fount: &mut F, drain: &mut io::Write<FakeWriter>) -> Result<(), Error>
where
    F: Fount<Item = Bytes> + Unpin,
{
    let mut drain = Pin::new(drain);
    let reason = loop {
        if let Err(reason) = std::future::poll_fn(|cx| drain.as_mut().poll_ready(cx)).await {
            break reason;
        }
        match fount.next_or_reason().await {
            Ok(item) => drain.as_mut().receive(item).unwrap(),
            Err(reason) => break reason,
        }
    };
    std::future::poll_fn(|cx| drain.as_mut().poll_stopped(cx, &reason)).await
}

#[test]
fn a_writer_that_takes_nothing_is_a_failure() {
    let (writer, _life) = FakeWriter::new(Manners {
        most: 0,
        ..Manners::BEST
    });
    let error = run(founts::once(Bytes::from_static(b"a")).flow_to(io::write(writer)));
    assert_eq!(error.unwrap_err().kind(), Kind::Io(ErrorKind::WriteZero));
}

#[test]
fn a_failed_flow_and_a_dropped_drain_abort_and_a_finished_one_is_used_up() {
    let (writer, life) = FakeWriter::new(Manners::BEST);
    let mut drain = io::write(writer);
    Pin::new(&mut drain)
        .receive(Bytes::from_static(b"half of"))
        .unwrap();
    let reason = Reason::Failed(Error::new(Kind::Timeout));
    let stopped = Pin::new(&mut drain).poll_stopped(&mut cx(), &reason);
    assert!(matches!(stopped, Poll::Ready(Err(error)) if error.kind() == Kind::Timeout));
    assert_eq!((life.so_far().calls, life.so_far().dropped), (0, true));
    assert_eq!(last_answers(&mut drain), [Kind::Timeout; 4]);

    let (writer, life) = FakeWriter::new(Manners::BEST);
    let mut drain = io::write(writer);
    Pin::new(&mut drain)
        .receive(Bytes::from_static(b"half of"))
        .unwrap();
    drop(drain);
    assert_eq!((life.so_far().calls, life.so_far().dropped), (0, true));

    let (writer, life) = FakeWriter::new(Manners::BEST);
    let mut drain = io::write(writer);
    run(by_hand(&mut founts::empty::<Bytes>(), &mut drain)).unwrap();
    assert_eq!((life.so_far().shutdowns, life.so_far().dropped), (1, true));
    assert_eq!(last_answers(&mut drain), [Kind::UsedAfterEnd; 4]);
}

#[test]
fn a_write_keeps_the_laws() {
    let fits = [(usize::MAX, 100, 2000), (1, 1, 20), (1000, 100_000, 2000)];
    for (most, bound, largest) in fits {
        let items = [7, 5, 0, 5, largest, 1].map(|len| Bytes::from(vec![3; len]));
        let manners = || {
            let awkward = Some((3, Chance::new(5)));
            Manners {
                most,
                awkward,
                ..Manners::BEST
            }
        };
        let make = || io::write(FakeWriter::new(manners()).0).with_bound(bound);
        laws::drain(make, items.to_vec(), |()| ()).check();
    }
}
