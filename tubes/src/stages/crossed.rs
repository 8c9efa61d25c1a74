//! The fount behind a part of the pipe that runs on a task of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::boundary::{Boundary, Entry, Exit};
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::runtime::{Spawner, Task};
use crate::siphon::drive::FlowTo;
use crate::siphon::label::Label;

/// What comes out on this side of [`spawned_on`](super::spawned_on).
///
/// # Flow control
///
/// As [`Exit`](crate::boundary::Exit): what waits on both sides is together within the bound of
/// the stage. Begins the task when it is first polled, not before.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Crossed<U: Fount> {
    // First: the task ends before it could hear that this side is dropped.
    life: Life<U>,
    exit: Exit<U::Item>,
    spawner: Arc<dyn Spawner>,
    label: Label,
}

enum Life<U: Fount> {
    /// Not polled yet.
    Waiting(Pin<Box<Segment<U>>>),
    Running {
        /// Ends the task when dropped.
        _task: Task,
    },
    /// The spawner panicked.
    Broken,
}

impl<U> Crossed<U>
where
    U: Fount<Item: Send> + Send + 'static,
{
    #[track_caller]
    pub(super) fn new(upstream: U, boundary: Boundary<U::Item>, spawner: Arc<dyn Spawner>) -> Self {
        let label = Label::here();
        let (entry, exit) = boundary.pair();
        let segment = Segment {
            flow: Some(upstream.flow_to(entry)),
            label: label.clone(),
        };
        Self {
            life: Life::Waiting(Box::pin(segment)),
            exit,
            spawner,
            label,
        }
    }

    /// Begins to run the task, unless it runs or was stopped before.
    #[inline]
    fn begin(&mut self) {
        if matches!(self.life, Life::Waiting(_)) && !self.exit.is_over() {
            self.spawn();
        }
    }

    #[cold]
    fn spawn(&mut self) {
        match std::mem::replace(&mut self.life, Life::Broken) {
            Life::Waiting(segment) => {
                self.life = Life::Running {
                    _task: self.spawner.spawn(segment),
                }
            }
            life => self.life = life,
        }
    }
}

// Nothing in it is pinned but what is on the heap.
impl<U: Fount> Unpin for Crossed<U> {}

impl<U> Fount for Crossed<U>
where
    U: Fount<Item: Send> + Send + 'static,
{
    type Item = U::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<U::Item, Reason>> {
        self.begin();
        Pin::new(&mut self.exit).poll_next(cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<U::Item>,
    {
        self.begin();
        Pin::new(&mut self.exit).poll_flow(cx, drain)
    }

    /// The task moves by itself; at the end, what it still has to do is awaited.
    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.begin();
        let this = &mut *self;
        match &mut this.life {
            Life::Waiting(segment) => segment
                .as_mut()
                .upstream()
                .map_or(Poll::Ready(()), |upstream| upstream.poll_progress(cx)),
            Life::Running { .. } if this.exit.is_over() => this.exit.poll_entry_gone(cx),
            Life::Running { .. } | Life::Broken => Poll::Ready(()),
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.exit.is_over() {
            return;
        }
        Pin::new(&mut self.exit).stop(reason);
        if let Life::Waiting(segment) = &mut self.life
            && let Some(upstream) = segment.as_mut().upstream()
        {
            upstream.stop(reason);
        }
    }
}

impl<U: Fount> fmt::Debug for Crossed<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, bound) = self.exit.held();
        self.label
            .fmt_stage(f, &format_args!("spawned({held} of {bound})"))
    }
}

type Flowing<U> = FlowTo<U, Entry<<U as Fount>::Item>>;

/// What the task runs: the part of the pipe in front, into the boundary.
#[pin_project]
struct Segment<U: Fount> {
    #[pin]
    flow: Option<Flowing<U>>,
    label: Label,
}

impl<U: Fount> Segment<U> {
    fn upstream(self: Pin<&mut Self>) -> Option<Pin<&mut U>> {
        self.project()
            .flow
            .as_pin_mut()
            .map(FlowTo::fount)
    }
}

impl<U: Fount> Future for Segment<U> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let mut fuse = Fuse {
            flow: this.flow,
            panicked: Some(this.label),
        };
        let polled = match fuse.flow.as_mut().as_pin_mut() {
            Some(flow) => flow.poll(cx),
            None => Poll::Ready(Ok(())),
        };
        fuse.panicked = None;
        // A failure has crossed already, as the reason of the end.
        drop(ready!(polled));
        fuse.flow.set(None);
        Poll::Ready(())
    }
}

/// Sees to it that a panic is heard as one on the other side, and that all is dropped.
struct Fuse<'a, U: Fount> {
    flow: Pin<&'a mut Option<Flowing<U>>>,
    panicked: Option<&'a Label>,
}

impl<U: Fount> Drop for Fuse<'_, U> {
    fn drop(&mut self) {
        let Some(label) = self.panicked else {
            return;
        };
        if let Some(flow) = self.flow.as_mut().as_pin_mut() {
            let panicked = Reason::Failed(Error::new(Kind::Panicked));
            flow.drain()
                .abort(label.arisen("spawned", panicked));
        }
        self.flow.set(None);
    }
}
