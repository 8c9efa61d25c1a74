//! Framing, put behind text instead of bytes.

use tubes::{Fount, drains, founts, framing};

fn main() {
    drop(founts::iter(["one\ntwo\n"]).through(framing::lines()).flow_to(drains::null()));
}
