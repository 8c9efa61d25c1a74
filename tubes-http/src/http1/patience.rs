//! How long a peer may be slow within one exchange.

use std::time::Duration;

/// How much longer a peer may keep us waiting in this exchange: a slow one gets time for each
/// byte that it moves, one that drips gets none to speak of.
///
/// `left <= most`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    left: Duration,
}

impl Patience {
    pub(crate) fn new(most: Duration) -> Self {
        Self { left: most }
    }

    pub(crate) fn left(self) -> Duration {
        self.left
    }

    /// We waited so long.
    pub(crate) fn spend(&mut self, waited: Duration) {
        self.left = self.left.saturating_sub(waited);
    }

    /// So many bytes moved, of which `rate` are worth a second.
    pub(crate) fn earn(&mut self, bytes: u64, rate: u64, most: Duration) {
        if self.left >= most {
            return;
        }
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
        let earned = u64::try_from(nanos).map_or(most, Duration::from_nanos);
        self.left = self
            .left
            .saturating_add(earned)
            .min(most);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Patience;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn patience_lasts_as_long_as_bytes_move_at_the_rate() {
        let most = 30 * SECOND;
        let mut steady = Patience::new(most);
        let mut drip = Patience::new(most);
        for _ in 0..100 {
            for (patience, bytes) in [(&mut steady, 256), (&mut drip, 1)] {
                patience.spend(SECOND);
                patience.earn(bytes, 256, most);
            }
        }
        assert_eq!((steady.left(), drip.left() < SECOND), (most, true));
        drip.earn(u64::MAX, 1, most);
        assert_eq!(drip.left(), most);
    }
}
