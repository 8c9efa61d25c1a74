//! Coroutines as stages: what is pulled when, who hears of which end, panics and drops, and what
//! their ends do in futures of the coroutine's own.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tubes::stages::{self, Inlet, Outlet};
use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{BoxError, Error, Fount, Kind, Reason, drains, founts};

type Log = Arc<Mutex<Vec<String>>>;

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

fn note(log: &Log, what: impl Into<String>) {
    log.lock().unwrap().push(what.into());
}

fn noted(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

/// Says what it does: reads two items for each output.
async fn pairs(log: Log, inlet: Inlet<u32>, outlet: Outlet<u32>) -> Result<(), Reason> {
    note(&log, "begins");
    loop {
        let (first, second) = (inlet.next_or_reason().await?, inlet.next_or_reason().await?);
        note(&log, format!("{first} {second}"));
        outlet.send(first + second).await?;
        note(&log, "sent");
    }
}

#[test]
fn nothing_is_pulled_before_it_is_asked_for_and_downstream_has_room() {
    let log = Log::default();
    let notes = Arc::clone(&log);
    let (source, drain) = (FakeFount::new(0..), FakeDrain::new().by_hand());
    let (handle, sink) = (source.handle(), drain.handle());
    let coroutine = stages::coroutine(|inlet, outlet| pairs(notes, inlet, outlet));
    let mut flow = Box::pin(source.through(coroutine).flow_to(drain));
    let mut executor = executor();
    assert!(noted(&log).is_empty());
    for (allowed, notes) in [
        (0, vec!["begins"]),
        (1, vec!["0 1", "sent"]),
        (1, vec!["2 3", "sent"]),
    ] {
        sink.allow(allowed);
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(noted(&log), notes);
        assert_eq!(handle.pulled(), 2 * sink.count());
    }
    assert_eq!(sink.items(), [1, 5]);
}

#[test]
fn what_is_not_asked_for_stays_upstream() {
    let mut source = founts::iter(0..9);
    let two = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        let n = inlet.next_or_reason().await?;
        outlet.send(n).await?;
        let n = inlet.next_or_reason().await?;
        outlet.send(n).await
    });
    let some = (&mut source)
        .through(two)
        .flow_to(drains::collect(9));
    assert_eq!(executor().run(some).unwrap(), [0, 1]);
    // Told that it is enough, and not asked for more.
    assert!(matches!(executor().run(source.next()), Ok(None)));
}

#[test]
fn a_send_takes_its_item_when_the_one_before_is_gone() {
    let log = Log::default();
    let notes = Arc::clone(&log);
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let greeting = stages::coroutine(async move |_: Inlet<()>, outlet: Outlet<u32>| {
        for n in 0..3 {
            outlet.send(n).await?;
            note(&notes, format!("sent {n}"));
        }
        Ok::<_, Reason>(())
    });
    let mut flow = Box::pin(
        founts::pending()
            .through(greeting)
            .flow_to(drain),
    );
    let mut executor = executor();
    for sent in [vec!["sent 0"], vec!["sent 1"], vec!["sent 2"], vec![]] {
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(noted(&log), sent);
        sink.allow(1);
    }
    executor.run(flow).unwrap();
    assert!(matches!(sink.end(), Some(Reason::Enough)));
}

