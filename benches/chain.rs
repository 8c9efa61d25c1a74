//! What a chain of plain stages costs an item: 20 maps over a million integers, and
//! map-filter-map-fold, against the loop written by hand, `Iterator` and `futures::Stream`.
//!
//! `cargo bench -p tubes-benches --bench chain`, and with `--profile release-fat` (fat LTO) and
//! `--profile release-no-lto`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use tubes::{Fount, drains, founts};
use tubes_benches::run;

const ITEMS: u64 = 1_000_000;

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

fn maps(c: &mut Criterion) {
    let mut group = c.benchmark_group("chain/20 maps");
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            for n in 0..black_box(ITEMS) {
                let mut n = n;
                for _ in 0..20 {
                    n += 1;
                }
                black_box(n);
            }
        });
    });
    group.bench_function("Iterator", |b| {
        b.iter(|| {
            twenty!(0..black_box(ITEMS), map(|n| n + 1)).for_each(|n| {
                black_box(n);
            });
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let flow = twenty!(founts::iter(0..black_box(ITEMS)), map(|n| n + 1));
            run(flow.flow_to(drains::for_each(|n| {
                black_box(n);
            })))
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            let flow = twenty!(stream::iter(0..black_box(ITEMS)), map(|n| n + 1));
            run(flow.for_each(|n| {
                black_box(n);
                futures_util::future::ready(())
            }));
        });
    });
    group.finish();
}

fn map_filter_map_fold(c: &mut Criterion) {
    let mut group = c.benchmark_group("chain/map-filter-map-fold");
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut sum = 0u64;
            for n in 0..black_box(ITEMS) {
                let n = n.wrapping_mul(3);
                if n % 2 == 0 {
                    sum = sum.wrapping_add(n ^ 7);
                }
            }
            sum
        });
    });
    group.bench_function("Iterator", |b| {
        b.iter(|| {
            (0..black_box(ITEMS))
                .map(|n| n.wrapping_mul(3))
                .filter(|n| n % 2 == 0)
                .map(|n| n ^ 7)
                .fold(0u64, u64::wrapping_add)
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            run(founts::iter(0..black_box(ITEMS))
                .map(|n| n.wrapping_mul(3))
                .filter(|n| n % 2 == 0)
                .map(|n| n ^ 7)
                .flow_to(drains::fold(0u64, u64::wrapping_add)))
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            run(stream::iter(0..black_box(ITEMS))
                .map(|n| n.wrapping_mul(3))
                .filter(|n| futures_util::future::ready(n % 2 == 0))
                .map(|n| n ^ 7)
                .fold(0u64, |sum, n| {
                    futures_util::future::ready(sum.wrapping_add(n))
                }))
        });
    });
    group.finish();
}

criterion_group!(benches, maps, map_filter_map_fold);
criterion_main!(benches);
