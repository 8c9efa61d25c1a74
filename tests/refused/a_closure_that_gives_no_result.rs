//! A closure that cannot fail, where a stage is due.

use tubes::{Fount, drains, founts};

fn main() {
    drop(founts::iter([1, 2, 3]).through(|n: i32| n + 1).flow_to(drains::null()));
}
