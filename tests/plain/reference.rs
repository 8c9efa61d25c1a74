//! Each plain stage beside what iterators and vectors give, on random inputs and schedules.

use std::fmt::Debug;

use proptest::prelude::{ProptestConfig, any};
use tubes::testing::laws;
use tubes::{Error, Kind, Reason, Tube, bound, stages};

/// What goes in, a number that the stage goes by, and a seed.
type Case = (Vec<u32>, usize, u32);

fn for_any(check: impl Fn(Case)) {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(16)
    };
    let input = proptest::collection::vec(0..6_u32, 0..10);
    let case = (input, 0..7_usize, any::<u32>());
    proptest::proptest!(config, |(case in case)| check(case));
}

/// The tube gives what the reference gave, however it is driven.
fn agrees<T, Out>(
    make: impl FnMut() -> T,
    (input, _, seed): &Case,
    expected: Vec<Out>,
    ending: Option<Reason>,
    held: usize,
) where
    T: Tube<u32, Out = Out> + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    let seed = u64::from(*seed);
    let suite = laws::tube(make, input.clone(), expected)
        .holding(held)
        .seeds(seed..seed + 1);
    match ending {
        Some(reason) => suite.ending(reason).check(),
        None => suite.check(),
    }
}

#[test]
fn scans_give_what_iterators_give() {
    for_any(|case| {
        let mut sum = 0;
        let sums = case.0.iter().map(|n| {
            sum += n;
            sum
        });
        let sums: Vec<u32> = sums.collect();
        let add = |sum: &mut u32, n: u32| {
            *sum += n;
            *sum
        };
        agrees(|| stages::scan(0, add), &case, sums.clone(), None, 0);

        let most = u32::try_from(case.1).unwrap() * 4;
        let below = move |sum: &mut u32, n| Some(add(sum, n)).filter(|sum| *sum < most);
        let expected: Vec<u32> = case
            .0
            .iter()
            .copied()
            .scan(0, below)
            .collect();
        let ending = (expected.len() < sums.len()).then_some(Reason::Enough);
        agrees(|| stages::scan_while(0, below), &case, expected, ending, 0);
    });
}

#[test]
fn takes_give_what_iterators_give() {
    for_any(|case| {
        let most = u32::try_from(case.1).unwrap();
        let items = || case.0.iter().copied();
        let expected: Vec<u32> = items()
            .take_while(|n| *n < most)
            .collect();
        let ending = (expected.len() < case.0.len()).then_some(Reason::Enough);
        agrees(
            || stages::take_while(move |n: &u32| *n < most),
            &case,
            expected,
            ending,
            0,
        );

        let mapped: Vec<u32> = items()
            .map_while(|n| most.checked_sub(n))
            .collect();
        let ending = (mapped.len() < case.0.len()).then_some(Reason::Enough);
        agrees(
            || stages::map_while(move |n| most.checked_sub(n)),
            &case,
            mapped,
            ending,
            0,
        );

        let position = items().position(|n| n == most);
        let expected = match position {
            Some(last) => case.0[..=last].to_vec(),
            None => case.0.clone(),
        };
        agrees(
            || stages::stop_when(move |n: &u32| *n == most),
            &case,
            expected,
            position.map(|_| Reason::Enough),
            0,
        );
    });
}

#[test]
fn skips_and_numbers_give_what_iterators_give() {
    for_any(|case| {
        let count = u64::try_from(case.1).unwrap();
        let items = || case.0.iter().copied();
        let expected = items().skip(case.1).collect();
        agrees(|| stages::skip(count), &case, expected, None, 0);

        let most = u32::try_from(case.1).unwrap();
        let is_before = move |n: &u32| *n < most;
        let expected = items().skip_while(is_before).collect();
        agrees(|| stages::skip_while(is_before), &case, expected, None, 0);

        let expected = (0..).zip(items()).collect();
        agrees(stages::enumerate, &case, expected, None, 0);
    });
}

#[test]
fn flatten_gives_what_vectors_give() {
    for_any(|(input, _, seed)| {
        let vectors: Vec<Vec<u32>> = input
            .iter()
            .map(|n| (0..*n).collect())
            .collect();
        let expected = vectors.concat();
        let seed = u64::from(seed);
        laws::tube(stages::flatten, vectors, expected)
            .holding(1)
            .seeds(seed..seed + 1)
            .check();
    });
}

#[test]
fn chunks_and_windows_give_what_slices_give() {
    for_any(|case| {
        let size = bound(case.1 + 1);
        let chunks = case
            .0
            .chunks(size.get())
            .map(<[u32]>::to_vec);
        agrees(
            || stages::chunks(size),
            &case,
            chunks.collect(),
            None,
            case.1,
        );
        let windows = case
            .0
            .windows(size.get())
            .map(<[u32]>::to_vec);
        agrees(|| stages::sliding(size), &case, windows.collect(), None, 0);
    });
}

#[test]
fn dedups_give_what_vectors_give() {
    for_any(|case| {
        let mut expected = case.0.clone();
        expected.dedup();
        agrees(stages::dedup, &case, expected, None, 0);

        let parts = u32::try_from(case.1).unwrap() + 1;
        let mut expected = case.0.clone();
        expected.dedup_by_key(|n| *n % parts);
        agrees(
            || stages::dedup_by_key(move |n: &u32| n % parts),
            &case,
            expected,
            None,
            0,
        );
    });
}

#[test]
fn limits_give_what_fits_and_fail_if_there_is_more() {
    for_any(|case| {
        let too_long = |limit, stage: &'static str| {
            let kind = Kind::Limit {
                what: "flow",
                limit,
            };
            Reason::Failed(Error::new(kind).at(stage))
        };
        let count = case.1;
        let expected: Vec<u32> = case
            .0
            .iter()
            .copied()
            .take(count)
            .collect();
        let ending = (case.0.len() > count).then(|| too_long(count, "limit"));
        agrees(|| stages::limit(count), &case, expected, ending, 0);

        let weight = |n: &u32| usize::try_from(*n).unwrap();
        let max = 3 * count;
        let mut left = max;
        let fits = case.0.iter().take_while(|n| {
            let rest = left.checked_sub(weight(n));
            left = rest.unwrap_or(left);
            rest.is_some()
        });
        let expected: Vec<u32> = fits.copied().collect();
        let ending = (case.0.len() > expected.len()).then(|| too_long(max, "limit_weight"));
        agrees(
            || stages::limit_weight(max, weight),
            &case,
            expected,
            ending,
            0,
        );
    });
}
