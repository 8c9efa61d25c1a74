//! Bounds of routes, and what happens beyond them.

use std::future::Future;
use std::pin::pin;

use tubes::route::OpenError;
use tubes::testing::FakeDrain;
use tubes::{Fount, Kind, Lossy, Reason, drains};

use super::kit::{Post, office, pull, size, told};

#[test]
fn an_item_goes_to_the_route_that_it_names_and_to_no_other() {
    let (router, routes) = office(2);
    let mut a = routes.open('a', size(9)).unwrap();
    let mut b = routes.open('b', size(9)).unwrap();
    let post = Post::new(router);
    post.send([('a', 1), ('b', 2), ('a', 3)]);
    assert_eq!(pull(&mut a).0, [('a', 1), ('a', 3)]);
    assert_eq!(pull(&mut b).0, [('b', 2)]);
    assert_eq!((a.key(), b.key()), (&'a', &'b'));
}

#[test]
fn a_full_route_holds_up_the_others_only_beyond_its_own_bound() {
    let (router, routes) = office(2);
    let mut a = routes.open('a', size(2)).unwrap();
    let mut b = routes.open('b', size(2)).unwrap();
    let post = Post::new(router);
    post.send([('a', 1), ('a', 2), ('b', 3)]);
    assert_eq!(pull(&mut b).0, [('b', 3)], "a is full, b is not");

    post.send([('a', 4), ('b', 5)]);
    assert_eq!(
        post.source.pulled(),
        4,
        "one item waits for a, and b's waits unpulled"
    );
    assert_eq!(
        format!("{a:?} {b:?}"),
        "route 'a'(3 of 2) route 'b'(0 of 2)"
    );
    let polls = post.tasks.polls();
    post.tasks.run();
    assert_eq!(post.tasks.polls(), polls, "nothing happens while it waits");

    let first = pin!(a.next_or_reason());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(Future::poll(first, &mut cx).is_ready());
    post.tasks.run();
    assert_eq!(pull(&mut b).0, [('b', 5)], "one place is enough");
    assert_eq!(pull(&mut a).0, [('a', 2), ('a', 4)]);
}

#[test]
fn a_run_makes_room_for_what_was_handed_on_and_no_more() {
    let (router, routes) = office(1);
    let a = routes.open('a', size(4)).unwrap();
    let post = Post::new(router);
    post.send((0..20).map(|n| ('a', n)));
    assert_eq!(post.source.pulled(), 5);
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let _reader = post.tasks.spawn(a.flow_to(drain));
    for taken in [1, 3, 4, 8, 9] {
        sink.allow((taken - sink.count()) as u64);
        post.tasks.run();
        assert_eq!((sink.count(), post.source.pulled()), (taken, taken + 5));
    }
}

