//! Drains against the laws.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tubes::founts::Channel;
use tubes::testing::laws;
use tubes::{Error, Fount, Kind, drains, founts};

use super::kit::{INPUT, input};

#[test]
fn the_drains_that_are_always_ready_keep_the_laws() {
    laws::drain(
        || drains::fold(0, |sum, n: u32| sum + n),
        input(),
        |sum| assert_eq!(sum, 24),
    )
    .check();
    laws::drain(
        || drains::collect(7),
        input(),
        |all: Vec<u32>| assert_eq!(all, INPUT),
    )
    .check();
    laws::drain(drains::null::<u32>, input(), |()| ()).check();
    laws::drain(|| drains::for_each(|_: u32| ()), input(), |()| ()).check();
    let fine = |_: u32| Ok::<_, Infallible>(());
    laws::drain(move || drains::try_for_each(fine), input(), |()| ()).check();
}

#[test]
fn the_drains_that_refuse_keep_the_laws() {
    let kind = Kind::Limit {
        what: "collection",
        limit: 6,
    };
    laws::drain(|| drains::collect::<u32>(6), input(), |_| unreachable!())
        .ending(Error::new(kind).at("collect"))
        .check();
    let check = |n: u32| if n < 9 { Ok(()) } else { Err("too much") };
    laws::drain(
        move || drains::try_for_each(check),
        input(),
        |()| unreachable!(),
    )
    .ending(Error::user("too much").at("try_for_each"))
    .check();
    let check = move |n: u32| async move {
        twice().await;
        check(n)
    };
    laws::drain(
        move || drains::try_for_each_async(check),
        input(),
        |()| unreachable!(),
    )
    .ending(Error::user("too much").at("try_for_each_async"))
    .check();
}

#[test]
fn the_drains_that_await_a_call_keep_the_laws() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let call = |n: u32| {
        let seen = Arc::clone(&seen);
        async move {
            twice().await;
            seen.lock().unwrap().push(n);
        }
    };
    let look = |()| assert_eq!(*seen.lock().unwrap(), INPUT);
    let make = || {
        seen.lock().unwrap().clear();
        drains::for_each_async(call)
    };
    laws::drain(make, input(), look).check();
    let fine = |_: u32| async {
        twice().await;
        Ok::<_, Infallible>(())
    };
    laws::drain(move || drains::try_for_each_async(fine), input(), |()| ()).check();
}

/// Pending twice, woken at once.
async fn twice() {
    for _ in 0..2 {
        let mut has_waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_sender_keeps_the_laws_of_a_drain() {
    let channel = Mutex::new(None);
    let make = || {
        let (sender, fount) = founts::channel(NonZeroUsize::new(9).unwrap());
        *channel.lock().unwrap() = Some(fount);
        sender
    };
    laws::drain(make, input(), |()| {
        let fount: Option<Channel<u32>> = channel.lock().unwrap().take();
        let all = fount
            .unwrap()
            .flow_to(drains::collect(9));
        let polled = pin!(all).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(all)) = polled else {
            panic!("the channel has ended");
        };
        assert!(all.is_empty() || all == INPUT);
    })
    .check();
}

#[test]
fn a_shared_sender_keeps_the_laws_of_a_drain_beside_another() {
    let channel = Mutex::new(None);
    let make = || {
        let (sender, fount) = founts::channel(NonZeroUsize::new(9).unwrap());
        let sender = sender.shared();
        sender.clone().finish();
        *channel.lock().unwrap() = Some(fount);
        sender
    };
    laws::drain(make, input(), |()| {
        let fount: Option<Channel<u32>> = channel.lock().unwrap().take();
        let all = fount
            .unwrap()
            .flow_to(drains::collect(9));
        let polled = pin!(all).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(all)) = polled else {
            panic!("the channel has ended");
        };
        assert!(all.is_empty() || all == INPUT);
    })
    .check();
}

#[test]
fn spawn_keeps_the_laws_on_a_runtime() {
    for at_most in [1, 3, 9] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let guard = runtime.handle().clone();
        let _entered = guard.enter();
        let job = async |n: u32| {
            tokio::task::yield_now().await;
            if n == 9 { Err("nine") } else { Ok(()) }
        };
        let make = move || drains::spawn(job).at_most(NonZeroUsize::new(at_most).unwrap());
        let look = |report: drains::Report| assert_eq!((report.finished, report.failed), (6, 1));
        laws::drain(make, input(), look)
            .while_idle(move || runtime.block_on(tokio::task::yield_now()))
            .seeds(0..30)
            .check();
    }
}
