//! Futures for items against the laws: ready, napping, failing, by key.

use std::future::{Future, poll_fn, ready};
use std::num::NonZeroUsize;
use std::task::Poll;

use tubes::testing::laws;
use tubes::{Error, Fount, founts, stages};

use super::kit::{INPUT, input};

fn most(futures: usize) -> NonZeroUsize {
    NonZeroUsize::new(futures).unwrap()
}

fn plus_one() -> Vec<u32> {
    INPUT.map(|n| n + 1).to_vec()
}

/// Is pending so many times, and has woken itself before.
fn nap<T>(times: u32, output: T) -> impl Future<Output = T> {
    let (mut left, mut output) = (times, Some(output));
    poll_fn(move |cx| {
        if left > 0 {
            left -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(output.take().unwrap())
    })
}

const NAPS: [fn(u32) -> u32; 4] = [|_| 0, |_| 1, |n| n % 3, |n| if n == 3 { 5 } else { 0 }];

#[test]
fn then_keeps_the_laws_and_works_ahead_in_so_many_places() {
    for futures in [1, 2, 3, 9] {
        for naps in NAPS {
            let then = move || stages::then(move |n| nap(naps(n), n + 1)).at_most(most(futures));
            laws::stage(move |f| f.through(then()), input(), plus_one())
                .holding(futures)
                .working_ahead()
                .seeds(0..16)
                .check();
        }
    }
}

#[test]
fn then_without_an_order_keeps_the_laws() {
    for futures in [1, 3] {
        let then = move || {
            stages::then(|n: u32| ready(n + 1))
                .at_most(most(futures))
                .unordered()
        };
        laws::stage(move |f| f.through(then()), input(), plus_one())
            .holding(futures)
            .working_ahead()
            .seeds(0..24)
            .check();
    }
}

#[test]
fn then_by_key_keeps_the_laws() {
    for naps in NAPS {
        let then = move || {
            stages::then(move |n| nap(naps(n), n + 1))
                .by_key(|n| n % 2)
                .at_most(most(4))
        };
        laws::stage(move |f| f.through(then()), input(), plus_one())
            .holding(4)
            .working_ahead()
            .seeds(0..16)
            .check();
    }
}

#[test]
fn try_then_keeps_the_laws_and_ends_with_the_first_failure() {
    let halve = |n: u32| if n < 9 { Ok(n) } else { Err("too much") };
    for futures in [1, 4] {
        for naps in NAPS {
            let then =
                move || stages::try_then(move |n| nap(naps(n), halve(n))).at_most(most(futures));
            laws::stage(move |f| f.through(then()), input(), vec![3, 0, 4, 1, 5])
                .holding(futures)
                .working_ahead()
                .ending(Error::user("too much").at("try_then"))
                .seeds(0..16)
                .check();
        }
    }
}

#[test]
fn endless_futures_leave_others_their_turn() {
    for futures in [1, 4, 300] {
        for naps in 0..2 {
            let then = stages::then(move |n: u64| nap(naps, n)).at_most(most(futures));
            laws::fair(founts::iter(0..).through(then));
            let then = stages::then(move |n: u64| nap(naps, n)).at_most(most(futures));
            laws::fair(founts::iter(0..).through(then.unordered()));
        }
    }
    let at_once = stages::then(ready::<u64>).at_most(most(4));
    laws::fair(
        founts::iter(0..)
            .through(at_once)
            .filter(|n| n % 1000 == 0),
    );
}
