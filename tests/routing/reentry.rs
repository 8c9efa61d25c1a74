//! Wakers, items and keys that come back into the router when they are woken or dropped: under its
//! lock, each of these tests would wait for ever.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tubes::route::{Routes, router};
use tubes::{Drain, Error, Fount, Reason};

use super::kit::size;

thread_local! {
    static BACK: RefCell<Option<Routes<Name, Parcel>>> = const { RefCell::new(None) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Comes back into the router, where there is one.
fn come_back() {
    BACK.with(|back| {
        if let Ok(back) = back.try_borrow()
            && let Some(routes) = &*back
        {
            let _ = routes.count();
            CALLS.set(CALLS.get() + 1);
        }
    });
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name(u8);

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        come_back();
    }
}

struct Parcel(u8);

impl Drop for Parcel {
    fn drop(&mut self) {
        come_back();
    }
}

struct Back;

impl Wake for Back {
    fn wake(self: Arc<Self>) {
        come_back();
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        come_back();
    }
}

fn poll<F: Fount + Unpin>(fount: &mut F) -> Poll<Result<F::Item, Reason>> {
    let waker = Waker::from(Arc::new(Back));
    Pin::new(fount).poll_next(&mut Context::from_waker(&waker))
}

#[test]
fn wakers_items_and_keys_may_come_back_into_the_router() {
    let (router, routes) = router(size(3), |parcel: &Parcel| Name(parcel.0));
    BACK.set(Some(routes.clone()));
    let mut router = Box::pin(router.dropping_unknown());
    let mut a = routes.open(Name(0), size(1)).unwrap();
    let mut b = routes
        .open_lossy(Name(1), size(1))
        .unwrap();
    let mut c = routes
        .open_strict(Name(2), size(1))
        .unwrap();
    for _ in 0..2 {
        // Each poll has another waker, which takes the place of the last.
        assert!(poll(&mut a).is_pending());
        assert!(poll(&mut b).is_pending());
        assert!(poll(&mut c).is_pending());
    }
    for key in [1, 1, 2, 2, 7, 0, 0] {
        router
            .as_mut()
            .receive(Parcel(key))
            .unwrap();
    }
    let waker = Waker::from(Arc::new(Back));
    let mut cx = Context::from_waker(&waker);
    assert!(
        router
            .as_mut()
            .poll_ready(&mut cx)
            .is_pending()
    );
    assert!(poll(&mut a).is_ready());
    assert!(
        router
            .as_mut()
            .poll_ready(&mut cx)
            .is_ready()
    );
    drop(a);
    drop(routes.open(Name(4), size(1)).unwrap());
    assert!(poll(&mut c).is_ready());
    assert!(matches!(poll(&mut c), Poll::Ready(Err(Reason::Failed(_)))));
    assert!(
        router
            .as_mut()
            .poll_flush(&mut cx)
            .is_ready()
    );
    assert!(poll(&mut b).is_ready() && poll(&mut b).is_ready());
    assert!(poll(&mut b).is_pending());
    drop(router);
    assert!(matches!(poll(&mut b), Poll::Ready(Err(Reason::Failed(_)))));
    assert!(CALLS.get() > 20, "{} calls", CALLS.get());
    drop(BACK.take());
}

/// An error that may open routes, until it is dropped.
struct Opener {
    _routes: std::sync::Mutex<Routes<u8, u8>>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("opener")
    }
}

impl fmt::Display for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the error of an opener")
    }
}

impl std::error::Error for Opener {}

#[test]
fn an_error_that_a_reader_left_with_may_come_back_into_the_router() {
    let (_router, routes) = router(size(2), |n: &u8| *n);
    let mut a = routes.open(0, size(1)).unwrap();
    let mut b = routes.open(1, size(1)).unwrap();
    let opener = Opener {
        _routes: std::sync::Mutex::new(routes.clone()),
    };
    Pin::new(&mut a).stop(&Reason::Failed(Error::user(opener)));
    drop(a);
    // What the first said is not what the last says.
    Pin::new(&mut b).stop(&Reason::Enough);
    assert_eq!(routes.count(), 0);
}

#[test]
fn keys_of_a_route_that_is_not_opened_may_come_back_into_the_router() {
    let (_router, routes) = router(size(1), |parcel: &Parcel| Name(parcel.0));
    BACK.set(Some(routes.clone()));
    let _a = routes.open(Name(0), size(1)).unwrap();
    assert!(routes.open(Name(0), size(1)).is_err());
    assert!(routes.open(Name(1), size(1)).is_err());
    BACK.set(None);
}
