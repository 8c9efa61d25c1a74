//! Every end in every state of a boundary, on either side.

use std::pin::Pin;
use std::task::Poll;

use tubes::boundary::{Entry, Exit, Place};
use tubes::{Drain, Error, Fount, Kind, Reason, boundary};

use super::kit::{Bell, bound, cx, next, offer};

/// What has happened before the end; the number is how many items are still inside.
const STATES: [(&str, usize, usize, usize); 6] = [
    ("nothing has entered", 0, 0, 0),
    ("some have entered", 2, 0, 2),
    ("some are taken out", 3, 1, 2),
    ("all are handed on", 2, 2, 0),
    ("it is full", 4, 0, 4),
    ("it is full and some are taken out", 4, 1, 3),
];

/// A boundary of four items in one of the states.
fn state<P: Place>(
    (mut entry, mut exit): (Entry<usize, P>, Exit<usize, P>),
    (_, entered, left, _): (&str, usize, usize, usize),
) -> (Entry<usize, P>, Exit<usize, P>) {
    for item in 0..entered {
        assert!(offer(&mut entry, item, &mut cx()));
    }
    for item in 0..left {
        assert!(matches!(next(&mut exit, &mut cx()), Some(Ok(next)) if next == item));
    }
    (entry, exit)
}

fn failure() -> Reason {
    Reason::Failed(Error::new(Kind::Timeout).at("far away"))
}

