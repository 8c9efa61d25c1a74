//! HTTP as one more stage of a pipeline: a flow of bytes in, a fount of exchanges out.
//!
//! ```text
//!                      ┌─────────── server() ───────────┐
//!   flow.fount  bytes ─►  Exchange { request, reply }    ─► respond(handler)
//!   flow.drain  bytes ◄─            └─ Body: a fount     │      │
//!                      └───────────────▲────────────────┘      │
//!                                      └── the response's body ◄┘  any fount of bytes
//! ```
//!
//! The body of a request is a fount and the body of a response is any fount of bytes, so a
//! handler is a pipeline, and its flow control reaches from socket to socket:
//!
//! ```no_run
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use tubes::net::{self, TcpFlow};
//! use tubes::{Error, Fount, drains, framing};
//! use tubes_http::{Body, respond, server};
//!
//! async fn shout(request: Request<Body>) -> Result<Response<impl Fount<Item = Bytes>>, Error> {
//!     Ok(Response::new(
//!         request
//!             .into_body()
//!             .through(framing::lines())
//!             .map(|line| Bytes::from(line.to_ascii_uppercase()))
//!             .through(framing::unlines()),
//!     ))
//! }
//!
//! # async fn serve() -> Result<(), Error> {
//! net::listen("127.0.0.1:8080")
//!     .await?
//!     .flow_to(drains::spawn(|flow: TcpFlow| {
//!         flow.through(server()).flow_to(respond(shout))
//!     }))
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! # The map
//!
//! | to | use |
//! |---|---|
//! | speak HTTP on a flow | [`server`], or [`server_on`] with a clock of your own |
//! | answer requests | [`respond`], a drain of exchanges |
//! | answer by hand | [`answer`](fn@answer), [`Exchange::into_parts`], [`Reply`] |
//! | hear that nobody waits | [`Exchange::peer`], [`Peer::closed`]; [`Server::on_disconnect`] |
//! | go on as another protocol | [`Reply::upgrade`], [`Server::accept_tunnels`] |
//! | say when a response leaves | [`Flush`] |
//! | read or make a body | [`Body`], and every stage of [`tubes`] |
//! | stop in order | [`Server::handle`], [`Handle::serve`], and `stages::until` on the listener |
//! | see what happens | a subscriber of the `tracing` crate (feature `spans`: a span for each exchange); [`Server::on_exchange`]; [`Handle::snapshot`] |
//! | bound what strangers do | [`Limits`] |
//! | accept what no sender may send | [`Strictness`] |
//! | learn what went wrong | [`Error`], [`Kind`] |
//!
//! Today it speaks HTTP/1.1 and HTTP/1.0 as a server. What it accepts is strict: everything that
//! two readers could read in two ways is refused and the connection closed.
#![forbid(unsafe_code)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exhaustive_enums)]
#![doc(test(attr(deny(warnings), allow(dead_code))))]

mod answer;
mod body;
mod bridge;
mod error;
mod exchange;
mod failing;
mod flush;
mod half;
mod handle;
mod http1;
mod in_work;
mod kind;
mod limit_numbers;
mod limit_times;
mod limits;
mod origin;
mod peer;
mod record;
mod reply;
mod reply_body;
mod respond;
mod roster;
mod server;
mod serving;
mod site;
mod snapshot;
#[cfg(feature = "spans")]
mod span;
#[cfg(not(feature = "spans"))]
#[path = "no_span.rs"]
mod span;
mod strictness;
mod until_cut;
mod upgrade;
mod verdict;

pub use answer::{Answer, answer};
pub use body::{Body, Trailers};
#[cfg(feature = "tokio")]
pub use bridge::server;
pub use error::Error;
pub use exchange::Exchange;
pub use flush::Flush;
pub use handle::{Handle, Report, Stopping};
pub use kind::Kind;
pub use limits::Limits;
pub use peer::{Closed, Peer};
pub use record::{Record, RecordEnd, log_access};
pub use reply::{Reply, Sending};
pub use reply_body::ReplyBody;
pub use respond::{Respond, respond};
pub use server::{Exchanges, Server, server_on};
pub use site::OnDisconnect;
pub use snapshot::{
    ConnectionPhase, ConnectionState, ExchangeState, RequestPhase, Snapshot, WaitsFor,
};
pub use strictness::{Deviation, Strictness};
pub use upgrade::UpgradedFlow;
