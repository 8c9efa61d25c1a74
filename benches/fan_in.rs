//! Many to one, beside its peers: 20 sources over 1,000,000 items, hydro's `fan_in` (20 sources of
//! 100,000 each), 1000 founts of 1000 items of which 64 at once, one fount after the other.
//!
//! `cargo bench -p tubes-benches --bench fan_in`

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_concurrency::stream::Merge;
use futures_util::{StreamExt, future, stream};
use tokio_stream::StreamMap;
use tubes::{Fount, drains, fan, founts};
use tubes_benches::run;

const SOURCES: u64 = 20;
const ITEMS: u64 = 1_000_000;

fn each(items: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..SOURCES).map(move |_| 0..black_box(items / SOURCES))
}

fn look(n: u64) {
    black_box(n);
}

fn looked(n: u64) -> future::Ready<()> {
    look(n);
    future::ready(())
}

fn merge(c: &mut Criterion, name: &str, items: u64) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(items));
    group.bench_function("Iterator", |b| {
        b.iter(|| each(items).flatten().for_each(look));
    });
    group.bench_function("tubes", |b| {
        b.iter(|| run(fan::merge(each(items).map(founts::iter)).flow_to(drains::for_each(look))));
    });
    group.bench_function("tubes boxed", |b| {
        b.iter(|| {
            let boxed = each(items).map(|range| founts::iter(range).boxed());
            run(fan::merge(boxed).flow_to(drains::for_each(look)))
        });
    });
    group.bench_function("select_all", |b| {
        b.iter(|| {
            let all = stream::select_all(each(items).map(stream::iter));
            run(all.for_each(looked));
        });
    });
    group.bench_function("futures-concurrency", |b| {
        b.iter(|| {
            let all: Vec<_> = each(items).map(stream::iter).collect();
            run(all.merge().for_each(looked));
        });
    });
    group.bench_function("StreamMap", |b| {
        b.iter(|| {
            let all: StreamMap<_, _> = each(items)
                .map(stream::iter)
                .enumerate()
                .collect();
            run(all.for_each(|(_, n)| looked(n)));
        });
    });
    group.finish();
}

fn merges(c: &mut Criterion) {
    merge(c, "fan_in/merge 20", ITEMS);
    merge(c, "fan_in/hydro, a tenth", 2 * ITEMS);
}

fn flatten(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_in/flatten 64 of 1000x1000");
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let at_most = NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN);
            run(founts::iter(0..black_box(1000))
                .map(|_| founts::iter(0..black_box(1000)))
                .through(fan::flatten_merge(at_most))
                .flow_to(drains::for_each(look)))
        });
    });
    group.bench_function("flatten_unordered", |b| {
        b.iter(|| {
            run(stream::iter(0..black_box(1000))
                .map(|_| stream::iter(0..black_box(1000)))
                .flatten_unordered(64)
                .for_each(looked));
        });
    });
    group.finish();
}

fn concat(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_in/chain of 2");
    group.throughput(Throughput::Elements(ITEMS));
    let half = || 0..black_box(ITEMS / 2);
    group.bench_function("Iterator", |b| {
        b.iter(|| half().chain(half()).for_each(look));
    });
    group.bench_function("tubes concat_with", |b| {
        b.iter(|| {
            run(founts::iter(half())
                .through(fan::concat_with(founts::iter(half())))
                .flow_to(drains::for_each(look)))
        });
    });
    group.bench_function("tubes concat", |b| {
        b.iter(|| {
            let two = [half(), half()].map(founts::iter);
            run(fan::concat(two).flow_to(drains::for_each(look)))
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            let two = stream::iter(half()).chain(stream::iter(half()));
            run(two.for_each(looked));
        });
    });
    group.finish();
}

fn zip(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_in/zip");
    group.throughput(Throughput::Elements(ITEMS));
    let all = || 0..black_box(ITEMS);
    group.bench_function("tubes", |b| {
        b.iter(|| {
            run(fan::zip(founts::iter(all()), founts::iter(all()))
                .flow_to(drains::for_each(|(one, other)| look(one ^ other))))
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            run(stream::iter(all())
                .zip(stream::iter(all()))
                .for_each(|(one, other)| looked(one ^ other)));
        });
    });
    group.finish();
}

criterion_group!(benches, merges, flatten, concat, zip);
criterion_main!(benches);
