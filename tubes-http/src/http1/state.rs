//! How far one direction of an exchange is: one table, which knows no role and does no I/O.
//!
//! ```text
//!   Interim ┐       Data ┐
//!         ┌─▼──┐ Head  ┌─▼──┐  End  ┌────┐
//!    ┌───►│Idle├──────►│Body├──────►│Done│       Fail, from anywhere but Closed: ─► Failed
//!    │    └─┬──┘       └────┘       └┬──┬┘       Failed and Closed have no way out
//!    │      │ Close            Close │  │ Next
//!    │      └─────────► Closed ◄─────┘  │
//!    └──────────────────────────────────┘
//! ```
//!
//! A message that ends with its connection has its `End` first and its `Close` then: a `Close`
//! inside a body is illegal, and who sees one says `Fail`.

/// How far one direction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Between two messages.
    Idle,
    /// Behind a final head, before the end of its body.
    Body,
    /// The message is whole.
    Done,
    /// Ended between two messages: there will be no other.
    Closed,
    /// Cut, or not understood: nothing that follows has a meaning.
    Failed,
}

/// What happens to a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A 1xx head.
    Interim,
    /// A final head.
    Head,
    /// A piece of body.
    Data,
    /// The end of a message.
    End,
    /// The other direction is done, too.
    Next,
    /// No message will follow.
    Close,
    /// The message is cut.
    Fail,
}

/// Nothing of that kind can happen in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Illegal;

/// Whether a connection serves another exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// Another may follow.
    Keep,
    /// This one is the last.
    Close,
}

impl State {
    /// The table.
    pub(crate) fn on(self, step: Step) -> Result<Self, Illegal> {
        match (self, step) {
            (Self::Idle, Step::Interim) => Ok(Self::Idle),
            (Self::Idle, Step::Head) | (Self::Body, Step::Data) => Ok(Self::Body),
            (Self::Body, Step::End) => Ok(Self::Done),
            (Self::Done, Step::Next) => Ok(Self::Idle),
            (Self::Idle | Self::Done | Self::Closed, Step::Close) => Ok(Self::Closed),
            (Self::Idle | Self::Body | Self::Done | Self::Failed, Step::Fail) => Ok(Self::Failed),
            _ => Err(Illegal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{State, Step};

    #[test]
    fn every_pair_of_state_and_step_is_decided() {
        let states = [
            State::Idle,
            State::Body,
            State::Done,
            State::Closed,
            State::Failed,
        ];
        let steps = [
            Step::Interim,
            Step::Head,
            Step::Data,
            Step::End,
            Step::Next,
            Step::Close,
            Step::Fail,
        ];
        let mut table = String::new();
        for state in states {
            for step in steps {
                let next = match state.on(step) {
                    Ok(next) => format!("{next:?}"),
                    Err(illegal) => format!("{illegal:?}"),
                };
                let (state, step) = (format!("{state:?}"), format!("{step:?}"));
                table += &format!("{state:<8}{step:<9}{next}\n");
            }
        }
        insta::assert_snapshot!(table);
    }
}