#[test]
fn what_happens_when_a_route_is_full_goes_by_the_way_it_was_opened() {
    let mail = || [('a', 1), ('a', 2), ('a', 3), ('a', 4), ('b', 5)];

    let (router, routes) = office(2);
    let mut a = routes.open_lossy('a', size(2)).unwrap();
    let mut b = routes.open('b', size(2)).unwrap();
    let post = Post::new(router);
    post.send(mail());
    assert_eq!(pull(&mut b).0, [('b', 5)]);
    assert_eq!(routes.dropped(), 2);
    let gap = Lossy::Gap(2.try_into().unwrap());
    let (one, two) = (Lossy::Item(('a', 1)), Lossy::Item(('a', 2)));
    assert_eq!(pull(&mut a).0, [one, two, gap]);
    post.send([('a', 6)]);
    assert_eq!(pull(&mut a).0, [Lossy::Item(('a', 6))], "it goes on");
    let flow = post
        .tasks
        .spawn(a.flow_to(drains::collect(9)));
    post.send((7..12).map(|n| ('a', n)));
    post.end(Reason::Finished);
    let came: Vec<_> = flow.take().unwrap().unwrap();
    let items = came
        .iter()
        .filter_map(|came| came.item())
        .count();
    assert!((2..=5).contains(&items), "{came:?}");

    let (router, routes) = office(2);
    let mut a = routes
        .open_latest('a', size(2))
        .unwrap();
    let mut b = routes.open('b', size(2)).unwrap();
    let post = Post::new(router);
    post.send(mail());
    assert_eq!(pull(&mut b).0, [('b', 5)]);
    assert_eq!(
        (routes.dropped(), format!("{a:?}")),
        (2, "lossy_route 'a'(2 of 2)".into())
    );
    let (three, four) = (Lossy::Item(('a', 3)), Lossy::Item(('a', 4)));
    assert_eq!(pull(&mut a).0, [gap, three, four]);
    assert_eq!(format!("{a:?}"), "lossy_route 'a'(0 of 2)");

    let (router, routes) = office(2);
    let mut a = routes
        .open_strict('a', size(2))
        .unwrap();
    let mut b = routes.open('b', size(2)).unwrap();
    let post = Post::new(router.dropping_unknown());
    post.send(mail());
    assert_eq!(pull(&mut b).0, [('b', 5)]);
    assert_eq!(
        (routes.count(), routes.dropped()),
        (1, 2),
        "3 was one too many, 4 unknown"
    );
    let (items, end) = pull(&mut a);
    assert_eq!(items, [('a', 1), ('a', 2)]);
    let limit = Kind::Full {
        what: "queue of a route",
        limit: 2,
    };
    assert!(matches!(end, Some(Reason::Failed(error)) if error.kind() == limit));
    assert!(routes.open('a', size(1)).is_ok(), "its address is free");
}

#[test]
fn an_item_for_an_unknown_address_fails_is_dropped_or_falls_back() {
    let (router, _routes) = office(1);
    let post = Post::new(router);
    post.send([('x', 1)]);
    assert_eq!(
        post.outcome(),
        "router: an item names an address at which nobody is"
    );
    assert_eq!(post.source.stops().len(), 1);

    let (router, routes) = office(1);
    let post = Post::new(router.dropping_unknown());
    post.send([('x', 1), ('y', 2)]);
    assert_eq!((post.outcome().as_str(), routes.dropped()), ("flows", 2));

    let (router, routes) = office(1);
    let _a = routes.open('a', size(1)).unwrap();
    let mut others = routes
        .open_fallback('?', size(1))
        .unwrap();
    assert_eq!(
        routes.open_fallback('!', size(1)).err(),
        Some(OpenError::Taken)
    );
    let post = Post::new(router);
    post.send([('x', 1), ('?', 2), ('y', 3)]);
    assert_eq!(post.source.pulled(), 2, "it has its bound, too");
    assert_eq!(pull(&mut others).0, [('x', 1), ('?', 2)]);
    post.tasks.run();
    assert_eq!(pull(&mut others).0, [('y', 3)]);
    drop(others);
    post.send([('z', 4)]);
    assert!(
        post.outcome()
            .starts_with("router: an item names")
    );
}

#[test]
fn a_table_is_bounded_and_an_address_has_one_route() {
    let (router, routes) = office(2);
    let a = routes.open('a', size(1)).unwrap();
    let _b = routes
        .clone()
        .open('b', size(1))
        .unwrap();
    assert_eq!(routes.open('a', size(1)).err(), Some(OpenError::Taken));
    assert_eq!(
        routes.open_strict('c', size(1)).err(),
        Some(OpenError::Full { limit: 2 })
    );
    assert_eq!(
        format!("{router:?}, {routes:?}"),
        "router(2 of 2 routes), routes(2 of 2)"
    );
    drop(a);
    let mut c = routes.open_lossy('c', size(1)).unwrap();
    assert_eq!(routes.count(), 2);
    assert!(format!("{c:?}").starts_with("lossy_route 'c'"));
    assert_eq!(told(pull(&mut c).1), "nothing");

    // A thousand come and go: the table does not remember them.
    drop(c);
    for name in ('\u{100}'..).take(1000) {
        assert!(routes.open(name, size(1)).is_ok());
    }
}
