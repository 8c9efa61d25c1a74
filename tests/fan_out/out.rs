//! Drains of drains: who refuses where, who hears which end, who waits for whom.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, drains, fan};

use super::kit::{below, failed, fakes, is_same, reasons};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

type Junction = Pin<Box<dyn Drain<u32, Output = ()>>>;

/// A junction whose output does not matter.
fn boxed<D: Drain<u32> + 'static>(drain: D) -> Junction {
    Box::pin(Quiet(Box::pin(drain)))
}

struct Quiet<D>(Pin<Box<D>>);

impl<D: Drain<u32>> Drain<u32> for Quiet<D> {
    type Output = ();

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        self.0.as_mut().poll_ready(cx)
    }
    fn receive(mut self: Pin<&mut Self>, item: u32) -> Result<(), Reason> {
        self.0.as_mut().receive(item)
    }
    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        self.0.as_mut().poll_flush(cx)
    }
    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.0
            .as_mut()
            .poll_stopped(cx, reason)
            .map_ok(drop)
    }
}

/// A junction over three branches.
fn junction(make: &dyn Fn() -> [FakeDrain<u32>; 3], at: usize) -> (&'static str, Junction) {
    let three = |n: &u32| (n % 3) as usize;
    match at {
        0 => ("to_all", boxed(fan::to_all(make()))),
        1 => ("to_all isolating", boxed(fan::to_all(make()).isolating())),
        2 => ("balance", boxed(fan::balance(make()))),
        3 => ("balance isolating", boxed(fan::balance(make()).isolating())),
        4 => ("partition", boxed(fan::partition(make(), three))),
        _ => (
            "partition isolating",
            boxed(fan::partition(make(), three).isolating()),
        ),
    }
}

type Make = fn() -> FakeDrain<u32>;

