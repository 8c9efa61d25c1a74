//! What is known of a request when its exchange fails: whose fault it may be.

use crate::error::Error;
use crate::http1::link::Link;
use crate::verdict::{Answerable, Evidence};

impl<F, D> Link<F, D> {
    /// What is known of the request of this exchange: much of the one that is served or was last.
    pub(super) fn evidence(&self, exchange: u64) -> Evidence {
        if self.exchange != exchange {
            return Evidence::of_the_past();
        }
        let broken = self
            .broken
            .as_ref()
            .or(self.failed.as_ref());
        let account = self.account.as_ref();
        Evidence {
            broken: broken.map(Error::kind),
            refused: account.and_then(|account| account.refused),
            answerable: if self.engine.is_cut() {
                Answerable::No
            } else {
                Answerable::Yes
            },
        }
    }
}
