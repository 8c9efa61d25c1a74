//! Branches of a broadcast that come late, or do not come.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, fan, founts};

use super::kit::bound;

fn next<F: Fount + Unpin>(fount: &mut F) -> Poll<Result<F::Item, Reason>> {
    Pin::new(fount).poll_next(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn those_that_are_there_are_all_when_nobody_else_can_come() {
    // How many it waits for, how many come, whether the handle goes before the branches do.
    for (wanted, came, handle_first, due) in [
        (2, 0, true, Some(Kind::Abandoned)),
        (2, 1, true, None),
        (2, 1, false, None),
        (3, 2, true, None),
        (2, 2, false, None),
        (1, 1, false, None),
    ] {
        let (feed, handle) = fan::broadcast::<u32>(bound(9));
        let source = FakeFount::new(0..).open();
        let hand = source.handle();
        let flow = source.flow_to(feed.start_when(bound(wanted)));
        let mut flow = Box::pin(flow);
        let mut executor = Executor::new(&Schedule::eager());
        let branches: Vec<_> = (0..came)
            .map(|_| handle.subscribe())
            .collect();
        let mut polled: Poll<Result<(), Error>> = Poll::Pending;
        let mut goes = [false, true];
        if handle_first {
            goes.reverse();
        }
        let (mut branches, mut handle) = (Some(branches), Some(handle));
        for is_handle in goes {
            if is_handle {
                drop(handle.take());
            } else {
                drop(branches.take());
            }
            if polled.is_pending() {
                polled = executor.run_until_stalled(flow.as_mut());
            }
        }
        let Poll::Ready(ended) = polled else {
            panic!("{wanted}, {came}, {handle_first}: it waits");
        };
        let case = format!("{wanted}, {came}, {handle_first}");
        let kind = ended.err().map(|error| error.kind());
        assert_eq!(kind, due, "{case}");
        assert_eq!(hand.stops().len(), 1, "{case}");
    }
}

#[test]
fn a_replay_is_not_cut_short_by_room_that_the_feed_has_asked_for_and_not_used() {
    // The ring is full of items that everybody has had.
    let (feed, handle) = fan::broadcast(bound(4));
    let mut first = handle.subscribe();
    let source = FakeFount::new(0..4).open();
    let hand = source.handle();
    let mut flow = Box::pin(source.flow_to(feed.keeping(4)));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    for _ in 0..4 {
        assert!(next(&mut first).is_ready());
    }
    // It asks for more room, and finds nothing to put there.
    assert!(
        executor
            .poll(flow.as_mut())
            .is_pending()
    );
    let mut late = handle.subscribe().replaying(9);
    assert_eq!(format!("{late:?}"), "branch(4 of 4)");
    // What it holds back counts: there is no room for another.
    hand.push(4);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert!(matches!(next(&mut first), Poll::Pending));
    for item in 0..5 {
        assert!(matches!(next(&mut late), Poll::Ready(Ok(came)) if came == item));
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
    }
    hand.end(Reason::Finished);
    assert!(
        flow.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    );
    assert_eq!(
        format!("{:?}", handle.subscribe().replaying(9)),
        "branch(4 of 4)"
    );
}

#[test]
fn a_replay_leaves_the_room_that_the_feed_was_promised() {
    let (mut feed, handle) = fan::broadcast(bound(2));
    feed = feed.keeping(2);
    let mut first = handle.subscribe();
    let mut cx = Context::from_waker(Waker::noop());
    for item in 0..2 {
        assert!(
            Pin::new(&mut feed)
                .poll_ready(&mut cx)
                .is_ready()
        );
        Pin::new(&mut feed)
            .receive(item)
            .unwrap();
    }
    assert!(next(&mut first).is_ready() && next(&mut first).is_ready());
    assert!(
        Pin::new(&mut feed)
            .poll_ready(&mut cx)
            .is_ready()
    );
    let late = handle.subscribe().replaying(2);
    assert_eq!(format!("{late:?}"), "branch(1 of 2)");
    Pin::new(&mut feed).receive(2).unwrap();
    assert_eq!(format!("{late:?}"), "branch(2 of 2)");
}

#[test]
fn what_came_before_a_panic_in_the_source_is_heard_before_the_end() {
    let (feed, handle) = fan::broadcast(bound(9));
    let mut branch = handle.subscribe();
    let source = founts::iter(0..).map(|n| if n < 3 { n } else { panic!("enough of it") });
    let mut flow = Box::pin(source.flow_to(feed));
    let mut cx = Context::from_waker(Waker::noop());
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        flow.as_mut().poll(&mut cx).is_ready()
    }));
    assert!(polled.is_err());
    drop(flow);
    for item in 0..3 {
        assert!(matches!(next(&mut branch), Poll::Ready(Ok(came)) if came == item));
    }
    let end = next(&mut branch);
    let is_abandoned = |error: &Error| error.kind() == Kind::Abandoned;
    assert!(matches!(end, Poll::Ready(Err(Reason::Failed(error))) if is_abandoned(&error)));
}
