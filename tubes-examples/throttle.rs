//! Copies standard input to standard output, so many bytes a second.
//!
//! Run it:   yes | head -c 3000000 | cargo run --release --example throttle -- 1000000 | wc -c
//! You see:  3000000, after two seconds: the first million passes at once, as the burst.
//! Try next: put `stages::timeout_idle(..)` in front, and type nothing for a while.

use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use tubes::{Fount, io, stages};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rate = std::env::args().nth(1);
    let rate: NonZeroUsize = rate
        .as_deref()
        .unwrap_or("100000")
        .parse()?;
    io::read(tokio::io::stdin())
        .through(stages::throttle(rate, Duration::from_secs(1)).cost(Bytes::len))
        .flow_to(io::write(tokio::io::stdout()))
        .await?;
    Ok(())
}
