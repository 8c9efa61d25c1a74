//! How long to wait before each new try, and how often to try again.

use std::fmt;
use std::time::Duration;

/// Gives the delay before each new try: longer each time, at random within bounds, so often.
///
/// Pure: it waits for nothing and reads no clock. What tries again takes one:
/// [`Backoff::retry`], [`stages::retry`](crate::stages::retry),
/// [`founts::restart`](crate::founts::restart).
///
/// ```text
/// try 1      at once, without a delay
/// delay 1    between half of min and min            with a jitter of 0.5, the default
/// try 2
/// delay 2    twice that                             with a factor of 2, the default
/// ..         never above max
/// delay 10   the last one                           `at_most` 10, the default
/// try 11     the last one: so 11 calls in all
/// ```
///
/// A clone has the same delays, but draws a jitter of its own, unless that is
/// [`seeded`](Self::seeded).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::Backoff;
///
/// let second = Duration::from_secs(1);
/// let mut backoff = Backoff::new(second, 5 * second).jitter(0.0).at_most(4);
/// let delays: Vec<_> = std::iter::from_fn(|| backoff.next_delay()).collect();
/// assert_eq!(delays, [second, 2 * second, 4 * second, 5 * second]);
///
/// backoff.reset();
/// assert_eq!(backoff.next_delay(), Some(second));
/// ```
#[derive(Clone)]
#[must_use = "gives delays, and does nothing with them"]
pub struct Backoff {
    min: Duration,
    max: Duration,
    /// `1.0 <= factor`
    factor: f64,
    /// `0.0 <= jitter <= 1.0`
    jitter: f64,
    at_most: u32,
    healthy_after: Duration,
    chance: Chance,
    /// `given <= at_most`
    given: u32,
    /// The next delay without its jitter; `min <= next <= max`.
    next: Duration,
}

/// What the jitter is drawn from.
enum Chance {
    Any(fastrand::Rng),
    Seeded(fastrand::Rng),
}

impl Backoff {
    /// Delays from `min` up to `max`; at least `min`, where that is the larger one.
    pub fn new(min: Duration, max: Duration) -> Self {
        let max = max.max(min);
        Self {
            min,
            max,
            factor: 2.0,
            jitter: 0.5,
            at_most: 10,
            healthy_after: max,
            chance: Chance::Any(fastrand::Rng::new()),
            given: 0,
            next: min,
        }
    }

    /// Each delay is so many times the one before, until `max`. Below 1 counts as 1.
    pub fn factor(mut self, factor: f64) -> Self {
        // `max` of a NaN and a number is the number.
        self.factor = factor.max(1.0);
        self
    }

    /// Takes away up to this share of each delay at random, so that those who failed together do
    /// not try together: 0 for none, 1 for anything down to nothing.
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share > 0.0 { share.min(1.0) } else { 0.0 };
        self
    }

    /// Gives so many delays in a row, and then no more: so often is tried *again*. With the first
    /// try that makes one call more: `at_most(3)` stands for up to 4 calls, `at_most(0)` for one.
    pub fn at_most(mut self, delays: u32) -> Self {
        self.at_most = delays;
        self
    }

    /// What has run for so long before it failed counts as healthy: the delays begin anew. So a
    /// limit of 5 [`at_most`](Self::at_most) is one of 5 within this time. `max`, if nothing else
    /// is said; with no time at all, nothing counts as healthy.
    pub fn healthy_after(mut self, time: Duration) -> Self {
        self.healthy_after = time;
        self
    }

    /// Draws the jitter from this seed: the same seed, the same delays.
    pub fn seeded(mut self, seed: u64) -> Self {
        self.chance = Chance::Seeded(fastrand::Rng::with_seed(seed));
        self
    }

    /// The delay before the next try; `None` when there were enough.
    pub fn next_delay(&mut self) -> Option<Duration> {
        if self.given >= self.at_most {
            return None;
        }
        self.given += 1;
        let delay = self.next;
        self.next = scaled(delay, self.factor, self.max);
        let share = 1.0 - self.jitter * self.chance.draw();
        Some(scaled(delay, share, self.max))
    }

    /// The delay before the next try of what had run for `time` before it failed.
    pub fn next_after(&mut self, time: Duration) -> Option<Duration> {
        if time >= self.healthy_after && !self.healthy_after.is_zero() {
            self.reset();
        }
        self.next_delay()
    }

    /// Begins anew: it has worked.
    pub fn reset(&mut self) {
        self.given = 0;
        self.next = self.min;
    }
}