/// What a coroutine may return, and what becomes of it after each end of upstream.
#[test]
fn the_end_is_that_of_upstream_or_the_coroutines_own_and_a_failure_stands() {
    let failed = |what: &'static str| Reason::from(Error::user(what));
    let cases: [(Option<Reason>, Result<(), Reason>, &str); 8] = [
        (Some(Reason::Finished), Ok(()), "Finished"),
        (Some(Reason::Enough), Ok(()), "Enough"),
        (Some(failed("above")), Ok(()), "above"),
        (Some(Reason::Finished), Err(Reason::Enough), "Finished"),
        (Some(Reason::Finished), Err(failed("own")), "coroutine: own"),
        (Some(failed("above")), Err(failed("own")), "above"),
        (None, Ok(()), "Enough"),
        (None, Err(failed("own")), "coroutine: own"),
    ];
    for (above, own, expected) in cases {
        let source = FakeFount::new([]);
        let source = match above.clone() {
            Some(reason) => source.ending(reason),
            None => source.open(),
        };
        let handle = source.handle();
        let hears_the_end = above.is_some();
        let coroutine = stages::coroutine(async move |inlet: Inlet<u32>, _: Outlet<u32>| {
            if hears_the_end {
                assert!(inlet.next_or_reason().await.is_err());
                assert!(inlet.next_or_reason().await.is_err());
            }
            own
        });
        let drain = FakeDrain::new();
        let sink = drain.handle();
        drop(executor().run(source.through(coroutine).flow_to(drain)));
        let end = sink.end().unwrap();
        let end = match &end {
            Reason::Failed(error) => error.to_string(),
            clean => format!("{clean:?}"),
        };
        assert_eq!(end, expected, "{above:?}");
        assert_eq!(handle.stops().len(), usize::from(above.is_none()));
    }
}

#[test]
fn a_coroutine_may_fail_with_any_error_and_return_nothing_at_all() {
    let parse = stages::coroutine(async |inlet: Inlet<&str>, outlet: Outlet<u32>| {
        while let Some(word) = inlet.next().await? {
            if outlet
                .send(word.parse()?)
                .await
                .is_err()
            {
                break;
            }
        }
        Ok::<_, BoxError>(())
    });
    let flow = founts::iter(["1", "x"])
        .through(parse)
        .flow_to(drains::null());
    let error = executor().run(flow).unwrap_err();
    assert_eq!(
        error.to_string(),
        "coroutine: invalid digit found in string"
    );
    assert!(error.kind() == Kind::User && error.place().is_some());

    let nothing = stages::coroutine(async |_: Inlet<u8>, _: Outlet<u8>| {});
    let flow = founts::iter([1])
        .through(nothing)
        .flow_to(drains::collect(9));
    assert!(executor().run(flow).unwrap().is_empty());
}

#[test]
fn a_stop_is_heard_where_the_coroutine_waits_and_it_may_tidy_up() {
    for reason in [Reason::Enough, Reason::from(Error::user("below"))] {
        let log = Log::default();
        let notes = Arc::clone(&log);
        let coroutine = stages::coroutine(async move |inlet: Inlet<u32>, outlet: Outlet<u32>| {
            while let Ok(Some(n)) = inlet.next().await {
                if let Err(reason) = outlet.send(n).await {
                    note(&notes, format!("send: {}", reason.is_clean()));
                }
            }
            note(&notes, "over");
            let last = outlet.send(9).await.is_err();
            note(&notes, format!("told: {last}"));
            // Told before: waits until it is dropped.
            drop(outlet.send(9).await);
            note(&notes, "never");
        });
        let source = FakeFount::new([1]).open();
        let handle = source.handle();
        let mut fount = Box::pin(source.through(coroutine));
        let mut executor = executor();
        assert_eq!(executor.run(fount.next()).unwrap(), Some(1));
        fount.as_mut().stop(&reason);
        assert_eq!(noted(&log), ["over", "told: true"]);
        assert_eq!(handle.stops().len(), 1);
        let end = executor.run(fount.next_or_reason());
        assert!(end.is_err());
        assert_eq!(Arc::strong_count(&log), 1);
    }
}

#[test]
fn a_drain_that_refuses_stops_the_coroutine_and_the_source() {
    for place in [Place::Ready, Place::Receive, Place::Flush] {
        let log = Log::default();
        let notes = Arc::clone(&log);
        let (source, drain) = (
            FakeFount::new(0..9).open(),
            FakeDrain::new().refusing(1, place, Reason::Enough),
        );
        let (handle, sink) = (source.handle(), drain.handle());
        let coroutine = stages::coroutine(|inlet, outlet| pairs(notes, inlet, outlet));
        executor()
            .run(source.through(coroutine).flow_to(drain))
            .unwrap();
        assert!(sink.refused().is_some());
        assert_eq!((handle.stops().len(), handle.polls_after_stop()), (1, 0));
        assert_eq!(Arc::strong_count(&log), 1, "{place:?}");
    }
}

