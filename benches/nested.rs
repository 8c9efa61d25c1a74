//! What nesting costs: 1,000 times 1,000 integers, flattened and summed, against loops,
//! `Iterator` and `futures::Stream`.
//!
//! `cargo bench -p tubes-benches --bench nested`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use tubes::{Fount, drains, founts};
use tubes_benches::run;

const SIDE: u64 = 1000;

fn flat_map(c: &mut Criterion) {
    let mut group = c.benchmark_group("nested/flat_map 1000 x 1000, sum");
    group.throughput(Throughput::Elements(SIDE * SIDE));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut sum = 0u64;
            for x in 0..black_box(SIDE) {
                for y in 0..SIDE {
                    sum = sum.wrapping_add(x * y);
                }
            }
            sum
        });
    });
    group.bench_function("Iterator", |b| {
        b.iter(|| {
            (0..black_box(SIDE))
                .flat_map(|x| (0..SIDE).map(move |y| x * y))
                .fold(0u64, u64::wrapping_add)
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            run(founts::iter(0..black_box(SIDE))
                .flat_map(|x| (0..SIDE).map(move |y| x * y))
                .flow_to(drains::fold(0u64, u64::wrapping_add)))
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            run(stream::iter(0..black_box(SIDE))
                .flat_map(|x| stream::iter((0..SIDE).map(move |y| x * y)))
                .fold(0u64, |sum, n| {
                    futures_util::future::ready(sum.wrapping_add(n))
                }))
        });
    });
    group.finish();
}

criterion_group!(benches, flat_map);
criterion_main!(benches);
