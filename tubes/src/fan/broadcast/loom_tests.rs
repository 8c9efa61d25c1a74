//! No wake is lost between the tasks of a broadcast, and an item is moved out once.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;

use loom::thread;

use super::feed::broadcast;
use crate::drain::Drain;
use crate::fount::Fount;
use crate::loom_support::{block_on, check};
use crate::reason::Reason;

async fn feed<T>(mut feed: super::Broadcast<T>, items: Vec<T>) -> Result<(), Reason> {
    for item in items {
        std::future::poll_fn(|cx| Pin::new(&mut feed).poll_ready(cx)).await?;
        Pin::new(&mut feed).receive(item)?;
    }
    let end = Reason::Finished;
    let ended = std::future::poll_fn(|cx| Pin::new(&mut feed).poll_stopped(cx, &end)).await;
    ended.map_err(Reason::from)
}

async fn read<T: Clone>(mut branch: super::Branch<T>) -> Vec<T> {
    let mut came = Vec::new();
    while let Ok(item) = std::future::poll_fn(|cx| Pin::new(&mut branch).poll_next(cx)).await {
        came.push(item);
    }
    came
}

#[test]
fn a_full_ring_and_an_empty_one_wake_each_other() {
    check(2, || {
        let (source, handle) = broadcast(NonZeroUsize::MIN);
        let branch = handle.subscribe();
        let reader = thread::spawn(move || block_on(read(branch)));
        assert!(block_on(feed(source, vec![1, 2])).is_ok());
        assert!(matches!(reader.join(), Ok(came) if came == [1, 2]));
    });
}

#[test]
fn two_readers_share_one_item_and_leave_none_behind() {
    check(2, || {
        let item = Arc::new(());
        let (source, handle) = broadcast(NonZeroUsize::MIN);
        let branches = [handle.subscribe(), handle.subscribe()];
        assert!(block_on(feed(source, vec![Arc::clone(&item)])).is_ok());
        let [first, second] = branches;
        let reader = thread::spawn(move || block_on(read(first)).len());
        assert_eq!(block_on(read(second)).len(), 1);
        assert!(matches!(reader.join(), Ok(1)));
        assert_eq!(Arc::strong_count(&item), 1);
    });
}

#[test]
fn a_branch_that_leaves_lets_a_full_feed_go_on() {
    check(2, || {
        let (source, handle) = broadcast(NonZeroUsize::MIN);
        let (slow, last) = (handle.subscribe(), handle.subscribe());
        let leaver = thread::spawn(move || drop((slow, last, handle)));
        let fed = block_on(feed(source, vec![1, 2, 3]));
        // It had not ended when the last one left, or it had.
        assert!(matches!(fed, Ok(()) | Err(Reason::Enough)));
        assert!(leaver.join().is_ok());
    });
}

#[test]
fn the_first_branch_wakes_the_feed() {
    check(2, || {
        let (source, handle) = broadcast(NonZeroUsize::MIN);
        let reader = thread::spawn(move || block_on(read(handle.subscribe())));
        assert!(block_on(feed(source, vec![7])).is_ok());
        assert!(matches!(reader.join(), Ok(came) if came == [7]));
    });
}
