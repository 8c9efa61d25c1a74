//! Who leaves a router, and who hears its end.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tubes::{Drain, Error, Fount, Kind, Reason, drains, founts, route};

use super::kit::{Mail, Post, office, pull, size, told};

/// What who fails with a timeout says.
fn late() -> String {
    Error::new(Kind::Timeout).to_string()
}

#[test]
fn the_end_reaches_every_route_behind_its_items_with_the_same_reason() {
    let failure = Error::new(Kind::Timeout);
    for (end, due) in [
        (Reason::Finished, "finished".into()),
        (Reason::Enough, "enough".into()),
        (Reason::Failed(failure), late()),
    ] {
        let (router, routes) = office(4);
        let mut a = routes.open('a', size(1)).unwrap();
        let mut b = routes.open_lossy('b', size(1)).unwrap();
        let mut others = routes
            .open_fallback('?', size(1))
            .unwrap();
        let post = Post::new(router);
        post.send([('b', 0), ('a', 1), ('a', 2)]);
        post.end(end);
        assert_eq!(pull(&mut a).0.len(), 2);
        post.tasks.run();
        assert_ne!(post.outcome(), "flows");
        for heard in [pull(&mut a).1, pull(&mut b).1, pull(&mut others).1] {
            assert_eq!(told(heard), due);
        }
        let mut newcomer = routes.open('c', size(1)).unwrap();
        assert_eq!(told(pull(&mut newcomer).1), due, "opened after the end");
        let mut newcomer = routes
            .open_fallback('c', size(1))
            .unwrap();
        assert_eq!(told(pull(&mut newcomer).1), due);
    }
}

#[test]
fn a_router_that_is_dropped_is_an_abandonment() {
    let (router, routes) = office(1);
    let mut a = routes.open('a', size(1)).unwrap();
    let post = Post::new(router);
    post.send([('a', 1)]);
    post.tasks.clear();
    let (items, end) = pull(&mut a);
    assert_eq!(items, [('a', 1)]);
    assert!(told(end).starts_with("abandoned"));
}

#[test]
fn a_route_that_is_stopped_or_dropped_leaves_alone() {
    for stops in [true, false] {
        let (router, routes) = office(2);
        let mut a = routes.open('a', size(1)).unwrap();
        let mut b = routes.open('b', size(1)).unwrap();
        let post = Post::new(router.dropping_unknown());
        post.send([('a', 1), ('a', 2), ('b', 3)]);
        assert_eq!(pull(&mut b).0, []);
        if stops {
            Pin::new(&mut a).stop(&Error::new(Kind::Timeout).into());
            assert_eq!(told(pull(&mut a).1), late());
        } else {
            drop(a);
        }
        post.send([('a', 4)]);
        assert_eq!(pull(&mut b).0, [('b', 3)], "what a held waits for nobody");
        assert_eq!((post.outcome().as_str(), routes.dropped()), ("flows", 1));
        let mut a = routes.open('a', size(1)).unwrap();
        post.send([('a', 5)]);
        assert_eq!(pull(&mut a).0, [('a', 5)], "a successor has nothing of it");
    }
}

#[test]
fn when_nobody_is_left_and_nobody_can_come_upstream_is_stopped() {
    let failure = || Reason::Failed(Error::new(Kind::Timeout));
    for (reason, due) in [
        (None, "ok".into()),
        (Some(Reason::Enough), "ok".into()),
        (Some(failure()), late()),
    ] {
        let (router, routes) = office(2);
        let mut a = routes.open('a', size(1)).unwrap();
        let b = routes.open('b', size(1)).unwrap();
        let post = Post::new(router);
        post.tasks.run();
        drop(b);
        drop(routes.clone());
        drop(routes);
        post.tasks.run();
        assert_eq!(post.outcome(), "flows", "a is there");
        if let Some(reason) = reason {
            Pin::new(&mut a).stop(&reason);
        }
        drop(a);
        post.tasks.run();
        assert_eq!(post.outcome(), due);
        assert_eq!((post.source.stops().len(), post.source.pulled()), (1, 0));
    }
    let (router, routes) = office(2);
    let post = Post::new(router);
    post.tasks.run();
    drop(routes);
    post.tasks.run();
    assert_eq!(post.outcome(), "ok", "nobody ever was");
}

