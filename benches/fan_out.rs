//! What one to many costs an item and branch: 1,000,000 integers to 20 drains, to 8 drains in the
//! same flow and in other tasks (beside `tokio::sync::broadcast`), 20 rounds of split and union, and
//! words that go two ways and meet again.
//!
//! `cargo bench -p tubes-benches --bench fan_out`

use std::cell::Cell;
use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dfir_pipes::pull::{self, Pull as _};
use dfir_pipes::push;
use tubes::{Drain, Fount, drains, fan, founts, stages};
use tubes_benches::run;

const ITEMS: u64 = 1_000_000;
/// Between tasks.
const SENT: u64 = 100_000;
const BRANCHES: u64 = 8;
const BOUND: usize = 1024;

fn seen() -> impl Drain<u64, Output = ()> {
    drains::for_each(|n: u64| {
        black_box(n);
    })
}

fn sum() -> impl Drain<u64, Output = u64> {
    drains::fold(0u64, u64::wrapping_add)
}

/// `fan_out` of hydro.
fn to_twenty(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/1,000,000 to 20");
    group.throughput(Throughput::Elements(20 * ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            for n in 0..black_box(ITEMS) {
                for _ in 0..black_box(20) {
                    black_box(n);
                }
            }
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let twenty: Vec<_> = (0..20).map(|_| seen()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::to_all(twenty)))
        });
    });
    group.finish();
}

/// To 8, in the same flow.
fn to_eight(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/to 8 sums");
    group.throughput(Throughput::Elements(BRANCHES * ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut sums = [0u64; 8];
            for n in 0..black_box(ITEMS) {
                for sum in black_box(&mut sums) {
                    *sum = sum.wrapping_add(n);
                }
            }
            sums
        });
    });
    group.bench_function("to_all", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::to_all(eight)))
        });
    });
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("balance", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::balance(eight)))
        });
    });
    group.bench_function("partition", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            let which = |n: &u64| usize::from(n.to_le_bytes()[0] % 8);
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::partition(eight, which)))
        });
    });
    group.finish();
}

/// To 8 in other tasks, on one thread.
fn to_tasks(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/to 8 tasks");
    group.throughput(Throughput::Elements(BRANCHES * SENT));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    group.bench_function("tubes", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let bound = NonZeroUsize::new(BOUND).expect("not 0");
                let (feed, handle) = fan::broadcast(bound);
                let readers: Vec<_> = (0..BRANCHES)
                    .map(|_| runtime.spawn(handle.subscribe().flow_to(sum())))
                    .collect();
                founts::iter(0..black_box(SENT))
                    .flow_to(feed)
                    .await
                    .expect("nothing fails");
                for reader in readers {
                    black_box(
                        reader
                            .await
                            .expect("no panic")
                            .expect("nothing fails"),
                    );
                }
            });
        });
    });
    group.bench_function("tokio broadcast", |b| {
        b.iter(|| {
            runtime.block_on(tokio_broadcast(&runtime));
        });
    });
    group.finish();
}

async fn tokio_broadcast(runtime: &tokio::runtime::Runtime) {
    let (sender, _) = tokio::sync::broadcast::channel(BOUND);
    let readers: Vec<_> = (0..BRANCHES)
        .map(|_| {
            let mut receiver = sender.subscribe();
            runtime.spawn(async move {
                let mut sum = 0u64;
                while let Ok(n) = receiver.recv().await {
                    sum = sum.wrapping_add(n);
                }
                sum
            })
        })
        .collect();
    // It does not wait for the slow: so that nobody misses any, all get their turns.
    for n in 0..black_box(SENT) {
        if n % (BOUND as u64 / 2) == 0 {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
        sender
            .send(n)
            .expect("somebody listens");
    }
    drop(sender);
    for reader in readers {
        black_box(reader.await.expect("no panic"));
    }
}

/// Twenty times the same stage, written out.
macro_rules! twenty {
    ($start:expr, $($stage:tt)*) => {
        $start
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
    };
}

fn even(n: &u64) -> bool {
    n.is_multiple_of(2)
}

fn odd(n: &u64) -> bool {
    !n.is_multiple_of(2)
}

/// `fork_join` of hydro: split by `n % 2` and put together again, 20 times.
fn fork_join(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/fork_join 100,000 x 20");
    group.throughput(Throughput::Elements(20 * SENT));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut items: Vec<u64> = (0..black_box(SENT)).collect();
            for _ in 0..20 {
                let (mut evens, odds): (Vec<u64>, Vec<u64>) = items.iter().partition(|n| even(n));
                evens.extend(odds);
                items = evens;
            }
            items
                .into_iter()
                .fold(0u64, u64::wrapping_add)
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let flow = twenty!(
                founts::iter(0..black_box(SENT)),
                through(fan::thru((stages::filter(even), stages::filter(odd))))
            );
            run(flow.flow_to(sum()))
        });
    });
    group.finish();
}

