//! Failures of a tube, decided on.

use std::cell::Cell;
use std::rc::Rc;

use tubes::stages::Decision;
use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Error, Fount, Kind, Reason, Tube, drains, founts, stages};

/// A running sum that refuses 3, and has enough at 8.
#[derive(Default)]
struct Sum(u32);

impl Tube<u32> for Sum {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        match item {
            3 => Err(Error::user("three").into()),
            8 => Err(Reason::Enough),
            _ => {
                self.0 += item;
                Ok(Some(self.0))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    InRuns,
    ItemByItem,
}

fn sums(decision: Decision, way: Way) -> Result<Vec<u32>, Error> {
    let sums = founts::iter(1..).through(stages::supervise(Sum::default, move |error| {
        assert_eq!(
            (error.kind(), error.to_string()),
            (Kind::User, "three".to_owned())
        );
        decision
    }));
    let mut executor = Executor::new(&Schedule::eager());
    if way == Way::ItemByItem {
        executor.run(
            sums.boxed()
                .flow_to(drains::collect(99)),
        )
    } else {
        executor.run(sums.flow_to(drains::collect(99)))
    }
}

#[test]
fn skip_keeps_the_state_restart_loses_it_and_stop_ends() {
    for way in [Way::InRuns, Way::ItemByItem] {
        assert_eq!(sums(Decision::Skip, way).unwrap(), [1, 3, 7, 12, 18, 25]);
        assert_eq!(sums(Decision::Restart, way).unwrap(), [1, 3, 4, 9, 15, 22]);
        let error = sums(Decision::Stop, way).unwrap_err();
        assert_eq!(error.to_string(), "Sum: three");
        assert!(
            error
                .place()
                .unwrap()
                .file()
                .ends_with("supervising.rs")
        );
    }
}

/// Fails whenever it is asked, if `at` the place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Broken {
    InEmit,
    AtTheEnd,
}

impl Tube<u32> for Broken {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        Ok(Some(item))
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        match self {
            Self::InEmit => Err(Error::user("emit").into()),
            Self::AtTheEnd => Ok(None),
        }
    }

    fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
        match self {
            Self::InEmit => Ok(()),
            Self::AtTheEnd => Err(Error::user("end").into()),
        }
    }
}

#[test]
fn a_tube_that_fails_for_ever_ends_the_flow_in_the_end() {
    for decision in [Decision::Skip, Decision::Restart] {
        for boxed in [false, true] {
            let asked = Rc::new(Cell::new(0));
            let count = Rc::clone(&asked);
            let tube = stages::supervise(
                || Broken::InEmit,
                move |_| {
                    count.set(count.get() + 1);
                    decision
                },
            );
            let fount = FakeFount::new(0..3);
            let source = fount.handle();
            let piped = fount.through(tube);
            let mut executor = Executor::new(&Schedule::eager());
            let result = if boxed {
                executor.run(
                    piped
                        .boxed_local()
                        .flow_to(drains::null()),
                )
            } else {
                executor.run(piped.flow_to(drains::null()))
            };
            assert_eq!(result.unwrap_err().to_string(), "Broken: emit");
            assert_eq!(
                (asked.get(), source.pulled(), source.stops().len()),
                (1024, 0, 1)
            );
        }
    }
}

#[test]
fn a_failure_at_the_end_is_decided_on_too() {
    for (decision, expected) in [
        (Decision::Skip, Ok(())),
        (Decision::Restart, Ok(())),
        (Decision::Stop, Err("Broken: end".to_owned())),
    ] {
        let tube = stages::supervise(|| Broken::AtTheEnd, move |_| decision);
        let flow = founts::iter(0..3)
            .through(tube)
            .flow_to(drains::null());
        let result = Executor::new(&Schedule::eager()).run(flow);
        assert_eq!(result.map_err(|error| error.to_string()), expected);
    }
}

#[test]
fn many_failing_items_are_no_endless_failure() {
    let odd = |n: u32| if n % 2 == 1 { Ok(n) } else { Err("even") };
    let tube = stages::supervise(move || stages::try_map(odd), |_| Decision::Skip);
    assert_eq!(format!("{tube:?}"), "supervise(try_map)");
    let count = founts::iter(0..10_000)
        .through(tube)
        .flow_to(drains::fold(0, |count, _| count + 1));
    assert_eq!(
        Executor::new(&Schedule::eager())
            .run(count)
            .unwrap(),
        5000
    );
}

/// Greets, counts, and says how many there were when it hears the end; the first one fails then.
struct Counts {
    life: Rc<Cell<u32>>,
    says: Vec<String>,
}

impl Tube<u32> for Counts {
    type Out = String;

    fn received(&mut self, item: u32) -> Result<Option<String>, Reason> {
        Ok(Some(item.to_string()))
    }

    fn emit(&mut self) -> Result<Option<String>, Reason> {
        match self.says.pop() {
            Some(word) if word == "fails" => Err(Error::user("farewell").into()),
            word => Ok(word),
        }
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        let first = self.life.get() == 1;
        let word = if first {
            "fails".to_owned()
        } else {
            format!("{reason:?}")
        };
        self.says.push(word);
        Ok(())
    }
}

#[test]
fn a_tube_that_is_made_anew_behind_the_end_greets_and_hears_it() {
    for boxed in [false, true] {
        let life = Rc::new(Cell::new(0));
        let make = || {
            life.set(life.get() + 1);
            let says = vec![format!("life {}", life.get())];
            Counts {
                life: Rc::clone(&life),
                says,
            }
        };
        let tube = stages::supervise(make, |_| Decision::Restart);
        let counted = founts::iter([1]).through(tube);
        let mut executor = Executor::new(&Schedule::eager());
        let all = if boxed {
            executor.run(
                counted
                    .boxed_local()
                    .flow_to(drains::collect(9)),
            )
        } else {
            executor.run(counted.flow_to(drains::collect(9)))
        };
        assert_eq!(all.unwrap(), ["life 1", "1", "life 2", "Finished"]);
    }
}
