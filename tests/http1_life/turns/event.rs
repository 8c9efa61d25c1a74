//! What can happen to a connection.

use tubes_http::Limits;

use super::super::kit::secs;
use super::hand::{Hand, NEXT};

/// What happens to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// Nothing but time.
    Silence,
    /// The same, with a limit of 20 s for the exchange.
    ExchangeTime,
    /// The bytes of a request.
    Request,
    /// Three bytes, as of a body.
    Bytes,
    /// Seven bytes, as of the end of a body, and a request behind them.
    BytesAndNext,
    /// The peer closes its direction.
    Fin,
    /// The peer resets the connection.
    Reset,
    /// Nothing that is written reaches the peer.
    WritesFail,
    /// The peer, which took nothing, takes all.
    Takes,
    /// The server begins to shut down, with 10 s for what is left.
    ShutDown,
    /// Who pulls exchanges wants no more.
    Stop,
    /// Who pulls exchanges drops them.
    DropExchanges,
    /// The body is dropped.
    DropBody,
    /// The reply is dropped.
    DropReply,
    /// The reply comes to its end.
    Answer,
}

impl Event {
    pub(super) const ALL: &'static [Self] = &[
        Self::Silence,
        Self::ExchangeTime,
        Self::Request,
        Self::Bytes,
        Self::BytesAndNext,
        Self::Fin,
        Self::Reset,
        Self::WritesFail,
        Self::Takes,
        Self::ShutDown,
        Self::Stop,
        Self::DropExchanges,
        Self::DropBody,
        Self::DropReply,
        Self::Answer,
    ];

    pub(super) fn limits(self, limits: Limits) -> Limits {
        match self {
            Self::ExchangeTime => limits.with_exchange_time(secs(20)),
            _ => limits,
        }
    }

    /// Lets it happen, if it can.
    pub(super) fn act(self, hand: &mut Hand) -> bool {
        let peer = &hand.served.peer;
        match self {
            Self::Silence => {}
            Self::ExchangeTime => return hand.is_serving(),
            Self::Request => peer.feed(NEXT),
            Self::Bytes => peer.feed("def"),
            Self::BytesAndNext => peer.feed(["defghij", NEXT].concat()),
            Self::Fin => peer.finish(),
            Self::Reset => peer.reset(),
            Self::WritesFail => {
                peer.break_writes();
                // Who does not wait for the drain hears of it when he is polled for something else.
                hand.served.tasks.disturb();
            }
            Self::Takes => return hand.take_again(),
            Self::ShutDown => hand.shut_down(secs(10)),
            Self::Stop => hand.stop(),
            Self::DropExchanges => hand.drop_exchanges(),
            Self::DropBody => return hand.drop_body(),
            Self::DropReply => return hand.drop_reply(),
            Self::Answer => return hand.answer(),
        }
        true
    }
}
