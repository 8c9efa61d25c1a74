//! Any fount, type erased.

use std::pin::Pin;

use crate::fount::Fount;

/// A fount of `Item`s whose type is erased: what [`Fount::boxed`] gives.
pub type BoxFount<'a, Item> = Pin<Box<dyn Fount<Item = Item> + Send + 'a>>;

/// A [`BoxFount`] that stays on its thread: what [`Fount::boxed_local`] gives.
pub type LocalBoxFount<'a, Item> = Pin<Box<dyn Fount<Item = Item> + 'a>>;
