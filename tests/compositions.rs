//! Pipes of any plain stages in any order, on any schedule, beside what vectors give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use tubes::founts::LocalBoxFount;
use tubes::testing::{
    Executor, FakeDrain, FakeDrainHandle, FakeFount, FakeFountHandle, ManualClock, Place, Schedule,
};
use tubes::{Error, Fount, Kind, Reason, bound, stages};

/// No pipe is tried that gives more anywhere.
const MOST: usize = 60;

/// A number whose copies are counted: how many are alive.
#[derive(Debug)]
struct Counted {
    number: u32,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(number: u32, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self {
            number,
            alive: Arc::clone(alive),
        }
    }

    fn with(mut self, number: u32) -> Self {
        self.number = number;
        self
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(self.number, &self.alive)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive
            .fetch_sub(1, Ordering::Relaxed);
    }
}

/// One stage; the numbers are what it goes by.
#[derive(Clone, Debug)]
enum Step {
    Map(u32),
    Filter(u32),
    FilterMap(u32),
    FlatMap(u32),
    Take(usize),
    Skip(usize),
    TakeWhile(u32),
    SkipWhile(u32),
    Scan,
    Enumerate,
    Chunks(usize),
    Sliding(usize),
    Dedup,
    StopWhen(u32),
    Inspect,
    Limit,
    Buffer(usize),
    ThenAtOnce(usize),
    ThenLater(usize),
    Throttle,
}

