//! Pipes as a whole: a thousand stages, what `Debug` shows of them, and where an error arose.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{
    BoxError, Drain, Error, Flow, Fount, Pump, Reason, Tube, Upstream, drains, founts, framing, io,
    stages,
};

const DEEP: u32 = 1_000;

#[test]
fn a_thousand_boxed_stages_keep_the_order_and_the_stack() {
    let schedule = Schedule::seeded(5);
    let source = FakeFount::new(0..50).scheduled(&schedule);
    let handle = source.handle();
    let mut pipe = source.boxed_local();
    for _ in 0..DEEP {
        pipe = pipe.map(|n: u32| n + 1).boxed_local();
    }
    assert_eq!(format!("{:?}", handle.stops()), "[]");
    let all = Executor::new(&schedule).run(pipe.flow_to(drains::collect(50)));
    assert_eq!(all.unwrap(), (DEEP..DEEP + 50).collect::<Vec<_>>());
}

#[test]
fn an_end_goes_through_a_thousand_boxed_stages_both_ways() {
    let source = FakeFount::new(0..);
    let handle = source.handle();
    let mut pipe = source.boxed_local();
    for _ in 0..DEEP {
        pipe = pipe.filter(|_| true).boxed_local();
    }
    let some = Executor::new(&Schedule::eager()).run(pipe.take(3).flow_to(drains::collect(9)));
    assert_eq!(some.unwrap(), [0, 1, 2]);
    assert!(matches!(handle.stops()[..], [Reason::Enough]));

    let failing = FakeFount::new(0..9).ending(Error::user("no more").into());
    let mut pipe = failing.boxed_local();
    for _ in 0..DEEP {
        pipe = pipe.filter(|_| true).boxed_local();
    }
    let failed = Executor::new(&Schedule::eager()).run(pipe.flow_to(drains::null()));
    assert_eq!(failed.unwrap_err().to_string(), "no more");
}

fn even(n: u32) -> Result<u32, &'static str> {
    if n.is_multiple_of(2) {
        Ok(n)
    } else {
        Err("odd")
    }
}

#[test]
fn debug_prints_the_pipe_in_order_with_what_each_stage_holds() {
    let pipe = founts::iter(0..3_u32)
        .map(|n| n + 1)
        .through(stages::flat_map(|n| 0..n))
        .named("all below")
        .through(even)
        .take(7);
    assert_eq!(
        format!("{pipe:?}"),
        "iter -> map -> flat_map(0 of 1) \"all below\" -> try_map -> take(7 left)"
    );
    let mut flow = Box::pin(pipe.flow_to(FakeDrain::new().by_hand()));
    let polled = flow
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    assert!(format!("{flow:?}").ends_with("(flowing)"), "{flow:?}");
}

#[test]
fn the_long_form_has_a_stage_a_line_and_the_place_of_each() {
    let above = line!();
    let pipe = founts::iter(0..3_u32)
        .map(|n| n + 1)
        .through(even)
        .named("check");
    let drain = drains::null().behind(even);
    let all = format!("{:#?}", pipe.flow_to(drain));
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.len(), 5, "{all}");
    assert_eq!(lines[0], "iter");
    for (found, start) in lines[1..4]
        .iter()
        .zip(["-> map", "-> try_map \"check\"", "-> try_map"])
    {
        assert!(
            found.starts_with(start) && found.contains(file!()),
            "{found}"
        );
    }
    assert!(
        lines[1].contains(&format!("{}:{}:", file!(), above + 2)),
        "{all}"
    );
    assert!(lines[4].starts_with("-> null"), "{all}");
}

/// Fails in every method there is.
struct Fails(Where);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Received,
    Emit,
    Stopped,
}

impl Tube<u32> for Fails {
    type Out = u32;

    fn received(&mut self, n: u32) -> Result<Option<u32>, Reason> {
        if self.0 == Where::Received {
            Err(Error::user("here").into())
        } else {
            Ok(Some(n))
        }
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        if self.0 == Where::Emit {
            Err(Error::user("here").into())
        } else {
            Ok(None)
        }
    }

    fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
        if self.0 == Where::Stopped {
            Err(Error::user("here").into())
        } else {
            Ok(())
        }
    }
}

#[test]
fn an_error_knows_the_stage_and_the_place_wherever_it_arises() {
    let mut executor = Executor::new(&Schedule::eager());
    for fails in [Where::Received, Where::Emit, Where::Stopped] {
        let above = line!();
        let pulled = founts::iter(0..3)
            .through(Fails(fails))
            .map(|n| n)
            .flow_to(drains::null());
        let error = executor.run(pulled).unwrap_err();
        assert_eq!(error.to_string(), "Fails: here", "{fails:?}");
        let place = error.place().unwrap();
        assert_eq!(place.file(), file!());
        assert!((above..line!()).contains(&place.line()), "{place}");

        let above = line!();
        let pushed = founts::iter(0..3).flow_to(
            drains::null()
                .behind(Fails(fails))
                .named("here it is"),
        );
        let error = executor.run(pushed).unwrap_err();
        assert_eq!(error.to_string(), "here it is: here", "{fails:?}");
        let place = error.place().unwrap();
        assert_eq!(place.file(), file!());
        assert!((above..line!()).contains(&place.line()), "{place}");
    }
}

