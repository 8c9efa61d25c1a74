//! What an item costs that goes by key: to 1, 100 and 1,000 routes (which should be one figure),
//! to a tube for each of as many keys, and to groups, against a loop over `HashMap`.
//!
//! `cargo bench -p tubes-benches --bench route`

use std::collections::HashMap;
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tubes::route::Route;
use tubes::stages::{self, Group};
use tubes::{Fount, Reason, Tube, bound, drains, founts, route};
use tubes_benches::run;

const ITEMS: u64 = 100_000;
const COUNTS: [u64; 3] = [1, 100, 1000];

/// Polls a flow and the readers of its routes in turn, until all have ended.
fn run_all(flow: impl Future, readers: Vec<Pin<Box<impl Future>>>) {
    let mut flow = pin!(flow);
    let mut cx = Context::from_waker(Waker::noop());
    let mut over = false;
    let mut readers = readers;
    while !over || !readers.is_empty() {
        over = over || flow.as_mut().poll(&mut cx).is_ready();
        readers.retain_mut(|reader| {
            reader
                .as_mut()
                .poll(&mut cx)
                .is_pending()
        });
    }
}

fn sum(route: Route<u64, u64>) -> impl Future {
    route.flow_to(drains::fold(0u64, u64::wrapping_add))
}

fn routes(c: &mut Criterion) {
    let mut group = c.benchmark_group("route/100,000 items, bounds of 64, summed by route");
    group.throughput(Throughput::Elements(ITEMS));
    for count in COUNTS {
        group.bench_with_input(BenchmarkId::new("HashMap", count), &count, |b, &count| {
            b.iter(|| {
                let mut sums: HashMap<u64, u64> = (0..count).map(|key| (key, 0)).collect();
                for n in 0..black_box(ITEMS) {
                    if let Some(sum) = sums.get_mut(&(n % count)) {
                        *sum = sum.wrapping_add(n);
                    }
                }
                sums
            });
        });
        group.bench_with_input(BenchmarkId::new("tubes", count), &count, |b, &count| {
            b.iter(|| {
                let most = usize::try_from(count).unwrap_or(1);
                let (router, routes) = route::router(bound(most), move |n: &u64| n % count);
                let readers = (0..count)
                    .filter_map(|key| routes.open(key, bound(64)).ok())
                    .map(|route| Box::pin(sum(route)))
                    .collect();
                run_all(founts::iter(0..black_box(ITEMS)).flow_to(router), readers);
            });
        });
    }
    group.finish();
}

/// The sum so far.
struct Total(u64);

impl Tube<u64> for Total {
    type Out = u64;

    #[inline]
    fn received(&mut self, item: u64) -> Result<Option<u64>, Reason> {
        self.0 = self.0.wrapping_add(item);
        Ok(Some(self.0))
    }
}

fn per_key(c: &mut Criterion) {
    let mut group = c.benchmark_group("route/100,000 items, a tube for each key");
    group.throughput(Throughput::Elements(ITEMS));
    for count in COUNTS {
        group.bench_with_input(BenchmarkId::new("tubes", count), &count, |b, &count| {
            b.iter(|| {
                let totals = stages::per_key(bound(1000), move |n: &u64| n % count, |_| Total(0));
                run(founts::iter(0..black_box(ITEMS))
                    .through(totals)
                    .flow_to(drains::fold(0u64, u64::wrapping_add)))
            });
        });
    }
    group.finish();
}

fn group_by(c: &mut Criterion) {
    let mut group = c.benchmark_group("route/100,000 items, grouped and read");
    group.throughput(Throughput::Elements(ITEMS));
    for count in COUNTS {
        group.bench_with_input(BenchmarkId::new("tubes", count), &count, |b, &count| {
            b.iter(|| {
                let groups = stages::group_by(bound(1000), bound(64), move |n: &u64| n % count);
                let mut groups = pin!(founts::iter(0..black_box(ITEMS)).through(groups));
                let mut cx = Context::from_waker(Waker::noop());
                let (mut readers, mut over) = (Vec::new(), false);
                while !over || !readers.is_empty() {
                    match groups.as_mut().poll_next(&mut cx) {
                        Poll::Ready(Ok(group)) => {
                            readers.push(Box::pin(read(group)));
                            continue;
                        }
                        Poll::Ready(Err(_)) => over = true,
                        Poll::Pending => {}
                    }
                    readers.retain_mut(|reader| {
                        reader
                            .as_mut()
                            .poll(&mut cx)
                            .is_pending()
                    });
                }
            });
        });
    }
    group.finish();
}

fn read(group: Group<u64, u64>) -> impl Future {
    group
        .fount
        .flow_to(drains::fold(0u64, u64::wrapping_add))
}

criterion_group!(benches, routes, per_key, group_by);
criterion_main!(benches);
