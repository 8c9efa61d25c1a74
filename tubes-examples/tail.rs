//! Follows a file as it grows, and shows what is new in batches: ten lines, or a second.
//!
//! Run it:   `cargo run --example tail -- FILE` (and elsewhere: `seq 25 >> FILE`)
//! You see:  two batches of ten at once, and the last five a second later.
//! Try next: let the batches flow into a `drains::for_each_async` that takes its time.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tubes::{Fount, bound, drains, founts, framing, stages};

/// The next piece of the file, as soon as there is one.
async fn grown(mut file: File) -> std::io::Result<Option<(Bytes, File)>> {
    let mut piece = BytesMut::with_capacity(64 * 1024);
    while file.read_buf(&mut piece).await? == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(Some((piece.freeze(), file)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1);
    let file = File::open(path.ok_or("which file?")?).await?;
    founts::try_unfold(file, grown)
        .through(framing::lines())
        .through(stages::chunks_within(bound(10), Duration::from_secs(1)))
        .through(stages::until(tokio::signal::ctrl_c()))
        .flow_to(drains::for_each(|lines: Vec<Bytes>| {
            println!("-- {} lines", lines.len());
            for line in lines {
                println!("{}", String::from_utf8_lossy(&line));
            }
        }))
        .await?;
    Ok(())
}
