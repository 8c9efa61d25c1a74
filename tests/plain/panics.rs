//! Closures that panic where state matters: what is left behind holds its bounds and its ends.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Error, Fount, Kind, Reason, bound, founts, stages};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

/// Pulls until the end, past every panic: items, panics (as `None`), and the end.
fn pull_all<F>(fount: F) -> (Vec<Option<F::Item>>, Reason)
where
    F: Fount,
{
    let mut fount = Box::pin(fount);
    let mut all = Vec::new();
    loop {
        let pulled = catch_unwind(AssertUnwindSafe(|| executor().run(fount.next_or_reason())));
        match pulled {
            Ok(Ok(item)) => all.push(Some(item)),
            Ok(Err(end)) => return (all, end),
            Err(_) => all.push(None),
        }
        assert!(all.len() < 20, "an end is due");
    }
}

fn not_two(n: u32) -> u32 {
    assert!(n != 2, "two");
    n
}

/// Panics once, when a clone is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Brittle(u32);

impl Clone for Brittle {
    fn clone(&self) -> Self {
        Self(not_two(self.0))
    }
}

#[track_caller]
fn check<T: PartialEq + Debug>((items, end): (Vec<Option<T>>, Reason), expected: &[Option<T>]) {
    assert_eq!(items, expected);
    assert!(matches!(end, Reason::Finished), "{end:?}");
}

#[test]
fn a_state_stays_as_the_closure_left_it() {
    let sum = |sum: &mut u32, n: u32| {
        *sum += n;
        not_two(n);
        *sum
    };
    let source = || FakeFount::new([1, 2, 3]);
    check(pull_all(source().scan(0, sum)), &[Some(1), None, Some(6)]);
    let while_some = move |state: &mut u32, n| Some(sum(state, n));
    check(
        pull_all(source().through(stages::scan_while(0, while_some))),
        &[Some(1), None, Some(6)],
    );
}

#[test]
fn an_item_whose_question_panicked_is_neither_passed_nor_counted() {
    let source = || FakeFount::new([1, 2, 3]);
    let rest = [Some(1), None, Some(3)];
    check(pull_all(source().take_while(|n| not_two(*n) < 9)), &rest);
    check(pull_all(source().stop_when(|n| not_two(*n) > 9)), &rest);
    let weight = |n: &u32| usize::try_from(not_two(*n)).unwrap();
    check(
        pull_all(source().through(stages::limit_weight(4, weight))),
        &rest,
    );
    let key = |n: &u32| not_two(*n);
    check(
        pull_all(FakeFount::new([1, 2, 1, 3]).through(stages::dedup_by_key(key))),
        &[Some(1), None, Some(3)],
    );
    check(
        pull_all(source().skip_while(|n| not_two(*n) < 3)),
        &[None, Some(3)],
    );
}

#[test]
fn windows_keep_their_bound_when_a_clone_panics() {
    let source = FakeFount::new([1, 2, 3, 4, 5].map(Brittle));
    let windows = source
        .through(stages::sliding(bound(2)))
        .map(|window| (window[0].0, window[1].0));
    // Two of the windows have a 2 in them.
    check(pull_all(windows), &[None, None, Some((3, 4)), Some((4, 5))]);
}

#[test]
fn chunks_keep_what_they_hold_when_upstream_panics() {
    let chunks = founts::iter([1, 2, 3, 4, 5])
        .map(not_two)
        .boxed()
        .through(stages::chunks(bound(3)));
    check(
        pull_all(chunks),
        &[None, Some(vec![1, 3, 4]), Some(vec![5])],
    );
}

#[test]
fn a_flow_whose_run_panicked_tells_the_drain_no_clean_end() {
    let drain = FakeDrain::new();
    let seen = drain.handle();
    let mut flow = Box::pin(
        FakeFount::new([1, 2, 3])
            .scan(0, |_, n| not_two(n))
            .flow_to(drain),
    );
    let polled = catch_unwind(AssertUnwindSafe(|| executor().poll(flow.as_mut())));
    assert!(polled.is_err());
    drop(flow);
    assert_eq!(seen.items(), [1]);
    assert!(seen.end().is_none() && seen.is_dropped());
}

#[test]
fn a_failure_stands_when_what_should_change_it_panics() {
    let failing = || FakeFount::new([1_u32]).ending(Reason::Failed(Error::new(Kind::Timeout)));
    let ends: [(Vec<Option<u32>>, Reason); 3] = [
        pull_all(failing().through(stages::map_err(|_| -> Error { panic!("map_err") }))),
        pull_all(failing().through(stages::recover(|_| panic!("recover")))),
        pull_all(
            failing().through(stages::recover_with(1, |_| -> Option<FakeFount<u32>> {
                panic!("recover_with")
            })),
        ),
    ];
    for (items, end) in ends {
        assert_eq!(items, [Some(1), None]);
        assert_eq!(end.error().unwrap().kind(), Kind::Timeout);
    }
}

#[test]
fn an_unfold_whose_function_panicked_is_abandoned() {
    let next = |n: u32| {
        not_two(n);
        async move { Some((n, n + 1)) }
    };
    let (items, end) = pull_all(founts::unfold(0, next));
    assert_eq!(items, [Some(0), Some(1), None]);
    assert_eq!(end.error().unwrap().kind(), Kind::Abandoned);
    let mut stopped = Box::pin(founts::unfold(2, next));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        executor().run(stopped.next_or_reason())
    }));
    assert!(panicked.is_err());
    Pin::as_mut(&mut stopped).stop(&Reason::Enough);
    assert!(matches!(
        executor().run(stopped.next_or_reason()),
        Err(Reason::Enough)
    ));
}