impl Chance {
    /// Between 0 and 1.
    fn draw(&mut self) -> f64 {
        match self {
            Self::Any(chance) | Self::Seeded(chance) => chance.f64(),
        }
    }
}

impl Clone for Chance {
    fn clone(&self) -> Self {
        match self {
            // Of those who fail together, each has a chance of its own.
            Self::Any(_) => Self::Any(fastrand::Rng::new()),
            Self::Seeded(chance) => Self::Seeded(chance.clone()),
        }
    }
}

/// So many times `delay`, at most `max`.
fn scaled(delay: Duration, times: f64, max: Duration) -> Duration {
    Duration::try_from_secs_f64(delay.as_secs_f64() * times).map_or(max, |delay| delay.min(max))
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (given, at_most) = (self.given, self.at_most);
        write!(
            f,
            "backoff({given} of {at_most}, next {:?}, up to {:?})",
            self.next, self.max
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    fn delays(mut backoff: Backoff) -> Vec<u128> {
        std::iter::from_fn(|| backoff.next_delay())
            .map(|delay| delay.as_millis())
            .collect()
    }

    #[test]
    fn delays_grow_by_the_factor_up_to_the_largest_and_come_so_often() {
        let plain = |min, max| {
            Backoff::new(Duration::from_millis(min), Duration::from_millis(max)).jitter(0.0)
        };
        let cases: [(Backoff, &[u128]); 8] = [
            (plain(100, 500).at_most(4), &[100, 200, 400, 500]),
            (plain(100, 500).at_most(0), &[]),
            (plain(100, 900).factor(3.0).at_most(3), &[100, 300, 900]),
            (plain(100, 900).factor(0.1).at_most(3), &[100, 100, 100]),
            (
                plain(100, 900)
                    .factor(f64::NAN)
                    .at_most(2),
                &[100, 100],
            ),
            (
                plain(100, 900)
                    .factor(f64::INFINITY)
                    .at_most(2),
                &[100, 900],
            ),
            (plain(100, 10).at_most(2), &[100, 100]),
            (plain(0, 10).at_most(2), &[0, 0]),
        ];
        for (backoff, expected) in cases {
            assert_eq!(delays(backoff.clone()), expected, "{backoff:?}");
        }
        let longest = Backoff::new(Duration::MAX, Duration::MAX).jitter(0.0);
        assert_eq!(longest.at_most(1).next_delay(), Some(Duration::MAX));
    }

    #[test]
    fn jitter_only_takes_away_and_comes_from_the_seed() {
        let second = Duration::from_secs(1);
        for (jitter, least) in [
            (0.0, 1000),
            (0.2, 800),
            (1.0, 0),
            (9.0, 0),
            (f64::NAN, 1000),
        ] {
            let backoff = Backoff::new(second, second)
                .jitter(jitter)
                .at_most(99);
            let some = delays(backoff.clone().seeded(1));
            assert!(
                some.iter()
                    .all(|delay| (least..=1000).contains(delay))
            );
            assert_eq!(some, delays(backoff.clone().seeded(1)));
            let others = delays(backoff.seeded(2));
            assert_eq!(some == others, least == 1000);
        }
    }

    #[test]
    fn clones_share_their_seed_and_nothing_else_of_their_chance() {
        let second = Duration::from_secs(1);
        let any = Backoff::new(second, second).jitter(1.0);
        assert_ne!(delays(any.clone()), delays(any.clone()));
        let seeded = any.seeded(7);
        assert_eq!(delays(seeded.clone()), delays(seeded.clone()));
    }

    #[test]
    fn a_healthy_time_begins_anew_and_a_shorter_one_does_not() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, 9 * second)
            .jitter(0.0)
            .at_most(2)
            .healthy_after(3 * second);
        let ran = [0, 2, 3, 0, 0, 1, 4].map(|ran| backoff.next_after(ran * second));
        let expected = [Some(1), Some(2), Some(1), Some(2), None, None, Some(1)];
        assert_eq!(ran, expected.map(|delay| delay.map(Duration::from_secs)));

        // Without a delay there is a limit, too.
        let mut at_once = Backoff::new(Duration::ZERO, Duration::ZERO).at_most(2);
        let ran = [0, 5, 0].map(|ran| at_once.next_after(ran * second));
        assert_eq!(ran, [Some(Duration::ZERO), Some(Duration::ZERO), None]);
    }
}
