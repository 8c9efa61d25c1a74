//! Founts that come and go.

use std::num::NonZeroUsize;
use std::pin::pin;

use tubes::fan::{self, Refused};
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Kind, Reason, founts};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

#[test]
fn an_input_added_while_downstream_is_not_ready_is_not_pulled_until_it_is() {
    let (handle, set) = fan::merge_set(TWO);
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let mut flow = pin!(set.flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let (one, other) = (FakeFount::new([1, 2]), FakeFount::new([3]));
    let (first, second) = (one.handle(), other.handle());
    handle.add(one).unwrap();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    handle.add(other).unwrap();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((first.pulled(), second.pulled()), (0, 0));
    sink.allow(1);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!(first.pulled() + second.pulled(), 1);
    sink.allow(9);
    handle.finish();
    executor.run(flow).unwrap();
    assert_eq!(sink.count(), 3);
}

#[test]
fn an_input_that_has_ended_leaves_room_and_is_not_asked_again() {
    let (handle, set) = fan::merge_set(TWO);
    let mut set = pin!(set);
    let mut executor = Executor::new(&Schedule::eager());
    let short = FakeFount::new([1]);
    let gone = short.handle();
    handle.add(short).unwrap();
    handle
        .add(FakeFount::new([]).open())
        .unwrap();
    let refused = handle
        .add(FakeFount::new([5]))
        .unwrap_err();
    assert!(matches!(refused.refused, Refused::Full(2)));
    assert_eq!(executor.run(set.next()).unwrap(), Some(1));
    assert!(
        executor
            .run_until_stalled(pin!(set.next()))
            .is_pending()
    );
    assert!(gone.is_dropped());
    handle.add(refused.fount).unwrap();
    assert_eq!(executor.run(set.next()).unwrap(), Some(5));
    assert!(
        executor
            .run_until_stalled(pin!(set.next()))
            .is_pending()
    );
    assert_eq!(gone.polls(), 2, "an item, and its end");
}

#[test]
fn a_set_that_waits_is_woken_by_what_is_added_and_by_the_last_handle() {
    let (handle, set) = fan::merge_set(TWO);
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = pin!(set.flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let other = handle.clone();
    other.add(founts::iter([1, 2])).unwrap();
    assert!(executor.is_woken());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    handle.finish();
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    other.finish();
    assert!(executor.is_woken());
    executor.run(flow).unwrap();
    assert_eq!(sink.items(), [1, 2]);
}

#[test]
fn every_input_of_a_stopped_set_hears_it_those_that_had_not_begun_too() {
    let (handle, set) = fan::merge_set(TWO);
    let mut set = Box::pin(set);
    let mut executor = Executor::new(&Schedule::eager());
    let (begun, added) = (FakeFount::new([1, 2]), FakeFount::new([3]));
    let sources = [begun.handle(), added.handle()];
    handle.add(begun).unwrap();
    assert_eq!(executor.run(set.next()).unwrap(), Some(1));
    handle.add(added).unwrap();
    set.as_mut().stop(&Reason::Enough);
    for source in &sources {
        assert!(matches!(source.stops().as_slice(), [Reason::Enough]));
    }
    let late = handle
        .add(FakeFount::new([4]))
        .unwrap_err();
    assert!(matches!(late.refused, Refused::Over(Reason::Enough)));
    drop(set);
    assert!(
        sources
            .iter()
            .all(|source| source.is_dropped())
    );

    let (handle, set) = fan::merge_set::<founts::Once<u8>>(TWO);
    drop(set);
    let late = handle.add(founts::once(1)).unwrap_err();
    let Refused::Over(Reason::Failed(error)) = late.refused else {
        panic!("a set that was dropped takes no more");
    };
    assert_eq!(error.kind(), Kind::Abandoned);
}
