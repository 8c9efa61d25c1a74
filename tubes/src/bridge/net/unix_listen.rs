//! A listening Unix socket is a fount of flows.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::accepting::{Accepting, Refused, Socket};
use super::unix::{UnixFlow, split};
use crate::bridge::time;
use crate::drain::Drain;
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// Listens on a Unix socket, which it makes at `path`.
///
/// Removes nothing that it has not made: whatever is at `path` already is an error, also the
/// socket of a server that was killed.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io), with the path, when the socket cannot be made there.
///
/// # Cancel safety
///
/// Never waits.
///
/// # Examples
///
/// ```
/// use tubes::net;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let path = std::env::temp_dir().join(format!("tubes-{}", std::process::id()));
/// let listener = net::listen_unix(&path).await?;
/// assert!(net::listen_unix(&path).await.is_err());
/// drop(listener);
/// assert!(!path.exists());
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub async fn listen_unix(path: impl AsRef<Path>) -> Result<UnixListener, Error> {
    let path = path.as_ref();
    match Bound::new(path) {
        Ok(bound) => Ok(UnixListener {
            accepting: Accepting::new(bound, time::clock()),
            path: path.to_owned(),
        }),
        Err(error) => Err(Error::from(error).at(format!("listen on {path:?}"))),
    }
}

/// A fount of connections on a Unix socket, each a [`UnixFlow`]. Made by [`listen_unix`].
///
/// # Flow control
///
/// Accepts a connection only when it is pulled, and holds none. While it is not pulled, the
/// system keeps some connections, and nothing wakes.
///
/// # Stopping
///
/// Stopping or dropping it closes the socket and removes it from its path, unless somebody has
/// put something else there.
///
/// # Errors
///
/// It never ends by itself, as [`Listener`](super::Listener).
///
/// # Cancel safety
///
/// Nothing is lost: a connection that was not pulled stays with the system.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct UnixListener {
    accepting: Accepting<Bound>,
    path: PathBuf,
}

impl UnixListener {
    /// The path that it listens on.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How often accepting has failed; goes on counting while the listener flows.
    #[must_use]
    pub fn refused(&self) -> Refused {
        self.accepting.refused()
    }
}

/// The socket, and the file that it has made.
struct Bound {
    socket: tokio::net::UnixListener,
    /// Absolute, so that it is still true when the process has changed its directory.
    path: PathBuf,
    /// Device and number, to tell it from what others have put in its place.
    file: (u64, u64),
}

impl Bound {
    fn new(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let socket = tokio::net::UnixListener::bind(&path)?;
        let file = identity(&path)?;
        Ok(Self { socket, path, file })
    }
}

/// Which file is at this path.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

impl Drop for Bound {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            // Nobody is left to hear of a failure.
            fs::remove_file(&self.path).ok();
        }
    }
}

impl Socket for Bound {
    type Flow = UnixFlow;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<UnixFlow>> {
        let (stream, _unnamed) = ready!(self.socket.poll_accept(cx))?;
        Poll::Ready(Ok(split(stream)))
    }
}

impl Fount for UnixListener {
    type Item = UnixFlow;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<UnixFlow, Reason>> {
        Pin::new(&mut self.accepting).poll_next(cx)
    }

    fn poll_flow<D: Drain<UnixFlow>>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        Pin::new(&mut self.accepting).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.accepting).stop(reason);
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listen_unix({:?}){:?}", self.path, self.accepting)
    }
}
