//! A collection that was not made a fount.

use tubes::Fount;

fn show(numbers: impl Fount<Item = u64>) {
    drop(numbers);
}

fn main() {
    show(vec![1, 2, 3]);
}
