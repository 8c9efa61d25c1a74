//! How long to wait before accepting again when the machine has no room for a connection.

use std::time::Duration;

/// As `net/http` of Go does: room is made by connections that end, and those end soon or late.
const SHORTEST: Duration = Duration::from_millis(5);

/// As `net/http` of Go does: a second is the longest that a listener seems dead after there is
/// room again.
const LONGEST: Duration = Duration::from_secs(1);

/// The wait before the next attempt: 5 ms, doubling up to 1 s, from the start after a success.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: SHORTEST }
    }

    /// An attempt has failed: how long to wait.
    pub(super) fn failed(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait
    }

    /// An attempt went well.
    pub(super) fn succeeded(&mut self) {
        self.next = SHORTEST;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn the_wait_doubles_from_5_ms_to_1_s_and_begins_anew_after_a_success() {
        let mut backoff = Backoff::new();
        let waits: Vec<u128> = (0..10)
            .map(|_| backoff.failed().as_millis())
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        backoff.succeeded();
        assert_eq!(backoff.failed().as_millis(), 5);
    }
}
