//! A sequence that only looks like chance: the same in each run.

/// A sequence that only looks like chance (xorshift).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Each seed has its own sequence.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            chance.below(2);
        }
        chance
    }

    /// The next number, below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Cuts bytes into segments of 1 to 40.
    pub fn cut<'a>(&mut self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let mut rest = bytes;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, behind) = rest.split_at(1 + self.below(rest.len().min(40)));
            segments.push(segment);
            rest = behind;
        }
        segments
    }
}
