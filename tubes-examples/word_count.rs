//! The most frequent words of a large file, on all cores, in a few MiB of memory.
//!
//! Run it:   `cargo run --release --example word_count -- FILE`
//! You see:  the ten most frequent words and how often each occurs, with `top` showing all cores
//!           at work: reading has a task of its own, and each batch of lines a thread.
//! Try next: print the pipe with `println!("{pipe:#?}")`, or take `unordered()` away and time it.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tubes::{Fount, bound, drains, framing, io, stages};

type Counts = HashMap<Bytes, u64>;

/// Words are cut out of their lines without a copy.
fn count(lines: Vec<Bytes>) -> Counts {
    let mut counts = Counts::new();
    for line in lines {
        for word in line.split(|byte| !byte.is_ascii_alphabetic()) {
            if !word.is_empty() {
                *counts
                    .entry(line.slice_ref(word))
                    .or_default() += 1;
            }
        }
    }
    counts
}

fn add(mut all: Counts, counts: Counts) -> Counts {
    for (word, count) in counts {
        // Copied, so that a word that stays does not keep its whole segment.
        match all.get_mut(&word) {
            Some(sum) => *sum += count,
            None => drop(all.insert(Bytes::copy_from_slice(&word), count)),
        }
    }
    all
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1);
    let file = tokio::fs::File::open(path.ok_or("which file?")?).await?;
    let cores = std::thread::available_parallelism()?;
    let counts = io::read(file)
        .through(framing::lines().at_most(1 << 20))
        .through(stages::chunks(bound(4_096)))
        .through(stages::spawned(bound(16)))
        .through(
            stages::try_then(|lines| spawn_blocking(|| count(lines)))
                .at_most(cores)
                .unordered(),
        )
        .through(stages::timeout_idle(Duration::from_secs(60)))
        .flow_to(drains::fold(Counts::new(), add))
        .await?;
    let mut most: Vec<_> = counts.into_iter().collect();
    most.sort_by(|(a, m), (b, n)| (n, a).cmp(&(m, b)));
    for (word, count) in most.iter().take(10) {
        println!("{count:>9} {}", String::from_utf8_lossy(word));
    }
    Ok(())
}
