//! A fallible closure for other items than those that come.

use tubes::{Fount, drains, founts};

fn main() {
    let parse = |word: &str| word.parse::<u32>();
    drop(founts::iter([1, 2, 3]).through(parse).flow_to(drains::null()));
}
