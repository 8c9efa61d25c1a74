//! Every state of a connection with everything that can happen to it: what the peer sees, what the
//! exchange hears, what the record says, at once and in the silence that follows.

mod event;
mod hand;
mod seen;
mod state;
mod taker;

use event::Event;
use hand::Hand;
use seen::Seen;
use state::State;

/// Longer than every wait of a connection in silence.
const SILENCE: u64 = 130;

/// What is seen when it happens, and in which second behind that; nothing if it cannot happen.
fn outcome(state: State, event: Event) -> Option<String> {
    let mut hand = Hand::new(event.limits(state.limits()));
    state.set(&mut hand);
    let mut seen = Seen::from(&hand);
    if !event.act(&mut hand) {
        return None;
    }
    hand.served.run();
    let mut line = vec![seen.news(&hand)];
    for second in 1..=SILENCE {
        hand.served
            .advance(std::time::Duration::from_secs(1));
        let news = seen.news(&hand);
        if !news.is_empty() {
            line.push(format!("{second}s {news}"));
        }
    }
    if hand.lasts() {
        line.push("it lasts".to_owned());
    }
    Some(line.join(" | "))
}

#[test]
fn every_pair_of_state_and_event_is_decided() {
    let mut table = String::new();
    for state in State::ALL {
        table += &format!("{state:?}\n");
        for event in Event::ALL {
            if let Some(outcome) = outcome(*state, *event) {
                let event = format!("{event:?}");
                table += format!("    {event:<14}{outcome}").trim_end();
                table.push('\n');
            }
        }
    }
    insta::assert_snapshot!(table);
}