#[test]
fn an_error_tells_its_place_and_its_causes_when_asked_for_more() {
    let parse = |word: &str| {
        word.parse::<u8>()
            .map_err(|error| Error::user("bad port").caused_by(error))
    };
    let flow = founts::iter(["x"])
        .through(parse)
        .flow_to(drains::null());
    let error = Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    assert_eq!(format!("{error}"), "try_map: invalid digit found in string");
    let long = format!("{error:#}");
    assert!(
        long.starts_with(&format!("try_map at {}:", file!())),
        "{long}"
    );
    assert!(long.ends_with(": invalid digit found in string"), "{long}");
    assert!(format!("{error:?}").contains(file!()), "{error:?}");
}

#[test]
fn a_failure_that_is_merely_passed_on_is_not_renamed() {
    let source = FakeFount::new([1]).ending(Error::user("from above").into());
    let flow = source
        .map(|n: u32| n)
        .through(stages::until(std::future::pending::<()>()));
    let error = Executor::new(&Schedule::eager())
        .run(flow.flow_to(drains::null()))
        .unwrap_err();
    assert_eq!(error.to_string(), "from above");
    assert_eq!((error.stage(), error.place()), (None, None));
}

#[test]
fn stages_joined_first_and_attached_later_are_one_stage() {
    fn add(n: u32) -> Result<u32, BoxError> {
        Ok(n + 1)
    }
    let mut executor = Executor::new(&Schedule::eager());
    let two = (add, stages::take(2));
    let three = (
        stages::map(|n: u32| n * 2),
        two,
        stages::filter(|n: &u32| n.is_multiple_of(3)),
    );
    let four = (add, three, add, stages::map(|n: u32| n));
    let all = executor.run(
        founts::iter(0..9)
            .through(four)
            .flow_to(drains::collect(9)),
    );
    assert_eq!(all.unwrap(), [4]);
}

/// Refuses the second item; stops upstream itself before it says so, or leaves that to others.
struct Refuses {
    left: u32,
    stops: bool,
}

impl<U: Fount> Pump<U> for Refuses {
    type Item = U::Item;

    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        if self.left > 0 {
            self.left -= 1;
            return upstream.poll_next(cx);
        }
        let own = Reason::from(Error::user("refused"));
        if self.stops {
            upstream.stop(&own);
        }
        Poll::Ready(Err(own))
    }
}

#[test]
fn a_pump_that_fails_is_named_whether_it_stops_upstream_itself_or_not() {
    for stops in [true, false] {
        let source = FakeFount::new(0..9);
        let handle = source.handle();
        let refuses = Refuses { left: 1, stops };
        let flow = source
            .through(refuses)
            .flow_to(drains::null());
        let error = Executor::new(&Schedule::eager())
            .run(flow)
            .unwrap_err();
        assert_eq!(error.to_string(), "Refuses: refused");
        assert!(
            error
                .place()
                .unwrap()
                .file()
                .ends_with("pipes.rs")
        );
        assert_eq!(handle.stops().len(), 1);
    }
}

#[test]
fn what_a_drain_receives_is_learned_from_what_flows_to_it() {
    let mut executor = Executor::new(&Schedule::eager());
    let segments = drains::collect(9).behind(framing::unlines());
    let texts = executor.run(founts::iter(["one", "two"]).flow_to(segments));
    assert_eq!(texts.unwrap().concat(), b"one\ntwo\n");

    let file = io::write(tokio::io::sink()).behind(framing::unlines());
    executor
        .run(founts::iter(["one"]).flow_to(file))
        .unwrap();

    let segments = drains::collect(9)
        .behind(framing::unlines().crlf())
        .behind(stages::take(1))
        .named("one");
    assert!(format!("{segments:?}").contains("\"one\""));
    let texts = executor.run(founts::iter([String::from("one"), String::new()]).flow_to(segments));
    assert_eq!(texts.unwrap(), ["one\r\n"]);
}

#[test]
fn a_tuple_of_twelve_stages_and_tuples_in_tuples_are_stages() {
    fn next(n: u32) -> Result<u32, Error> {
        Ok(n + 1)
    }
    let plus = || stages::map(|n: u32| n + 1);
    let twelve = (
        next,
        plus(),
        next,
        plus(),
        stages::then(async |n: u32| n + 1),
        plus(),
        next,
        plus(),
        next,
        plus(),
        next,
        stages::take(2),
    );
    let nested = (twelve, (plus(), (next, plus())), plus());
    let mut executor = Executor::new(&Schedule::eager());
    let above = line!();
    let pipe = founts::iter(0..).through(nested);
    assert!(
        format!("{pipe:#?}")
            .matches(&format!("{}:{}:", file!(), above + 1))
            .count()
            > 12
    );
    assert_eq!(
        executor
            .run(pipe.flow_to(drains::collect(9)))
            .unwrap(),
        [15, 16]
    );
}

#[test]
fn a_stage_on_a_flow_has_a_name() {
    let flow = Flow::new(founts::iter(["1", "x"]), drains::null::<u8>())
        .through(stages::try_map(str::parse::<u8>))
        .named("parse")
        .through(stages::then(async |n: u8| n))
        .named("wait");
    let printed = format!("{:?}", flow.fount);
    assert!(
        printed.contains("\"parse\"") && printed.contains("\"wait\""),
        "{printed}"
    );
    let failed = Executor::new(&Schedule::eager()).run(flow.fount.flow_to(flow.drain));
    assert_eq!(
        failed.unwrap_err().to_string(),
        "parse: invalid digit found in string"
    );
}

#[test]
fn a_cause_that_its_error_tells_is_not_told_again() {
    let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let error = Error::user(Error::from(broken));
    assert_eq!(format!("{error:#}"), format!("{error}"));
    assert!(
        error
            .to_string()
            .ends_with("broken pipe"),
        "{error}"
    );
}