#[test]
fn the_function_for_the_key_may_open_routes() {
    let cell = std::cell::OnceCell::new();
    let key = |mail: &Mail| {
        let (routes, open): &(route::Routes<char, Mail>, std::cell::RefCell<Vec<_>>) =
            cell.get().unwrap();
        open.borrow_mut()
            .extend(routes.open(mail.0, size(9)));
        mail.0
    };
    let (router, routes) = route::router(size(9), key);
    assert!(
        cell.set((routes, std::cell::RefCell::default()))
            .is_ok()
    );
    let post = support::tasks::Tasks::new();
    let mail = founts::iter([('a', 1), ('b', 2), ('a', 3)]);
    let mut flow = Box::pin(mail.flow_to(router));
    let mut executor = tubes::testing::Executor::new(&tubes::testing::Schedule::eager());
    executor.run(flow.as_mut()).unwrap();
    drop((flow, post));
    let open = cell.get().unwrap().1.take();
    let came: Vec<_> = open
        .into_iter()
        .map(|mut route| pull(&mut route).0.len())
        .collect();
    assert_eq!(came, [2, 1]);
}

#[test]
fn members_of_a_chat_write_to_each_other_and_leave() {
    let tasks = support::tasks::Tasks::new();
    let (inbox, sent) = founts::channel::<Mail>(size(2));
    let (router, routes) = office(9);
    let room = tasks.spawn(sent.flow_to(router.dropping_unknown()));
    let inbox = std::rc::Rc::new(std::cell::RefCell::new(inbox));
    let send = |mail: Mail| {
        let inbox = std::rc::Rc::clone(&inbox);
        let mut cx = Context::from_waker(Waker::noop());
        let mut inbox = inbox.borrow_mut();
        let mut inbox = Pin::new(&mut *inbox);
        assert!(
            inbox
                .as_mut()
                .poll_ready(&mut cx)
                .is_ready()
        );
        inbox.receive(mail).unwrap();
    };
    let b = routes.open('b', size(2)).unwrap();
    let (echo_to, log) = (std::rc::Rc::clone(&inbox), std::rc::Rc::default());
    let seen: std::rc::Rc<std::cell::RefCell<Vec<Mail>>> = std::rc::Rc::clone(&log);
    let b = tasks.spawn(
        b.take(2)
            .flow_to(drains::for_each(move |mail: Mail| {
                seen.borrow_mut().push(mail);
                // Room is there: two at most are under way.
                Pin::new(&mut *echo_to.borrow_mut())
                    .receive(('a', mail.1 * 10))
                    .unwrap();
            })),
    );
    let mut a = routes.open('a', size(2)).unwrap();
    for n in [1, 2] {
        send(('b', n));
        tasks.run();
        assert_eq!(pull(&mut a).0, [('a', n * 10)], "there and back");
    }
    assert!(b.take().unwrap().is_ok(), "b has had enough");
    send(('b', 3));
    tasks.run();
    assert_eq!((log.borrow().len(), routes.dropped()), (2, 1), "b has left");
    assert!(room.peek().is_none());
}

#[test]
fn a_router_that_has_ended_takes_no_more_whatever_it_waited_for() {
    for waits in [false, true] {
        let (router, routes) = office(1);
        let mut router = Box::pin(router);
        let mut a = routes.open('a', size(1)).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let count = if waits { 2 } else { 1 };
        for n in 0..count {
            router
                .as_mut()
                .receive(('a', n))
                .unwrap();
        }
        let failure = Reason::Failed(Error::new(Kind::Timeout));
        let _output = router
            .as_mut()
            .poll_stopped(&mut cx, &failure);
        for _ in 0..2 {
            let ready = router.as_mut().poll_ready(&mut cx);
            let flushed = router.as_mut().poll_flush(&mut cx);
            let received = router.as_mut().receive(('a', 9));
            for answer in [ready, flushed, Poll::Ready(received)] {
                let Poll::Ready(answer) = answer else {
                    panic!("waits behind its end");
                };
                assert_eq!(told(answer.err()), late());
            }
        }
        let (items, end) = pull(&mut a);
        assert_eq!(items.len(), count as usize);
        assert_eq!(told(end), late());
    }
}
