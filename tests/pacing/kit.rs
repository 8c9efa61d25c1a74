//! Plays a table of steps: what is done, and what comes of it at once.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tubes::testing::{Executor, FakeDrain, FakeFount, FakeFountHandle, ManualClock, Schedule};
use tubes::{Error, Fount, Kind, Reason};

/// What is done in a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Do {
    /// Upstream has this item.
    Push(u32),
    /// Upstream ends.
    End,
    /// Upstream fails.
    Fail,
    /// So many milliseconds pass.
    Pass(u64),
    /// Downstream has room for so many more; without any such step, always.
    Allow(u64),
    /// So many items must have been pulled.
    Pulled(usize),
}

/// How the flow is driven.
#[derive(Clone, Copy, Debug)]
enum Way {
    InRuns,
    ItemByItem,
}

/// Plays the steps, in runs and item by item, and gives the result, if there was one.
pub(super) fn play<F>(
    name: &str,
    attach: impl Fn(FakeFount<u32>, ManualClock) -> F,
    steps: &[(Do, &[F::Item])],
) -> Option<Result<(), Error>>
where
    F: Fount<Item: PartialEq + Debug + Clone> + 'static,
{
    let mut results = [Way::InRuns, Way::ItemByItem].map(|way| {
        let fount = FakeFount::new([]).open();
        let (source, clock) = (fount.handle(), ManualClock::new());
        let fount = attach(fount, clock.clone());
        play_one(
            &format!("{name}, {way:?}"),
            way,
            fount,
            (&source, &clock),
            steps,
        )
    });
    let [first, second] = &results;
    assert_eq!(
        format!("{first:?}"),
        format!("{second:?}"),
        "{name}: the same in both ways"
    );
    results[0].take()
}

fn play_one<F>(
    name: &str,
    way: Way,
    fount: F,
    (source, clock): (&FakeFountHandle<u32>, &ManualClock),
    steps: &[(Do, &[F::Item])],
) -> Option<Result<(), Error>>
where
    F: Fount<Item: PartialEq + Debug + Clone> + 'static,
{
    let is_by_hand = |(step, _): &(Do, _)| matches!(step, Do::Allow(_));
    let drain = FakeDrain::new();
    let drain = if steps.iter().any(is_by_hand) {
        drain.by_hand()
    } else {
        drain
    };
    let sink = drain.handle();
    let mut flow: Pin<Box<dyn Future<Output = _>>> = match way {
        Way::InRuns => Box::pin(fount.flow_to(drain)),
        Way::ItemByItem => Box::pin(fount.boxed_local().flow_to(drain)),
    };
    let mut executor = Executor::new(&Schedule::eager());
    let mut result = Poll::Pending;
    drop(executor.run_until_stalled(flow.as_mut()));
    let mut seen = 0;
    for (number, (step, expected)) in steps.iter().enumerate() {
        match *step {
            Do::Push(item) => source.push(item),
            Do::End => source.end(Reason::Finished),
            Do::Fail => source.end(
                Error::new(Kind::Abandoned)
                    .at("source")
                    .into(),
            ),
            Do::Pass(millis) => clock.advance(ms(millis)),
            Do::Allow(items) => sink.allow(items),
            Do::Pulled(items) => assert_eq!(source.pulled(), items, "{name}, step {number}"),
        }
        // Only what was woken is polled: so no wake may be lost.
        if result.is_pending() && executor.is_woken() {
            result = executor.run_until_stalled(flow.as_mut());
        }
        let items = sink.items();
        assert_eq!(items[seen..], **expected, "{name}, step {number}: {step:?}");
        seen = items.len();
    }
    let Poll::Ready(result) = result else {
        return None;
    };
    let told = sink.end().unwrap().into_result();
    assert_eq!(format!("{told:?}"), format!("{result:?}"), "{name}");
    Some(result)
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
