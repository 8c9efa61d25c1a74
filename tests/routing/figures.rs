//! Routes under chance, and what they hold and cost.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use support::chance::Chance;
use support::tasks::Tasks;
use tubes::testing::{FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Reason, founts, route};

use super::kit::{Mail, Post, address, office, pull, size};

#[test]
fn under_any_schedule_each_route_gets_what_a_plain_table_says() {
    for seed in 0..300 {
        let mut chance = Chance::new(seed);
        let schedule = Schedule::seeded(seed);
        let keys = 1 + chance.below(6);
        let names = &['a', 'b', 'c', 'd', 'e', 'f'][..keys];
        let mail: Vec<Mail> = (0..60)
            .map(|n| (names[chance.below(keys)], n))
            .collect();
        let mut due: HashMap<char, Vec<Mail>> = HashMap::new();
        for mail in &mail {
            due.entry(mail.0)
                .or_default()
                .push(*mail);
        }
        let (router, routes) = route::router(size(keys), address);
        let tasks = Tasks::new();
        let open = |name: &char| {
            let route = routes
                .open(*name, size(1 + chance.below(4)))
                .unwrap();
            let drain = FakeDrain::new().scheduled(&schedule);
            let sink = drain.handle();
            let read = if chance.once_in(2) {
                tasks.spawn(route.boxed_local().flow_to(drain))
            } else {
                tasks.spawn(route.flow_to(drain))
            };
            (*name, sink, read)
        };
        let readers: Vec<_> = names.iter().map(open).collect();
        let fount = FakeFount::new(mail).scheduled(&schedule);
        let routed = tasks.spawn(fount.flow_to(router));
        loop {
            tasks.run();
            if chance.once_in(4) {
                tasks.disturb();
            } else if !schedule.fire() {
                break;
            }
        }
        assert!(routed.take().unwrap().is_ok(), "seed {seed}");
        for (name, sink, read) in readers {
            assert!(read.take().is_some(), "seed {seed}: {name} waits for ever");
            assert_eq!(
                sink.items(),
                due.remove(&name).unwrap_or_default(),
                "seed {seed}"
            );
            assert!(matches!(sink.end(), Some(Reason::Finished)));
        }
    }
}

#[test]
fn no_more_is_held_than_all_bounds_and_one() {
    let (router, routes) = route::router(size(3), |item: &(u32, Arc<()>)| item.0);
    let mut open: Vec<_> = (0..3)
        .map(|key| routes.open(key, size(4)).unwrap())
        .collect();
    let token = Arc::new(());
    let counted = Arc::clone(&token);
    let mut chance = Chance::new(9);
    let tasks = Tasks::new();
    let endless = founts::iter(std::iter::from_fn(move || {
        let key = u32::try_from(chance.below(3)).unwrap();
        Some((key, Arc::clone(&counted)))
    }));
    let _flow = tasks.spawn(endless.flow_to(router));
    let mut chance = Chance::new(10);
    for _ in 0..500 {
        tasks.run();
        let held = Arc::strong_count(&token) - 2;
        assert!((5..=13).contains(&held), "{held} items");
        let route = &mut open[chance.below(3)];
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let item = std::pin::Pin::new(route).poll_next(&mut cx);
        drop(item);
    }
}

thread_local! {
    static HASHED: Cell<usize> = const { Cell::new(0) };
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

/// A key that counts.
#[derive(Clone, Debug, Eq)]
struct Counting(usize);

impl Hash for Counting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HASHED.set(HASHED.get() + 1);
        self.0.hash(state);
    }
}

impl PartialEq for Counting {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

#[test]
fn an_item_costs_one_look_up_whether_there_is_one_route_or_a_thousand() {
    const ITEMS: usize = 10_000;
    for count in [1, 1000] {
        let (router, routes) = route::router(size(count), move |n: &usize| Counting(n % count));
        let mut open: Vec<_> = (0..count)
            .map(|key| {
                routes
                    .open(Counting(key), size(ITEMS))
                    .unwrap()
            })
            .collect();
        let tasks = Tasks::new();
        let flow = tasks.spawn(founts::iter(0..ITEMS).flow_to(router));
        HASHED.set(0);
        COMPARED.set(0);
        tasks.run();
        assert!(flow.take().unwrap().is_ok());
        assert_eq!(HASHED.get(), ITEMS, "{count} routes");
        // One for the key; now and then one for another that looks alike in 7 bits.
        let compared = COMPARED.get();
        assert!(
            (ITEMS..ITEMS + ITEMS / 4).contains(&compared),
            "{count} routes: {compared}"
        );
        for route in &mut open {
            assert_eq!(pull(route).0.len(), ITEMS / count);
        }
        assert_eq!(HASHED.get(), ITEMS, "who reads hashes nothing");
    }
}

#[test]
fn one_poll_routes_a_bounded_number_and_goes_on() {
    let (router, routes) = office(1);
    let mut a = routes
        .open('a', size(1_000_000))
        .unwrap();
    let post = Post::new(router);
    post.send((0..100_000).map(|n| ('a', n)));
    post.end(Reason::Finished);
    assert!(post.tasks.polls() > 1);
    assert_eq!(pull(&mut a).0.len(), 100_000);
}
