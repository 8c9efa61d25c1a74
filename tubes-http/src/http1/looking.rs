//! What a connection does now, for who looks at its server.

use crate::http1::deadlines::For;
use crate::http1::link::Link;
use crate::http1::turn::{Awaited, Turn};
use crate::snapshot::{ConnectionPhase, ConnectionState, ExchangeState, WaitsFor};

impl<F, D> Link<F, D> {
    /// Nothing for a connection that is over.
    pub(super) fn look(&self) -> Option<ConnectionState> {
        let phase = match self.turn {
            Turn::Between(Awaited::First | Awaited::Anything | Awaited::Settled) => {
                ConnectionPhase::Idle
            }
            Turn::Between(Awaited::Rest) => ConnectionPhase::Head,
            Turn::Serving { .. } => ConnectionPhase::Serving,
            Turn::Discarding => ConnectionPhase::Discarding,
            Turn::Closing(_) => ConnectionPhase::Closing,
            Turn::Over(_) => return None,
        };
        let exchange = match self.turn {
            Turn::Serving { .. } => self.look_at_exchange(),
            _ => None,
        };
        Some(ConnectionState {
            peer: self.peer,
            exchanges: self.exchange,
            phase,
            held: self.held(),
            exchange,
        })
    }

    fn look_at_exchange(&self) -> Option<ExchangeState> {
        let account = self.account.as_ref()?;
        let now = self.site.clock.now();
        let reading = self.deadlines.since(For::Reading);
        let writing = self.deadlines.since(For::Writing);
        let (waits_for, since) = match (reading, writing) {
            (_, Some(since)) => (WaitsFor::Response, Some(since)),
            (Some(since), None) => (WaitsFor::Request, Some(since)),
            (None, None) => (WaitsFor::Handler, None),
        };
        Some(ExchangeState {
            method: account.method.clone(),
            target: account.target(),
            age: account.age(now),
            waits_for,
            waited: since.map(|since| now.saturating_duration_since(since)),
            received: self.engine.received_bytes(),
            sent: self.engine.sent_bytes(),
        })
    }
}
