//! A drain that receives other items than the last stage gives.

use tubes::{Fount, drains, founts};

fn main() {
    let print = drains::for_each(|word: String| println!("{word}"));
    drop(founts::iter([1, 2, 3]).map(|n| n * 2).flow_to(print));
}
