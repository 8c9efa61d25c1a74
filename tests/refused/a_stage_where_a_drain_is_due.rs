//! A stage at the end of a pipe.

use tubes::{Fount, founts, stages};

fn main() {
    drop(founts::iter([1, 2, 3]).flow_to(stages::take(2)));
}
