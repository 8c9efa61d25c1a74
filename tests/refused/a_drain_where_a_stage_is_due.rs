//! A drain in the middle of a pipe.

use tubes::{Fount, drains, founts};

fn main() {
    drop(founts::iter([1, 2, 3]).through(drains::null()));
}
