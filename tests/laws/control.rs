//! What pauses, ends, restarts and retries against the laws.

use std::cell::Cell;
use std::future::{poll_fn, ready};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tubes::stages::Decision;
use tubes::testing::{FakeFount, ManualClock, laws};
use tubes::{Backoff, Error, Fount, Kind, Reason, Tube, founts, stages};

use super::kit::{INPUT, input};

#[test]
fn an_open_valve_keeps_the_laws() {
    laws::stage(|f| f.through(tubes::valve().stage()), input(), input()).check();
}

#[test]
fn a_valve_that_is_shut_and_opened_between_items_keeps_the_laws() {
    let before = |f: FakeFount<u32>| {
        let valve = tubes::valve();
        let stage = valve.stage();
        f.inspect(move |_| drop(valve.pause("before")))
            .through(stage)
    };
    laws::stage(before, input(), input()).check();
    let behind = |f: FakeFount<u32>| {
        let valve = tubes::valve();
        f.through(valve.stage())
            .flat_map(|n| [n])
            .inspect(move |_| drop(valve.pause("behind")))
    };
    laws::stage(behind, input(), input())
        .holding(1)
        .check();
}

#[test]
fn a_kill_switch_keeps_the_laws() {
    let never = stages::kill_switch();
    laws::stage(move |f| f.through(never.stage()), input(), input()).check();
    let at_first = stages::kill_switch();
    at_first.stop();
    at_first.abort(Kind::Timeout);
    laws::stage(move |f| f.through(at_first.stage()), input(), vec![])
        .ending(Reason::Enough)
        .check();
}

#[test]
fn a_kill_switch_keeps_the_laws_when_it_is_thrown_in_mid_flow() {
    for count in 1..7 {
        let attach = move |f: FakeFount<u32>| {
            let switch = stages::kill_switch();
            let stage = switch.stage();
            let mut seen = 0;
            let look = move |_: &u32| {
                seen += 1;
                if seen == count {
                    switch.abort(Error::user("the pool is closed"));
                }
            };
            f.inspect(look).through(stage)
        };
        laws::stage(attach, input(), INPUT[..count].to_vec())
            .ending(Error::user("the pool is closed").at("kill_switch"))
            .seeds(0..20)
            .check();
    }
}

#[test]
fn finally_keeps_the_laws_and_is_called_once() {
    let (made, called) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (count, calls) = (Rc::clone(&made), Rc::clone(&called));
    let make = move || {
        count.set(count.get() + 1);
        let calls = Rc::clone(&calls);
        stages::finally(move |_| calls.set(calls.get() + 1))
    };
    laws::tube(make, input(), input()).check();
    assert!(made.get() > 500);
    assert_eq!(made, called);
}

/// Doubles, and fails on 1 before it takes it, on 5 in `emit`, on 9 after it has put out one.
#[derive(Default)]
struct Fussy {
    waiting: Vec<Result<u32, u32>>,
}

impl Tube<u32> for Fussy {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        match item {
            1 => return Err(Error::user("one").into()),
            5 => self.waiting = vec![Err(5)],
            9 => self.waiting = vec![Err(9), Ok(9)],
            other => self.waiting = vec![Ok(other), Ok(other)],
        }
        Ok(None)
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        match self.waiting.pop() {
            None => Ok(None),
            Some(Ok(out)) => Ok(Some(out)),
            Some(Err(item)) => Err(Error::user(format!("{item}")).into()),
        }
    }

    fn kind(&self) -> &'static str {
        "fussy"
    }
}

#[test]
fn supervise_keeps_the_laws_whatever_is_decided() {
    let all = vec![3, 3, 0, 0, 4, 4, 9, 2, 2];
    for decision in [Decision::Skip, Decision::Restart] {
        let make = move || stages::supervise(Fussy::default, move |_| decision);
        laws::tube(make, input(), all.clone())
            .holding(1)
            .check();
    }
    for (fatal, due) in [("one", 6), ("5", 6), ("9", 7)] {
        let decide = move |error: &Error| {
            if error.to_string() == fatal {
                Decision::Stop
            } else {
                Decision::Skip
            }
        };
        let make = move || stages::supervise(Fussy::default, decide);
        laws::tube(make, input(), all[..due].to_vec())
            .ending(Error::user(fatal).at("fussy"))
            .holding(1)
            .seeds(0..30)
            .check();
    }
    let make = || stages::supervise(|| stages::map(|n: u32| n), |_| Decision::Stop);
    laws::tube(make, input(), input()).check();
}

fn at_once() -> Backoff {
    Backoff::new(Duration::ZERO, Duration::ZERO)
}

/// Fails so often for each item, after a wait, and then works.
fn works_after(failures: u32) -> impl FnMut(u32) -> CallOf {
    let mut left = failures;
    move |n: u32| {
        let works = left == 0;
        left = left.checked_sub(1).unwrap_or(failures);
        Box::pin(async move {
            let mut has_waited = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut has_waited, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            if works { Ok(n) } else { Err("not yet") }
        })
    }
}

type CallOf = std::pin::Pin<Box<dyn Future<Output = Result<u32, &'static str>>>>;

#[test]
fn retry_keeps_the_laws_and_holds_one_item() {
    for failures in [0, 1, 3] {
        let attach = move |f: FakeFount<u32>| {
            let stage = stages::retry(at_once(), works_after(failures)).on(ManualClock::new());
            f.through(stage)
        };
        laws::stage(attach, input(), input())
            .holding(1)
            .seeds(0..30)
            .check();
    }
    let attach = move |f: FakeFount<u32>| {
        let call = async |n: u32| if n < 9 { Ok(n) } else { Err("nine") };
        f.through(stages::retry(at_once(), call).on(ManualClock::new()))
    };
    laws::stage(attach, input(), INPUT[..5].to_vec())
        .ending(Error::user("nine").at("retry"))
        .holding(1)
        .seeds(0..30)
        .check();
}

