//! Out through tubes and in again.

use tubes::siphon::Pull;
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Reason, Tube, drains, fan, founts, stages};

/// Greets, answers each item so many times, and says farewell.
struct Polite {
    name: &'static str,
    left: Vec<String>,
    times: usize,
}

fn polite(name: &'static str, times: usize) -> Polite {
    Polite {
        name,
        left: vec![format!("{name} hello")],
        times,
    }
}

impl Tube<u32> for Polite {
    type Out = String;

    fn received(&mut self, item: u32) -> Result<Option<String>, Reason> {
        assert!(
            self.left.is_empty(),
            "`emit` has not said that there is no more"
        );
        self.left = vec![format!("{} {item}", self.name); self.times];
        Ok(self.left.pop())
    }
    fn emit(&mut self) -> Result<Option<String>, Reason> {
        Ok(self.left.pop())
    }
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        if reason.is_clean() {
            self.left = vec![format!("{} bye", self.name)];
        }
        Ok(())
    }
}

fn run<F: Fount, T: Tube<F::Item>>(flow: Pull<F, T>) -> Vec<T::Out> {
    let flow = flow.flow_to(drains::collect(99));
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap()
}

#[test]
fn outputs_come_per_item_in_list_order_with_greetings_and_farewells() {
    let due = [
        "a hello", "b hello", "a 1", "b 1", "b 1", "a 2", "b 2", "b 2", "a bye", "b bye",
    ];
    let source = || founts::iter([1, 2]);
    assert_eq!(
        run(source().through(fan::thru([polite("a", 1), polite("b", 2)]))),
        due
    );
    assert_eq!(
        run(source().through(fan::thru((polite("a", 1), polite("b", 2))))),
        due
    );
    let erased = vec![
        fan::boxed_tube(polite("a", 1)),
        fan::boxed_tube(polite("b", 2)),
    ];
    assert_eq!(run(source().through(fan::thru(erased))), due);
    let nested = fan::thru((fan::thru([polite("a", 1)]), fan::thru(vec![polite("b", 2)])));
    assert_eq!(run(source().through(nested)), due);
    // One by one, across a seam.
    let one_by_one = source()
        .through(fan::thru([polite("a", 1), polite("b", 2)]))
        .boxed_local();
    assert_eq!(run(one_by_one.map(|line| line)), due);
}

#[test]
fn nothing_is_pulled_before_there_is_room_and_a_pause_falls_between_two_outputs() {
    let source = FakeFount::new([1, 2]);
    let hand = source.handle();
    let drain = FakeDrain::new().by_hand();
    let look = drain.handle();
    let views = fan::thru((stages::map(|n: u32| n), stages::map(|n: u32| n)));
    let mut flow = Box::pin(source.through(views).flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    for (allowed, pulled) in [(0, 0), (1, 1), (1, 1), (1, 2), (1, 2)] {
        look.allow(allowed);
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(hand.pulled(), pulled);
    }
    look.allow(1);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_ready()
    );
    assert_eq!(look.items(), [1, 1, 2, 2]);
}

#[test]
fn a_tube_that_has_enough_leaves_and_the_last_one_ends_the_flow() {
    let source = FakeFount::new(0..9);
    let hand = source.handle();
    let few = fan::thru((stages::take(1), stages::take(2)));
    assert_eq!(run(source.through(few)), [0, 0, 1]);
    assert!(matches!(hand.stops()[..], [Reason::Enough]));

    let source = FakeFount::new(0..9);
    let hand = source.handle();
    let nobody = fan::thru(Vec::<stages::Take>::new());
    assert!(run(source.through(nobody)).is_empty());
    assert_eq!(hand.pulled(), 0);
}

#[test]
fn twenty_rounds_of_split_and_union_are_the_identity() {
    let mut flow = founts::iter(0..1000u32).boxed_local();
    for _ in 0..20 {
        let even = stages::filter(|n: &u32| n.is_multiple_of(2));
        let odd = stages::filter(|n: &u32| n % 2 == 1);
        flow = flow
            .through(fan::thru((even, odd)))
            .boxed_local();
    }
    let all = Executor::new(&Schedule::eager()).run(flow.flow_to(drains::collect(1000)));
    assert_eq!(all.unwrap(), (0..1000).collect::<Vec<_>>());
}
