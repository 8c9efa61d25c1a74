//! The handle of a valve: what pauses flows from outside.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::pause::Pause;
use super::stage::ValveStage;
use super::state::{PausedBy, Pauses, Shut, fmt_valve};
use crate::flag::Flag;

/// A valve: pauses from outside the flows that go through its [`stage`](Valve::stage).
///
/// # Flow control
///
/// Holds no item. While a [`Pause`] is held, nothing is pulled through; what upstream owns keeps
/// moving, what downstream holds goes out, and nobody is woken. A pause holds from the moment in
/// which [`pause`](Valve::pause) returns: no item is asked for after it in the same task, and in
/// another one as soon as it can know. An item that was asked for before still comes: one that
/// pauses on its way *to* the valve is the last to pass.
///
/// Open, it costs two loads an item at most.
///
/// # Stopping
///
/// A stop goes through at once, paused or not. An end of upstream is behind the data, so it is
/// heard when the valve is open.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, Schedule};
/// use tubes::{Fount, founts};
///
/// let valve = tubes::valve();
/// let drain = FakeDrain::new();
/// let sink = drain.handle();
/// let mut flow = Box::pin(founts::iter(0..3).through(valve.stage()).flow_to(drain));
/// let mut executor = Executor::new(&Schedule::eager());
///
/// let pause = valve.pause("disk is full");
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// assert_eq!(sink.count(), 0);
/// assert_eq!(valve.pauses()[0].reason, "disk is full");
///
/// drop(pause);
/// executor.run(flow)?;
/// assert_eq!(sink.items(), [0, 1, 2]);
/// # Ok::<_, tubes::Error>(())
/// ```
#[must_use]
pub fn valve() -> Valve {
    Valve {
        shut: Flag::down(Pauses::default()),
    }
}

/// The handle of [`valve`]. Its clones are the same valve; it may be dropped, and the flows go on.
#[derive(Clone)]
pub struct Valve {
    shut: Arc<Shut>,
}

impl Valve {
    /// A stage that this valve pauses. One flow or many: all are paused together.
    pub fn stage(&self) -> ValveStage {
        ValveStage::new(&self.shut)
    }

    /// Shuts the valve until the guard is dropped. Guards count: the last one opens it.
    ///
    /// `reason` and the place of the call stand in the `Debug` of the flow, so that one that
    /// stands still says who holds it.
    ///
    /// A guard that is forgotten ([`std::mem::forget`]) pauses for ever, with its name and place;
    /// so keep it where it is dropped with what it waits for.
    #[track_caller]
    pub fn pause(&self, reason: impl Into<Cow<'static, str>>) -> Pause {
        let by = PausedBy {
            reason: reason.into(),
            place: Location::caller(),
        };
        let number = self
            .shut
            .change(|pauses| (true, pauses.take(by)));
        Pause::new(&self.shut, number)
    }

    /// Who holds it shut now, in the order in which they came. Nobody: it is open.
    #[must_use]
    pub fn pauses(&self) -> Vec<PausedBy> {
        self.shut
            .read(|pauses| pauses.held.values().cloned().collect())
    }

    /// Whether it is shut.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.shut.is_up()
    }
}

impl fmt::Debug for Valve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_valve(&self.shut, f)
    }
}
