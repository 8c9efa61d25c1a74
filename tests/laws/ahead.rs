//! Stages that work ahead, against the laws.

use std::num::NonZeroUsize;

use tubes::stages::{self, Dropping};
use tubes::testing::{FakeFount, laws};
use tubes::{Fount, Lossy, founts};

use super::kit::{INPUT, input};

fn bound(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).unwrap()
}

#[test]
fn a_buffer_keeps_the_laws_and_holds_its_bound() {
    for items in [1, 2, 9] {
        let make = move || stages::buffer(bound(items));
        laws::stage(move |f| f.through(make()), input(), input())
            .holding(items)
            .working_ahead()
            .check();
        laws::fair(founts::iter(0..).through(make()));
        laws::fair(
            founts::iter(0..)
                .through(make())
                .boxed(),
        );
    }
    let weighing = |n: &u32| *n as usize;
    laws::stage(
        move |f| f.through(stages::buffer(bound(9)).weighing(4, weighing)),
        input(),
        input(),
    )
    .holding(3)
    .working_ahead()
    .check();
}

#[test]
fn buffers_that_never_wait_keep_the_laws_as_long_as_all_fits() {
    for dropping in [Dropping::Oldest, Dropping::Newest] {
        let make = move || stages::buffer_dropping(bound(7), dropping);
        let expected = INPUT.map(Lossy::Item).to_vec();
        laws::stage(move |f| f.through(make()), input(), expected)
            .holding(7)
            .working_ahead()
            .check();
        laws::fair(founts::iter(0..).through(make()));
    }
    laws::stage(
        move |f| f.through(stages::buffer_failing(bound(7))),
        input(),
        input(),
    )
    .holding(7)
    .working_ahead()
    .check();
    laws::fair(founts::iter(0..).through(stages::buffer_failing(bound(1))));
}

/// What became one is taken apart again, so that the same is due whoever was ready when.
#[test]
fn what_combines_keeps_the_laws() {
    let join = |mut all: Vec<u32>, more: Vec<u32>| {
        all.extend(more);
        all
    };
    let conflated = move |f: FakeFount<u32>| {
        f.map(|n| vec![n])
            .through(stages::conflate(join))
            .flat_map(|all| all)
    };
    laws::stage(conflated, input(), input())
        .holding(7)
        .working_ahead()
        .check();
    for items in [1, 2, 9] {
        let batched = move |f: FakeFount<u32>| {
            let add = |mut all: Vec<u32>, n| {
                all.push(n);
                all
            };
            f.through(stages::batch(bound(items), |n| vec![n], add))
                .flat_map(|all| all)
        };
        // One batch, and one that is being taken apart.
        laws::stage(batched, input(), input())
            .holding(2 * items)
            .working_ahead()
            .seeds(0..32)
            .check();
    }
    laws::fair(founts::iter(0..).through(stages::conflate(|_, newest: u64| newest)));
    laws::fair(founts::iter(0..).through(stages::batch(bound(9), |n: u64| n, u64::wrapping_add)));
}
