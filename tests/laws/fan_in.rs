//! Many founts as one, against the laws.

use std::num::NonZeroUsize;

use tubes::testing::laws;
use tubes::{Error, Fount, Kind, Reason, fan, founts};

use super::kit::{INPUT, input};

fn at_most(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

#[test]
fn merge_keeps_the_laws_of_a_fount() {
    // The same items from everybody, so that their order is known.
    let some = |count| founts::iter(std::iter::repeat_n(7, count));
    laws::fount(
        || fan::merge(Vec::<founts::Iter<std::vec::IntoIter<u32>>>::new()),
        vec![],
    )
    .check();
    laws::fount(|| fan::merge([founts::iter(INPUT)]), input()).check();
    laws::fount(|| fan::merge([some(2), some(0), some(5)]), vec![7; 7]).check();
    laws::fount(
        || fan::merge([some(2), some(3)]).weighted([9, 0]),
        vec![7; 5],
    )
    .check();
    laws::fount(
        || fan::merge([some(2).boxed(), founts::pending().boxed()]).eager(),
        vec![7; 2],
    )
    .check();
    let failing = || {
        let failed = founts::iter([7, 0]).through(|n: u32| (n > 0).then_some(n).ok_or("zero"));
        fan::merge([failed.boxed(), some(3).boxed()]).failing_last()
    };
    laws::fount(failing, vec![7; 4])
        .ending(Error::user("zero").at("try_map"))
        .check();
}

#[test]
fn a_source_that_is_merged_keeps_the_laws() {
    laws::stage(|f| fan::merge2(f, founts::empty()), input(), input()).check();
    laws::stage(|f| fan::merge([f]).weighted([3]), input(), input()).check();
}

#[test]
fn merges_of_endless_founts_are_fair() {
    laws::fair(fan::merge([founts::iter(0..), founts::iter(0..)]));
    laws::fair(fan::merge([
        founts::iter(0..).boxed(),
        founts::iter(0..).boxed(),
    ]));
    laws::fair(fan::merge2(founts::iter(0..), founts::pending()));
    laws::fair(fan::merge([founts::iter(0..), founts::iter(0..)]).boxed());
    laws::fair(
        founts::iter(0_u64..)
            .map(|n| founts::iter(0..n % 3))
            .through(fan::flatten_merge(at_most(4))),
    );
    laws::fair(
        founts::iter(0_u64..)
            .map(|_| founts::empty::<u64>())
            .through(fan::flatten_merge(at_most(4))),
    );
}

#[test]
fn flatten_merge_keeps_the_laws_and_holds_so_many_founts() {
    let expected: Vec<u32> = INPUT
        .into_iter()
        .flat_map(|n| 0..n)
        .collect();
    laws::stage(
        |f| {
            f.map(|n| founts::iter(0..n))
                .through(fan::flatten_merge(at_most(1)))
        },
        input(),
        expected,
    )
    .holding(1)
    .check();
    laws::stage(
        |f| {
            f.map(|n| founts::iter(std::iter::repeat_n(7, n)))
                .through(fan::flatten_merge(at_most(3)))
        },
        vec![2_usize; 7],
        vec![7; 14],
    )
    .holding(3)
    .check();
}

#[test]
fn a_set_keeps_the_laws_of_a_fount() {
    let make = || {
        let (handle, set) = fan::merge_set(at_most(3));
        for count in [2, 0, 3] {
            let some = founts::iter(std::iter::repeat_n(7, count));
            handle.add(some).unwrap();
        }
        (handle, set)
    };
    let finished = || {
        let (handle, set) = make();
        handle.finish();
        set
    };
    laws::fount(finished, vec![7; 5]).check();
    let abandoned = || make().1;
    laws::fount(abandoned, vec![7; 5])
        .ending(Reason::abandoned())
        .check();
    let failed = || {
        let (handle, set) = make();
        handle.clone().fail(Kind::Timeout);
        handle.finish();
        set
    };
    laws::fount(failed, vec![7; 5])
        .ending(Error::new(Kind::Timeout))
        .check();
}

#[test]
fn founts_in_a_row_keep_the_laws() {
    let parts = || {
        [
            founts::iter(vec![3, 0]),
            founts::iter(vec![]),
            founts::iter(vec![4, 1, 5]),
        ]
    };
    laws::fount(|| fan::concat(parts()), vec![3, 0, 4, 1, 5]).check();
    laws::fount(|| fan::interleave(parts(), at_most(1)), vec![3, 4, 0, 1, 5]).check();
    laws::fount(|| fan::interleave(parts(), at_most(2)), vec![3, 0, 4, 1, 5]).check();
    let sorted = || {
        [
            founts::iter(vec![0, 3]),
            founts::iter(vec![]),
            founts::iter(vec![1, 4, 5]),
        ]
    };
    laws::fount(|| fan::merge_sorted(sorted()), vec![0, 1, 3, 4, 5]).check();
    laws::fount(
        || fan::zip(founts::iter(INPUT), founts::iter(0..3)).map(|(n, _)| n),
        INPUT[..3].to_vec(),
    )
    .check();
    laws::fair(fan::concat([founts::iter(0..)]));
    laws::fair(fan::interleave(
        [founts::iter(0..), founts::iter(0..)],
        at_most(3),
    ));
    laws::fair(fan::merge_sorted([founts::iter(0..), founts::iter(0..)]));
    laws::fair(fan::zip(founts::iter(0..), founts::iter(0..)));
}

#[test]
fn a_source_in_a_row_keeps_the_laws() {
    let mut longer = input();
    longer.extend([7, 8]);
    laws::stage(
        |f| f.through(fan::concat_with(founts::iter([7, 8]))),
        input(),
        longer,
    )
    .check();
    laws::stage(
        |f| f.through(fan::concat_with(founts::empty())),
        input(),
        input(),
    )
    .check();
    laws::stage(|f| fan::concat([f]), input(), input()).check();
    laws::stage(|f| fan::interleave([f], at_most(2)), input(), input()).check();
    laws::stage(
        |f| fan::zip(f, founts::iter(0..)).map(|(n, _)| n),
        input(),
        input(),
    )
    .holding(1)
    .check();
    laws::stage(
        |f| fan::zip(founts::iter(0..), f).map(|(_, n)| n),
        input(),
        input(),
    )
    .holding(1)
    .check();
    laws::stage(|f| fan::merge_sorted([f]), vec![1, 2, 4], vec![1, 2, 4])
        .holding(1)
        .check();
}
