//! The states of a connection, and how it comes there.

use tubes_http::Limits;

use super::super::kit::{GET, POST_10, secs};
use super::hand::{Hand, NEXT};

/// What a connection is about when something happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// Nothing has come.
    First,
    /// Half a head.
    Head,
    /// An exchange is over.
    Between,
    /// The same, two seconds later.
    Settled,
    /// A request without a body; nobody has touched its exchange.
    Asked,
    /// The same, and somebody watches its peer.
    Watched,
    /// A part of a body has come, and nobody has pulled it.
    Held,
    /// The same, and it was read, and more is waited for.
    Reading,
    /// A reply has begun, and has nothing right now.
    Streaming,
    /// The same, while a body is read.
    Echoing,
    /// A reply is whole, while a body is read.
    Answered,
    /// A reply is whole, and nobody wants the body.
    Discarding,
    /// A reply is whole, and the peer does not take it.
    Stalled,
    /// A refusal, which the peer does not take.
    Writing,
    /// Nothing is to be written, and the drain does not close.
    Stopping,
    /// Our direction is closed.
    Lingering,
    /// The same, and too much has come for that.
    Resting,
    /// It is over.
    Over,
}

impl State {
    pub(super) const ALL: &'static [Self] = &[
        Self::First,
        Self::Head,
        Self::Between,
        Self::Settled,
        Self::Asked,
        Self::Watched,
        Self::Held,
        Self::Reading,
        Self::Streaming,
        Self::Echoing,
        Self::Answered,
        Self::Discarding,
        Self::Stalled,
        Self::Writing,
        Self::Stopping,
        Self::Lingering,
        Self::Resting,
        Self::Over,
    ];

    pub(super) fn limits(self) -> Limits {
        match self {
            Self::Resting => Limits::default().with_linger(10),
            _ => Limits::default(),
        }
    }

    /// Brings a new connection there.
    pub(super) fn set(self, hand: &mut Hand) {
        match self {
            Self::First => _ = hand.served.run(),
            Self::Head => _ = hand.served.send(&GET[..10]),
            Self::Between => _ = hand.served.send(NEXT),
            Self::Settled => _ = hand.served.send(NEXT).advance(secs(2)),
            Self::Asked => hand.ask(GET),
            Self::Watched => {
                hand.ask(GET);
                hand.watch();
            }
            Self::Held => hand.ask(&[POST_10, "abc"].concat()),
            Self::Reading => {
                Self::Held.set(hand);
                hand.read();
            }
            Self::Streaming => {
                hand.ask(GET);
                hand.begin();
            }
            Self::Echoing => {
                Self::Reading.set(hand);
                hand.begin();
            }
            Self::Answered => {
                Self::Reading.set(hand);
                hand.answer();
            }
            Self::Discarding => {
                Self::Held.set(hand);
                hand.drop_body();
                hand.answer();
            }
            Self::Stalled => {
                hand.ask(GET);
                hand.stall();
                hand.answer();
            }
            Self::Writing => {
                hand.stall();
                hand.served.send("?\r\n\r\n");
            }
            Self::Stopping => {
                hand.stall();
                hand.served.finish();
            }
            Self::Lingering => {
                hand.served
                    .send(NEXT.replace("Host: a", "Host: a\r\nConnection: close"));
            }
            Self::Resting => {
                Self::Lingering.set(hand);
                hand.served.send("too much, this");
            }
            Self::Over => {
                Self::Lingering.set(hand);
                hand.served.finish();
            }
        }
        hand.served.run();
    }
}
