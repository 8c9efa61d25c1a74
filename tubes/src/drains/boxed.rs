//! Any drain, type erased.

use std::pin::Pin;

use crate::drain::Drain;

/// A drain whose type is erased: what [`Drain::boxed`] gives.
pub type BoxDrain<'a, Item, Output> = Pin<Box<dyn Drain<Item, Output = Output> + Send + 'a>>;
