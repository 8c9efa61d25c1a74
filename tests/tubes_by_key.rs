//! A tube for each key: which one loses its place, who hears the end, and what fails.

use std::cell::RefCell;
use std::rc::Rc;

use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Error, Fount, Kind, Reason, Tube, bound, drains, stages};

type Log = Rc<RefCell<Vec<String>>>;

/// Counts its items, and writes down what it hears; cannot stand an item or an end.
struct Diary {
    key: char,
    count: u32,
    log: Log,
    hates: Option<&'static str>,
}

impl Diary {
    fn hears(&self, what: &str) -> Result<(), Reason> {
        self.log
            .borrow_mut()
            .push(format!("{}:{what}", self.key));
        if self.hates == Some(what) {
            return Err(Error::new(Kind::Timeout).into());
        }
        Ok(())
    }
}

impl Tube<(char, &'static str)> for Diary {
    type Out = String;

    fn received(&mut self, item: (char, &'static str)) -> Result<Option<String>, Reason> {
        self.hears(item.1)?;
        self.count += 1;
        Ok(Some(format!("{}{}", self.key, self.count)))
    }

    fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
        self.hears("end")
    }
}

/// What happens to a key too many.
#[derive(Clone, Copy, PartialEq)]
enum Full {
    Fails,
    Evicts,
}

type Outcome = (Result<String, String>, String);

/// What comes out, and what the tubes heard, of items by key with room for two keys.
fn flow(items: &str, full: Full, hates: Option<&'static str>) -> Outcome {
    let log = Log::default();
    let book = Rc::clone(&log);
    let items: Vec<_> = items
        .chars()
        .map(|key| {
            (
                key.to_ascii_lowercase(),
                if key.is_uppercase() { "bad" } else { "" },
            )
        })
        .collect();
    let make = move |key: &char| Diary {
        key: *key,
        count: 0,
        log: Rc::clone(&book),
        hates,
    };
    let mut stage = stages::per_key(bound(2), |item: &(char, &'static str)| item.0, make);
    if full == Full::Evicts {
        stage = stage.evicting();
    }
    assert_eq!(format!("{stage:?}"), "per_key(0 of 2)");
    let flow = FakeFount::new(items)
        .through(stage)
        .flow_to(drains::collect(99));
    let output: Result<Vec<String>, Error> = Executor::new(&Schedule::eager()).run(flow);
    let heard = log.borrow().join(" ");
    let output = output.map(|all| all.join(" "));
    (output.map_err(|error| error.to_string()), heard)
}

#[test]
fn each_key_has_a_tube_of_its_own_and_all_hear_the_end() {
    let (out, heard) = flow("abaab", Full::Fails, None);
    assert_eq!(out.unwrap(), "a1 b1 a2 a3 b2");
    assert!(
        heard.ends_with("a:end b:end"),
        "longest unused first: {heard}"
    );
}

#[test]
fn a_key_too_many_fails_or_ends_the_tube_that_was_not_used_for_longest() {
    let (out, _) = flow("abac", Full::Fails, None);
    assert_eq!(
        out.unwrap_err(),
        format!(
            "per_key: {}",
            Error::new(Kind::Limit {
                what: "table of keys",
                limit: 2
            })
        )
    );
    let (out, heard) = flow("abacb", Full::Evicts, None);
    assert_eq!(out.unwrap(), "a1 b1 a2 c1 b1", "b begins anew");
    assert_eq!(heard, "a: b: a: b:end c: a:end b: c:end b:end");
}

#[test]
fn a_tube_that_fails_ends_the_flow_and_the_others_hear_it() {
    let late = format!("per_key: {}", Error::new(Kind::Timeout));
    let (out, _) = flow("abA", Full::Fails, Some("bad"));
    assert_eq!(out.unwrap_err(), late);
    let (out, heard) = flow("ab", Full::Fails, Some("end"));
    assert_eq!(out.unwrap_err(), late);
    assert_eq!(heard, "a: b: a:end b:end", "each is told");
    let (out, heard) = flow("abc", Full::Evicts, Some("end"));
    assert_eq!(out.unwrap_err(), late);
    assert_eq!(heard, "a: b: a:end");
}
