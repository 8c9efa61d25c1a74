//! The sum of the numbers on standard input, one a line.
//!
//! Run it:   seq 1000000 | cargo run --release --example sum
//! You see:  500000500000
//! Try next: give it a line that is no number, and see what it says.

use bytes::Bytes;
use tubes::{BoxError, Error, Fount, drains, framing, io};

#[expect(clippy::needless_pass_by_value, reason = "a stage is given its items")]
fn parse(line: Bytes) -> Result<u64, BoxError> {
    Ok(std::str::from_utf8(&line)?
        .trim()
        .parse()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sum = io::read(tokio::io::stdin())
        .through(framing::lines())
        .through(parse)
        .flow_to(drains::fold(0, |sum, n| sum + n))
        .await?;
    println!("{sum}");
    Ok(())
}
