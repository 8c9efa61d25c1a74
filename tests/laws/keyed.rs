//! Routes, groups and tubes by key against the laws.

use std::future::Future;
use std::num::{NonZeroU64, NonZeroUsize};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tubes::route::{self, Route, Router, Routes};
use tubes::stages::{self, Group, Members};
use tubes::testing::laws;
use tubes::{Drain, Error, Fount, Kind, Lossy, Reason, Run, Tube, founts};

use super::kit::{INPUT, input};

fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

type Parity = fn(&u32) -> u32;

const PARITY: Parity = |n| n % 2;

/// A router the routes of which are read whenever it is polled.
struct Read {
    router: Router<u32, u32, Parity>,
    routes: Vec<Route<u32, u32>>,
    came: Vec<Vec<u32>>,
    ended: usize,
    _handle: Routes<u32, u32>,
}

impl Read {
    fn new(bound: usize, keys: impl IntoIterator<Item = u32>) -> Self {
        let (router, handle) = route::router(size(2), PARITY);
        let open = |key| handle.open(key, size(bound)).unwrap();
        let routes: Vec<_> = keys.into_iter().map(open).collect();
        Self {
            router,
            came: vec![Vec::new(); routes.len()],
            routes,
            ended: 0,
            _handle: handle,
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) {
        self.ended = 0;
        for (route, came) in self
            .routes
            .iter_mut()
            .zip(&mut self.came)
        {
            loop {
                match Pin::new(&mut *route).poll_next(cx) {
                    Poll::Ready(Ok(item)) => came.push(item),
                    Poll::Ready(Err(_)) => {
                        self.ended += 1;
                        break;
                    }
                    Poll::Pending => break,
                }
            }
        }
    }
}

impl Drain<u32> for Read {
    type Output = Vec<Vec<u32>>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.read(cx);
        Pin::new(&mut self.router).poll_ready(cx)
    }

    fn receive(mut self: Pin<&mut Self>, item: u32) -> Result<(), Reason> {
        Pin::new(&mut self.router).receive(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.read(cx);
        Pin::new(&mut self.router).poll_flush(cx)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Vec<Vec<u32>>, Error>> {
        ready!(Pin::new(&mut self.router).poll_stopped(cx, reason))?;
        self.read(cx);
        assert_eq!(self.ended, self.routes.len(), "everybody hears the end");
        Poll::Ready(Ok(self.came.clone()))
    }
}

#[test]
fn a_router_keeps_the_laws() {
    for bound in [1, 2, 8] {
        let check = |came| assert_eq!(came, [vec![0, 4, 2], vec![3, 1, 5, 9]]);
        laws::drain(move || Read::new(bound, [0, 1]), input(), check).check();
    }
    laws::drain(|| Read::new(1, [1]), input(), |_| {})
        .ending(Error::new(Kind::UnknownAddress).at("router"))
        .check();
}

type Flowing = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// A route and the flow into its router, on one task.
struct Fed {
    flow: Option<Flowing>,
    route: Route<u32, u32>,
}

impl Fed {
    fn new(bound: usize, end: Result<(), Kind>) -> Self {
        let (router, routes) = route::router(size(1), |_: &u32| 7);
        let route = routes.open(7, size(bound)).unwrap();
        let source = founts::iter(INPUT)
            .map(Ok)
            .boxed_local();
        let failure = end
            .err()
            .map(|kind| Err(Error::new(kind)));
        let source = Then(source, failure);
        Self {
            flow: Some(Box::pin(source.flow_to(router))),
            route,
        }
    }

    fn feed(&mut self, cx: &mut Context<'_>) {
        if let Some(flow) = &mut self.flow
            && flow.as_mut().poll(cx).is_ready()
        {
            self.flow = None;
        }
    }
}

/// The items of a fount, and then perhaps a failure.
struct Then(
    founts::LocalBoxFount<'static, Result<u32, Error>>,
    Option<Result<u32, Error>>,
);

impl Fount for Then {
    type Item = u32;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        match ready!(self.0.as_mut().poll_next(cx)) {
            Ok(item) => Poll::Ready(item.map_err(Reason::Failed)),
            Err(reason) => Poll::Ready(match &self.1 {
                Some(failure) => failure.clone().map_err(Reason::Failed),
                None => Err(reason),
            }),
        }
    }
}

impl Fount for Fed {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        self.feed(cx);
        Pin::new(&mut self.route).poll_next(cx)
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<u32>,
    {
        self.feed(cx);
        Pin::new(&mut self.route).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.route).stop(reason);
    }
}

#[test]
fn a_route_keeps_the_laws_at_any_bound_and_any_end() {
    for bound in [1, 2, 8] {
        laws::fount(move || Fed::new(bound, Ok(())), input()).check();
        laws::fount(move || Fed::new(bound, Err(Kind::Timeout)), input())
            .ending(Error::new(Kind::Timeout))
            .check();
    }
}

