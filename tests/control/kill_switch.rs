//! Ends from outside.

use std::pin::pin;

use tubes::stages::KillSwitch;
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Error, Fount, Kind, Reason, drains, founts, stages};

/// What a flow waits for when its switch is thrown.
#[derive(Clone, Copy, Debug)]
enum Waits {
    ForTheSource,
    ForTheDrain,
    /// Not driven yet.
    Not,
}

/// The first call; the other one comes second.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Stop,
    Abort,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    InRuns,
    ItemByItem,
}

#[test]
fn a_flow_that_waits_is_woken_and_ends_with_the_first_call() {
    for waits in [Waits::ForTheSource, Waits::ForTheDrain, Waits::Not] {
        for call in [Call::Stop, Call::Abort] {
            for way in [Way::InRuns, Way::ItemByItem] {
                ends_while_it_waits(waits, call, way);
            }
        }
    }
}

fn ends_while_it_waits(waits: Waits, call: Call, way: Way) {
    let case = format!("{waits:?}, {call:?}, {way:?}");
    let switch = stages::kill_switch();
    let fount = FakeFount::new(0..2).open();
    let drain = FakeDrain::new().by_hand();
    let (source, sink) = (fount.handle(), drain.handle());
    let piped = fount.through(switch.stage());
    let mut executor = Executor::new(&Schedule::eager());
    let allowed = match waits {
        Waits::ForTheSource => 9,
        Waits::ForTheDrain | Waits::Not => 1,
    };
    sink.allow(allowed);
    let mut flow = if way == Way::ItemByItem {
        Box::pin(piped.boxed().flow_to(drain)) as std::pin::Pin<Box<dyn Future<Output = _>>>
    } else {
        Box::pin(piped.flow_to(drain))
    };
    if !matches!(waits, Waits::Not) {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending(),
            "{case}"
        );
    }
    let items = sink.items();
    throw(&switch, call);
    if !matches!(waits, Waits::Not) {
        assert!(executor.is_woken(), "{case}");
    }
    if way == Way::ItemByItem && matches!(waits, Waits::ForTheDrain) {
        // Pulled item by item: the source hears at once, downstream when it is ready again.
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending(),
            "{case}"
        );
        assert_eq!(source.stops().len(), 1, "{case}");
        sink.allow(1);
    }
    let result: Result<(), Error> = executor.run(flow);
    assert_eq!(result.map_err(|error| error.kind()), due(call), "{case}");
    let end = sink.end().unwrap();
    assert_eq!(
        end.clone()
            .into_result()
            .map_err(|error| error.kind()),
        due(call)
    );
    assert!(
        call == Call::Abort || matches!(end, Reason::Enough),
        "{case}"
    );
    assert_eq!(sink.items(), items, "{case}");
    assert_eq!(source.stops().len(), 1, "{case}");
}

/// Both calls, this one first.
fn throw(switch: &KillSwitch, first: Call) {
    let clone = switch.clone();
    if first == Call::Abort {
        switch.abort(Kind::Timeout);
        clone.stop();
    } else {
        clone.stop();
        switch.abort(Kind::Timeout);
    }
}

fn due(call: Call) -> Result<(), Kind> {
    if call == Call::Abort {
        Err(Kind::Timeout)
    } else {
        Ok(())
    }
}

#[test]
fn one_switch_ends_many_flows_and_those_that_come_later() {
    let switch = stages::kill_switch();
    let mut flows: Vec<_> = (0..3)
        .map(|_| {
            let flow = founts::pending::<u8>()
                .through(switch.stage())
                .flow_to(drains::null());
            (Box::pin(flow), Executor::new(&Schedule::eager()))
        })
        .collect();
    for (flow, executor) in &mut flows {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(executor.wakes(), 0);
    }
    let line = line!() + 1;
    switch.abort(Error::user("closed"));
    for (flow, mut executor) in flows {
        assert_eq!(executor.wakes(), 1);
        let error = executor.run(flow).unwrap_err();
        assert_eq!(error.to_string(), "kill_switch: closed");
        assert_eq!(error.place().unwrap().line(), line);
    }
    let later = FakeFount::new(0..9);
    let source = later.handle();
    let flow = later
        .through(switch.stage())
        .flow_to(drains::null());
    let error = Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    assert_eq!((error.kind(), source.polls()), (Kind::User, 0));
    assert!(matches!(switch.thrown(), Some(Reason::Failed(_))));
    assert_eq!(
        format!("{switch:?}"),
        "kill_switch(aborted: kill_switch: closed)"
    );
}

#[test]
fn a_switch_that_is_dropped_ends_nothing_and_an_end_of_the_flow_stands() {
    let switch = stages::kill_switch();
    let piped = founts::iter(0..3).through(switch.stage());
    assert_eq!(format!("{piped:?}"), "iter -> kill_switch");
    drop(switch);
    let mut executor = Executor::new(&Schedule::eager());
    assert_eq!(
        executor
            .run(piped.flow_to(drains::collect(3)))
            .unwrap(),
        [0, 1, 2]
    );

    let switch = stages::kill_switch();
    let mut piped = pin!(founts::empty::<u8>().through(switch.stage()));
    assert!(matches!(
        executor.run(piped.next_or_reason()),
        Err(Reason::Finished)
    ));
    switch.abort(Kind::Timeout);
    assert!(matches!(
        executor.run(piped.next_or_reason()),
        Err(Reason::Finished)
    ));
}

#[test]
fn a_flow_under_another_waker_is_woken_by_that_one() {
    for seed in 0..100 {
        let schedule = Schedule::seeded(seed);
        let switch = stages::kill_switch();
        let drain = FakeDrain::new().scheduled(&schedule);
        let sink = drain.handle();
        let fount = FakeFount::new(0..3)
            .scheduled(&schedule)
            .open();
        let mut flow = pin!(
            fount
                .through(switch.stage())
                .flow_to(drain)
        );
        let mut executor = Executor::new(&schedule);
        for _ in 0..schedule.below(9) {
            schedule.fire();
            assert!(
                executor
                    .poll(flow.as_mut())
                    .is_pending()
            );
        }
        switch.stop();
        executor.run(flow).unwrap();
        assert!(matches!(sink.end(), Some(Reason::Enough)), "seed {seed}");
    }
}

#[test]
fn another_thread_may_throw_the_switch() {
    for _ in 0..50 {
        let switch = stages::kill_switch();
        let flow = founts::pending::<u8>()
            .through(switch.stage())
            .flow_to(drains::null());
        let hand = std::thread::spawn(move || switch.stop());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(flow).unwrap();
        hand.join().unwrap();
    }
}
