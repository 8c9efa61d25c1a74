//! Pauses: who holds a flow, exactly from when to when.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use tubes::testing::{Executor, FakeDrain, FakeDrainHandle, FakeFount, FakeFountHandle, Schedule};
use tubes::{Error, Fount, Kind, Pause, Reason, Valve, drains, founts, stages};

type Flow = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Numbers through a valve into a drain.
struct Piped {
    valve: Valve,
    source: FakeFountHandle<u32>,
    sink: FakeDrainHandle<u32>,
    flow: Flow,
    executor: Executor<'static>,
}

impl Piped {
    fn new(count: u32) -> Self {
        Self::over(count, &Schedule::eager(), FakeDrain::new())
    }

    fn over(count: u32, schedule: &Schedule, drain: FakeDrain<u32>) -> Self {
        let valve = tubes::valve();
        let (fount, watched) = (FakeFount::new(0..count).scheduled(schedule), valve.clone());
        let fount =
            fount.before_each(move |_| assert!(!watched.is_paused(), "pulled while paused"));
        let (source, sink) = (fount.handle(), drain.handle());
        Self {
            flow: Box::pin(
                fount
                    .through(valve.stage())
                    .flow_to(drain),
            ),
            executor: Executor::new(schedule),
            valve,
            source,
            sink,
        }
    }

    fn run(&mut self) -> Poll<Result<(), Error>> {
        self.executor
            .run_until_stalled(self.flow.as_mut())
    }
}

#[test]
fn of_four_guards_the_last_one_opens_and_wakes_once() {
    let mut piped = Piped::new(3);
    let mut guards: Vec<Pause> = ["a", "b", "c", "d"]
        .map(|why| piped.valve.pause(why))
        .into();
    assert!(piped.run().is_pending());
    for left in (1..4).rev() {
        drop(guards.pop());
        assert_eq!(piped.valve.pauses().len(), left);
        assert!(!piped.executor.is_woken());
        assert!(piped.run().is_pending());
    }
    let wakes = piped.executor.wakes();
    assert_eq!((piped.sink.count(), wakes), (0, 0));
    drop(guards);
    assert_eq!(piped.executor.wakes(), 1);
    assert!(piped.run().is_ready());
    assert_eq!(piped.sink.items(), [0, 1, 2]);
}

#[test]
fn while_paused_both_sides_are_driven_and_nobody_is_woken() {
    let mut piped = Piped::new(3);
    let _pause = piped.valve.pause("a test");
    assert!(piped.run().is_pending());
    let before = (piped.source.progress(), piped.sink.flushes());
    assert!(
        piped
            .executor
            .poll(piped.flow.as_mut())
            .is_pending()
    );
    assert_eq!(piped.source.polls(), 0);
    assert!(piped.source.progress() > before.0);
    assert!(piped.sink.flushes() > before.1);
    assert_eq!(piped.executor.wakes(), 0);
}

