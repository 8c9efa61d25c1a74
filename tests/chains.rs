//! Chains against the laws: with greetings and farewells, across the seam, and at random.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use tubes::founts::BoxFount;
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule, laws};
use tubes::{Drain, Fount, Reason, Tube, drains, fan, founts, stages};

const INPUT: [u32; 7] = [3, 0, 4, 1, 5, 9, 2];

fn input() -> Vec<u32> {
    INPUT.to_vec()
}

/// Greets, passes on with an echo, counts, and says farewell.
#[derive(Default)]
struct Polite {
    waiting: Vec<u32>,
    count: u32,
}

impl Polite {
    fn new() -> Self {
        Self {
            waiting: vec![101, 100],
            count: 0,
        }
    }
}

impl Tube<u32> for Polite {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        self.count += 1;
        self.waiting = vec![item];
        Ok(Some(item))
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        Ok(self.waiting.pop())
    }

    fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
        self.waiting = vec![self.count, 200];
        Ok(())
    }
}

fn politely(items: &[u32]) -> Vec<u32> {
    let greeting = [100, 101].into_iter();
    let echoed = items.iter().flat_map(|n| [*n, *n]);
    let farewell = [200, u32::try_from(items.len()).expect("a few items")];
    greeting
        .chain(echoed)
        .chain(farewell)
        .collect()
}

#[test]
fn a_tube_with_greeting_echo_and_farewell_keeps_the_laws() {
    for length in [0, 1, 3] {
        let input = INPUT[..length].to_vec();
        let expected = politely(&input);
        laws::tube(Polite::new, input, expected)
            .holding(1)
            .seeds(0..40)
            .check();
    }
}

#[test]
fn chains_keep_the_laws_on_either_side_of_the_seam() {
    let expected = politely(&[4, 1, 5]);
    let first = || stages::filter(|n: &u32| *n != 0);
    let make = move |f: FakeFount<u32>| {
        f.through(first())
            .take(4)
            .filter(|n| *n != 3)
            .through(Polite::new())
    };
    laws::stage(make, input(), expected.clone())
        .ending(Reason::Enough)
        .holding(1)
        .seeds(0..40)
        .check();
    let make = move |drain: FakeDrain<u32>| {
        drain
            .behind(Polite::new())
            .behind(stages::filter(|n: &u32| *n != 3))
            .behind(stages::take(4))
            .behind(first())
    };
    laws::behind(make, input(), expected.clone())
        .ending(Reason::Enough)
        .holding(1)
        .seeds(0..40)
        .check();
    let join = move |f: FakeFount<u32>, drain: FakeDrain<u32>| {
        let drain = drain
            .behind(Polite::new())
            .behind(stages::filter(|n: &u32| *n != 3));
        f.through(first())
            .boxed()
            .take(4)
            .flow_to(drain)
    };
    laws::pipe(join, input(), expected)
        .ending(Reason::Enough)
        .holding(1)
        .seeds(0..40)
        .check();
}

/// One stage of a random chain.
#[derive(Clone, Debug)]
enum Step {
    Add(u32),
    Keep(u32),
    Repeat(u32),
    Look,
    Greet,
    Box,
}

impl Step {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            (0..9_u32).prop_map(Self::Add),
            (1..4_u32).prop_map(Self::Keep),
            (0..4_u32).prop_map(Self::Repeat),
            Just(Self::Look),
            Just(Self::Greet),
            Just(Self::Box),
        ]
    }

    fn attach(&self, fount: BoxFount<'static, u32>) -> BoxFount<'static, u32> {
        match *self {
            Self::Add(by) => fount
                .map(move |n| n.wrapping_add(by))
                .filter(|_| true)
                .boxed(),
            Self::Keep(of) => fount
                .filter(move |n| n % of == 0)
                .boxed(),
            Self::Repeat(times) => fount
                .flat_map(move |n| (0..times).map(move |_| n))
                .boxed(),
            Self::Look => fount.inspect(|_| {}).boxed(),
            Self::Greet => fount.through(Polite::new()).boxed(),
            Self::Box => fount.boxed(),
        }
    }

    fn reference(&self, items: &[u32]) -> Vec<u32> {
        match *self {
            Self::Add(by) => items
                .iter()
                .map(|n| n.wrapping_add(by))
                .collect(),
            Self::Keep(of) => items
                .iter()
                .copied()
                .filter(|n| n % of == 0)
                .collect(),
            Self::Repeat(times) => items
                .iter()
                .flat_map(|n| (0..times).map(|_| *n))
                .collect(),
            Self::Look | Self::Box => items.to_vec(),
            Self::Greet => politely(items),
        }
    }
}

#[test]
fn any_chain_gives_what_vectors_give() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    };
    let steps = proptest::collection::vec(Step::any(), 0..5);
    let input = proptest::collection::vec(0..9_u32, 0..5);
    proptest::proptest!(config, |(steps in steps, input in input, seed in any::<u32>())| {
        let expected = steps
            .iter()
            .fold(input.clone(), |items, step| step.reference(&items));
        if expected.len() > 30 {
            return Ok(());
        }
        let chain = steps.clone();
        let make = move |fount: FakeFount<u32>| {
            chain.iter().fold(fount.boxed(), |fount, step| step.attach(fount)).filter(|_| true)
        };
        let seed = u64::from(seed);
        laws::stage(make, input, expected)
            .holding(steps.len())
            .seeds(seed..seed + 2)
            .check();
    });
}

/// Were each merge to double the code behind it, this would not compile in any time.
#[test]
fn a_long_chain_of_merges_compiles() {
    macro_rules! chain {
        ($fount:expr;) => { $fount };
        ($fount:expr; + $($rest:tt)*) => {
            chain!(fan::merge2($fount.map(|n| n + 1), founts::once(0_u32)); $($rest)*)
        };
    }
    let chain = chain!(founts::once(0_u32); + + + + + + + + + + + + + + + +);
    let flow = chain.flow_to(drains::fold(0, |sum, n| sum + n));
    let sum = Executor::new(&Schedule::eager()).run(flow);
    assert_eq!(sum.unwrap(), (0..=16).sum::<u32>());
}
