//! Coroutines against the laws: passing on, greeting and saying farewell, napping, ending early.

use std::future::{Future, poll_fn};
use std::task::Poll;

use tubes::stages::{self, Inlet, Outlet};
use tubes::testing::laws;
use tubes::{Error, Fount, Reason, founts};

use super::kit::{INPUT, input};

/// Is pending so many times, and has woken itself before.
fn nap(times: u32) -> impl Future<Output = ()> {
    let mut left = times;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

async fn pass(inlet: Inlet<u32>, outlet: Outlet<u32>) {
    while let Ok(Some(n)) = inlet.next().await {
        if outlet.send(n).await.is_err() {
            break;
        }
    }
}

/// Greets, gives each item as often as it says, naps in between, and says farewell.
async fn talk(inlet: Inlet<u32>, outlet: Outlet<u32>) -> Result<(), Reason> {
    outlet.send(100).await?;
    nap(1).await;
    outlet.send(101).await?;
    while let Some(n) = inlet.next().await? {
        nap(n % 3).await;
        for _ in 0..n % 4 {
            outlet.send(n).await?;
        }
    }
    nap(2).await;
    outlet.send(200).await?;
    outlet.send(201).await
}

fn talked(items: &[u32]) -> Vec<u32> {
    let echoes = items
        .iter()
        .flat_map(|n| (0..n % 4).map(|_| *n));
    let greeting = [100, 101].into_iter();
    greeting
        .chain(echoes)
        .chain([200, 201])
        .collect()
}

#[test]
fn a_coroutine_that_passes_items_on_keeps_the_laws_and_holds_nothing() {
    laws::stage(|f| f.through(stages::coroutine(pass)), input(), input())
        .seeds(0..40)
        .check();
}

#[test]
fn a_coroutine_that_greets_naps_and_says_farewell_keeps_the_laws() {
    for length in [0, 1, 7] {
        let input = INPUT[..length].to_vec();
        let expected = talked(&input);
        laws::stage(|f| f.through(stages::coroutine(talk)), input, expected)
            .holding(1)
            .seeds(0..40)
            .check();
    }
}

#[test]
fn coroutines_in_a_row_keep_the_laws() {
    laws::stage(
        |f| {
            f.through(stages::coroutine(pass))
                .filter(|_| true)
                .through(stages::coroutine(talk))
                .through(stages::coroutine(pass))
        },
        input(),
        talked(&INPUT),
    )
    .holding(1)
    .seeds(0..40)
    .check();
}

#[test]
fn a_coroutine_that_returns_early_keeps_the_laws() {
    let failure = Error::user("too much");
    let ends = [
        (Reason::Enough, Reason::Enough),
        (Reason::Finished, Reason::Finished),
        (failure.clone().into(), failure.at("coroutine").into()),
    ];
    for count in [0, 3] {
        for (said, heard) in ends.clone() {
            let attach = move |f: founts::BoxFount<'static, u32>| {
                let said = said.clone();
                f.through(stages::coroutine(
                    async move |inlet: Inlet<u32>, outlet: Outlet<u32>| {
                        for _ in 0..count {
                            outlet
                                .send(inlet.next_or_reason().await?)
                                .await?;
                        }
                        Err::<(), _>(said)
                    },
                ))
            };
            laws::stage(move |f| attach(f.boxed()), input(), INPUT[..count].to_vec())
                .ending(heard)
                .holding(1)
                .seeds(0..24)
                .check();
        }
    }
}

#[test]
fn coroutines_that_never_wait_leave_others_their_turn() {
    laws::fair(founts::iter(0..).through(stages::coroutine(pass)));
    let many = stages::coroutine(async |_: Inlet<()>, outlet: Outlet<u64>| {
        for n in 0.. {
            outlet.send(n).await?;
        }
        Ok::<_, Reason>(())
    });
    laws::fair(founts::pending().through(many));
    let few = stages::coroutine(async |inlet: Inlet<u64>, outlet: Outlet<u64>| {
        loop {
            let n = inlet.next_or_reason().await?;
            if n % 1000 == 0 {
                outlet.send(n).await?;
            }
        }
        #[expect(unreachable_code, reason = "says the type")]
        Ok::<_, Reason>(())
    });
    laws::fair(founts::iter(0..).through(few));
}