#[test]
fn every_end_reaches_every_branch_once_whatever_it_does() {
    let states: [(&str, Make); 4] = [
        ("open", FakeDrain::new),
        ("slow to end", || FakeDrain::new().lingering(3)),
        ("has left", || {
            FakeDrain::new().refusing(1, Place::Ready, Reason::Enough)
        }),
        ("leaves when flushed", || {
            FakeDrain::new().refusing(0, Place::Flush, Reason::Enough)
        }),
    ];
    for reason in reasons() {
        for (state, make) in states {
            for number in 0..6 {
                let looks = std::cell::RefCell::new(Vec::new());
                let three = || {
                    let three = [make(), FakeDrain::new(), FakeDrain::new().lingering(1)];
                    *looks.borrow_mut() = three
                        .each_ref()
                        .map(FakeDrain::handle)
                        .to_vec();
                    three
                };
                let (name, drain) = junction(&three, number);
                let source = FakeFount::new(0..9).ending(reason.clone());
                let result = executor().run(source.flow_to(drain));
                assert_eq!(
                    result.is_ok(),
                    reason.is_clean(),
                    "{name}, {state}, {reason:?}"
                );
                for (at, look) in looks.borrow().iter().enumerate() {
                    let left = at == 0 && look.refused().is_some();
                    let due = if left { &Reason::Enough } else { &reason };
                    let end = look.end();
                    assert!(
                        is_same(end.as_ref(), due),
                        "{name} {at}, {state}: {end:?}, {due:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_branch_that_refuses_leaves_alone_and_one_that_fails_ends_all_unless_isolated() {
    for number in 0..6 {
        for place in [Place::Ready, Place::Receive, Place::Flush] {
            for reason in [Reason::Enough, failed()] {
                let looks = std::cell::RefCell::new(Vec::new());
                let three = || {
                    let bad = FakeDrain::new().refusing(1, place, reason.clone());
                    let three = [FakeDrain::new(), bad, FakeDrain::new()];
                    *looks.borrow_mut() = three
                        .each_ref()
                        .map(FakeDrain::handle)
                        .to_vec();
                    three
                };
                let (name, drain) = junction(&three, number);
                let source = FakeFount::new(0..9).open();
                let hand = source.handle();
                let mut flow = Box::pin(source.flow_to(drain));
                let mut executor = executor();
                let mut result = executor.run_until_stalled(flow.as_mut());
                let case = format!("{name}, {place:?}, {reason:?}");
                let ends_all = !reason.is_clean() && !name.ends_with("isolating");
                assert_eq!(result.is_ready(), ends_all, "{case}");
                if !ends_all {
                    hand.push(9);
                    hand.end(Reason::Finished);
                    result = executor.run_until_stalled(flow.as_mut());
                }
                let Poll::Ready(result) = result else {
                    panic!("{case}: it waits");
                };
                assert_eq!(result.is_ok(), !ends_all, "{case}");
                let due = if ends_all { &reason } else { &Reason::Finished };
                let looks = looks.borrow();
                for at in [0, 2] {
                    assert!(is_same(looks[at].end().as_ref(), due), "{case}: {at}");
                }
                assert!(is_same(looks[1].end().as_ref(), &reason), "{case}");
                if !ends_all {
                    let came: usize = looks
                        .iter()
                        .map(|look| look.count())
                        .sum();
                    let lost = looks[1].lost();
                    let due = match number {
                        0 | 1 => 10 + 10 + looks[1].count(),
                        2 | 3 => 10 - lost,
                        // 0, 3, 6, 9 and 2, 5, 8, and of the other one what it took.
                        _ => 7 + looks[1].count(),
                    };
                    assert_eq!(came, due, "{case}");
                    assert!(hand.stops().is_empty(), "{case}");
                }
            }
        }
    }
}

#[test]
fn when_the_last_branch_has_left_the_source_hears_enough() {
    for number in 0..6 {
        let three = || {
            std::array::from_fn(|at| FakeDrain::new().refusing(at, Place::Ready, Reason::Enough))
        };
        let (name, drain) = junction(&three, number);
        let source = FakeFount::new(0..).open();
        let hand = source.handle();
        executor()
            .run(source.flow_to(drain))
            .unwrap();
        assert!(matches!(hand.stops()[..], [Reason::Enough]), "{name}");
    }
    let source = FakeFount::new(0..);
    let hand = source.handle();
    let nobody = fan::to_all(Vec::<FakeDrain<u32>>::new());
    assert!(
        executor()
            .run(source.flow_to(nobody))
            .unwrap()
            .is_empty()
    );
    assert_eq!(hand.pulled(), 0);
}

#[test]
fn the_slowest_of_all_sets_the_pace_and_gets_every_item() {
    let (drains, [fast, slow]) = fakes(|at| match at {
        0 => FakeDrain::new(),
        _ => FakeDrain::new().by_hand(),
    });
    let source = FakeFount::new(0..9);
    let hand = source.handle();
    let mut flow = Box::pin(source.flow_to(fan::to_all(drains)));
    let mut executor = executor();
    for allowed in [0, 1, 4] {
        slow.allow(allowed);
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(hand.pulled(), slow.count());
        assert_eq!(fast.items(), slow.items());
    }
    slow.allow(9);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_ready()
    );
    assert_eq!(slow.items(), (0..9).collect::<Vec<_>>());
}

#[test]
fn the_last_branch_gets_the_item_itself() {
    #[derive(Debug)]
    struct Counted(std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Self(self.0.clone())
        }
    }
    let clones = std::sync::Arc::default();
    let items = [Counted(std::sync::Arc::clone(&clones))];
    let drains = [drains::null(), drains::null(), drains::null()];
    executor()
        .run(FakeFount::new(items).flow_to(fan::to_all(drains)))
        .unwrap();
    assert_eq!(clones.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[test]
fn balance_passes_over_who_is_not_ready_and_is_fair_to_who_is() {
    let (drains, [a, slow, c]) = fakes(|at| match at {
        1 => FakeDrain::new().by_hand(),
        _ => FakeDrain::new(),
    });
    let source = FakeFount::new(0..9).open();
    let hand = source.handle();
    let mut flow = Box::pin(source.flow_to(fan::balance(drains)));
    let mut executor = executor();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((a.count(), slow.count(), c.count()), (5, 0, 4));
    slow.allow(1);
    for item in 9..12 {
        hand.push(item);
    }
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((a.count(), slow.count(), c.count()), (6, 1, 5));
}

#[test]
fn partition_holds_one_item_for_a_branch_that_is_not_ready_and_ends_behind_it() {
    let (drains, [even, odd]) = fakes(|at| match at {
        1 => FakeDrain::new().by_hand(),
        _ => FakeDrain::new(),
    });
    let source = FakeFount::new([0, 2, 1]);
    let hand = source.handle();
    let by_parity = fan::partition(drains, |n: &u32| (n % 2) as usize);
    assert_eq!(
        format!("{by_parity:?}"),
        "partition(0 of 1) [fake_drain(0 received), fake_drain(0 received)]"
    );
    let mut flow = Box::pin(source.flow_to(by_parity));
    let mut executor = executor();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!(
        (hand.pulled(), even.items(), odd.count()),
        (3, vec![0, 2], 0)
    );
    // Whoever is not waited for may have heard the end by now.
    odd.allow(1);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_ready()
    );
    assert_eq!(odd.items(), [1]);
    assert!(matches!(odd.end(), Some(Reason::Finished)));
    assert!(matches!(even.end(), Some(Reason::Finished)));
}

#[test]
fn partition_pulls_no_more_while_it_holds_one_and_drops_what_nobody_wants() {
    let (drains, [even, odd]) = fakes(|at| match at {
        1 => FakeDrain::new().by_hand(),
        _ => FakeDrain::new().refusing(1, Place::Ready, Reason::Enough),
    });
    let source = FakeFount::new([0, 2, 4, 1, 3]);
    let hand = source.handle();
    let by_parity = fan::partition(drains, |n: &u32| (n % 2) as usize);
    let mut flow = Box::pin(source.flow_to(by_parity));
    let mut executor = executor();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert!(hand.pulled() <= 4, "law 1: {} pulled", hand.pulled());
    odd.allow(9);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_ready()
    );
    assert_eq!((even.items(), odd.items()), (vec![0], vec![1, 3]));
    assert!(matches!(even.end(), Some(Reason::Enough)));
}

#[test]
fn an_isolated_failure_is_in_the_output_of_its_branch() {
    let (drains, _) = fakes(|at| match at {
        1 => FakeDrain::new().refusing(2, Place::Receive, failed()),
        _ => FakeDrain::new(),
    });
    let made: [Result<(), Error>; 3] = executor()
        .run(FakeFount::new(0..5).flow_to(fan::to_all(drains).isolating()))
        .unwrap();
    let kinds = made.map(|made| made.map_err(|error| error.kind()));
    assert_eq!(kinds, [Ok(()), Err(Kind::Timeout), Ok(())]);

    let (drains, _) = fakes::<2>(|_| FakeDrain::new());
    let broken = FakeFount::new(0..5).ending(failed());
    let all = executor().run(broken.flow_to(fan::to_all(drains).isolating()));
    assert_eq!(all.unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn all_finish_at_the_same_time() {
    let (drains, _) = fakes::<8>(|_| FakeDrain::new().lingering(5));
    let mut executor = executor();
    executor
        .run(FakeFount::new(0..3).flow_to(fan::to_all(drains)))
        .unwrap();
    assert!(executor.polls() < 10, "{} polls", executor.polls());
}

#[test]
fn junctions_keep_every_item_under_random_schedules() {
    for seed in 0..300 {
        let schedule = Schedule::seeded(seed);
        let leaver = below(&schedule, 4);
        let after = below(&schedule, 9);
        let number = usize::try_from(seed % 6).unwrap();
        let looks = std::cell::RefCell::new(Vec::new());
        let three = || {
            let three = std::array::from_fn(|at| {
                // Three that withdraw their readiness at random are hardly ever ready at once.
                let drain = if at < 2 {
                    FakeDrain::new().scheduled(&schedule)
                } else {
                    FakeDrain::new()
                };
                if at == leaver {
                    drain.refusing(after, Place::Ready, Reason::Enough)
                } else {
                    drain
                }
            });
            *looks.borrow_mut() = three
                .each_ref()
                .map(FakeDrain::handle)
                .to_vec();
            three
        };
        let (name, drain) = junction(&three, number);
        let source = FakeFount::new(0..20).scheduled(&schedule);
        Executor::new(&schedule)
            .run(source.flow_to(drain))
            .unwrap();
        let looks = looks.borrow();
        let all: Vec<u32> = (0..20).collect();
        let mut came: Vec<u32> = looks
            .iter()
            .flat_map(|look| look.items())
            .collect();
        came.sort_unstable();
        for (at, look) in looks.iter().enumerate() {
            let due: Vec<u32> = match number {
                0 | 1 => all.clone(),
                2 | 3 => look.items(),
                _ => all
                    .iter()
                    .copied()
                    .filter(|n| *n as usize % 3 == at)
                    .collect(),
            };
            assert!(due.starts_with(&look.items()), "{name}, seed {seed}");
            let whole = at != leaver || look.refused().is_none();
            assert!(!whole || look.items() == due, "{name}, seed {seed}, {at}");
        }
        if let 2 | 3 = number {
            assert_eq!(came, all, "{name}, seed {seed}");
        }
    }
}

#[test]
fn a_flow_into_a_junction_may_be_dropped_at_every_poll() {
    for polls in 0..12 {
        for number in 0..6 {
            let schedule = Schedule::seeded(polls);
            let looks = std::cell::RefCell::new(Vec::new());
            let three = || {
                let three = std::array::from_fn(|_| FakeDrain::new().scheduled(&schedule));
                *looks.borrow_mut() = three
                    .each_ref()
                    .map(FakeDrain::handle)
                    .to_vec();
                three
            };
            let (name, drain) = junction(&three, number);
            let source = FakeFount::new(0..20).scheduled(&schedule);
            let hand = source.handle();
            let mut flow = Box::pin(source.flow_to(drain));
            let mut executor = Executor::new(&schedule);
            for _ in 0..polls {
                schedule.fire();
                if executor.poll(flow.as_mut()).is_ready() {
                    break;
                }
            }
            drop(flow);
            let looks = looks.borrow();
            assert!(
                hand.is_dropped()
                    && looks
                        .iter()
                        .all(|look| look.is_dropped()),
                "{name}"
            );
            let came: usize = looks
                .iter()
                .map(|look| look.count())
                .sum();
            let due = match number {
                0 | 1 => 3 * hand.pulled(),
                _ => hand.pulled(),
            };
            let held = usize::from(number >= 4);
            assert!(came == due || came + held == due, "{name}: {came} of {due}");
        }
    }
}

#[test]
fn a_panic_in_the_question_of_a_partition_ends_in_the_driver() {
    let question = |_: &u32| -> usize { panic!("no idea") };
    let (drains, [look, _]) = fakes(|_| FakeDrain::new());
    let mut flow = pin!(FakeFount::new(0..3).flow_to(fan::partition(drains, question)));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        flow.as_mut().poll(&mut cx).is_ready()
    }));
    assert!(polled.is_err());
    assert_eq!(look.count(), 0);
}
