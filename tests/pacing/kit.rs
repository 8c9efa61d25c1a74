//! Plays a table of steps: what is done, and what comes of it at once.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tubes::testing::{Executor, FakeDrain, FakeFount, ManualClock, Schedule};
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

/// Plays the steps, with runs and item by item, and gives the result, if there was one.
pub(super) fn play<F>(
    name: &str,
    attach: impl Fn(FakeFount<u32>, ManualClock) -> F,
    steps: &[(Do, &[F::Item])],
) -> Option<Result<(), Error>>
where
    F: Fount<Item: PartialEq + Debug + Clone> + 'static,
{
    let mut results = [false, true].map(|is_boxed| {
        let name = format!("{name}{}", if is_boxed { ", boxed" } else { "" });
        play_one(&name, is_boxed, &attach, steps)
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
    is_boxed: bool,
    attach: &impl Fn(FakeFount<u32>, ManualClock) -> F,
    steps: &[(Do, &[F::Item])],
) -> Option<Result<(), Error>>
where
    F: Fount<Item: PartialEq + Debug + Clone> + 'static,
{
    let clock = ManualClock::new();
    let fount = FakeFount::new([]).open();
    let source = fount.handle();
    let is_by_hand = steps
        .iter()
        .any(|(step, _)| matches!(step, Do::Allow(_)));
    let drain = FakeDrain::new();
    let drain = if is_by_hand { drain.by_hand() } else { drain };
    let sink = drain.handle();
    let fount = attach(fount, clock.clone());
    let mut flow: Pin<Box<dyn Future<Output = _>>> = if is_boxed {
        Box::pin(fount.boxed_local().flow_to(drain))
    } else {
        Box::pin(fount.flow_to(drain))
    };
    let mut executor = Executor::new(&Schedule::eager());
    let mut result = None;
    let mut seen = 0;
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
            || steps.is_empty()
    );
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
        if result.is_none()
            && executor.is_woken()
            && let std::task::Poll::Ready(end) = executor.run_until_stalled(flow.as_mut())
        {
            result = Some(end);
        }
        let items = sink.items();
        assert_eq!(items[seen..], **expected, "{name}, step {number}: {step:?}");
        seen = items.len();
    }
    if let Some(result) = &result {
        let end = sink.end().unwrap();
        let told = end.into_result();
        assert_eq!(format!("{told:?}"), format!("{result:?}"), "{name}");
    }
    result
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
