//! A set of small numbers, walked in a circle.

/// A set of small numbers: a bit each, grown when a number is added.
#[derive(Default)]
pub(super) struct Bits {
    blocks: Vec<u64>,
}

impl Bits {
    #[inline]
    pub(super) fn insert(&mut self, number: usize) {
        let block = number / 64;
        if block >= self.blocks.len() {
            self.blocks.resize(block + 1, 0);
        }
        self.blocks[block] |= 1 << (number % 64);
    }

    #[inline]
    pub(super) fn remove(&mut self, number: usize) {
        if let Some(bits) = self.blocks.get_mut(number / 64) {
            *bits &= !(1 << (number % 64));
        }
    }

    #[inline]
    pub(super) fn contains(&self, number: usize) -> bool {
        self.blocks
            .get(number / 64)
            .is_some_and(|bits| bits & (1 << (number % 64)) != 0)
    }

    /// The first from `from` on, and then from the beginning.
    #[inline]
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let blocks = self.blocks.len();
        let first = if from / 64 < blocks { from / 64 } else { 0 };
        let mut mask = if from / 64 < blocks {
            u64::MAX << (from % 64)
        } else {
            u64::MAX
        };
        for step in 0..=blocks {
            let block = (first + step) % blocks.max(1);
            let bits = self.blocks.get(block)? & mask;
            if bits != 0 {
                return Some(block * 64 + bits.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.blocks
            .iter()
            .all(|bits| *bits == 0)
    }

    pub(super) fn clear(&mut self) {
        self.blocks.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn a_circle_goes_round_from_anywhere_and_finds_the_only_one() {
        let mut bits = Bits::default();
        assert_eq!(
            (bits.next(0), bits.next(99), bits.is_empty()),
            (None, None, true)
        );
        for number in [3, 64, 130] {
            bits.insert(number);
        }
        let found = [0, 3, 4, 65, 131, 191, 192, 999].map(|from| bits.next(from));
        assert_eq!(found, [3, 3, 64, 130, 3, 3, 3, 3].map(Some));
        bits.remove(64);
        bits.remove(3);
        bits.remove(777);
        assert_eq!(bits.next(131), Some(130));
        assert!(bits.contains(130) && !bits.contains(3) && !bits.contains(777));
    }
}
