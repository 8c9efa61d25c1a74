//! What the tests of readers and writers need.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::task::{Context, Waker};

use support::chance::Chance;
use support::fake_io::Manners;

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(super) fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Bytes no two neighbourhoods of which are alike.
pub(super) fn content(chance: &mut Chance, len: usize) -> Vec<u8> {
    let mut word = chance.below(usize::MAX);
    let bytes = std::iter::repeat_with(|| {
        word = word
            .wrapping_mul(0x5851_F42D)
            .wrapping_add(1);
        word.to_le_bytes()[2]
    });
    bytes.take(len).collect()
}

pub(super) fn awkward(chance: &mut Chance) -> Manners {
    let most = [1, 7, 1000, 100_000, usize::MAX];
    Manners {
        most: most[chance.below(most.len())],
        vectored: chance.once_in(2),
        awkward: Some((2 + chance.below(6), chance.clone())),
        fails: None,
    }
}
