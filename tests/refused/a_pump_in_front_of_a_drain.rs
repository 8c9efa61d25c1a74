//! A stage that may wait in front of a drain.

use tubes::{Drain, drains, stages};

fn main() {
    drop(drains::null::<u8>().behind(stages::then(async |n: u8| n)));
}
