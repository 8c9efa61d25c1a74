//! Junctions that end: what cannot be delivered any more, and a second flow into an ended one.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, bound, drains, fan, founts, route};

use super::kit::{failed, is_same, reasons};

/// An ended drain answers with its end at once, takes nothing, and does not hang.
#[track_caller]
fn stays_over<D: Drain<u32>>(name: &str, drain: D) {
    let mut drain = pin!(drain);
    let mut executor = Executor::new(&Schedule::eager());
    let made = executor.run(FakeFount::new(0..3).flow_to(drain.as_mut()));
    assert!(made.is_ok(), "{name}");
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..2 {
        let ready = drain.as_mut().poll_ready(&mut cx);
        assert!(
            matches!(ready, Poll::Ready(Err(Reason::Finished))),
            "{name}: {ready:?}"
        );
        let flushed = drain.as_mut().poll_flush(&mut cx);
        assert!(
            matches!(flushed, Poll::Ready(Err(Reason::Finished))),
            "{name}: {flushed:?}"
        );
    }
    let again = FakeFount::new(5..9);
    let hand = again.handle();
    drop(executor.run(again.flow_to(drain.as_mut())));
    assert_eq!(hand.pulled(), 0, "{name}");
    assert!(matches!(hand.stops()[..], [Reason::Finished]), "{name}");
}

#[test]
fn a_drain_that_has_ended_answers_a_second_flow_with_its_end() {
    let two = || [drains::collect(9), drains::collect(9)];
    stays_over("to_all", fan::to_all(two()));
    stays_over("to_all isolating", fan::to_all(two()).isolating());
    stays_over("balance", fan::balance(two()));
    stays_over("partition", fan::partition(two(), |n| (*n % 2) as usize));
    let [a, b] = two();
    stays_over(
        "unzip",
        fan::unzip(a, b).behind(tubes::stages::map(|n| (n, n))),
    );
    let (feed, handle) = fan::broadcast(bound(9));
    let mut branch = handle.subscribe();
    stays_over("broadcast", feed);
    assert_eq!(
        all(&mut branch),
        ([0, 1, 2].into(), Some("Finished".into()))
    );
    let (router, routes) = route::router(bound(1), |_: &u32| ());
    let mut only = routes.open((), bound(9)).unwrap();
    stays_over("router", router);
    assert_eq!(all(&mut only), ([0, 1, 2].into(), Some("Finished".into())));
}

/// What can be pulled now, and the end.
fn all<F: Fount + Unpin>(fount: &mut F) -> (Vec<F::Item>, Option<String>) {
    let mut items = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut *fount).poll_next(&mut cx) {
            Poll::Ready(Ok(item)) => items.push(item),
            Poll::Ready(Err(reason)) => return (items, Some(format!("{reason:?}"))),
            Poll::Pending => return (items, None),
        }
    }
}

#[test]
fn the_end_that_an_ended_junction_answers_with_is_the_one_it_came_to() {
    for reason in reasons() {
        let mut drain = pin!(fan::to_all([drains::null(), drains::null()]));
        let source = FakeFount::new(0..3).ending(reason.clone());
        drop(Executor::new(&Schedule::eager()).run(source.flow_to(drain.as_mut())));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Err(end)) = Drain::<u32>::poll_ready(drain.as_mut(), &mut cx) else {
            panic!("{reason:?}: it takes more");
        };
        assert!(is_same(Some(&end), &reason), "{end:?}, {reason:?}");
    }
}

#[test]
fn a_failure_does_not_wait_for_the_branch_that_an_item_waits_for() {
    // As who is in front ends it: a timeout that looks at the clock while the drain is not ready.
    let (free, stuck) = (FakeDrain::new(), FakeDrain::new().by_hand());
    let looks = [free.handle(), stuck.handle()];
    let mut drain = pin!(fan::partition([free, stuck], |n: &u32| *n as usize));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        drain
            .as_mut()
            .poll_ready(&mut cx)
            .is_ready()
    );
    drain.as_mut().receive(1).unwrap();
    assert!(
        drain
            .as_mut()
            .poll_ready(&mut cx)
            .is_pending()
    );
    let made = drain
        .as_mut()
        .poll_stopped(&mut cx, &failed());
    assert!(
        matches!(&made, Poll::Ready(Err(error)) if error.kind() == Kind::Timeout),
        "{made:?}"
    );
    for look in looks {
        assert!(is_same(look.end().as_ref(), &failed()));
        assert_eq!(look.count(), 0);
    }
}

#[test]
fn a_branch_that_fails_at_the_end_frees_the_one_that_an_item_waits_for() {
    struct Fails;
    impl Drain<u32> for Fails {
        type Output = ();
        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Reason>> {
            Poll::Ready(Ok(()))
        }
        fn receive(self: Pin<&mut Self>, _: u32) -> Result<(), Reason> {
            Ok(())
        }
        fn poll_stopped(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &Reason,
        ) -> Poll<Result<(), Error>> {
            Poll::Ready(Err(Error::new(Kind::Timeout)))
        }
    }
    let stuck = FakeDrain::new().by_hand();
    let look = stuck.handle();
    let mut drain = pin!(fan::partition((Fails, stuck), |n: &u32| *n as usize));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        drain
            .as_mut()
            .poll_ready(&mut cx)
            .is_ready()
    );
    drain.as_mut().receive(1).unwrap();
    let made = drain
        .as_mut()
        .poll_stopped(&mut cx, &Reason::Finished);
    assert!(
        matches!(&made, Poll::Ready(Err(error)) if error.kind() == Kind::Timeout),
        "{made:?}"
    );
    assert!(is_same(look.end().as_ref(), &failed()));
}

#[test]
fn a_refusal_while_an_item_waits_reaches_upstream_once() {
    let bad = FakeDrain::new().refusing(0, Place::Flush, failed());
    let stuck = FakeDrain::new().by_hand();
    let look = stuck.handle();
    let source = FakeFount::new([1, 1]);
    let hand = source.handle();
    let flow = source.flow_to(fan::partition([bad, stuck], |n: &u32| *n as usize));
    let error = Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(is_same(look.end().as_ref(), &failed()));
    assert_eq!((hand.pulled(), hand.stops().len()), (1, 1));
}

#[test]
fn a_tube_that_has_no_farewell_leaves_those_of_the_others() {
    struct Bye(Result<(), Reason>, bool);
    impl tubes::Tube<u32> for Bye {
        type Out = u32;
        fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
            Ok(Some(item))
        }
        fn emit(&mut self) -> Result<Option<u32>, Reason> {
            Ok(std::mem::take(&mut self.1).then_some(99))
        }
        fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
            self.1 = true;
            self.0.clone()
        }
    }
    let tubes = [Bye(Err(Reason::Enough), false), Bye(Ok(()), false)];
    let all = founts::iter([1])
        .through(fan::thru(tubes))
        .flow_to(drains::collect(9));
    let all = Executor::new(&Schedule::eager()).run(all);
    assert_eq!(all.unwrap(), [1, 1, 99]);
}
