//! A task for each item: closures and runtimes that panic, and who hears of a failure.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use support::log::Log;
use tracing::Level;
use tubes::runtime::{BoxTask, Spawner, Task};
use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, bound, drains, founts};

/// Runs tasks at once; panics instead on the one of this number, and drops it.
#[derive(Debug, Default)]
struct AtOnce {
    seen: Mutex<usize>,
    panics: Option<usize>,
}

impl Spawner for AtOnce {
    fn spawn(&self, mut task: BoxTask) -> Task {
        let number = {
            let mut seen = self.seen.lock().unwrap();
            *seen += 1;
            *seen - 1
        };
        assert_ne!(Some(number), self.panics, "no runtime");
        assert!(task.as_mut().poll(&mut cx()).is_ready());
        Task::new(|| ())
    }
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Gives a drain three items, of which the second panics, and looks at the report.
fn second_of_three_panics(mut drain: impl Drain<u32, Output = drains::Report> + Unpin) {
    let mut drain = Pin::new(&mut drain);
    for n in 0..3 {
        assert!(matches!(
            drain.as_mut().poll_ready(&mut cx()),
            Poll::Ready(Ok(()))
        ));
        let received = catch_unwind(AssertUnwindSafe(|| drain.as_mut().receive(n)));
        assert_eq!(received.is_err(), n == 1);
        assert!(matches!(
            drain.as_mut().poll_flush(&mut cx()),
            Poll::Ready(Ok(()))
        ));
    }
    let Poll::Ready(report) = drain.poll_stopped(&mut cx(), &Reason::Finished) else {
        panic!("nothing runs");
    };
    let report = report.unwrap();
    assert_eq!((report.finished, report.failed, report.panicked), (2, 0, 0));
}

#[test]
fn a_closure_that_panics_makes_no_task_and_breaks_no_other() {
    second_of_three_panics(drains::spawn_on(Arc::new(AtOnce::default()), |n: u32| {
        assert_ne!(n, 1, "the closure panics");
        async { Ok::<_, Infallible>(()) }
    }));
}

#[test]
fn a_spawner_that_panics_makes_no_task_and_breaks_no_other() {
    let spawner = AtOnce {
        panics: Some(1),
        ..AtOnce::default()
    };
    let job = |_: u32| async { Ok::<_, Infallible>(()) };
    second_of_three_panics(drains::spawn_on(Arc::new(spawner), job));
}

#[test]
fn each_failure_is_shown_before_a_failed_flow_ends_without_a_report() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let drain = drains::spawn_on(Arc::new(AtOnce::default()), |n: u32| async move {
        if n == 1 { Err("one") } else { Ok(()) }
    })
    .on_failure(move |error| {
        log.lock()
            .unwrap()
            .push(error.to_string());
    });
    let fount = FakeFount::new([0, 1, 2]).ending(Error::new(Kind::Timeout).into());
    let result = Executor::new(&Schedule::eager()).run(fount.flow_to(drain));
    assert_eq!(result.unwrap_err().kind(), Kind::Timeout);
    assert_eq!(*seen.lock().unwrap(), ["spawn: one"]);
}

#[test]
fn a_drain_that_is_full_says_so_once_unless_its_bound_was_chosen() {
    for (chosen, said) in [(None, 1), (Some(10), 0)] {
        let log = Log::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        log.hear(|| {
            runtime.block_on(async {
                let jobs = drains::spawn(async |_: u32| pending::<Result<(), Error>>().await);
                let jobs = match chosen {
                    Some(count) => jobs.at_most(bound(count)),
                    None => jobs,
                };
                let mut flow = pin!(founts::iter(0..2000).flow_to(jobs));
                for _ in 0..100 {
                    let polled = poll_fn(|cx| Poll::Ready(flow.as_mut().poll(cx))).await;
                    assert!(polled.is_pending());
                }
            });
        });
        let lines = log.take(Level::WARN);
        assert_eq!(lines.len(), said, "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| line.contains("tasks=1000"))
        );
    }
}
