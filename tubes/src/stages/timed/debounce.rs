//! The last item before a silence.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::alarm::{Alarm, after};
use crate::clock::{Ambient, Clock};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::{Take, Taking};
use crate::upstream::Upstream;

/// A stage that gives an item when no other has come after it for `quiet`: of a burst, the last.
///
/// What another one follows sooner is dropped: that is what it is for. To combine instead, see
/// [`chunks_within`](super::chunks_within()).
///
/// # Flow control
///
/// Holds one item. Pulls only while downstream is ready.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, what is held is delivered at once, before the end.
/// When downstream stops, or the flow is dropped, it is dropped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let all = founts::iter(["h", "he", "hello"])
///     .through(stages::debounce(Duration::from_millis(300)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(all, ["hello"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn debounce<T>(quiet: Duration) -> Debounce<T> {
    Debounce {
        latest: Latest {
            item: None,
            came: false,
        },
        quiet,
        clock: Ambient,
        alarm: Alarm::default(),
        due: None,
    }
}

/// The stage of [`debounce`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Debounce<T, C = Ambient> {
    latest: Latest<T>,
    quiet: Duration,
    clock: C,
    alarm: Alarm,
    /// When the latest item may go; nothing until a run has ended behind it.
    due: Option<Instant>,
}

struct Latest<T> {
    item: Option<T>,
    /// Another one came in this run.
    came: bool,
}

impl<T> Take<T> for Latest<T> {
    #[inline]
    fn has_room(&self) -> bool {
        true
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        self.item = Some(item);
        self.came = true;
        Ok(())
    }
}

impl<T, C> Debounce<T, C> {
    /// The same stage with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> Debounce<T, D> {
        Debounce {
            latest: self.latest,
            quiet: self.quiet,
            clock,
            alarm: self.alarm,
            due: self.due,
        }
    }

    fn give(&mut self) -> Option<T> {
        self.due = None;
        self.latest.item.take()
    }
}

// Nothing in it is pinned.
impl<T, C> Unpin for Debounce<T, C> {}

impl<T, U: Fount<Item = T>, C: Clock> Pump<U> for Debounce<T, C> {
    type Item = T;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Reason>> {
        let this = &mut *self;
        // Before what may have come meanwhile: so it goes when its time has come.
        if let Some(at) = this.due
            && this
                .alarm
                .poll_at(&this.clock, at, cx)
                .is_ready()
            && let Some(item) = this.give()
        {
            return Poll::Ready(Ok(item));
        }
        this.latest.came = false;
        let taking = std::pin::pin!(Taking(&mut this.latest));
        let run = upstream.as_mut().poll_flow(cx, taking);
        if this.latest.came {
            this.due = None;
        }
        match run {
            Run::Spent | Run::Starved | Run::Blocked => {
                if let Run::Spent = run {
                    cx.waker().wake_by_ref();
                }
                if this.latest.item.is_none() {
                    return Poll::Pending;
                }
                let (clock, quiet) = (&this.clock, this.quiet);
                let at = *this
                    .due
                    .get_or_insert_with(|| after(clock.now(), quiet));
                ready!(this.alarm.poll_at(clock, at, cx));
            }
            Run::Ended(_) | Run::Refused(_) => {}
        }
        match this.give() {
            Some(item) => Poll::Ready(Ok(item)),
            None => upstream.poll_next(cx),
        }
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.alarm.clear();
        drop(self.give());
    }

    fn kind(&self) -> &'static str {
        "debounce"
    }
}

impl<T, C> fmt::Debug for Debounce<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = u8::from(self.latest.item.is_some());
        write!(f, "debounce({held} of 1)")
    }
}
