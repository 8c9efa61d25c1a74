//! A listening socket is a fount of flows; so is whoever connects to one a flow.
//!
//! ```text
//!             ┌─ TcpFlow { fount ◄── peer, drain ──► peer }
//! listen ──►  ├─ TcpFlow
//!             └─ TcpFlow ..        connect ──► TcpFlow
//! ```
//!
//! The two directions of a flow are independent: one may end while the other goes on. A drain
//! that fails or is dropped before its end resets the connection, so that what was cut off does
//! not look complete.
//!
//! # Examples
//!
//! An echo server, and a client that says all it has to say before it listens:
//!
//! ```
//! use bytes::Bytes;
//! use tubes::net::{self, TcpFlow};
//! use tubes::{Fount, drains, founts, stages};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let listener = net::listen("127.0.0.1:0").await?;
//! let port = listener.local_addr();
//! let serve = listener
//!     .through(stages::take(1))
//!     .flow_to(drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain)));
//!
//! let ask = async {
//!     let flow = net::connect(port).await?;
//!     founts::once(Bytes::from("hello")).flow_to(flow.drain).await?;
//!     flow.fount.flow_to(drains::collect(9)).await
//! };
//! let (_report, heard) = tokio::try_join!(serve, ask)?;
//! assert_eq!(heard.concat(), b"hello");
//! # Ok::<_, tubes::Error>(()) }).unwrap();
//! ```

mod accepting;
mod backoff;
mod door;
mod half;
mod listen;
mod per_address;
#[cfg(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
))]
mod reuse_port;
mod tcp;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_listen;

pub use accepting::Refused;
pub use listen::{Listen, Listener, listen};
pub use per_address::{AtMostPerAddress, at_most_per_address};
pub use tcp::{TcpDrain, TcpFlow, TcpFount, connect};
#[cfg(unix)]
pub use unix::{UnixDrain, UnixFlow, UnixFount, connect_unix};
#[cfg(unix)]
pub use unix_listen::{UnixListener, listen_unix};