#[test]
fn retry_item_keeps_the_laws_and_goes_on_after_a_failure() {
    let attach = move |f: FakeFount<u32>| {
        let call = async |n: u32| if n < 5 { Ok(n) } else { Err(n) };
        f.through(stages::retry_item(at_once().at_most(2), call).on(ManualClock::new()))
    };
    let due = INPUT.map(|n| if n < 5 { Ok(n) } else { Err(n) });
    laws::stage(attach, input(), due.to_vec())
        .holding(1)
        .check();
}

/// A turn of the world outside: the clock goes to what is waited for.
fn ticking(clock: &ManualClock) -> impl FnMut() + 'static {
    let clock = clock.clone();
    move || {
        let now = tubes::clock::Clock::now(&clock);
        if let Some(due) = clock.next_due() {
            clock.advance(due.saturating_duration_since(now));
        }
    }
}

#[test]
fn items_retried_at_once_keep_the_laws() {
    for (futures, failures) in [(1, 1), (3, 0), (3, 1), (3, 2)] {
        let attach = move |f: FakeFount<u32>| {
            let (clock, backoff) = (ManualClock::new(), at_once().at_most(2));
            let retried = stages::try_then(move |n: u32| {
                let mut left = failures * (n % 2);
                let call = move || {
                    let works = left == 0;
                    left = left.saturating_sub(1);
                    ready(if works { Ok(n + 1) } else { Err("not yet") })
                };
                backoff.retry(call).on(clock.clone())
            });
            f.through(retried.at_most(NonZeroUsize::new(futures).unwrap()))
        };
        laws::stage(attach, input(), INPUT.map(|n| n + 1).to_vec())
            .holding(futures)
            .working_ahead()
            .seeds(0..16)
            .check();
    }
}

#[test]
fn restart_keeps_the_laws_of_a_fount() {
    let clock = ManualClock::new();
    let second = Duration::from_secs(1);
    for failures in [0, 1, 3] {
        let (outer, turn) = (clock.clone(), ticking(&clock));
        let make = move || {
            let mut begun = 0;
            let make = move || {
                let from = begun;
                begun += 1;
                let end = if from < failures {
                    Reason::Failed(Error::new(Kind::Timeout))
                } else {
                    Reason::Finished
                };
                let items = if from < failures {
                    vec![INPUT[from]]
                } else {
                    INPUT[from..].to_vec()
                };
                FakeFount::new(items).ending(end)
            };
            let backoff = Backoff::new(second, 9 * second).at_most(3);
            founts::restart(backoff, make).on(outer.clone())
        };
        laws::fount(make, input())
            .while_idle(turn)
            .check();
    }
    let (outer, turn) = (clock.clone(), ticking(&clock));
    let make = move || {
        let broken = || FakeFount::new([1]).ending(Error::new(Kind::Timeout).into());
        let backoff = Backoff::new(second, second).at_most(2);
        founts::restart(backoff, broken).on(outer.clone())
    };
    laws::fount(make, vec![1, 1, 1])
        .ending(Error::new(Kind::Timeout))
        .while_idle(turn)
        .check();
    laws::fair(founts::restart(at_once(), || founts::iter(0..)).on(ManualClock::new()));
}

#[test]
fn a_resource_keeps_the_laws_and_is_released_once() {
    let (acquired, released) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let counts = (Rc::clone(&acquired), Rc::clone(&released));
    let make = move || {
        let (acquired, released) = counts.clone();
        founts::resource(
            async move {
                pending_once().await;
                acquired.set(acquired.get() + 1);
                Ok((founts::iter(INPUT), released))
            },
            |released, _reason| {
                released.set(released.get() + 1);
                async {
                    pending_once().await;
                    Ok(())
                }
            },
        )
    };
    laws::fount(make, input()).check();
    assert!(acquired.get() > 100);
    assert_eq!(acquired, released);
    let failing = || {
        founts::resource(async { Ok((founts::iter([1]), ())) }, |(), _reason| async {
            Err("cannot commit".into())
        })
    };
    laws::fount(failing, vec![1])
        .ending(Error::user("cannot commit").at("resource"))
        .check();
    laws::fair(founts::resource(
        async { Ok((founts::iter(0..), ())) },
        |(), _reason| async { Ok(()) },
    ));
}

#[test]
fn a_stage_with_a_resource_keeps_the_laws_and_releases_it_once() {
    let (acquired, released) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for fatal in [99, 5, 3] {
        let counts = (Rc::clone(&acquired), Rc::clone(&released));
        let attach = move |f: FakeFount<u32>| {
            let (acquired, released) = counts.clone();
            let acquire = async move {
                pending_once().await;
                acquired.set(acquired.get() + 1);
                Ok((released, 0))
            };
            let map = move |held: &mut (Rc<Cell<u32>>, u32), n| {
                if n == fatal {
                    return Err("no such row".into());
                }
                held.1 += n;
                Ok(held.1)
            };
            f.through(stages::map_with_resource(acquire, map, |held, _reason| {
                held.0.set(held.0.get() + 1);
                async {
                    pending_once().await;
                    Ok(())
                }
            }))
        };
        let sums: Vec<u32> = INPUT
            .iter()
            .take_while(|n| **n != fatal)
            .scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            })
            .collect();
        let suite = laws::stage(attach, input(), sums);
        if fatal == 99 {
            suite.check();
        } else {
            suite
                .ending(Error::user("no such row").at("map_with_resource"))
                .seeds(0..30)
                .check();
        }
    }
    assert!(acquired.get() > 500);
    assert_eq!(acquired, released);
}

async fn pending_once() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
