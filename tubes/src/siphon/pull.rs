//! A fount and a tube make a fount.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::label::Label;
use super::lane::Lane;
use super::lent::Lent;
use super::push::farewell;
use super::state::{Life, Step};
use crate::budget;
use crate::drain::Drain;
use crate::flow::Flow;
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::stage::{AsTube, Stage};
use crate::tube::Tube;

/// A fount with a tube behind it: what [`Fount::through`] gives for a tube.
///
/// # Flow control
///
/// Holds no item of its own: the tube is given input only when downstream has room and the tube
/// has no output left, so what waits is what the tube itself holds.
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Pull<F, T> {
    #[pin]
    upstream: F,
    tube: T,
    life: Life,
    /// What everybody hears; there from `Farewell` on.
    end: Option<Reason>,
    label: Label,
}

impl<F, T> Pull<F, T> {
    #[inline]
    #[track_caller]
    pub(crate) fn new(upstream: F, tube: T) -> Self {
        Self {
            upstream,
            tube,
            life: Life::Holding,
            end: None,
            label: Label::here(),
        }
    }

    /// Names the stage that was put here last: for `Debug`, and for the errors that arise in it.
    ///
    /// Without a name it goes by its kind. Behind a tuple of stages, the last of them is meant: name
    /// the others by putting them one by one. In both cases `{:#?}` and [`Error::place`] say where
    /// it was put into the pipe.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let numbers = founts::iter(["1", "x"])
    ///     .through(stages::try_map(str::parse::<u8>))
    ///     .named("port numbers");
    /// assert_eq!(format!("{numbers:?}"), r#"iter -> try_map "port numbers""#);
    ///
    /// let error = numbers.flow_to(drains::null()).await.unwrap_err();
    /// assert_eq!(error.to_string(), "port numbers: invalid digit found in string");
    /// assert!(error.place().is_some());
    /// # });
    /// ```
    ///
    /// [`Error::place`]: crate::error::Error::place
    #[inline]
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.label.rename(name);
        self
    }
}

impl<F, T, D> Flow<Pull<F, T>, D> {
    /// Names the stage that was put here last: as [`Pull::named`].
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(self.fount.named(name), self.drain)
    }
}

impl<F: Fount, T: Tube<F::Item>> Pull<F, T> {
    /// The tube itself has ended the flow.
    #[cold]
    fn broke(self: Pin<&mut Self>, reason: Reason) {
        let reason = self
            .label
            .arisen(self.tube.kind(), reason);
        self.over(reason);
    }

    /// The tube, or somebody below, has ended the flow: the source is told, unless it has ended
    /// by itself, and the first cause stands.
    #[cold]
    fn over(self: Pin<&mut Self>, reason: Reason) {
        let this = self.project();
        *this.life = this.life.on(Step::Over);
        if let Some(first) = this.end.take() {
            *this.end = Some(first.or_failure(reason));
        } else {
            this.upstream.stop(&reason);
            *this.end = Some(reason);
        }
    }

    /// Upstream has ended.
    #[cold]
    fn told(self: Pin<&mut Self>, reason: Reason) {
        let this = self.project();
        *this.life = this.life.on(Step::Closed);
        *this.end = Some(reason);
    }

    /// It has no output left from before the end: now the tube hears of it.
    #[cold]
    fn tell(self: Pin<&mut Self>) {
        let this = self.project();
        let reason = this
            .end
            .take()
            .unwrap_or_else(Reason::abandoned);
        *this.life = farewell(this.tube, this.label, this.end, reason);
    }

    /// What everybody hears, once it is over.
    fn reason(end: &Option<Reason>) -> Reason {
        end.clone()
            .unwrap_or_else(Reason::abandoned)
    }

    /// Delivers what the tube has left after its end, then gives the end.
    fn last_words<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<T::Out>,
    {
        while let Life::Ending | Life::Farewell = self.life {
            if !budget::spend() {
                return Run::Spent;
            }
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let this = self.as_mut().project();
            match this.tube.emit() {
                Ok(Some(out)) => {
                    if let Err(reason) = drain.as_mut().receive(out) {
                        return Run::Refused(reason);
                    }
                }
                Ok(None) if *this.life == Life::Ending => self.as_mut().tell(),
                Ok(None) => *this.life = this.life.on(Step::Dry),
                Err(own) => self.as_mut().broke(own),
            }
        }
        Run::Ended(Self::reason(&self.end))
    }
}

impl<F: Fount, T: Tube<F::Item>> Stage<F, AsTube> for T {
    type Output = Pull<F, T>;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: F) -> Pull<F, T> {
        Pull::new(upstream, self)
    }
}

impl<F: Fount, T: Tube<F::Item>> Fount for Pull<F, T> {
    type Item = T::Out;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        loop {
            let mut this = self.as_mut().project();
            let step = match this.life {
                Life::Holding | Life::Ending | Life::Farewell => match this.tube.emit() {
                    Ok(None) if *this.life == Life::Ending => {
                        self.as_mut().tell();
                        continue;
                    }
                    Ok(None) => {
                        *this.life = this.life.on(Step::Dry);
                        continue;
                    }
                    emitted => emitted,
                },
                Life::Hungry | Life::Refused => match this.upstream.as_mut().poll_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(input)) => {
                        *this.life = this.life.on(Step::Input);
                        // `None`: no output to begin with; `emit` says whether there are others.
                        this.tube.received(input)
                    }
                    Poll::Ready(Err(reason)) => {
                        *this.life = farewell(this.tube, this.label, this.end, reason);
                        continue;
                    }
                },
                Life::Over => return Poll::Ready(Err(Self::reason(this.end))),
            };
            match step {
                Ok(Some(out)) => return Poll::Ready(Ok(out)),
                Ok(None) => {}
                Err(reason) => self.as_mut().broke(reason),
            }
            // Nothing came of it: that costs, too, or a chain of these would multiply.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project()
            .upstream
            .poll_progress(cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Self::Item>,
    {
        let this = self.as_mut().project();
        if let Life::Ending | Life::Farewell | Life::Over = this.life {
            return self.last_words(cx, drain);
        }
        let mut lane = std::pin::pin!(Lane::new(&mut *this.tube, Lent(drain.as_mut())));
        let run = this
            .upstream
            .poll_flow(cx, lane.as_mut());
        let life = lane.life;
        match run {
            Run::Ended(reason) => self.as_mut().told(reason),
            Run::Refused(reason) if life == Life::Over => self.as_mut().broke(reason),
            // Not over by itself: who drives it says so, if it is.
            Run::Starved | Run::Blocked | Run::Spent | Run::Refused(_) => {
                *this.life = Life::Holding;
                return run;
            }
        }
        self.last_words(cx, drain)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        if self.life == Life::Over {
            return;
        }
        let mut this = self;
        if this.life != Life::Farewell {
            // Nobody is left to hear a failure of this: the first cause stands.
            drop(
                this.as_mut()
                    .project()
                    .tube
                    .stopped(reason),
            );
        }
        this.over(reason.clone());
    }
}

impl<F: fmt::Debug, T: fmt::Debug> fmt::Debug for Pull<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label
            .fmt_pipe(f, &self.upstream, &self.tube)
    }
}
