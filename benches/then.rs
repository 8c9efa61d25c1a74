//! What a future for each item costs: ready at once, and pending once, at most 1, 4 and 64 in
//! flight; against `then`, `buffered` and `buffer_unordered` of `futures-util`. And what a coroutine
//! costs that gives each item, against `async_stream` and a channel of one.
//!
//! `cargo bench -p tubes-benches --bench then`, and with `--profile release-fat` (fat LTO).

use std::future::{Future, ready};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use tubes::stages::{self, Inlet, Outlet};
use tubes::{Fount, Reason, drains, founts};
use tubes_benches::run;

const ITEMS: u64 = 100_000;

/// Pending once, with a wake at once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn at_once(n: u64) -> u64 {
    n.wrapping_mul(3)
}

async fn after_one(n: u64) -> u64 {
    Yield(false).await;
    n.wrapping_mul(3)
}

fn most(futures: usize) -> NonZeroUsize {
    NonZeroUsize::new(futures).unwrap_or(NonZeroUsize::MIN)
}

/// One group: the same function by each way of awaiting it.
macro_rules! calls {
    ($c:expr, $name:literal, $call:expr) => {{
        let mut group = $c.benchmark_group($name);
        group.throughput(Throughput::Elements(ITEMS));
        for futures in [1, 4, 64] {
            group.bench_function(format!("tubes/{futures}"), |b| {
                b.iter(|| {
                    let then = stages::then($call).at_most(most(futures));
                    run(founts::iter(0..black_box(ITEMS))
                        .through(then)
                        .flow_to(drains::fold(0, u64::wrapping_add)))
                });
            });
            group.bench_function(format!("tubes unordered/{futures}"), |b| {
                b.iter(|| {
                    let then = stages::then($call)
                        .at_most(most(futures))
                        .unordered();
                    run(founts::iter(0..black_box(ITEMS))
                        .through(then)
                        .flow_to(drains::fold(0, u64::wrapping_add)))
                });
            });
            if futures == 1 {
                group.bench_function("Stream then/1", |b| {
                    b.iter(|| {
                        run(stream::iter(0..black_box(ITEMS))
                            .then($call)
                            .fold(0, |sum: u64, n| ready(sum.wrapping_add(n))))
                    });
                });
            }
            group.bench_function(format!("Stream buffered/{futures}"), |b| {
                b.iter(|| {
                    run(stream::iter(0..black_box(ITEMS))
                        .map($call)
                        .buffered(futures)
                        .fold(0, |sum: u64, n| ready(sum.wrapping_add(n))))
                });
            });
            group.bench_function(format!("Stream buffer_unordered/{futures}"), |b| {
                b.iter(|| {
                    run(stream::iter(0..black_box(ITEMS))
                        .map($call)
                        .buffer_unordered(futures)
                        .fold(0, |sum: u64, n| ready(sum.wrapping_add(n))))
                });
            });
        }
        group.finish();
    }};
}

fn ready_at_once(c: &mut Criterion) {
    calls!(c, "then/ready", at_once);
}

fn pending_once(c: &mut Criterion) {
    calls!(c, "then/pending once", after_one);
}

fn coroutine(c: &mut Criterion) {
    let mut group = c.benchmark_group("then/coroutine");
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let triple = stages::coroutine(async |inlet: Inlet<u64>, outlet: Outlet<u64>| {
                while let Some(n) = inlet.next().await? {
                    outlet.send(n.wrapping_mul(3)).await?;
                }
                Ok::<_, Reason>(())
            });
            run(founts::iter(0..black_box(ITEMS))
                .through(triple)
                .flow_to(drains::fold(0, u64::wrapping_add)))
        });
    });
    group.bench_function("async_stream", |b| {
        b.iter(|| {
            let source = stream::iter(0..black_box(ITEMS));
            let triple = async_stream::stream! {
                for await n in source {
                    yield n.wrapping_mul(3);
                }
            };
            run(triple.fold(0, |sum: u64, n| ready(sum.wrapping_add(n))))
        });
    });
    group.bench_function("channel of one, joined", |b| {
        b.iter(|| {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            let triple = async move {
                for n in 0..black_box(ITEMS) {
                    if sender
                        .send(n.wrapping_mul(3))
                        .await
                        .is_err()
                    {
                        break;
                    }
                }
            };
            let sum = async move {
                let mut sum = 0_u64;
                while let Some(n) = receiver.recv().await {
                    sum = sum.wrapping_add(n);
                }
                sum
            };
            run(futures_util::future::join(triple, sum)).1
        });
    });
    group.finish();
}

criterion_group!(benches, ready_at_once, pending_once, coroutine);
criterion_main!(benches);
