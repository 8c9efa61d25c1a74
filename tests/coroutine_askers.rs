//! Coroutines in which several wait at one end: who is woken, who gives up, which wakers are kept.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Wake, Waker};

use tubes::stages::{self, Inlet, Outlet};
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Reason, founts};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

/// Polls both, until the first is done.
async fn beside<A: Future>(first: A, other: impl Future<Output = ()>) -> A::Output {
    let (mut first, mut other) = (pin!(first), pin!(other));
    let mut is_over = false;
    poll_fn(|cx| {
        let polled = first.as_mut().poll(cx);
        if polled.is_pending() && !is_over {
            is_over = other.as_mut().poll(cx).is_ready();
        }
        polled
    })
    .await
}

#[test]
fn an_ask_that_is_given_up_leaves_the_others_asking() {
    for driven in [true, false] {
        let source = FakeFount::new([]).open();
        let handle = source.handle();
        let reads = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
            let quits = async {
                let mut next = pin!(inlet.next_or_reason());
                poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
            };
            let read = beside(inlet.next_or_reason(), quits).await?;
            outlet.send(read).await
        });
        let drain = FakeDrain::new();
        let sink = drain.handle();
        let fount = source.through(reads);
        let mut flow: Pin<Box<dyn Future<Output = _>>> = if driven {
            Box::pin(fount.flow_to(drain))
        } else {
            Box::pin(fount.boxed_local().flow_to(drain))
        };
        let mut executor = executor();
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        handle.push(5);
        assert!(executor.is_woken(), "driven: {driven}");
        executor.run(flow).unwrap();
        assert_eq!(sink.items(), [5], "driven: {driven}");
    }
}

#[test]
fn a_send_that_is_given_up_leaves_the_others_waiting() {
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let sends = stages::coroutine(async |_: Inlet<u32>, outlet: Outlet<u32>| {
        outlet.send(1).await?;
        let quits = async {
            let mut send = pin!(outlet.send(9));
            poll_fn(|cx| Poll::Ready(send.as_mut().poll(cx).is_pending())).await;
        };
        beside(outlet.send(2), quits).await?;
        outlet.send(3).await
    });
    let mut flow = pin!(
        founts::pending()
            .through(sends)
            .flow_to(drain)
    );
    let mut executor = executor();
    for expected in [vec![], vec![1], vec![1, 2]] {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(sink.items(), expected);
        sink.allow(1);
    }
    sink.allow(9);
    executor.run(flow).unwrap();
    assert_eq!(sink.items(), [1, 2, 3]);
}

/// A waker that does nothing, and is known as long as somebody holds it.
struct Marked;

impl Wake for Marked {
    fn wake(self: Arc<Self>) {}
}

/// Makes a new waker each time, and counts those that are held.
#[derive(Clone, Default)]
struct Mint(Arc<Mutex<Vec<Weak<Marked>>>>);

impl Mint {
    fn waker(&self) -> Waker {
        let marked = Arc::new(Marked);
        self.0
            .lock()
            .unwrap()
            .push(Arc::downgrade(&marked));
        Waker::from(marked)
    }

    fn held(&self) -> usize {
        let marked = self.0.lock().unwrap();
        marked
            .iter()
            .filter(|one| one.strong_count() > 0)
            .count()
    }
}

/// Polls a future with a waker of its own each time.
async fn anew<F: Future>(mint: &Mint, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|_| {
        future
            .as_mut()
            .poll(&mut Context::from_waker(&mint.waker()))
    })
    .await
}

