//! The list of streamly's benchmarks, at a million integers: single operations, the same four
//! times over, and two in turn four times over; beside `Iterator` and `Stream`.
//!
//! `cargo bench -p tubes-benches --bench streamly`

use std::hint::black_box;
use std::iter;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use tubes::{Fount, bound, drains, fan, founts, stages};
use tubes_benches::run;

const ITEMS: u64 = 1_000_000;
const APPENDED: u64 = 10_000;

fn sink(n: u64) {
    black_box(n);
}

/// One operation by all sides: what stands behind the source of each.
macro_rules! sides {
    ($group:ident, $name:literal, [$($tubes:tt)*], [$($iterator:tt)*], [$($stream:tt)*]) => {
        $group.bench_function(BenchmarkId::new("tubes", $name), |b| {
            b.iter(|| {
                let flow = founts::iter(0..black_box(ITEMS))$($tubes)*;
                run(flow.flow_to(drains::for_each(sink)))
            });
        });
        $group.bench_function(BenchmarkId::new("Iterator", $name), |b| {
            b.iter(|| (0..black_box(ITEMS))$($iterator)*.for_each(sink));
        });
        $group.bench_function(BenchmarkId::new("Stream", $name), |b| {
            b.iter(|| {
                let flow = stream::iter(0..black_box(ITEMS))$($stream)*;
                run(flow.for_each(|n| ready(sink(n))));
            });
        });
    };
}

/// The same four times over.
macro_rules! four_times {
    ($group:ident, $name:literal, [$($t:tt)*], [$($i:tt)*], [$($s:tt)*]) => {
        sides!(
            $group, $name,
            [$($t)* $($t)* $($t)* $($t)*],
            [$($i)* $($i)* $($i)* $($i)*],
            [$($s)* $($s)* $($s)* $($s)*]
        );
    };
}

fn summed(sum: &mut u64, n: u64) -> u64 {
    *sum = sum.wrapping_add(n);
    *sum
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what `scan` of the standard library wants"
)]
fn also_summed(sum: &mut u64, n: u64) -> Option<u64> {
    Some(summed(sum, n))
}

fn raised(n: u64) -> Result<u64, &'static str> {
    also_raised(n).ok_or("too large")
}

/// As `raised`: the standard library and `Stream` end at `None`.
fn also_raised(n: u64) -> Option<u64> {
    n.checked_add(1)
}

fn single(c: &mut Criterion) {
    let mut group = c.benchmark_group("streamly");
    group
        .throughput(Throughput::Elements(ITEMS))
        .sample_size(10);
    sides!(group, "drain", [], [], []);
    sides!(group, "scan", [.scan(0, summed)], [.scan(0, also_summed)],
        [.scan(0, |sum, n| ready(also_summed(sum, n)))]);
    sides!(group, "map", [.map(|n| n + 1)], [.map(|n| n + 1)], [.map(|n| n + 1)]);
    sides!(group, "mapM", [.through(stages::then(|n: u64| ready(n + 1)))], [.map(|n| n + 1)],
        [.then(|n| ready(n + 1))]);
    sides!(group, "mapM that may fail", [.through(raised)], [.map_while(also_raised)],
        [.scan((), |(), n| ready(also_raised(n)))]);
    sides!(group, "filter-even", [.filter(|n| n % 2 == 0)], [.filter(|n| n % 2 == 0)],
        [.filter(|n| ready(n % 2 == 0))]);
    sides!(group, "filter-all-out", [.filter(|n| *n > ITEMS)], [.filter(|n| *n > ITEMS)],
        [.filter(|n| ready(*n > ITEMS))]);
    sides!(group, "filter-all-in", [.filter(|n| *n <= ITEMS)], [.filter(|n| *n <= ITEMS)],
        [.filter(|n| ready(*n <= ITEMS))]);
    sides!(group, "take-all", [.take(ITEMS)], [.take(1_000_000)], [.take(1_000_000)]);
    sides!(group, "takeWhile-true", [.take_while(|n| *n <= ITEMS)], [.take_while(|n| *n <= ITEMS)],
        [.take_while(|n| ready(*n <= ITEMS))]);
    sides!(group, "drop-one", [.skip(1)], [.skip(1)], [.skip(1)]);
    sides!(group, "drop-all", [.skip(ITEMS)], [.skip(1_000_000)], [.skip(1_000_000)]);
    sides!(group, "dropWhile-true", [.skip_while(|n| *n <= ITEMS)], [.skip_while(|n| *n <= ITEMS)],
        [.skip_while(|n| ready(*n <= ITEMS))]);
    sides!(group, "dropWhile-false", [.skip_while(|n| *n > ITEMS)], [.skip_while(|n| *n > ITEMS)],
        [.skip_while(|n| ready(*n > ITEMS))]);
    sides!(group, "concatMap of 3", [.flat_map(|n| [n, n, n])], [.flat_map(|n| [n, n, n])],
        [.flat_map(|n| stream::iter([n, n, n]))]);
    group.finish();
}