fn same(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (Reason::Failed(one), Reason::Failed(other)) => {
            (one.kind(), one.stage()) == (other.kind(), other.stage())
        }
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// The entry ends in every state, said or dropped: all comes, then the reason, again and again.
fn the_entry_ends<P: Place>(make: impl Fn() -> (Entry<usize, P>, Exit<usize, P>)) {
    for case in STATES {
        let said = [Reason::Finished, Reason::Enough, failure()];
        for said in said.map(Some).into_iter().chain([None]) {
            let (mut entry, mut exit) = state(make(), case);
            if let Some(reason) = &said {
                let ended = Pin::new(&mut entry).poll_stopped(&mut cx(), reason);
                assert!(
                    matches!(ended, Poll::Ready(result) if result.is_ok() == reason.is_clean())
                );
            }
            drop(entry);
            let due = said.unwrap_or_else(Reason::abandoned);
            let came = std::iter::from_fn(|| next(&mut exit, &mut cx())?.ok()).count();
            assert_eq!(came, case.3, "{}, {due:?}", case.0);
            for _ in 0..2 {
                let end = next(&mut exit, &mut cx());
                assert!(
                    matches!(&end, Some(Err(end)) if same(end, &due)),
                    "{}: {end:?} instead of {due:?}",
                    case.0
                );
            }
            assert!(
                Pin::new(&mut exit)
                    .poll_progress(&mut cx())
                    .is_ready()
            );
        }
    }
}

/// The exit ends in every state, stopped or dropped: the entry hears it, asked in any way.
fn the_exit_ends<P: Place>(make: impl Fn() -> (Entry<usize, P>, Exit<usize, P>)) {
    for case in STATES {
        let said = [Reason::Finished, Reason::Enough, failure()];
        for said in said.map(Some).into_iter().chain([None]) {
            for way in 0..3 {
                let (mut entry, mut exit) = state(make(), case);
                if let Some(reason) = &said {
                    Pin::new(&mut exit).stop(reason);
                    Pin::new(&mut exit).stop(&Reason::abandoned());
                    let end = next(&mut exit, &mut cx());
                    assert!(matches!(&end, Some(Err(end)) if same(end, reason)));
                }
                drop(exit);
                let due = said
                    .clone()
                    .unwrap_or_else(Reason::abandoned);
                let mut entry = Pin::new(&mut entry);
                let heard = match way {
                    0 => entry.as_mut().poll_ready(&mut cx()),
                    1 => entry.as_mut().poll_flush(&mut cx()),
                    _ => Poll::Ready(entry.as_mut().receive(9)),
                };
                assert!(
                    matches!(&heard, Poll::Ready(Err(heard)) if same(heard, &due)),
                    "{}, asked in way {way}: {heard:?} instead of {due:?}",
                    case.0
                );
                let ended = entry.poll_stopped(&mut cx(), &due);
                assert!(matches!(ended, Poll::Ready(result) if result.is_ok() == due.is_clean()));
            }
        }
    }
}

#[test]
fn the_end_of_the_entry_comes_behind_all_that_has_entered() {
    the_entry_ends(|| boundary::pair(bound(4)));
    the_entry_ends(|| boundary::local(bound(4)));
}

#[test]
fn the_end_of_the_exit_is_heard_by_the_entry() {
    the_exit_ends(|| boundary::pair(bound(4)));
    the_exit_ends(|| boundary::local(bound(4)));
}

#[test]
fn the_first_end_counts() {
    let (mut entry, mut exit) = boundary::pair::<u8>(bound(1));
    for reason in [Reason::Finished, failure()] {
        let ended = Pin::new(&mut entry).poll_stopped(&mut cx(), &reason);
        assert!(ended.is_ready());
    }
    drop(entry);
    assert!(matches!(
        next(&mut exit, &mut cx()),
        Some(Err(Reason::Finished))
    ));
}

#[test]
fn whoever_waits_is_woken_once_by_an_end() {
    let (bell, waker) = Bell::new();
    let mut woken = std::task::Context::from_waker(&waker);

    // The exit waits for items, and the entry finishes or is dropped.
    for finishes in [true, false] {
        let (mut entry, mut exit) = boundary::pair::<u8>(bound(1));
        assert!(next(&mut exit, &mut woken).is_none());
        if finishes {
            let ended = Pin::new(&mut entry).poll_stopped(&mut cx(), &Reason::Finished);
            assert!(ended.is_ready());
        }
        drop(entry);
        assert_eq!(bell.take(), 1);
    }
    // The entry waits for a source, or for room, and the exit is stopped or dropped.
    for is_full in [true, false] {
        for stops in [true, false] {
            let (mut entry, mut exit) = boundary::pair(bound(1));
            if is_full {
                assert!(offer(&mut entry, 1, &mut woken));
                assert!(!offer(&mut entry, 2, &mut woken));
            } else {
                let flushed = Pin::new(&mut entry).poll_flush(&mut woken);
                assert!(matches!(flushed, Poll::Ready(Ok(()))));
            }
            if stops {
                Pin::new(&mut exit).stop(&Reason::Enough);
            }
            drop(exit);
            assert_eq!(bell.take(), 1);
        }
    }
}

/// Whoever tries again behind its end is refused with it, and nothing enters.
fn an_ended_entry_refuses<P: Place>(make: impl Fn() -> (Entry<usize, P>, Exit<usize, P>)) {
    for case in STATES {
        for said in [Reason::Finished, Reason::Enough, failure()] {
            let (mut entry, mut exit) = state(make(), case);
            let _output = Pin::new(&mut entry).poll_stopped(&mut cx(), &said);
            let refuses = |entry: &mut Entry<usize, P>| {
                let ready = Pin::new(&mut *entry).poll_ready(&mut cx());
                let flushed = Pin::new(&mut *entry).poll_flush(&mut cx());
                let received = Pin::new(&mut *entry).receive(9);
                for answer in [ready, flushed, Poll::Ready(received)] {
                    assert!(
                        matches!(&answer, Poll::Ready(Err(end)) if same(end, &said)),
                        "{}: {answer:?} instead of {said:?}",
                        case.0
                    );
                }
            };
            refuses(&mut entry);
            let came = std::iter::from_fn(|| next(&mut exit, &mut cx())?.ok()).count();
            assert_eq!(came, case.3, "{}, {said:?}", case.0);
            refuses(&mut entry);
            drop(exit);
            refuses(&mut entry);
        }
    }
}

#[test]
fn an_entry_that_has_ended_takes_no_more_whoever_is_there() {
    an_ended_entry_refuses(|| boundary::pair(bound(4)));
    an_ended_entry_refuses(|| boundary::local(bound(4)));
}