impl Step {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            (0..9_u32).prop_map(Self::Map),
            (1..4_u32).prop_map(Self::Filter),
            (1..4_u32).prop_map(Self::FilterMap),
            (0..4_u32).prop_map(Self::FlatMap),
            (0..9_usize).prop_map(Self::Take),
            (0..4_usize).prop_map(Self::Skip),
            (2..9_u32).prop_map(Self::TakeWhile),
            (1..5_u32).prop_map(Self::SkipWhile),
            Just(Self::Scan),
            Just(Self::Enumerate),
            (1..5_usize).prop_map(Self::Chunks),
            (1..4_usize).prop_map(Self::Sliding),
            Just(Self::Dedup),
            (2..9_u32).prop_map(Self::StopWhen),
            Just(Self::Inspect),
            Just(Self::Limit),
            (1..5_usize).prop_map(Self::Buffer),
            (1..5_usize).prop_map(Self::ThenAtOnce),
            (1..5_usize).prop_map(Self::ThenLater),
            Just(Self::Throttle),
        ]
    }

    fn attach(&self, fount: Pipe, schedule: &Schedule) -> Pipe {
        match *self {
            Self::Map(by) => fount
                .map(move |n| {
                    let sum = n.number.wrapping_add(by);
                    n.with(sum)
                })
                .boxed_local(),
            Self::Filter(of) => fount
                .filter(move |n| n.number % of == 0)
                .boxed_local(),
            Self::FilterMap(of) => fount
                .filter_map(move |n| halved(n, of))
                .boxed_local(),
            Self::FlatMap(times) => fount
                .flat_map(move |n| (0..times).map(move |_| n.clone()))
                .boxed_local(),
            Self::Take(count) => fount.take(count as u64).boxed_local(),
            Self::Skip(count) => fount.skip(count as u64).boxed_local(),
            Self::TakeWhile(below) => fount
                .take_while(move |n| n.number < below)
                .boxed_local(),
            Self::SkipWhile(below) => fount
                .skip_while(move |n| n.number < below)
                .boxed_local(),
            Self::StopWhen(last) => fount
                .stop_when(move |n| n.number >= last)
                .boxed_local(),
            Self::Scan => fount.scan(0, sum).boxed_local(),
            Self::Enumerate => fount
                .enumerate()
                .map(|(at, n)| {
                    let sum = n
                        .number
                        .wrapping_add(u32::try_from(at).unwrap());
                    n.with(sum)
                })
                .boxed_local(),
            Self::Inspect => fount.inspect(|_| {}).boxed_local(),
            _ => self.attach_holding(fount, schedule),
        }
    }

    /// The stages that hold items, or might.
    fn attach_holding(&self, fount: Pipe, schedule: &Schedule) -> Pipe {
        match *self {
            Self::Chunks(size) => fount
                .through(stages::chunks(bound(size)))
                .flatten()
                .boxed_local(),
            Self::Sliding(size) => fount
                .through(stages::sliding(bound(size)))
                .flatten()
                .boxed_local(),
            Self::Dedup => fount
                .through(stages::dedup())
                .boxed_local(),
            Self::Limit => fount
                .through(stages::limit(1000))
                .boxed_local(),
            Self::Buffer(items) => fount
                .through(stages::buffer(bound(items)))
                .boxed_local(),
            Self::ThenAtOnce(most) => fount
                .through(stages::then(async |n| n).at_most(bound(most)))
                .boxed_local(),
            Self::ThenLater(most) => {
                let gates = schedule.clone();
                let later = move |n| {
                    let gate = gates.gate();
                    async move {
                        std::future::poll_fn(|cx| gate.poll_pass(cx)).await;
                        n
                    }
                };
                fount
                    .through(stages::then(later).at_most(bound(most)))
                    .boxed_local()
            }
            Self::Throttle => fount
                .through(
                    stages::throttle(bound(1_000_000), Duration::from_secs(1))
                        .on(ManualClock::new()),
                )
                .boxed_local(),
            _ => fount,
        }
    }

    /// What vectors give, and whether this stage ends the flow by itself.
    #[rustfmt::skip] // A stage, a row.
    fn reference(&self, items: Vec<u32>) -> (Vec<u32>, bool) {
        let all = items.len();
        let each = items.iter().copied();
        let (out, early): (Vec<u32>, bool) = match *self {
            Self::Map(by) => (each.map(|n| n.wrapping_add(by)).collect(), false),
            Self::Filter(of) => (each.filter(|n| n % of == 0).collect(), false),
            Self::FilterMap(of) => (each.filter(|n| n % of == 0).map(|n| n / 2).collect(), false),
            Self::FlatMap(times) => (each.flat_map(|n| (0..times).map(move |_| n)).collect(), false),
            Self::Take(count) => (each.take(count).collect(), all >= count),
            Self::Skip(count) => (each.skip(count).collect(), false),
            Self::TakeWhile(below) => {
                let out: Vec<u32> = each.take_while(|n| *n < below).collect();
                let early = out.len() < all;
                (out, early)
            }
            Self::SkipWhile(below) => (each.skip_while(|n| *n < below).collect(), false),
            Self::StopWhen(last) => {
                let at = items.iter().position(|n| *n >= last);
                (each.take(at.map_or(all, |at| at + 1)).collect(), at.is_some())
            }
            Self::Scan => {
                let sums = each.scan(0_u32, |sum, n| { *sum = sum.wrapping_add(n); Some(*sum) });
                (sums.collect(), false)
            }
            Self::Enumerate => (each.zip(0..).map(|(n, at)| n.wrapping_add(at)).collect(), false),
            Self::Sliding(size) => (items.windows(size).flatten().copied().collect(), false),
            Self::Dedup => {
                let mut out = items;
                out.dedup();
                (out, false)
            }
            _ => (items, false),
        };
        (out, early)
    }
}

type Pipe = LocalBoxFount<'static, Counted>;

fn halved(n: Counted, of: u32) -> Option<Counted> {
    let half = n.number / 2;
    n.number
        .is_multiple_of(of)
        .then(|| n.with(half))
}

fn sum(state: &mut u32, n: Counted) -> Counted {
    *state = state.wrapping_add(n.number);
    n.with(*state)
}

/// What is tried: stages, what goes in, whether the source fails behind it, and a seed.
type Case = (Vec<Step>, Vec<u32>, bool, u64);

/// A pipe from a fake to a fake, and a look at either end.
struct Run {
    alive: Arc<AtomicUsize>,
    source: FakeFountHandle<Counted>,
    sink: FakeDrainHandle<Counted>,
    schedule: Schedule,
    flow: std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>>,
}

