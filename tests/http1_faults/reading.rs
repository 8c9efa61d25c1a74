//! What comes from the client: short, late, ended or reset at every place.

use support::pair::Peer;

use super::exchanges::{Writes, talks};

#[test]
fn reads_of_every_size_change_nothing() {
    for talk in talks() {
        for size in 1.. {
            let talk = talk(&("reads of", size));
            let bytes = talk.row.sends.as_bytes();
            for piece in bytes.chunks(size) {
                talk.served.peer.feed(piece);
            }
            talk.served.run();
            let most = 40 + 4 * bytes.len().div_ceil(size);
            assert!(
                talk.served.tasks.polls() < most,
                "{} polls",
                talk.served.tasks.polls()
            );
            talk.is_whole();
            let open = talk.served.ends().1 == "open";
            assert_eq!(open, talk.row.stands, "{}", talk.row.name);
            talk.end().is_whole();
            talk.is_over();
            if size >= bytes.len() {
                break;
            }
        }
    }
}

#[test]
fn bytes_that_come_one_after_the_other_are_each_waited_for() {
    for talk in talks() {
        let talk = talk(&"a byte at a time");
        for byte in talk.row.sends.bytes() {
            talk.served.send([byte]);
        }
        talk.is_whole();
        talk.end().is_over();
    }
}

#[test]
fn a_read_that_is_not_ready_is_waited_for_wherever_it_is() {
    for talk in talks() {
        for polls in 0.. {
            let talk = talk(&("reads wait after", polls));
            talk.served.peer.hold_reads_after(polls);
            talk.served
                .peer
                .feed_bytes(talk.row.sends);
            talk.served.run();
            talk.is_honest_so_far();
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
fn the_client_ends_at_every_byte() {
    for talk in talks() {
        for (end, pieces) in places(talk(&"").row.sends) {
            let talk = talk(&("ends at", end, pieces));
            feed(&talk.served.peer, &talk.row.sends[..end], pieces);
            talk.end().is_honest(Writes::Arrive);
            talk.answers_all_of(end);
            talk.is_over();
        }
    }
}

#[test]
fn the_client_resets_at_every_byte() {
    for talk in talks() {
        for (end, pieces) in places(talk(&"").row.sends) {
            // Heard before or after what came in front of it was treated.
            for late in [false, true] {
                let talk = talk(&("resets at", end, pieces, late));
                feed(&talk.served.peer, &talk.row.sends[..end], pieces);
                if late {
                    talk.served.run();
                }
                talk.served.peer.reset();
                talk.served.run();
                talk.is_honest(Writes::AreLost);
                talk.is_over();
            }
        }
    }
}

/// How a beginning arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pieces {
    One,
    Bytes,
}

/// Every length of a beginning, in one piece and in bytes.
fn places(sends: &str) -> impl Iterator<Item = (usize, Pieces)> {
    (0..=sends.len()).flat_map(|end| [(end, Pieces::One), (end, Pieces::Bytes)])
}

fn feed(peer: &Peer, bytes: &str, pieces: Pieces) {
    match pieces {
        Pieces::Bytes => peer.feed_bytes(bytes),
        Pieces::One if bytes.is_empty() => {}
        Pieces::One => peer.feed(bytes),
    }
}