/// About as many as in the list of hydro.
const WORDS: usize = 370_000;

/// Lines of words of 3 to 15 letters, made by an LCG: hydro's bench reads a list of English words,
/// so its times and its sum are not to be compared with these.
fn made_words() -> String {
    let mut seed = 123_u64;
    let mut below = |most: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (seed >> 33) % most
    };
    let mut all = String::new();
    for _ in 0..WORDS {
        for _ in 0..3 + below(13) {
            let letter = u8::try_from(below(26)).expect("below 26");
            all.push(char::from(b'a' + letter));
        }
        all.push('\n');
    }
    all
}

fn hash_of(word: &str) -> u32 {
    word.bytes().fold(0, |hash: u32, c| {
        hash.wrapping_mul(31)
            .wrapping_add(c.into())
    })
}

/// Those with an odd hash.
fn odd_words(all: &str) -> impl Iterator<Item = String> + Clone {
    all.lines()
        .filter(|word| !hash_of(word).is_multiple_of(2))
        .map(str::to_owned)
}

#[expect(clippy::needless_pass_by_value, reason = "a stage is given its items")]
fn greeted(word: String) -> [String; 2] {
    greetings(&word)
}

fn greetings(word: &str) -> [String; 2] {
    [format!("hi {word}"), format!("bye {word}")]
}

#[expect(clippy::ptr_arg, reason = "what a filter is shown")]
fn by_fives(word: &String) -> bool {
    word.len().is_multiple_of(5)
}

#[expect(clippy::needless_pass_by_value, reason = "a fold is given its items")]
fn length(sum: usize, word: String) -> usize {
    sum + word.len()
}

fn words_by_hand(all: &str) -> usize {
    let mut sum = 0;
    for word in odd_words(all) {
        let greeted = greetings(&word);
        let kept = Some(word).filter(by_fives);
        sum = greeted
            .into_iter()
            .chain(kept)
            .fold(sum, length);
    }
    sum
}

fn words_by_iterator(all: &str) -> usize {
    let words = odd_words(all);
    let greetings = words.clone().flat_map(greeted);
    greetings
        .chain(words.filter(by_fives))
        .fold(0, length)
}

fn words_by_tubes(all: &str) -> usize {
    let both = fan::thru((stages::flat_map(greeted), stages::filter(by_fives)));
    let flow = founts::iter(odd_words(all)).through(both);
    run(flow.flow_to(drains::fold(0, length))).expect("nothing fails")
}

fn words_by_pushing(all: &str) -> usize {
    let sum = Cell::new(0);
    let add = |word: String| sum.set(sum.get() + word.len());
    let greetings = push::flat_map(greeted, push::for_each(add));
    let kept = push::filter(by_fives, push::for_each(add));
    run(pull::iter(odd_words(all)).send_push(push::fanout(greetings, kept)));
    sum.get()
}

/// `words_diamond` of hydro: each word goes two ways, greeted twice and kept if its length is a
/// multiple of 5; then the lengths of all are summed.
fn words_diamond(c: &mut Criterion) {
    type Side = (&'static str, fn(&str) -> usize);
    let sides: [Side; 4] = [
        ("hand", words_by_hand),
        ("Iterator, twice over", words_by_iterator),
        ("tubes", words_by_tubes),
        ("dfir_pipes push", words_by_pushing),
    ];
    let all = made_words();
    let expected = words_by_hand(&all);
    let mut group = c.benchmark_group("fan_out/words_diamond");
    group.throughput(Throughput::Elements(odd_words(&all).count() as u64));
    for (name, side) in sides {
        assert_eq!(side(&all), expected, "{name}");
        group.bench_function(name, |b| b.iter(|| side(black_box(&all))));
    }
    group.finish();
}

criterion_group!(
    benches,
    to_twenty,
    to_eight,
    to_tasks,
    fork_join,
    words_diamond
);
criterion_main!(benches);