impl Run {
    fn new((steps, input, fails, seed): &Case, drain: FakeDrain<Counted>) -> Self {
        let (alive, schedule) = (Arc::default(), Schedule::seeded(*seed));
        let count = Arc::clone(&alive);
        let items = input
            .clone()
            .into_iter()
            .map(move |n| Counted::new(n, &count));
        let mut source = FakeFount::new(items).scheduled(&schedule);
        if *fails {
            source = source.ending(Reason::Failed(Error::new(Kind::Timeout)));
        }
        let drain = drain.scheduled(&schedule);
        let (handle, sink) = (source.handle(), drain.handle());
        let pipe = steps
            .iter()
            .fold(source.boxed_local(), |fount, step| {
                step.attach(fount, &schedule)
            });
        let flow = async move { pipe.flow_to(drain).await.map(drop) };
        Self {
            alive,
            source: handle,
            sink,
            schedule,
            flow: Box::pin(flow),
        }
    }

    fn delivered(&self) -> Vec<u32> {
        let items = self.sink.items();
        items.iter().map(|n| n.number).collect()
    }

    fn check_over(self) {
        let heard = self.source.stops().len() + usize::from(self.source.said().is_some());
        assert_eq!(heard, 1, "stopped once, or had ended");
        let (source, _) = self.drop_flow();
        assert_eq!(source.polls_after_stop(), 0);
    }

    /// Lets go of the flow: what is alive is what was delivered.
    fn drop_flow(self) -> (FakeFountHandle<Counted>, Vec<u32>) {
        let delivered = self.delivered();
        drop(self.flow);
        assert!(self.source.is_dropped() && self.sink.is_dropped());
        assert_eq!(self.alive.load(Ordering::Relaxed), delivered.len());
        (self.source, delivered)
    }
}

fn expected((steps, input, ..): &Case) -> Option<(Vec<u32>, bool)> {
    let mut all = (input.clone(), false);
    for step in steps {
        let (items, early) = step.reference(all.0);
        if items.len() > MOST {
            return None;
        }
        all = (items, all.1 || early);
    }
    Some(all)
}

fn for_any(cases: u32, check: impl Fn(&Case, &[u32], bool)) {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    };
    let steps = proptest::collection::vec(Step::any(), 1..7);
    let input = proptest::collection::vec(0..9_u32, 0..9);
    let case = (steps, input, any::<bool>(), any::<u64>());
    proptest::proptest!(config, |(case in case)| {
        if let Some((items, early)) = expected(&case) {
            check(&case, &items, early);
        }
    });
}

#[test]
fn any_pipe_gives_what_vectors_give_and_one_end_to_either_side() {
    for_any(600, |case, expected, early| {
        let mut run = Run::new(case, FakeDrain::new());
        let schedule = run.schedule.clone();
        let result = Executor::new(&schedule).run(run.flow.as_mut());
        assert_eq!(run.delivered(), expected);
        let fails = case.2 && !early;
        assert_eq!(result.is_err(), fails, "{result:?}");
        match run.sink.end() {
            Some(Reason::Failed(error)) => assert!(fails, "{error}"),
            Some(Reason::Enough) => assert!(early),
            Some(Reason::Finished) => assert!(!early && !case.2),
            other => panic!("{other:?}"),
        }
        run.check_over();
    });
}

#[test]
fn any_pipe_gives_a_drain_that_refuses_what_it_wants_and_stops_its_source() {
    for_any(300, |case, expected, _| {
        for (place, wanted) in [(Place::Ready, 2), (Place::Receive, 1)] {
            let drain = FakeDrain::new().refusing(wanted, place, Reason::Enough);
            let mut run = Run::new(case, drain);
            let schedule = run.schedule.clone();
            drop(Executor::new(&schedule).run(run.flow.as_mut()));
            assert_eq!(run.delivered(), expected[..wanted.min(expected.len())]);
            run.check_over();
        }
    });
}

#[test]
fn a_pipe_dropped_after_any_poll_loses_and_doubles_nothing_that_was_delivered() {
    for_any(120, |case, expected, _| {
        for polls in 0.. {
            let mut run = Run::new(case, FakeDrain::new());
            let schedule = run.schedule.clone();
            let mut executor = Executor::new(&schedule);
            let mut is_over = false;
            for _ in 0..polls {
                is_over = executor
                    .poll(run.flow.as_mut())
                    .is_ready();
                if is_over {
                    break;
                }
                schedule.fire();
            }
            let (source, delivered) = run.drop_flow();
            assert!(expected.starts_with(&delivered), "{delivered:?}");
            assert!(source.stops().len() <= 1);
            if is_over {
                break;
            }
        }
    });
}