#[test]
fn a_route_that_keeps_the_newest_keeps_the_laws() {
    for (bound, missing) in [(1, 6), (3, 4), (7, 0)] {
        let fed = move || {
            let (router, routes) = route::router(size(1), |_: &u32| 7);
            let route = routes
                .open_latest(7, size(bound))
                .unwrap();
            let mut flow = Box::pin(founts::iter(INPUT).flow_to(router));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(flow.as_mut().poll(&mut cx).is_ready());
            route
        };
        let gap = NonZeroU64::new(missing).map(Lossy::Gap);
        let kept = INPUT[7 - bound..].iter().copied();
        let due: Vec<_> = gap
            .into_iter()
            .chain(kept.map(Lossy::Item))
            .collect();
        laws::fount(fed, due).check();
    }
}

/// The items of all groups, read in the task of the stage.
struct Flat<F> {
    groups: F,
    open: Vec<Members<u32, u32>>,
    end: Option<Reason>,
}

fn flat<F>(groups: F) -> Flat<F>
where
    F: Fount<Item = Group<u32, u32>> + Unpin,
{
    Flat {
        groups,
        open: Vec::new(),
        end: None,
    }
}

impl<F: Fount<Item = Group<u32, u32>> + Unpin> Fount for Flat<F> {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        let this = &mut *self;
        loop {
            let mut number = 0;
            while let Some(group) = this.open.get_mut(number) {
                match Pin::new(group).poll_next(cx) {
                    Poll::Ready(Ok(item)) => return Poll::Ready(Ok(item)),
                    Poll::Ready(Err(_)) => drop(this.open.remove(number)),
                    Poll::Pending => number += 1,
                }
            }
            if let (Some(end), true) = (&this.end, this.open.is_empty()) {
                return Poll::Ready(Err(end.clone()));
            }
            match ready!(Pin::new(&mut this.groups).poll_next(cx)) {
                Ok(group) => this.open.push(group.fount),
                Err(reason) => this.end = Some(reason),
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.groups).poll_progress(cx)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.end.is_none() {
            Pin::new(&mut self.groups).stop(reason);
            self.end = Some(reason.clone());
        }
        self.open.clear();
    }
}

#[test]
fn groups_keep_the_laws_flattened_again() {
    for bound in [1, 3] {
        let one = move |f| flat(Box::pin(FountOf(f, bound).one()));
        laws::stage(one, input(), input())
            .holding(bound + 1)
            .working_ahead()
            .check();
    }
    for groups in [1, 3] {
        let each = move |f| {
            let stage = stages::group_by(size(groups), size(1), |n: &u32| *n).evicting();
            flat(Box::pin(Fount::through(f, stage)))
        };
        laws::stage(each, input(), input())
            .holding(groups + 1)
            .working_ahead()
            .check();
    }
    let grouped = stages::group_by(size(4), size(1), |n: &u64| n / 1000);
    laws::fair(
        founts::iter(0..)
            .through(grouped)
            .map(drop),
    );
}

struct FountOf<F>(F, usize);

impl<F: Fount<Item = u32>> FountOf<F> {
    fn one(self) -> impl Fount<Item = Group<u32, u32>> {
        let stage = stages::group_by(size(1), size(self.1), |_: &u32| 0);
        self.0.through(stage)
    }
}

/// Says hello, gives each item times ten, and says how many there were.
struct Polite {
    key: u32,
    says: Option<u32>,
    count: u32,
}

impl Polite {
    fn new(key: &u32) -> Self {
        Self {
            key: *key,
            says: Some(1000 + key),
            count: 0,
        }
    }
}

impl Tube<u32> for Polite {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        self.count += 1;
        Ok(Some(item * 10))
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        Ok(self.says.take())
    }

    fn stopped(&mut self, _: &Reason) -> Result<(), Reason> {
        self.says = Some(2000 + 100 * self.count + self.key);
        Ok(())
    }
}

#[test]
fn a_tube_for_each_key_keeps_the_laws() {
    let parities = vec![1001, 30, 1000, 0, 40, 10, 50, 90, 20, 2401, 2300];
    laws::tube(
        || stages::per_key(size(2), |n: &u32| n % 2, Polite::new),
        input(),
        parities,
    )
    .holding(1)
    .check();

    let limit = Kind::Limit {
        what: "table of keys",
        limit: 1,
    };
    laws::tube(
        || stages::per_key(size(1), |n: &u32| n % 2, Polite::new),
        input(),
        vec![1001, 30],
    )
    .holding(1)
    .ending(Error::new(limit).at("per_key"))
    .check();

    let one_place = vec![
        1001, 30, 2101, // an even one comes
        1000, 0, 40, 2200, // an odd one
        1001, 10, 50, 90, 2301, // an even one
        1000, 20, 2100,
    ];
    laws::tube(
        || stages::per_key(size(1), |n: &u32| n % 2, Polite::new).evicting(),
        input(),
        one_place,
    )
    .holding(1)
    .check();
    laws::fair(founts::iter(0..).through(stages::per_key(
        size(9),
        |n: &u64| n % 9,
        |_| stages::filter(|n: &u64| n.is_multiple_of(1000)),
    )));
}
