//! The shelf of drains: where items can go, and what becomes of them.
//!
//! | drain | output |
//! |---|---|
//! | [`fold`] | one value made of all items |
//! | [`collect`] | the items in a `Vec`, up to a limit |
//! | [`for_each`], [`try_for_each`] | nothing: a call for each item |
//! | [`for_each_async`], [`try_for_each_async`] | the same, awaited one after another |
//! | [`null`] | nothing: takes everything, keeps nothing |
//! | `spawn` (feature `tokio`) | a report: a task for each item, at most so many at once |
//!
//! Bytes go to files and sockets by `io` and `net` (feature `tokio`); a
//! [`Sender`](crate::founts::Sender) is a drain, too.

pub(crate) mod boxed;
mod collect;
mod fold;
mod for_each;
mod for_each_async;
mod null;
// Not `spawn`: without the feature, `drains::spawn` would be found to be this, and not to be gated.
mod spawn_on;

#[cfg(feature = "tokio")]
pub use crate::bridge::runtime::spawn;
pub use boxed::BoxDrain;
pub use collect::{Collect, collect};
pub use fold::{Fold, fold};
pub use for_each::{ForEach, TryForEach, for_each, try_for_each};
pub use for_each_async::{ForEachAsync, TryForEachAsync, for_each_async, try_for_each_async};
pub use null::{Null, null};
pub use spawn_on::{Report, Spawn, spawn_on};