#[test]
fn wakers_that_change_inside_are_kept_one_for_each_who_waits_and_go_with_it() {
    let (mint, kept) = (Mint::default(), Mint::default());
    let (own, seen) = (mint.clone(), kept.clone());
    let waits = stages::coroutine(async move |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        outlet.send(1).await?;
        let gives_up = {
            let mut both = pin!(beside(anew(&own, inlet.next_or_reason()), async {
                drop(anew(&own, outlet.send(2)).await);
            },));
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                match both.as_mut().poll(cx) {
                    _ if polls > 50 => Poll::Ready(true),
                    Poll::Ready(_) => Poll::Ready(false),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        assert!(gives_up && own.held() == 0);
        anew(&seen, pending::<Result<(), Reason>>()).await
    });
    let source = FakeFount::<u32>::new([]).open();
    let drain = FakeDrain::new().by_hand();
    let mut flow = pin!(source.through(waits).flow_to(drain));
    let mut executor = executor();
    for _ in 0..60 {
        assert!(
            executor
                .poll(flow.as_mut())
                .is_pending()
        );
        assert!(mint.held() <= 2, "{} of 2 wakers", mint.held());
    }
    assert!(!kept.0.lock().unwrap().is_empty(), "it got so far");
    assert_eq!(kept.held(), 0, "nobody there keeps one");
}

#[test]
fn of_the_wakers_of_the_driver_the_last_one_is_kept() {
    for driven in [true, false] {
        let mint = Mint::default();
        let reads = stages::coroutine(async |inlet: Inlet<u32>, _: Outlet<u32>| {
            inlet.next_or_reason().await.map(drop)
        });
        let mut fount = Box::pin(founts::pending().through(reads));
        for _ in 0..50 {
            let waker = mint.waker();
            let mut cx = Context::from_waker(&waker);
            if driven {
                let drain = pin!(FakeDrain::new());
                drop(fount.as_mut().poll_flow(&mut cx, drain));
            } else {
                assert!(
                    fount
                        .as_mut()
                        .poll_next(&mut cx)
                        .is_pending()
                );
            }
        }
        assert_eq!(mint.held(), 1);
    }
}

/// Polls a future only when its own waker rang, as sets of futures do.
#[derive(Default)]
struct Rung(std::sync::atomic::AtomicBool);

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        self.0
            .store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

#[test]
fn a_stop_rings_for_those_who_wait_with_a_waker_of_their_own() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let waits = stages::coroutine(async move |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        let rung = Arc::new(Rung(true.into()));
        let waker = Waker::from(Arc::clone(&rung));
        let mut next = pin!(inlet.next_or_reason());
        poll_fn(|_| {
            if !rung
                .0
                .swap(false, std::sync::atomic::Ordering::SeqCst)
            {
                return Poll::Pending;
            }
            let polled = next
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
            polled.map(|next| {
                hears
                    .lock()
                    .unwrap()
                    .push(next.is_err());
            })
        })
        .await;
        outlet.send(1).await
    });
    let mut fount = Box::pin(founts::pending().through(waits));
    assert!(
        executor()
            .run_until_stalled(pin!(fount.next()))
            .is_pending()
    );
    fount.as_mut().stop(&Reason::Enough);
    assert_eq!(*heard.lock().unwrap(), [true]);
}

#[test]
fn while_the_coroutine_waits_for_something_of_its_own_upstream_keeps_moving() {
    for driven in [true, false] {
        let source = FakeFount::new([1]);
        let handle = source.handle();
        let waits = stages::coroutine(async |_: Inlet<u32>, outlet: Outlet<u32>| {
            pending::<()>().await;
            outlet.send(1).await
        });
        let fount = source.through(waits);
        let mut executor = executor();
        let stalled = if driven {
            executor
                .run_until_stalled(pin!(fount.flow_to(FakeDrain::new())))
                .is_pending()
        } else {
            executor
                .run_until_stalled(pin!(Box::pin(fount).next()))
                .is_pending()
        };
        assert!(stalled && handle.pulled() == 0);
        assert!(handle.progress() > 0, "driven: {driven}");
    }
}

#[test]
fn an_ask_that_is_dropped_outside_of_the_coroutine_asks_no_more() {
    type Kept = Arc<Mutex<Option<Pin<Box<dyn Future<Output = Result<u32, Reason>> + Send>>>>>;
    for is_flowing in [false, true] {
        let kept = Kept::default();
        let keeps = Arc::clone(&kept);
        let stage = stages::coroutine(async move |inlet: Inlet<u32>, _outlet: Outlet<u32>| {
            let inlet = Arc::new(inlet);
            let asks = Arc::clone(&inlet);
            let mut ask = Box::pin(async move { asks.next_or_reason().await });
            let asked = poll_fn(|cx| Poll::Ready(ask.as_mut().poll(cx))).await;
            assert!(asked.is_pending());
            *keeps.lock().unwrap() = Some(ask);
            pending::<()>().await;
        });
        let source = FakeFount::new([]).open();
        let handle = source.handle();
        let fount = source.through(stage);
        let mut flow: Pin<Box<dyn Future<Output = _>>> = if is_flowing {
            Box::pin(fount.flow_to(FakeDrain::new()))
        } else {
            Box::pin(
                fount
                    .boxed_local()
                    .flow_to(FakeDrain::new()),
            )
        };
        let mut executor = executor();
        let stalled = executor.run_until_stalled(flow.as_mut());
        assert!(stalled.is_pending());
        drop(kept.lock().unwrap().take());
        handle.push(1);
        let stalled = executor.run_until_stalled(flow.as_mut());
        assert!(stalled.is_pending());
        assert_eq!(handle.pulled(), 0, "flowing: {is_flowing}");
    }
}
