//! Lines to segments and back: what is packed, and what is not held back.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use tubes::{Fount, Reason, Tube, drains, founts, framing};

use super::kit::{Narrow, now, segments};

#[test]
fn lines_that_come_together_leave_together_and_one_alone_at_once() {
    let mut unlines = framing::unlines();
    assert_eq!(unlines.received("a").unwrap().unwrap(), "a\n");
    assert_eq!(Tube::<&str>::emit(&mut unlines).unwrap(), None);

    let line = "a".repeat(63);
    let run = founts::iter(std::iter::repeat_n(&line, 1000)).through(framing::unlines());
    let segments = now(run.flow_to(drains::collect(100))).unwrap();
    assert_eq!(
        segments.concat(),
        [line.as_str(), "\n"]
            .concat()
            .repeat(1000)
            .as_bytes()
    );
    assert_eq!(segments.len(), 4);
    assert!(
        segments
            .iter()
            .all(|segment| segment.len() <= 16 * 1024)
    );
}

#[test]
fn unlines_hold_nothing_back_when_the_outlet_is_full() {
    let line = Bytes::from("a".repeat(10_000));
    for room in 1..4 {
        let mut items = std::iter::repeat_n(line.clone(), 9);
        let mut outlet = Narrow {
            room,
            seen: Vec::new(),
        };
        let mut unlines = framing::unlines().crlf();
        loop {
            let put = unlines
                .run(&mut items, &mut outlet)
                .unwrap();
            let taken = 9 - items.len();
            assert_eq!(outlet.seen.concat().len(), taken * 10_002);
            if put.is_continue() {
                break;
            }
        }
        assert_eq!(items.len(), 0);
    }
}

#[test]
fn a_line_reaches_the_drain_while_upstream_has_nothing() {
    let seen = RefCell::new(Vec::new());
    let segments = ["a\nb\nc"].map(Bytes::from).into_iter();
    let mut flow = pin!(
        Starving(segments)
            .through(framing::lines())
            .through(framing::unlines())
            .flow_to(drains::for_each(|segment: Bytes| seen
                .borrow_mut()
                .push(segment)))
    );
    let mut cx = Context::from_waker(Waker::noop());
    assert!(flow.as_mut().poll(&mut cx).is_pending());
    assert_eq!(seen.take().concat(), b"a\nb\n");
}

proptest! {
    #[test]
    fn bytes_without_cr_come_back_from_unlines_with_an_end_for_the_last_line(
        segments in segments(),
    ) {
        let segments: Vec<Bytes> = segments
            .iter()
            .map(|segment| segment.iter().copied().filter(|byte| *byte != b'\r').collect())
            .collect();
        let mut expected = segments.concat();
        if expected.last().is_some_and(|last| *last != b'\n') {
            expected.push(b'\n');
        }
        let again = founts::iter(segments)
            .through(framing::lines())
            .through(framing::unlines());
        let again = now(again.flow_to(drains::collect(1000))).unwrap().concat();
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn lines_come_back_from_unlines_and_lines(
        lines in prop::collection::vec("[^\r\n]{0,9}", 0..99),
        crlf in any::<bool>(),
    ) {
        let unlines = framing::unlines();
        let unlines = if crlf { unlines.crlf() } else { unlines };
        let again = founts::iter(&lines).through(unlines).through(framing::lines());
        prop_assert_eq!(now(again.flow_to(drains::collect(99))).unwrap(), lines);
    }
}

/// A fount that has nothing right now, behind its segments.
struct Starving<I>(I);

impl<I: Iterator<Item = Bytes> + Unpin> Fount for Starving<I> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        self.0
            .next()
            .map_or(Poll::Pending, |segment| Poll::Ready(Ok(segment)))
    }
}
