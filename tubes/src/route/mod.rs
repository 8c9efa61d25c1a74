//! Out by address: every item goes to the route that it names, bounded per route.
//!
//! ```text
//!                         ┌─ "alice" ─► queue ─► Route
//!  fount ─► Router ─ key ─┼─ "bob" ───► queue ─► Route        opened with `Routes`, from any task,
//!                         └─ others ──► queue ─► Route        closed by dropping the route
//! ```
//!
//! | a route for an address | when it is full |
//! |---|---|
//! | [`Routes::open`] | everybody waits for it |
//! | [`Routes::open_lossy`] | its newest items are dropped, and it hears how many ([`Lossy`](crate::Lossy)) |
//! | [`Routes::open_latest`] | likewise its oldest |
//! | [`Routes::open_strict`] | it is disconnected, and hears that |
//!
//! | an item for which no route is open | |
//! |---|---|
//! | as a rule | ends the flow with [`Kind::UnknownAddress`](crate::Kind::UnknownAddress) |
//! | [`Router::dropping_unknown`] | is dropped and counted |
//! | [`Routes::open_fallback`] | goes there |
//!
//! # Examples
//!
//! ```
//! use tubes::{Fount, bound, drains, founts, route};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (router, routes) = route::router(bound(100), |mail: &(&str, u32)| mail.0);
//! let alice = routes.open("alice", bound(8))?.flow_to(drains::collect(9));
//! let bob = routes.open("bob", bound(8))?.map(|mail| mail.1).flow_to(drains::fold(0, |a, b| a + b));
//!
//! let mail = founts::iter([("bob", 1), ("alice", 2), ("bob", 3)]);
//! let (routed, alice, bob) = tokio::join!(mail.flow_to(router), alice, bob);
//! routed?;
//! assert_eq!(alice?, [("alice", 2)]);
//! assert_eq!(bob?, 4);
//! # Ok::<_, tubes::BoxError>(()) }).unwrap();
//! ```

mod fount;
mod lossy;
mod open_error;
mod router;
mod routes;

pub use fount::Route;
pub use lossy::LossyRoute;
pub use open_error::OpenError;
pub use router::{Router, router};
pub use routes::Routes;
