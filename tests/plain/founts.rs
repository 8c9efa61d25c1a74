//! Founts of functions and of streams.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use futures_util::{StreamExt, stream};
use tubes::testing::{Executor, FakeDrain, Schedule};
use tubes::{Fount, Kind, Reason, drains, founts};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

/// Set when it is dropped.
struct Token(Rc<Cell<bool>>);

impl Token {
    fn new() -> (Self, Rc<Cell<bool>>) {
        let dropped = Rc::new(Cell::new(false));
        (Self(Rc::clone(&dropped)), dropped)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn nothing_is_called_before_there_is_room() {
    let calls = Cell::new(0);
    let count = || {
        calls.set(calls.get() + 1);
        calls.get()
    };
    let drain = FakeDrain::new().by_hand();
    let seen = drain.handle();
    let mut executor = executor();
    let mut flow = pin!(founts::repeat_with(count).flow_to(drain));
    for allowed in 0..3 {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(calls.get(), allowed);
        seen.allow(1);
    }

    let begun = Cell::new(0);
    let drain = FakeDrain::new().by_hand();
    let seen = drain.handle();
    let next = async |n: u32| {
        begun.set(n + 1);
        Some((n, n + 1))
    };
    let mut flow = pin!(founts::unfold(0, next).flow_to(drain));
    for allowed in 0..3 {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(begun.get(), allowed);
        seen.allow(1);
    }
}

#[test]
fn a_call_that_has_begun_goes_on_while_nobody_pulls() {
    let doors = RefCell::new(Vec::new());
    let calls = Cell::new(0);
    let next = |n: u32| {
        let (door, opened) = tokio::sync::oneshot::channel::<()>();
        doors.borrow_mut().push(door);
        calls.set(calls.get() + 1);
        async move {
            opened.await.ok()?;
            Some((n, n + 1))
        }
    };
    let mut fount = Box::pin(founts::unfold(7, next));
    let mut executor = executor();
    assert_eq!(format!("{fount:?}"), "unfold(0 of 1)");
    assert!(
        executor
            .poll(pin!(fount.next_or_reason()))
            .is_pending()
    );
    let mut progress = || {
        let polled = poll_fn(|cx| Poll::Ready(fount.as_mut().poll_progress(cx)));
        executor.run(polled)
    };
    assert!(progress().is_pending());
    doors
        .borrow_mut()
        .pop()
        .unwrap()
        .send(())
        .unwrap();
    assert!(progress().is_ready());
    assert!(progress().is_ready());
    assert_eq!(format!("{fount:?}"), "unfold(1 of 1)");
    assert_eq!(calls.get(), 1);
    assert_eq!(executor.run(fount.next()).unwrap(), Some(7));
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_stop_drops_the_call_in_progress_and_the_state() {
    let (token, dropped) = Token::new();
    let mut fount = Box::pin(founts::unfold(token, async |token| {
        std::future::pending::<()>().await;
        Some(((), token))
    }));
    let mut executor = executor();
    assert!(
        executor
            .poll(pin!(fount.next_or_reason()))
            .is_pending()
    );
    assert!(!dropped.get());
    fount.as_mut().stop(&Reason::Enough);
    assert!(dropped.get());
    assert!(matches!(
        executor.run(fount.next_or_reason()),
        Err(Reason::Enough)
    ));
    assert_eq!(format!("{fount:?}"), "unfold(over)");
}

#[test]
fn a_call_that_fails_ends_the_flow_with_its_error() {
    let next = async |n: u32| {
        if n < 2 {
            Ok(Some((n, n + 1)))
        } else {
            Err("no page 2")
        }
    };
    let drain = FakeDrain::new();
    let seen = drain.handle();
    let error = executor()
        .run(founts::try_unfold(0, next).flow_to(drain))
        .unwrap_err();
    assert_eq!(seen.items(), [0, 1]);
    assert_eq!(error.kind(), Kind::User);
    assert_eq!(error.to_string(), "try_unfold: no page 2");
    assert!(
        error
            .place()
            .unwrap()
            .file()
            .ends_with("founts.rs")
    );
}

#[test]
fn a_stream_is_dropped_when_it_has_ended_failed_or_was_stopped() {
    let with = |token: Token, items: Vec<Result<u32, &'static str>>| {
        stream::iter(items).map(move |item| {
            let _held = &token;
            item
        })
    };
    let mut executor = executor();
    let (token, dropped) = Token::new();
    let mut whole = founts::stream(with(token, vec![Ok(1)]));
    executor
        .run(whole.next_or_reason())
        .unwrap()
        .unwrap();
    assert!(!dropped.get());
    assert!(matches!(
        executor.run(whole.next_or_reason()),
        Err(Reason::Finished)
    ));
    assert!(dropped.get());

    let (token, dropped) = Token::new();
    let mut failing = founts::try_stream(with(token, vec![Ok(1), Err("torn"), Ok(3)]));
    assert_eq!(executor.run(failing.next()).unwrap(), Some(1));
    for _ in 0..2 {
        let failed = executor
            .run(failing.next_or_reason())
            .unwrap_err();
        assert_eq!(failed.error().unwrap().to_string(), "try_stream: torn");
        assert!(
            failed
                .error()
                .unwrap()
                .place()
                .is_some()
        );
        assert!(dropped.get());
    }

    let (token, dropped) = Token::new();
    let mut stopped = founts::try_stream(with(token, vec![Ok(1), Ok(2)]));
    Pin::new(&mut stopped).stop(&Reason::Enough);
    assert!(dropped.get());
    assert_eq!(format!("{stopped:?}"), "try_stream(over)");
}

#[test]
fn an_error_in_a_stream_stays_an_item_unless_the_name_says_try() {
    let items = [Ok(1), Err("torn"), Ok(3)];
    let flow = founts::stream(stream::iter(items)).flow_to(drains::collect(9));
    assert_eq!(executor().run(flow).unwrap(), items);
}
