//! Places that drop items, and readers that take their time over each gap, too.

use std::num::NonZeroUsize;
use std::pin::{Pin, pin};

use tubes::stages::Dropping;
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Error, Fount, Lossy, bound, fan, route, stages};

const TURNS: u32 = 30;

/// Where items are dropped.
#[derive(Clone, Copy, Debug)]
enum Place {
    Buffer(Dropping),
    Branch,
    Route(Dropping, Read),
}

#[derive(Clone, Copy, Debug)]
enum Read {
    Runs,
    One,
}

type Flow = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// What came to a reader that takes one thing a turn, while more is sent than there is room for.
fn slowly(bound: NonZeroUsize, place: Place) -> Vec<Lossy<u32>> {
    let source = FakeFount::new([]).open();
    let drain = FakeDrain::new().by_hand();
    let (feed, sink) = (source.handle(), drain.handle());
    let mut executor = Executor::new(&Schedule::eager());
    let mut flow: Pin<Box<dyn Future<Output = ()>>> = match place {
        Place::Buffer(dropping) => {
            let buffer = stages::buffer_dropping(bound, dropping);
            let flow = source.through(buffer).flow_to(drain);
            Box::pin(async { flow.await.unwrap() })
        }
        Place::Branch => {
            let (broadcast, room) = fan::broadcast(bound);
            let branch = room.subscribe_lossy().flow_to(drain);
            let sent = source.flow_to(broadcast);
            Box::pin(async {
                tokio::try_join!(sent, branch).unwrap();
            })
        }
        Place::Route(dropping, read) => {
            let (router, routes) = route::router(bound, |_: &u32| ());
            let route = match dropping {
                Dropping::Newest => routes.open_lossy((), bound),
                _ => routes.open_latest((), bound),
            };
            let route = route.unwrap();
            let route: Flow = match read {
                // By `poll_flow`, or by `poll_next`.
                Read::Runs => Box::pin(route.flow_to(drain)),
                Read::One => Box::pin(route.boxed_local().flow_to(drain)),
            };
            let sent = source.flow_to(router);
            Box::pin(async {
                tokio::try_join!(sent, route).unwrap();
            })
        }
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
    let places = [
        Place::Buffer(Dropping::Oldest),
        Place::Buffer(Dropping::Newest),
        Place::Branch,
        Place::Route(Dropping::Oldest, Read::Runs),
        Place::Route(Dropping::Oldest, Read::One),
        Place::Route(Dropping::Newest, Read::Runs),
        Place::Route(Dropping::Newest, Read::One),
    ];
    for (place, bound) in places
        .into_iter()
        .flat_map(|place| [1, 2, 8].map(|items| (place, bound(items))))
    {
        let came = slowly(bound, place);
        let gaps_in_a_row = came
            .windows(2)
            .any(|two| matches!(two, [Lossy::Gap(_), Lossy::Gap(_)]));
        assert!(!gaps_in_a_row, "{place:?}, {bound}: {came:?}");
        // Nothing is lost in silence: each item stands where the gaps before it say.
        let mut due = 0;
        for lossy in &came {
            match lossy {
                Lossy::Gap(missing) => due += u32::try_from(missing.get()).unwrap(),
                Lossy::Item(n) => {
                    assert_eq!(*n, due, "{place:?}, {bound}: {came:?}");
                    due += 1;
                }
            }
        }
        assert!(due > 10, "{place:?}, {bound}: {came:?}");
    }
}
