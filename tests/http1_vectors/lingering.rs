//! How long a client that was refused is listened to, so that it can read the refusal.

use std::time::Duration;

use support::conversation::{Conversation, Cut, Habit};

const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");

#[test]
fn a_client_that_still_sends_reads_the_whole_refusal_and_is_heard_for_1_mib() {
    let refused = b"GET / HTTP/1.1\nHost: a\r\n\r\n";
    let conversation = Conversation::hold(refused, Cut::Whole, Habit::Reads);
    assert_eq!(conversation.outcome().statuses, [400]);
    let served = &conversation.served;
    for _ in 0..16 {
        served.send("x".repeat(64 * 1024));
    }
    assert_eq!(served.ends().0, "open");
    let pulls = served.peer.pulls();
    for millis in [0, 100, 399] {
        served
            .send("x")
            .advance(Duration::from_millis(millis));
        assert_eq!(served.ends().0, "open", "it may still wait to read");
    }
    assert_eq!(served.peer.pulls(), pulls + 1, "what comes now waits");
    served.advance(Duration::from_millis(1));
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_client_that_sends_too_much_is_kept_no_longer_than_one_that_is_silent() {
    let conversation = Conversation::hold(b"GET / HTTP/1.1\n", Cut::Whole, Habit::Reads);
    let served = &conversation.served;
    served
        .advance(Duration::from_millis(4900))
        .send("x".repeat(1024 * 1024 + 1));
    served.advance(Duration::from_millis(99));
    assert_eq!(served.ends().0, "open");
    served.advance(Duration::from_millis(1));
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_drip_does_not_extend_the_linger() {
    let conversation = Conversation::hold(b"GET / HTTP/1.1\n", Cut::Whole, Habit::Reads);
    let served = &conversation.served;
    for _ in 0..5 {
        served
            .advance(Duration::from_secs(1))
            .send("x");
    }
    assert_eq!(served.ends(), CLOSED);
}