fn mixed(c: &mut Criterion) {
    let mut group = c.benchmark_group("streamly");
    group
        .throughput(Throughput::Elements(ITEMS))
        .sample_size(10);
    four_times!(group, "map x4", [.map(|n| n + 1)], [.map(|n| n + 1)], [.map(|n| n + 1)]);
    four_times!(group, "mapM x4", [.through(stages::then(|n: u64| ready(n + 1)))],
        [.map(|n| n + 1)], [.then(|n| ready(n + 1))]);
    four_times!(group, "mapM that may fail x4", [.through(raised)], [.map_while(also_raised)],
        [.scan((), |(), n| ready(also_raised(n)))]);
    four_times!(group, "scan-map x4", [.scan(0, summed).map(|n| n ^ 1)],
        [.scan(0, also_summed).map(|n| n ^ 1)],
        [.scan(0, |sum, n| ready(also_summed(sum, n))).map(|n| n ^ 1)]);
    four_times!(group, "drop-scan x4", [.skip(1).scan(0, summed)], [.skip(1).scan(0, also_summed)],
        [.skip(1).scan(0, |sum, n| ready(also_summed(sum, n)))]);
    four_times!(group, "take-scan x4", [.take(ITEMS).scan(0, summed)],
        [.take(1_000_000).scan(0, also_summed)],
        [.take(1_000_000).scan(0, |sum, n| ready(also_summed(sum, n)))]);
    four_times!(group, "filter-scan x4", [.filter(|n| *n < u64::MAX).scan(0, summed)],
        [.filter(|n| *n < u64::MAX).scan(0, also_summed)],
        [.filter(|n| ready(*n < u64::MAX)).scan(0, |sum, n| ready(also_summed(sum, n)))]);
    four_times!(group, "drop-map x4", [.skip(1).map(|n| n + 1)], [.skip(1).map(|n| n + 1)],
        [.skip(1).map(|n| n + 1)]);
    four_times!(group, "take-drop x4", [.take(ITEMS).skip(1)], [.take(1_000_000).skip(1)],
        [.take(1_000_000).skip(1)]);
    four_times!(group, "take-map x4", [.take(ITEMS).map(|n| n + 1)],
        [.take(1_000_000).map(|n| n + 1)], [.take(1_000_000).map(|n| n + 1)]);
    four_times!(group, "filter-drop x4", [.filter(|n| *n < u64::MAX).skip(1)],
        [.filter(|n| *n < u64::MAX).skip(1)], [.filter(|n| ready(*n < u64::MAX)).skip(1)]);
    four_times!(group, "filter-take x4", [.filter(|n| *n < u64::MAX).take(ITEMS)],
        [.filter(|n| *n < u64::MAX).take(1_000_000)],
        [.filter(|n| ready(*n < u64::MAX)).take(1_000_000)]);
    four_times!(group, "filter-map x4", [.filter(|n| *n < u64::MAX).map(|n| n + 1)],
        [.filter(|n| *n < u64::MAX).map(|n| n + 1)],
        [.filter(|n| ready(*n < u64::MAX)).map(|n| n + 1)]);
    group.finish();
}

/// Those that end in a value, or begin in two places.
fn ends(c: &mut Criterion) {
    let mut group = c.benchmark_group("streamly");
    group
        .throughput(Throughput::Elements(ITEMS))
        .sample_size(10);
    let range = || 0..black_box(ITEMS);
    group.bench_function("tubes/toList", |b| {
        b.iter(|| run(founts::iter(range()).flow_to(drains::collect(bound(1_000_000).get()))));
    });
    group.bench_function("Iterator/toList", |b| {
        b.iter(|| range().collect::<Vec<_>>());
    });
    group.bench_function("Stream/toList", |b| {
        b.iter(|| run(stream::iter(range()).collect::<Vec<_>>()));
    });
    group.bench_function("tubes/foldl'", |b| {
        b.iter(|| run(founts::iter(range()).flow_to(drains::fold(0, |sum, n| sum ^ n))));
    });
    group.bench_function("Iterator/foldl'", |b| {
        b.iter(|| range().fold(0, |sum, n| sum ^ n));
    });
    group.bench_function("Stream/foldl'", |b| {
        b.iter(|| run(stream::iter(range()).fold(0, |sum, n| ready(sum ^ n))));
    });
    group.bench_function("tubes/last", |b| {
        b.iter(|| run(founts::iter(range()).flow_to(drains::fold(None, |_, n| Some(n)))));
    });
    group.bench_function("Iterator/last", |b| {
        b.iter(|| range().fold(None, |_, n| Some(n)));
    });
    group.bench_function("Stream/last", |b| {
        b.iter(|| run(stream::iter(range()).fold(None, |_, n| ready(Some(n)))));
    });
    group.bench_function("tubes/zip", |b| {
        b.iter(|| {
            let both = fan::zip(founts::iter(range()), founts::iter(range()));
            run(both.flow_to(drains::for_each(|(n, m)| sink(n ^ m))))
        });
    });
    group.bench_function("Iterator/zip", |b| {
        b.iter(|| {
            range()
                .zip(range())
                .for_each(|(n, m)| sink(n ^ m));
        });
    });
    group.bench_function("Stream/zip", |b| {
        b.iter(|| {
            let both = stream::iter(range()).zip(stream::iter(range()));
            run(both.for_each(|(n, m)| {
                sink(n ^ m);
                ready(())
            }));
        });
    });
    group.finish();
}

/// One item each from 10,000 sources, appended. Nested one by one, each would be a type of its own,
/// or a box: all sides have them in one row.
fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("streamly/append 10,000");
    group.throughput(Throughput::Elements(APPENDED));
    let range = || 0..black_box(APPENDED);
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let all = fan::concat(range().map(founts::once));
            run(all.flow_to(drains::for_each(sink)))
        });
    });
    group.bench_function("Iterator", |b| {
        b.iter(|| {
            range()
                .flat_map(iter::once)
                .for_each(sink);
        });
    });
    group.bench_function("Stream", |b| {
        b.iter(|| {
            let all = stream::iter(range()).flat_map(|n| stream::once(ready(n)));
            run(all.for_each(|n| {
                sink(n);
                ready(())
            }));
        });
    });
    group.finish();
}

criterion_group!(benches, single, mixed, ends, append);
criterion_main!(benches);
