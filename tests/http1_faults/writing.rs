//! What goes to the client: taken in sips, late, or not at all from any place on.

use super::exchanges::{Talk, Writes, talks};

#[test]
fn writes_of_every_size_change_nothing() {
    for talk in talks() {
        for size in 1.. {
            let talk = talk(&("writes of", size));
            let most = sip(&talk, size, usize::MAX);
            talk.is_whole();
            talk.served.peer.finish();
            sip(&talk, size, usize::MAX);
            talk.is_over();
            if size >= most {
                break;
            }
        }
    }
}

#[test]
fn a_write_that_is_not_ready_is_waited_for_wherever_it_is() {
    for talk in talks() {
        for polls in 0.. {
            let talk = talk(&("writes wait after", polls));
            talk.served
                .peer
                .hold_writes_after(polls);
            talk.feed().served.finish();
            let held = talk.served.peer.release();
            talk.served.run();
            talk.is_whole();
            talk.end().is_over();
            if !held {
                break;
            }
            assert!(polls < 10_000, "it never comes to its end");
        }
    }
}

#[test]
fn writes_fail_at_every_call() {
    for talk in talks() {
        for calls in 0.. {
            let talk = talk(&("writes fail after", calls));
            talk.served
                .peer
                .break_writes_after(calls);
            talk.feed()
                .end()
                .is_honest(Writes::AreLost);
            talk.is_over();
            if talk.served.ends().1 != "failed" {
                talk.is_whole();
                break;
            }
            assert!(calls < 10_000, "it never comes to its end");
        }
    }
}

#[test]
fn the_client_is_gone_after_every_byte_that_it_has_read() {
    for talk in talks() {
        for bytes in 0.. {
            let talk = talk(&("gone after reading", bytes));
            let read = sip(&talk, usize::MAX, bytes);
            talk.served.peer.break_writes();
            talk.served.peer.reset();
            talk.served.run();
            talk.is_honest(Writes::AreLost);
            talk.is_over();
            if read < bytes {
                talk.is_whole();
                break;
            }
        }
    }
}

#[test]
fn the_connection_is_dropped_at_every_poll() {
    for talk in talks() {
        for polls in 0.. {
            let talk = talk(&("dropped after", polls));
            talk.served
                .peer
                .feed_bytes(talk.row.sends);
            talk.served.peer.finish();
            let over = talk.served.tasks.run_at_most(polls);
            // The connection goes first; the others hear it, or go with it.
            talk.served.tasks.drop_task(0);
            talk.served.tasks.run();
            talk.is_honest(Writes::AreLost);
            talk.leaves_nothing();
            if over {
                break;
            }
            assert!(polls < 10_000, "it never comes to its end");
        }
    }
}

/// Feeds everything, and takes what is written in sips, `most` bytes of it; how many it took.
fn sip(talk: &Talk, size: usize, most: usize) -> usize {
    let peer = &talk.served.peer;
    peer.sip(0);
    if peer.pulls() == 0 {
        talk.feed();
    }
    talk.served.run();
    while peer.held() > 0 && peer.read().len() < most {
        peer.sip(size.min(most - peer.read().len()));
        talk.served.run();
    }
    peer.read().len()
}
