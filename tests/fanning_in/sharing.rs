//! Who gets how much, and who is asked.

use std::pin::pin;

use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, drains, fan, founts};

#[test]
fn a_source_that_is_always_ready_starves_nobody() {
    let mut executor = Executor::new(&Schedule::eager());
    let late = FakeFount::new([]).open();
    let hand = late.handle();
    let busy = (0..3).map(|_| FakeFount::new(std::iter::repeat(0)));
    let mut all = pin!(fan::merge(busy.chain([late])));
    for _ in 0..100 {
        assert_eq!(executor.run(all.next()).unwrap(), Some(0));
    }
    hand.push(1);
    let waited = (0..).take_while(|_| {
        executor
            .run(all.next_or_reason())
            .unwrap()
            == 0
    });
    // The bells are looked at every 64 items, then everybody has a turn of one.
    assert!(waited.count() <= 64 + 3);
}

#[test]
fn a_source_that_becomes_ready_waits_for_one_run_of_each_other() {
    let late = FakeFount::new([]).open();
    let hand = late.handle();
    let busy = || founts::iter(std::iter::repeat(0)).boxed();
    let mut waited = None;
    let mut count = 0;
    let look = |n: u32| {
        count += 1;
        match n {
            0 if count == 1000 => hand.push(1),
            1 => waited = Some(count - 1000),
            _ => {}
        }
        if waited.is_some() {
            Err("came")
        } else {
            Ok(())
        }
    };
    let flow =
        fan::merge([busy(), busy(), busy(), late.boxed()]).flow_to(drains::try_for_each(look));
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    // What is left of this poll, and then one run each.
    assert!(waited.unwrap() <= 64 * 256 + 3 * 256, "{waited:?}");
}

#[test]
fn shares_are_as_the_weights_for_a_fast_drain_and_for_a_slow_one() {
    let many = |n: usize| founts::iter(std::iter::repeat_n(n, 1_000_000));
    let merge = || fan::merge([many(0), many(1), many(2)]).weighted([5, 0, 2]);
    let mut executor = Executor::new(&Schedule::eager());
    let mut shares = [0; 3];
    let mut slow = pin!(merge());
    for _ in 0..800 {
        shares[executor
            .run(slow.next_or_reason())
            .unwrap()] += 1;
    }
    assert_eq!(shares, [500, 100, 200]);

    let mut shares = [0_u32; 3];
    let count = |n: usize| shares[n] += 1;
    let flow = merge()
        .take(80_000)
        .flow_to(drains::for_each(count));
    executor.run(flow).unwrap();
    for (share, due) in shares
        .into_iter()
        .zip([50_000, 10_000, 20_000])
    {
        assert!(share.abs_diff(due) < 600, "{shares:?}");
    }
}

#[test]
fn only_sources_that_were_woken_are_asked() {
    let founts: Vec<_> = (0..100)
        .map(|_| FakeFount::new([]).open())
        .collect();
    let sources: Vec<_> = founts
        .iter()
        .map(FakeFount::handle)
        .collect();
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = pin!(fan::merge(founts).flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let before: u64 = sources
        .iter()
        .map(|source| source.polls())
        .sum();
    for (n, source) in sources.iter().take(50).enumerate() {
        source.push(n);
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
    }
    let after: u64 = sources
        .iter()
        .map(|source| source.polls())
        .sum();
    assert_eq!(
        (sink.count(), after - before),
        (50, 100),
        "an item and a pending each"
    );
}

#[test]
fn a_pause_moves_those_that_were_pulled_or_woken_and_no_others() {
    let founts: Vec<_> = (0..100)
        .map(|n| FakeFount::new([n]).open())
        .collect();
    let sources: Vec<_> = founts
        .iter()
        .map(FakeFount::handle)
        .collect();
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let mut flow = pin!(fan::merge(founts).flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    let progress = || {
        sources
            .iter()
            .map(|source| source.progress())
            .sum::<u64>()
    };
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert!(progress() >= 100, "all of them once");
    let before = progress();
    for _ in 0..20 {
        sink.allow(1);
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
    }
    let moved = progress() - before;
    assert!(moved <= 60, "{moved} times, for 20 items");
}