#[test]
fn a_pause_taken_behind_the_valve_takes_effect_before_the_next_item() {
    for (boxed, after) in [(false, 1), (false, 3), (true, 1), (true, 3)] {
        let valve = tubes::valve();
        let held = Arc::new(Mutex::new(Vec::new()));
        let (pausing, guards) = (valve.clone(), Arc::clone(&held));
        let look = move |n: &u32| {
            if *n + 1 == after {
                // Two at once: it is shut once.
                let mut guards = guards.lock().unwrap();
                guards.extend([pausing.pause("one"), pausing.pause("other")]);
            }
        };
        let fount = FakeFount::new(0..5);
        let source = fount.handle();
        let drain = FakeDrain::new();
        let sink = drain.handle();
        let piped = fount.through(valve.stage());
        let mut flow: Flow = if boxed {
            Box::pin(
                piped
                    .boxed()
                    .inspect(look)
                    .flow_to(drain),
            )
        } else {
            Box::pin(piped.inspect(look).flow_to(drain))
        };
        let mut executor = Executor::new(&Schedule::eager());
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(
            (sink.count(), source.pulled()),
            (after as usize, after as usize)
        );
        held.lock().unwrap().clear();
        executor.run(flow).unwrap();
        assert_eq!(sink.items(), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn what_pauses_on_its_way_to_the_valve_is_the_last_to_pass() {
    let valve = tubes::valve();
    let (pausing, mut held) = (valve.clone(), None);
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = pin!(
        founts::iter(0..9)
            .inspect(|n| {
                if *n == 2 {
                    held = Some(pausing.pause("two"));
                }
            })
            .through(valve.stage())
            .flow_to(drain)
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!(sink.items(), [0, 1, 2]);
}

#[test]
fn a_stop_gets_through_while_paused_and_no_item_follows() {
    // From below: the drain wants no more, and says so when it is asked or flushed.
    for place in [tubes::testing::Place::Ready, tubes::testing::Place::Flush] {
        let drain = FakeDrain::new().refusing(0, place, Reason::Enough);
        let mut piped = Piped::over(3, &Schedule::eager(), drain);
        let pause = piped.valve.pause("a test");
        assert!(piped.run().is_ready());
        assert!(matches!(piped.source.stops()[..], [Reason::Enough]));
        drop(pause);
        assert_eq!(piped.source.pulled(), 0);
    }
    // By hand.
    let valve = tubes::valve();
    let fount = FakeFount::new(0..3);
    let source = fount.handle();
    let mut fount = Box::pin(fount.through(valve.stage()));
    let pause = valve.pause("a test");
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(pin!(fount.next()))
            .is_pending()
    );
    fount.as_mut().stop(&Reason::Enough);
    assert!(matches!(
        executor.run(fount.next_or_reason()),
        Err(Reason::Enough)
    ));
    drop(pause);
    assert!(matches!(
        executor.run(fount.next_or_reason()),
        Err(Reason::Enough)
    ));
    assert_eq!((source.pulled(), source.stops().len()), (0, 1));
}

#[test]
fn an_end_waits_behind_a_pause_and_a_pause_outlives_its_flow() {
    let mut piped = Piped::new(0);
    let pause = piped.valve.pause("a test");
    assert!(piped.run().is_pending());
    assert!(piped.sink.end().is_none());
    let valve = piped.valve.clone();
    drop(piped);

    let mut next = pin!(
        founts::iter([7])
            .through(valve.stage())
            .flow_to(drains::collect(1))
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(next.as_mut())
            .is_pending()
    );
    drop(pause);
    assert_eq!(executor.run(next).unwrap(), [7]);
}

#[test]
fn one_valve_pauses_many_flows_and_wakes_them_all() {
    let valve = tubes::valve();
    let drains = [FakeDrain::new(), FakeDrain::new(), FakeDrain::new()];
    let sinks = [&drains[0], &drains[1], &drains[2]].map(FakeDrain::handle);
    let mut flows = drains.map(|drain| {
        let flow = founts::iter(0..2)
            .through(valve.stage())
            .flow_to(drain);
        (Box::pin(flow), Executor::new(&Schedule::eager()))
    });
    let pause = valve.pause("all of you");
    for (flow, executor) in &mut flows {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
    }
    // Who is gone is not woken.
    let [_gone, one, other] = flows;
    drop(_gone);
    drop(pause);
    for ((flow, mut executor), sink) in [one, other]
        .into_iter()
        .zip(&sinks[1..])
    {
        assert!(executor.is_woken());
        executor.run(flow).unwrap();
        assert_eq!(sink.items(), [0, 1]);
    }
    assert_eq!(sinks[0].count(), 0);
}

#[test]
fn debug_says_who_pauses_and_where_even_one_that_was_forgotten() {
    let valve = tubes::valve();
    let piped = founts::iter(0..3).through(valve.stage());
    assert_eq!(format!("{piped:?}"), "iter -> valve(open)");
    let line = line!() + 1;
    std::mem::forget(valve.pause("leaked"));
    let pause = valve.pause(String::from("disk is full"));
    let place = |line| format!("tests/control/valve.rs:{line}");
    let shown = format!("{piped:?}");
    assert_eq!(shown, format!("iter -> {valve:?}"));
    let (leaked, full) = (place(line), place(line + 1));
    assert!(shown.contains(r#"valve(paused by "leaked" at "#) && shown.contains(&leaked));
    assert!(shown.contains(r#", "disk is full" at "#) && shown.contains(&full));
    assert!(format!("{pause:?}").starts_with(r#"pause("disk is full" at "#));
    drop(pause);
    let [left] = &valve.pauses()[..] else {
        panic!("one is left");
    };
    assert!(
        left.to_string()
            .starts_with("leaked at ")
            && left.place.line() == line
    );
    assert!(valve.is_paused());
}

#[test]
fn pauses_at_random_lose_nothing_and_pull_nothing() {
    for seed in 0..200 {
        let schedule = Schedule::seeded(seed);
        let drain = FakeDrain::new().scheduled(&schedule);
        let mut piped = Piped::over(20, &schedule, drain);
        let mut held: Vec<Pause> = Vec::new();
        for step in 0.. {
            match schedule.below(3) {
                0 if step < 100 => held.push(piped.valve.pause("chance")),
                1 => drop(held.pop()),
                _ => {}
            }
            let was = piped.sink.count();
            let is_held = !held.is_empty();
            if step < 100 {
                schedule.fire();
                if piped
                    .executor
                    .poll(piped.flow.as_mut())
                    .is_ready()
                {
                    break;
                }
                assert!(!is_held || piped.sink.count() == was, "seed {seed}");
            } else {
                held.clear();
                assert!(piped.run().is_ready(), "a lost wake, seed {seed}");
                break;
            }
        }
        assert_eq!(
            piped.sink.items(),
            (0..20).collect::<Vec<_>>(),
            "seed {seed}"
        );
    }
}

/// A waker that pauses and resumes when it is woken, cloned or dropped.
struct Meddler(Valve);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        drop(self.0.pause("woken"));
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        drop(self.0.pause("dropped"));
    }
}

#[test]
fn wakers_may_come_back_into_the_valve() {
    let valve = tubes::valve();
    let mut piped = Box::pin(founts::iter(0..3).through(valve.stage()));
    let pause = valve.pause("a test");
    for _ in 0..3 {
        let waker = Waker::from(Arc::new(Meddler(valve.clone())));
        let mut cx = Context::from_waker(&waker);
        assert!(
            piped
                .as_mut()
                .poll_next(&mut cx)
                .is_pending()
        );
    }
    drop(pause);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(
        piped.as_mut().poll_next(&mut cx),
        Poll::Ready(Ok(0))
    ));
}

#[test]
fn another_thread_may_pause_and_resume_without_end() {
    let valve = tubes::valve();
    let pausing = valve.clone();
    let hand = std::thread::spawn(move || {
        for _ in 0..2000 {
            let pause = pausing.pause("thread");
            std::thread::yield_now();
            drop(pause);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let sum = founts::iter(0..300_000_u64)
        .through(valve.stage())
        .flow_to(drains::fold(0, |sum, n| sum + n));
    assert_eq!(runtime.block_on(sum).unwrap(), 300_000 * 299_999 / 2);
    hand.join().unwrap();
}

#[test]
fn a_failure_of_the_source_is_heard_when_the_valve_opens() {
    let valve = tubes::valve();
    let fount = FakeFount::new([1]).ending(Error::new(Kind::Timeout).into());
    let pause = valve.pause("a test");
    let mut flow = pin!(
        fount
            .through(valve.stage())
            .flow_to(drains::null())
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    drop(pause);
    assert_eq!(executor.run(flow).unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn a_pause_in_the_middle_of_a_run_of_an_iterator_is_not_its_end() {
    let valve = tubes::valve();
    let held = Arc::new(Mutex::new(None));
    let (pausing, guard) = (valve.clone(), Arc::clone(&held));
    let mut flow = pin!(
        founts::iter(0..100)
            .through((stages::map(|n: u32| n + 1), valve.stage()))
            .filter(|n| n % 2 == 1)
            .inspect(move |n| {
                if n % 9 == 0 {
                    *guard.lock().unwrap() = Some(pausing.pause("nines"));
                }
            })
            .flow_to(drains::fold(0, |sum, n| sum + n))
    );
    let mut executor = Executor::new(&Schedule::eager());
    let mut pauses = 0;
    let sum = loop {
        match executor.run_until_stalled(flow.as_mut()) {
            Poll::Ready(sum) => break sum.unwrap(),
            Poll::Pending => pauses += 1,
        }
        assert!(held.lock().unwrap().take().is_some(), "stalled, and open");
    };
    assert_eq!((sum, pauses), (2500, 6));
}

#[test]
fn handles_guards_and_stages_may_go_to_other_threads() {
    fn may_go<T: Send + Sync + 'static>(_: &T) {}
    let (valve, switch) = (tubes::valve(), stages::kill_switch());
    may_go(&valve.pause("a test"));
    may_go(&valve.stage());
    may_go(&valve);
    may_go(&switch.stage());
    may_go(&switch);
}
