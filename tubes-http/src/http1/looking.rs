//! What a connection does now, for who looks at its server.

use crate::http1::deadlines::For;
use crate::http1::link::Link;
use crate::http1::turn::{Awaited, Held, Turn};
use crate::snapshot::{ConnectionPhase, ConnectionState, ExchangeState, RequestPhase, WaitsFor};

impl<F, D> Link<F, D> {
    /// Nothing for a connection that is over.
    pub(super) fn look(&mut self) -> Option<ConnectionState> {
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
            Turn::Serving { .. } => {
                // Whoever takes exchanges by hand notes it nowhere else.
                self.note_wait();
                self.look_at_exchange()
            }
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
            (None, None) => (WaitsFor::Handler, account.still()),
        };
        let passed = |since| now.saturating_duration_since(since);
        Some(ExchangeState {
            method: account.method.clone(),
            target: account.target(),
            age: account.age(now),
            waits_for,
            waited: since.map(passed),
            request: self.request_phase(),
            unpulled: self
                .deadlines
                .since(For::Pull)
                .map(passed),
            status: account.status(),
            held: self.held_of_body() + self.unsent(),
            received: self.engine.received_bytes(),
            sent: self.engine.sent_bytes(),
        })
    }

    fn request_phase(&self) -> RequestPhase {
        match self.turn {
            _ if self.engine.is_request_whole() => RequestPhase::Whole,
            Turn::Serving {
                body: Held::LetGo, ..
            } => RequestPhase::Left,
            _ => RequestPhase::Coming,
        }
    }
}
