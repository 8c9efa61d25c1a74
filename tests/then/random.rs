//! Futures that wait at random, against a reference.

use proptest::prelude::{ProptestConfig, any};
use tubes::testing::{Executor, FakeDrain, FakeFount, Gate, Schedule};
use tubes::{Fount, stages};

use super::kit::{Order, most};

/// Passes so many gates of the schedule, then is done.
async fn hesitate(gates: Vec<Gate>) {
    for gate in gates {
        std::future::poll_fn(|cx| gate.poll_pass(cx)).await;
    }
}

/// Runs items 0 to `items` through futures that hesitate: what came out, and each item as its
/// future began and ended.
fn run(
    schedule: &Schedule,
    items: u32,
    futures: usize,
    order: Order,
    keys: u32,
) -> (Vec<u32>, Vec<(u32, bool)>) {
    let log = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let (gates, notes) = (schedule.clone(), std::rc::Rc::clone(&log));
    let call = move |item: u32| {
        let times = gates.below(4);
        let gates = (0..times)
            .map(|_| gates.gate())
            .collect();
        let notes = std::rc::Rc::clone(&notes);
        notes.borrow_mut().push((item, true));
        async move {
            hesitate(gates).await;
            notes.borrow_mut().push((item, false));
            item
        }
    };
    let drain = FakeDrain::new().scheduled(schedule);
    let (sink, source) = (drain.handle(), FakeFount::new(0..items).scheduled(schedule));
    let then = stages::then(call).at_most(most(futures));
    let then = order.of(then);
    let mut executor = Executor::new(schedule);
    if keys == 0 {
        executor.run(source.through(then).flow_to(drain))
    } else {
        let then = then.by_key(|item| item % keys);
        executor.run(source.through(then).flow_to(drain))
    }
    .unwrap();
    (sink.items(), log.take())
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_hesitates_everything_comes_once_in_order_within_the_bound(
        seed in any::<u64>(), items in 0..40_u32, futures in 1..9_usize, way in 0..2_usize, keys in 0..4_u32,
    ) {
        let order = Order::BOTH[way];
        let schedule = Schedule::seeded(seed);
        let (mut out, log) = run(&schedule, items, futures, order, keys);
        // Of one key, in order, in any way.
        for key in 0..keys {
            assert!(out.iter().filter(|item| *item % keys == key).is_sorted());
        }
        if order == Order::OfOutputs {
            out.sort_unstable();
        }
        assert_eq!(out, (0..items).collect::<Vec<_>>());
        let mut running: Vec<u32> = Vec::new();
        for (item, begins) in log {
            if begins {
                assert!(keys == 0 || running.iter().all(|other| other % keys != item % keys));
                running.push(item);
            } else {
                running.retain(|other| *other != item);
            }
            assert!(running.len() <= futures);
        }
        assert!(running.is_empty());
    }
}
