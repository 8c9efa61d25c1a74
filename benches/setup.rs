//! What it costs to begin: 10,000 flows of one item each; and what a seam costs: 20 boxed stages,
//! an item and 64 items in a chunk.
//!
//! `cargo bench -p tubes-benches --bench setup`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, future};
use tubes::founts::BoxFount;
use tubes::{Fount, drains, founts};
use tubes_benches::run;

const FLOWS: u64 = 10_000;
const ITEMS: usize = 100_000;
const STAGES: usize = 20;

fn flows(c: &mut Criterion) {
    let mut group = c.benchmark_group("setup/10,000 flows of one item");
    group.throughput(Throughput::Elements(FLOWS));
    group.bench_function("tubes", |b| {
        b.iter(|| {
            for n in 0..FLOWS {
                let flow = founts::once(black_box(n))
                    .map(|n| n + 1)
                    .filter(|n| *n > 0)
                    .take(1);
                let sum = run(flow.flow_to(drains::fold(0, |sum, n| sum + n)));
                black_box(sum.ok());
            }
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            for n in 0..FLOWS {
                let flow = stream::iter([black_box(n)])
                    .map(|n| n + 1)
                    .filter(|n| future::ready(*n > 0))
                    .take(1);
                black_box(run(flow.fold(0, |sum, n| future::ready(sum + n))));
            }
        });
    });
    group.bench_function("tubes, boxed", |b| {
        b.iter(|| {
            for n in 0..FLOWS {
                let flow = founts::once(black_box(n))
                    .boxed()
                    .map(|n| n + 1)
                    .boxed();
                black_box(run(flow.flow_to(drains::fold(0, |sum, n| sum + n))).ok());
            }
        });
    });
    group.bench_function("Stream, boxed", |b| {
        b.iter(|| {
            for n in 0..FLOWS {
                let flow = stream::iter([black_box(n)])
                    .boxed()
                    .map(|n| n + 1)
                    .boxed();
                black_box(run(flow.fold(0, |sum, n| future::ready(sum + n))));
            }
        });
    });
    group.finish();
}

fn boxed(c: &mut Criterion) {
    let mut group = c.benchmark_group("setup/20 boxed stages");
    group
        .throughput(Throughput::Elements(ITEMS as u64))
        .sample_size(20);
    group.bench_function("tubes, item by item", |b| {
        b.iter(|| {
            let mut flow: BoxFount<'_, usize> = founts::iter(0..black_box(ITEMS)).boxed();
            for _ in 0..STAGES {
                flow = flow.map(|n| black_box(n) + 1).boxed();
            }
            run(flow.flow_to(drains::fold(0, usize::wrapping_add)))
        });
    });
    group.bench_function("Stream, item by item", |b| {
        b.iter(|| {
            let mut flow: BoxStream<'_, usize> = stream::iter(0..black_box(ITEMS)).boxed();
            for _ in 0..STAGES {
                flow = flow.map(|n| black_box(n) + 1).boxed();
            }
            run(flow.fold(0, |sum: usize, n| future::ready(sum.wrapping_add(n))))
        });
    });
    let chunks = || {
        (0..black_box(ITEMS) / 64).map(|first| (first * 64..(first + 1) * 64).collect::<Vec<_>>())
    };
    let add = |mut chunk: Vec<usize>| {
        for n in &mut chunk {
            *n = black_box(*n) + 1;
        }
        chunk
    };
    group.bench_function("tubes, chunks of 64", |b| {
        b.iter(|| {
            let mut flow: BoxFount<'_, Vec<usize>> = founts::iter(chunks()).boxed();
            for _ in 0..STAGES {
                flow = flow.map(add).boxed();
            }
            let sum = |sum: usize, chunk: Vec<usize>| sum.wrapping_add(chunk.iter().sum());
            run(flow.flow_to(drains::fold(0, sum)))
        });
    });
    group.bench_function("Stream, chunks of 64", |b| {
        b.iter(|| {
            let mut flow: BoxStream<'_, Vec<usize>> = stream::iter(chunks()).boxed();
            for _ in 0..STAGES {
                flow = flow.map(add).boxed();
            }
            run(flow.fold(0, |sum: usize, chunk| {
                future::ready(sum.wrapping_add(chunk.iter().sum()))
            }))
        });
    });
    group.finish();
}

criterion_group!(benches, flows, boxed);
criterion_main!(benches);