#[test]
fn dropped_after_any_poll_the_coroutine_is_dropped_and_holds_no_more_than_it_read() {
    for seed in 0..64 {
        for polls in 0..12 {
            let schedule = Schedule::seeded(seed);
            let log = Log::default();
            let notes = Arc::clone(&log);
            let source = FakeFount::new(0..9).scheduled(&schedule);
            let drain = FakeDrain::new().scheduled(&schedule);
            let (handle, sink) = (source.handle(), drain.handle());
            let coroutine = stages::coroutine(|inlet, outlet| pairs(notes, inlet, outlet));
            let mut flow = Box::pin(source.through(coroutine).flow_to(drain));
            let mut executor = Executor::new(&schedule);
            for _ in 0..polls {
                if executor.poll(flow.as_mut()).is_ready() {
                    break;
                }
                schedule.fire();
            }
            drop(flow);
            assert!(handle.pulled() <= 2 * sink.count() + 2);
            assert!(handle.is_dropped() && Arc::strong_count(&log) == 1);
        }
    }
}

#[test]
fn a_panic_reaches_who_drives_and_leaves_a_dead_stage_not_a_wedged_one() {
    let fragile = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        while let Some(n) = inlet.next().await? {
            assert!(n < 2, "panic");
            outlet.send(n).await?;
        }
        Ok::<_, Reason>(())
    });
    let mut fount = Box::pin(FakeFount::new(0..9).through(fragile));
    let mut executor = executor();
    for n in 0..2 {
        assert_eq!(executor.run(fount.next()).unwrap(), Some(n));
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| executor.run(fount.next_or_reason())));
    assert!(panicked.is_err());
    for _ in 0..2 {
        let Err(Reason::Failed(error)) = executor.run(fount.next_or_reason()) else {
            panic!("goes on after a panic");
        };
        assert_eq!(error.kind(), Kind::Panicked);
    }
    // The next one on this thread finds everything in order.
    let pass = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        let n = inlet.next_or_reason().await?;
        outlet.send(n).await
    });
    let flow = founts::iter([7])
        .through(pass)
        .flow_to(drains::collect(9));
    assert_eq!(executor.run(flow).unwrap(), [7]);
}

/// Polls its futures only when their own wakers rang, as sets of futures do.
struct OnlyWoken<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Bell {
    rung: std::sync::atomic::AtomicBool,
    parent: Mutex<Option<Waker>>,
}

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung
            .store(true, std::sync::atomic::Ordering::SeqCst);
        let parent = self.parent.lock().unwrap().clone();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

impl<F: Future> OnlyWoken<F> {
    fn new(future: F) -> Self {
        let bell = Arc::<Bell>::default();
        bell.rung
            .store(true, std::sync::atomic::Ordering::SeqCst);
        Self {
            future: Box::pin(future),
            bell,
        }
    }
}

impl<F: Future> Future for OnlyWoken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        *self.bell.parent.lock().unwrap() = Some(cx.waker().clone());
        if !self
            .bell
            .rung
            .swap(false, std::sync::atomic::Ordering::SeqCst)
        {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(&self.bell));
        self.future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
    }
}

#[test]
fn ends_wake_futures_that_are_polled_only_when_their_own_waker_rang() {
    for seed in 0..32 {
        let schedule = Schedule::seeded(seed);
        let coroutine = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
            let pass = async {
                while let Some(n) = inlet.next().await? {
                    outlet.send(n).await?;
                    outlet.send(n + 100).await?;
                }
                Ok::<_, Reason>(())
            };
            OnlyWoken::new(OnlyWoken::new(pass)).await
        });
        let drain = FakeDrain::new().scheduled(&schedule);
        let sink = drain.handle();
        let flow = FakeFount::new(0..4)
            .scheduled(&schedule)
            .through(coroutine)
            .flow_to(drain);
        Executor::new(&schedule)
            .run(flow)
            .unwrap();
        assert_eq!(sink.items(), [0, 100, 1, 101, 2, 102, 3, 103]);
    }
}

