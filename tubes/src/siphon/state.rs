//! The life of one tube, as a table.
//!
//! ```text
//!  start ─► Holding ──dry──► Hungry          Holding: outputs may wait (at first, a greeting)
//!              ▲────input─────┘│             Hungry:  needs input
//!              │               │
//!              └──upstream ended──► Ending ──dry, told──┐
//!                                                      ▼
//!                                                  Farewell ──dry──► Over
//!   any state ──the tube ends it, or is told──► Over
//!   any state ────downstream wants no more────► Refused ──the tube is told──► Over
//! ```

/// Where a tube is in its life. Has no reason in it, so that an item on its way through a chain
/// costs no drop glue; the reason stands beside it from `Farewell` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It may have outputs: ask it before giving it more input.
    Holding,
    /// It has said that it needs input.
    Hungry,
    /// Upstream has ended; outputs of before may wait, and the tube has not been told.
    Ending,
    /// It was told that there is no more input; its last outputs may wait.
    Farewell,
    /// It is done.
    Over,
    /// Downstream wants no more; the tube has not been told yet.
    Refused,
}

/// What happens to a tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was given an input.
    Input,
    /// It said that it has no output left.
    Dry,
    /// Upstream has ended.
    Closed,
    /// Upstream has ended, and it was told.
    Ended,
    /// Downstream wants no more.
    Refused,
    /// It ended the flow itself, or was told that it is over.
    Over,
}

impl Life {
    /// The table. What cannot happen in a state leaves it as it is.
    #[inline]
    pub(crate) fn on(self, step: Step) -> Self {
        match (self, step) {
            (_, Step::Over) | (Self::Over, _) | (Self::Farewell, Step::Dry) => Self::Over,
            (_, Step::Refused) | (Self::Refused, _) => Self::Refused,
            (_, Step::Ended) | (Self::Farewell, Step::Input | Step::Closed) => Self::Farewell,
            (Self::Holding | Self::Hungry, Step::Closed) | (Self::Ending, _) => Self::Ending,
            (Self::Holding | Self::Hungry, Step::Input) => Self::Holding,
            (Self::Holding | Self::Hungry, Step::Dry) => Self::Hungry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Life, Step};

    #[test]
    fn every_pair_of_state_and_step_is_as_drawn() {
        use Life::{Ending, Farewell, Holding, Hungry, Over, Refused};
        let steps = [
            Step::Input,
            Step::Dry,
            Step::Closed,
            Step::Ended,
            Step::Refused,
            Step::Over,
        ];
        let table = [
            (Holding, [Holding, Hungry, Ending, Farewell, Refused, Over]),
            (Hungry, [Holding, Hungry, Ending, Farewell, Refused, Over]),
            (Ending, [Ending, Ending, Ending, Farewell, Refused, Over]),
            (
                Farewell,
                [Farewell, Over, Farewell, Farewell, Refused, Over],
            ),
            (Over, [Over, Over, Over, Over, Over, Over]),
            (Refused, [Refused, Refused, Refused, Refused, Refused, Over]),
        ];
        for (life, expected) in table {
            assert_eq!(steps.map(|step| life.on(step)), expected, "{life:?}");
        }
    }
}
