//! A bucket of tokens, which time fills.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use crate::alarm::after;

/// A bucket of tokens: full at first, filled by time up to its rim, and in debt when more was
/// taken than there was.
///
/// Exact: reckons in whole shares of a token, as many to a token as `per` has nanoseconds, of
/// which a nanosecond brings `count`.
#[derive(Debug)]
pub(super) struct Bucket {
    /// How many tokens come in `per`.
    count: usize,
    /// In nanoseconds; at least 1.
    per: u64,
    rim: usize,
    /// Shares that are missing to the rim.
    missing: u128,
    /// When that was so.
    at: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(count: NonZeroUsize, per: Duration) -> Self {
        let per = u64::try_from(per.as_nanos()).unwrap_or(u64::MAX);
        Self {
            count: count.get(),
            per: per.max(1),
            rim: count.get(),
            missing: 0,
            at: None,
        }
    }

    pub(super) fn set_rim(&mut self, rim: NonZeroUsize) {
        self.rim = rim.get();
    }

    /// How many tokens a full one has.
    pub(super) fn rim(&self) -> usize {
        self.rim
    }

    /// Fills in what time has brought, and counts the whole tokens that are there.
    pub(super) fn fill(&mut self, now: Instant) -> usize {
        if let Some(at) = self.at {
            let passed = now
                .saturating_duration_since(at)
                .as_nanos();
            let brought = passed.saturating_mul(self.count as u128);
            self.missing = self.missing.saturating_sub(brought);
        }
        self.at = Some(now);
        let full = self.rim as u128 * u128::from(self.per);
        let tokens = full.saturating_sub(self.missing) / u128::from(self.per);
        usize::try_from(tokens).unwrap_or(usize::MAX)
    }

    /// Takes tokens, whether they are there or not.
    pub(super) fn take(&mut self, tokens: u128) {
        let shares = tokens.saturating_mul(self.per.into());
        self.missing = self.missing.saturating_add(shares);
    }

    /// When there is a token, if there is none at `now`, when it was filled.
    pub(super) fn due(&self, now: Instant) -> Instant {
        let rest = (self.rim - 1) as u128 * u128::from(self.per);
        let wait = self
            .missing
            .saturating_sub(rest)
            .div_ceil(self.count as u128);
        let wait = u64::try_from(wait).unwrap_or(u64::MAX);
        after(now, Duration::from_nanos(wait))
    }
}
