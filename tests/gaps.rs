//! Places that drop items, and readers that take their time over each gap, too.

use std::num::NonZeroUsize;
use std::pin::{Pin, pin};

use tubes::stages::Dropping;
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Lossy, bound, fan, stages};

const TURNS: u32 = 30;

/// What came to a reader that takes one thing a turn, while more is sent than there is room for.
fn slowly(bound: NonZeroUsize, dropping: Option<Dropping>) -> Vec<Lossy<u32>> {
    let source = FakeFount::new([]).open();
    let drain = FakeDrain::new().by_hand();
    let (feed, sink) = (source.handle(), drain.handle());
    let mut executor = Executor::new(&Schedule::eager());
    let mut flow: Pin<Box<dyn Future<Output = ()>>> = if let Some(dropping) = dropping {
        let buffer = stages::buffer_dropping(bound, dropping);
        let flow = source.through(buffer).flow_to(drain);
        Box::pin(async { flow.await.unwrap() })
    } else {
        let (broadcast, room) = fan::broadcast(bound);
        let branch = room.subscribe_lossy().flow_to(drain);
        let sent = source.flow_to(broadcast);
        Box::pin(async {
            tokio::try_join!(sent, branch).unwrap();
        })
    };
    for turn in 0..TURNS {
        for n in 0..10 {
            feed.push(turn * 10 + n);
        }
        let mut polled = pin!(flow.as_mut());
        assert!(
            executor
                .run_until_stalled(polled.as_mut())
                .is_pending()
        );
        sink.allow(1);
        assert!(
            executor
                .run_until_stalled(polled)
                .is_pending()
        );
    }
    sink.items()
}

#[test]
fn behind_each_gap_comes_an_item_however_slow_the_reader() {
    let places = [Some(Dropping::Oldest), Some(Dropping::Newest), None];
    for (dropping, bound) in places
        .into_iter()
        .flat_map(|place| [1, 2, 8].map(|items| (place, bound(items))))
    {
        let came = slowly(bound, dropping);
        let gaps_in_a_row = came
            .windows(2)
            .any(|two| matches!(two, [Lossy::Gap(_), Lossy::Gap(_)]));
        assert!(!gaps_in_a_row, "{dropping:?}, {bound}: {came:?}");
        // Nothing is lost in silence: each item stands where the gaps before it say.
        let mut due = 0;
        for lossy in &came {
            match lossy {
                Lossy::Gap(missing) => due += u32::try_from(missing.get()).unwrap(),
                Lossy::Item(n) => {
                    assert_eq!(*n, due, "{dropping:?}, {bound}: {came:?}");
                    due += 1;
                }
            }
        }
        assert!(due > 10, "{dropping:?}, {bound}: {came:?}");
    }
}
