//! Senders that are used again behind their end, and errors that come back into the channel.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use tubes::founts::{self, Channel, SharedSender, TrySendError};
use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, bound, drains};

fn shared(size: usize) -> (SharedSender<u32>, Channel<u32>) {
    let (sender, channel) = founts::channel(bound(size));
    (sender.shared(), channel)
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn end(sender: &mut SharedSender<u32>, reason: &Reason) {
    let ended = Pin::new(sender).poll_stopped(&mut cx(), reason);
    assert!(ended.is_ready());
}

fn next(channel: &mut Channel<u32>) -> Poll<Result<u32, Reason>> {
    Pin::new(channel).poll_next(&mut cx())
}

#[test]
fn a_sender_that_has_ended_refuses_with_its_reason_and_keeps_no_place() {
    let failure = Reason::Failed(Error::new(Kind::Timeout));
    for (reason, kind) in [
        (Reason::Finished, None),
        (Reason::Enough, None),
        (failure, Some(Kind::Timeout)),
    ] {
        let (mut one, mut channel) = shared(1);
        let mut other = one.clone();
        end(&mut one, &reason);
        let mut copy = one.clone();
        for ended in [&mut one, &mut copy] {
            let ready = Pin::new(&mut *ended).poll_ready(&mut cx());
            let flushed = Pin::new(&mut *ended).poll_flush(&mut cx());
            let received = Pin::new(&mut *ended).receive(1);
            for answer in [ready, flushed, Poll::Ready(received)] {
                let Poll::Ready(Err(refused)) = answer else {
                    panic!("not refused behind its end");
                };
                assert_eq!(refused.error().map(Error::kind), kind);
            }
            let back = ended.try_send(7).unwrap_err();
            assert!(matches!(back, TrySendError::Stopped(error) if error.item == 7));
        }
        // The one place is there for who has not ended, and a clone of an ended one changes nothing.
        other.try_send(8).unwrap();
        drop((one, copy));
        assert!(matches!(next(&mut channel), Poll::Ready(Ok(8))));
        assert!(next(&mut channel).is_pending());
        other.finish();
        let Poll::Ready(Err(heard)) = next(&mut channel) else {
            panic!("all have ended");
        };
        assert_eq!(heard.error().map(Error::kind), kind);
    }
}

#[test]
fn a_sender_that_has_ended_does_not_take_the_waker_of_a_newcomer() {
    let (mut one, mut channel) = shared(1);
    let keeper = one.clone();
    end(&mut one, &Reason::Finished);
    // Gets what the ended one was known by.
    let mut newcomer = keeper.clone();
    newcomer.try_send(1).unwrap();
    let mut executor = Executor::new(&Schedule::eager());
    let mut waits = pin!(newcomer.send(2));
    assert!(
        executor
            .run_until_stalled(waits.as_mut())
            .is_pending()
    );
    let _refused = Pin::new(&mut one).poll_ready(&mut cx());
    let _refused = Pin::new(&mut one).poll_flush(&mut cx());
    assert!(matches!(next(&mut channel), Poll::Ready(Ok(1))));
    assert!(executor.is_woken(), "the newcomer has a place");
    executor.run(waits).unwrap();
}

#[test]
fn the_end_of_a_channel_stays_what_it_was_when_an_ended_sender_is_cloned() {
    let (mut one, mut channel) = shared(1);
    end(&mut one, &Reason::Finished);
    assert!(matches!(
        next(&mut channel),
        Poll::Ready(Err(Reason::Finished))
    ));
    drop(one.clone());
    one.clone().fail(Kind::Timeout);
    assert!(matches!(
        next(&mut channel),
        Poll::Ready(Err(Reason::Finished))
    ));
}

#[test]
fn a_second_flow_into_an_ended_sender_is_refused_before_an_item_is_pulled() {
    let (mut one, _channel) = shared(9);
    end(&mut one, &Reason::Enough);
    let source = FakeFount::new(0..9);
    let told = source.handle();
    let mut executor = Executor::new(&Schedule::eager());
    let drain = Pin::new(&mut one);
    executor
        .run(source.flow_to(drain))
        .unwrap();
    assert_eq!(told.pulled(), 0);
    assert!(matches!(told.stops().as_slice(), [Reason::Enough]));
}

/// An error that has a sender, which ends when the error is dropped.
struct Owner {
    _sender: Mutex<SharedSender<u32>>,
}

impl Owner {
    fn of(sender: &SharedSender<u32>) -> Error {
        let _sender = Mutex::new(sender.clone());
        Error::user(Self { _sender })
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("owner")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the error of an owner")
    }
}

impl std::error::Error for Owner {}

#[test]
fn an_error_that_nobody_will_hear_may_come_back_into_the_channel_when_it_is_dropped() {
    let (one, mut channel) = shared(1);
    let other = one.clone();
    let (first, second) = (Owner::of(&one), Owner::of(&one));
    one.fail(first);
    // The first failure wins; the second is dropped, and with it its sender.
    other.fail(second);
    let mut executor = Executor::new(&Schedule::eager());
    // The sender in the first is kept by the channel itself, so this does not end.
    assert!(next(&mut channel).is_pending());
    let all = pin!(channel.flow_to(drains::null()));
    assert!(
        executor
            .run_until_stalled(all)
            .is_pending()
    );
}
