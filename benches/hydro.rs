//! The micro-benchmarks of hydro: the same work as its `benches/`, beside the peers that it names.
//!
//! arithmetic, identity and upcase are 20 stages in a row; `micro_ops` are single ones. (Fans are
//! in `fan_in.rs` and `fan_out.rs`.)
//!
//! `cargo bench -p tubes-benches --bench hydro`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dfir_pipes::pull::{self, Pull as _};
use dfir_pipes::push;
use futures_util::{StreamExt, future, stream};
use timely::dataflow::operators::Inspect as _;
use timely::dataflow::operators::vec::{Map as _, ToStream as _};
use tubes::{Fount, drains, founts};
use tubes_benches::run;

const INTS: usize = 1_000_000;
const STRINGS: usize = 100_000;

/// Twenty times the same stage, written out: `twenty!(start, map(|n| n + 1))`.
macro_rules! twenty {
    ($start:expr, $($stage:tt)*) => {
        $start
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
    };
}

/// The same from the inside out, for those who push: `inwards!(@4 end, push::map, |n| n + 1)`.
macro_rules! inwards {
    (@4 $end:expr, $f:path, $g:expr) => {
        inwards!(@5 inwards!(@5 inwards!(@5 inwards!(@5 $end, $f, $g), $f, $g), $f, $g), $f, $g)
    };
    (@5 $end:expr, $f:path, $g:expr) => {
        $f($g, $f($g, $f($g, $f($g, $f($g, $end)))))
    };
}

fn sink<T>(item: T) {
    black_box(item);
}

/// One bench of 20 maps, for all sides: the items, the map, and how many.
macro_rules! twenty_maps {
    ($c:expr, $name:literal, $items:expr, $count:expr, $f:expr) => {{
        let mut group = $c.benchmark_group(concat!("hydro/", $name));
        group.throughput(Throughput::Elements($count as u64)).sample_size(20);
        group.bench_function("raw (a Vec a stage)", |b| {
            b.iter(|| {
                let mut data: Vec<_> = ($items).collect();
                for _ in 0..20 {
                    data = data.into_iter().map($f).collect();
                }
                data.into_iter().for_each(sink);
            });
        });
        group.bench_function("Iterator", |b| {
            b.iter(|| twenty!(($items), map($f)).for_each(sink));
        });
        group.bench_function("tubes", |b| {
            b.iter(|| {
                let flow = twenty!(founts::iter($items), map($f));
                run(flow.flow_to(drains::for_each(sink)))
            });
        });
        group.bench_function("Stream", |b| {
            b.iter(|| {
                let flow = twenty!(stream::iter($items), map($f));
                run(flow.for_each(|item| future::ready(sink(item))));
            });
        });
        group.bench_function("dfir_pipes pull", |b| {
            b.iter(|| run(twenty!(pull::iter($items), map($f)).for_each(sink)));
        });
        group.bench_function("dfir_pipes push", |b| {
            b.iter(|| {
                let end = inwards!(@4 push::for_each(sink), push::map, $f);
                run(pull::iter($items).send_push(end));
            });
        });
        group.bench_function("timely", |b| {
            b.iter(|| {
                timely::example(|scope| {
                    let mut flow = ($items).to_stream(scope);
                    for _ in 0..20 {
                        flow = flow.map($f);
                    }
                    flow.inspect(|item| {
                        black_box(item);
                    });
                });
            });
        });
        group.finish();
    }};
}

fn arithmetic(c: &mut Criterion) {
    twenty_maps!(c, "arithmetic", 0..black_box(INTS), INTS, |n: usize| n + 1);
}

fn identity(c: &mut Criterion) {
    twenty_maps!(c, "identity", 0..black_box(INTS), INTS, |n: usize| {
        black_box(n)
    });
}

fn upcase(c: &mut Criterion) {
    fn words() -> impl Iterator<Item = String> + 'static {
        (0..black_box(STRINGS)).map(|_| String::from("foobar"))
    }
    twenty_maps!(
        c,
        "upcase in place",
        words(),
        STRINGS,
        |mut word: String| {
            word.make_ascii_uppercase();
            word
        }
    );
    twenty_maps!(c, "upcase allocating", words(), STRINGS, |word: String| {
        word.to_uppercase()
    });
    twenty_maps!(c, "concatenating", words(), STRINGS, |mut word: String| {
        word.push_str("barfoo");
        word
    });
}

/// 10,000 numbers below 100.
fn numbers() -> Vec<usize> {
    // An LCG instead of the original's generator: the same distribution.
    let mut seed = 123_u64;
    std::iter::repeat_with(|| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(seed >> 33).unwrap_or(0) % 100
    })
    .take(10_000)
    .collect()
}

/// Single operators over 10,000 numbers below 100, as in `micro_ops`.
fn micro_ops(c: &mut Criterion) {
    let numbers = numbers();
    let mut group = c.benchmark_group("hydro/micro_ops");
    group.throughput(Throughput::Elements(numbers.len() as u64));
    macro_rules! op {
        ($name:literal, [$($tubes:tt)*], [$($iterator:tt)*], [$($stream:tt)*]) => {
            group.bench_function(BenchmarkId::new($name, "tubes"), |b| {
                b.iter(|| {
                    let flow = founts::iter(black_box(&numbers).iter().copied())$($tubes)*;
                    run(flow.flow_to(drains::for_each(sink)))
                });
            });
            group.bench_function(BenchmarkId::new($name, "Iterator"), |b| {
                b.iter(|| black_box(&numbers).iter().copied()$($iterator)*.for_each(sink));
            });
            group.bench_function(BenchmarkId::new($name, "Stream"), |b| {
                b.iter(|| {
                    let flow = stream::iter(black_box(&numbers).iter().copied())$($stream)*;
                    run(flow.for_each(|item| future::ready(sink(item))));
                });
            });
        };
    }
    op!("identity", [], [], []);
    op!("map", [.map(|n| n + 1)], [.map(|n| n + 1)], [.map(|n| n + 1)]);
    op!(
        "flat_map one",
        [.flat_map(|n| [n])],
        [.flat_map(|n| [n])],
        [.flat_map(|n| stream::iter([n]))]
    );
    op!(
        "flat_map range",
        [.flat_map(|n| 0..n)],
        [.flat_map(|n| 0..n)],
        [.flat_map(|n| stream::iter(0..n))]
    );
    group.bench_function(BenchmarkId::new("fold", "tubes"), |b| {
        b.iter(|| {
            let fount = founts::iter(black_box(&numbers).iter().copied());
            run(fount.flow_to(drains::fold(0, |sum, n| sum + n)))
        });
    });
    group.bench_function(BenchmarkId::new("fold", "Iterator"), |b| {
        b.iter(|| {
            black_box(&numbers)
                .iter()
                .sum::<usize>()
        });
    });
    group.bench_function(BenchmarkId::new("fold", "Stream"), |b| {
        b.iter(|| {
            let flow = stream::iter(black_box(&numbers).iter().copied());
            run(flow.fold(0, |sum, n| future::ready(sum + n)))
        });
    });
    group.finish();
}

criterion_group!(benches, arithmetic, identity, upcase, micro_ops);
criterion_main!(benches);