#[test]
fn a_next_that_is_given_up_asks_for_nothing_and_loses_nothing() {
    let (source, tick) = (FakeFount::new([]).open(), Rc::new(RefCell::new(None)));
    let (handle, ticks) = (source.handle(), Rc::clone(&tick));
    let coroutine = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        {
            // Asks, and gives up.
            let mut next = pin!(inlet.next_or_reason());
            poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
        }
        let mut waits = true;
        poll_fn(|cx| {
            *ticks.borrow_mut() = Some(cx.waker().clone());
            if std::mem::take(&mut waits) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        let n = inlet.next_or_reason().await?;
        outlet.send(n).await
    });
    handle.push(5);
    let mut fount = Box::pin(source.through(coroutine));
    let mut executor = executor();
    let mut next = Box::pin(async move { fount.next_or_reason().await });
    assert!(
        executor
            .poll(next.as_mut())
            .is_pending()
    );
    assert_eq!(handle.pulled(), 0);
    tick.take().unwrap().wake();
    assert_eq!(executor.run(next).unwrap(), 5);
}

#[test]
fn one_coroutine_may_run_a_flow_with_another_inside_and_use_its_own_ends_there() {
    let outer = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        while let Some(n) = inlet.next().await? {
            let (inlet, outlet) = (&inlet, &outlet);
            let inner = stages::coroutine(async move |each: Inlet<u32>, out: Outlet<u32>| {
                while let Some(m) = each.next().await? {
                    // An end of the outer one, in the inner one.
                    outlet
                        .send(inlet.next_or_reason().await? + m)
                        .await?;
                }
                out.send(0).await
            });
            let flow = founts::iter(0..n)
                .through(inner)
                .flow_to(drains::null());
            flow.await?;
        }
        Ok::<_, Error>(())
    });
    let flow = founts::iter([2, 10, 20, 1, 30])
        .through(outer)
        .flow_to(drains::collect(9));
    assert_eq!(executor().run(flow).unwrap(), [10, 21, 30]);
}

#[test]
fn an_end_that_has_left_its_coroutine_fails_and_says_so() {
    let (gone, kept) = (Arc::new(Mutex::new(None)), ());
    let place = Arc::clone(&gone);
    let leaks = stages::coroutine(async move |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        *place.lock().unwrap() = Some((inlet, outlet));
    });
    let () = kept;
    let flow = founts::iter([1])
        .through(leaks)
        .flow_to(drains::null());
    executor().run(flow).unwrap();
    let (inlet, outlet) = gone.lock().unwrap().take().unwrap();
    for end in [
        executor()
            .run(inlet.next_or_reason())
            .map(drop),
        executor().run(outlet.send(1)),
    ] {
        let Err(Reason::Failed(error)) = end else {
            panic!("works outside of its coroutine");
        };
        assert!(error.to_string().contains("outside"));
    }
}

#[test]
fn a_coroutine_may_move_between_threads_with_its_flow() {
    fn sent<F: Future + Send>(flow: F) -> F {
        flow
    }
    let pass = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<u32>| {
        while let Some(n) = inlet.next().await? {
            outlet.send(n).await?;
        }
        Ok::<_, Reason>(())
    });
    let (source, drain) = (FakeFount::new([]).open(), FakeDrain::new());
    let (handle, sink) = (source.handle(), drain.handle());
    let mut flow = Box::pin(sent(source.through(pass).flow_to(drain)));
    for n in 0..4 {
        handle.push(n);
        flow = std::thread::spawn(move || {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(flow.as_mut().poll(&mut cx).is_pending());
            flow
        })
        .join()
        .unwrap();
    }
    assert_eq!(sink.items(), [0, 1, 2, 3]);
}

#[test]
fn a_debug_says_whether_it_is_over() {
    let nothing = stages::coroutine(async |_: Inlet<u8>, _: Outlet<u8>| {});
    let mut fount = Box::pin(founts::iter([1]).through(nothing));
    assert_eq!(format!("{fount:?}"), "iter -> coroutine");
    assert!(matches!(executor().run(fount.next()), Ok(None)));
    assert_eq!(format!("{fount:?}"), "iter(over) -> coroutine(over)");
}
