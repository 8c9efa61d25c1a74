//! Something that is acquired before the first item, and released behind the last one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use pin_project::{pin_project, pinned_drop};

use crate::error::{BoxError, Error, Kind};
use crate::reason::Reason;

/// What is acquired by a future, held, and released by another one, once.
///
/// Dropped while it holds something, it releases as far as that goes without waiting.
#[pin_project(PinnedDrop)]
pub(crate) struct Lease<A, R, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    life: Life,
    /// Until it is done.
    #[pin]
    acquire: Option<A>,
    /// Until it is used for `releasing`.
    release: Option<L>,
    held: Option<R>,
    #[pin]
    releasing: Option<X>,
}

/// ```text
/// New ──pulled──► Acquiring ──► Open ──ended────► Closing ──released──► Over
///  │                  │           └───stopped───► Leaving ──released──► Over
///  └─────stopped──────┴────────────────────────────────────────────────► Over
/// ```
#[derive(Clone, Debug)]
pub(crate) enum Life {
    New,
    Acquiring,
    Open,
    /// It has ended by itself: the end is to be heard when all is released.
    Closing(Reason),
    /// Stopped: the end is known; all is to be released.
    Leaving(Reason),
    Over(Reason),
}

impl<A, R, L, X> Lease<A, R, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    pub(crate) fn new(acquire: A, release: L) -> Self {
        Self {
            life: Life::New,
            acquire: Some(acquire),
            release: Some(release),
            held: None,
            releasing: None,
        }
    }

    #[inline]
    pub(crate) fn life(&self) -> &Life {
        &self.life
    }

    /// What is held, while it is open.
    #[inline]
    pub(crate) fn held(self: Pin<&mut Self>) -> Option<&mut R> {
        let this = self.project();
        match this.life {
            Life::Open => this.held.as_mut(),
            Life::New | Life::Acquiring | Life::Closing(_) | Life::Leaving(_) | Life::Over(_) => {
                None
            }
        }
    }

    /// Somebody has asked for the first item.
    #[inline]
    pub(crate) fn begin(self: Pin<&mut Self>) {
        if let Life::New = self.life {
            *self.project().life = Life::Acquiring;
        }
    }

    /// Acquires, if that is under way; `part` says what of it is held, and gives the rest.
    pub(crate) fn poll_acquired<T>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        part: impl FnOnce(A::Output) -> Result<(T, R), BoxError>,
        name: &'static str,
    ) -> Poll<Option<T>>
    where
        A: Future,
    {
        let mut this = self.project();
        let (Life::Acquiring, Some(acquire)) = (&*this.life, this.acquire.as_mut().as_pin_mut())
        else {
            return Poll::Ready(None);
        };
        let acquired = ready!(acquire.poll(cx));
        this.acquire.set(None);
        Poll::Ready(match part(acquired) {
            Ok((rest, held)) => {
                *this.held = Some(held);
                *this.life = Life::Open;
                Some(rest)
            }
            Err(error) => {
                *this.life = Life::Over(Error::user(error).at(name).into());
                None
            }
        })
    }

    /// It has ended by itself.
    #[cold]
    pub(crate) fn ended(self: Pin<&mut Self>, reason: Reason) {
        *self.project().life = Life::Closing(reason);
    }

    /// Downstream wants no more.
    pub(crate) fn stopped(self: Pin<&mut Self>, reason: &Reason) {
        let mut this = self.project();
        let next = match &*this.life {
            Life::New | Life::Acquiring => {
                this.acquire.set(None);
                Life::Over(reason.clone())
            }
            Life::Open => Life::Leaving(reason.clone()),
            Life::Closing(first) => Life::Leaving(first.clone()),
            Life::Leaving(_) | Life::Over(_) => return,
        };
        *this.life = next;
    }

    /// Releases, if it is time; then it is over.
    pub(crate) fn poll_released(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        name: &'static str,
    ) -> Poll<()> {
        let mut this = self.project();
        let (Life::Closing(reason) | Life::Leaving(reason)) = &*this.life else {
            return Poll::Ready(());
        };
        let mut end = reason.clone();
        if let (Some(held), Some(release)) = (this.held.take(), this.release.take()) {
            this.releasing
                .set(Some(release(held, reason.clone())));
        }
        if let Some(releasing) = this.releasing.as_mut().as_pin_mut() {
            let released = ready!(releasing.poll(cx));
            this.releasing.set(None);
            // After a stop, nobody is left to hear of a failure.
            if let (Err(error), Life::Closing(_)) = (released, &*this.life) {
                end = end.or_failure(Error::user(error).at(name).into());
            }
        }
        *this.life = Life::Over(end);
        Poll::Ready(())
    }

    /// The end, which is heard when all is released, if it was one of its own.
    pub(crate) fn poll_end(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        name: &'static str,
    ) -> Poll<Reason> {
        if let Life::Closing(_) = self.life {
            ready!(self.as_mut().poll_released(cx, name));
        }
        Poll::Ready(match &self.life {
            Life::Closing(reason) | Life::Leaving(reason) | Life::Over(reason) => reason.clone(),
            Life::New | Life::Acquiring | Life::Open => Reason::abandoned(),
        })
    }
}

#[pinned_drop]
impl<A, R, L, X> PinnedDrop for Lease<A, R, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    fn drop(self: Pin<&mut Self>) {
        let this = self.project();
        let (Some(held), Some(release)) = (this.held.take(), this.release.take()) else {
            return;
        };
        let reason = match &*this.life {
            Life::Closing(reason) | Life::Leaving(reason) | Life::Over(reason) => reason.clone(),
            Life::New | Life::Acquiring | Life::Open if std::thread::panicking() => {
                Error::new(Kind::Panicked).into()
            }
            Life::New | Life::Acquiring | Life::Open => Reason::abandoned(),
        };
        let released = std::pin::pin!(release(held, reason));
        // Nobody can wait any more, and nobody is left to hear of a failure.
        drop(released.poll(&mut Context::from_waker(Waker::noop())));
    }
}
