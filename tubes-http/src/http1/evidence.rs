//! What is known of a request when its exchange fails: whose fault it may be.

use crate::http1::link::Link;
use crate::verdict::{Answerable, Evidence};

impl<F, D> Link<F, D> {
    /// What is known of the request of this exchange: much of the one that is served or was last.
    pub(super) fn evidence(&self, exchange: u64) -> Evidence<'_> {
        if self.exchange != exchange {
            return Evidence::of_the_past();
        }
        let account = self.account.as_ref();
        Evidence {
            broken: self
                .broken
                .as_ref()
                .or(self.failed.as_ref()),
            refused: account.and_then(|account| account.refused.as_ref()),
            answerable: if self.engine.is_cut() {
                Answerable::No
            } else {
                Answerable::Yes
            },
        }
    }
}
