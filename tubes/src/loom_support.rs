//! What the models of `loom` share: how many turns of the tasks are tried, and how one waits.
//!
//! `RUSTFLAGS='--cfg loom' cargo test -p tubes --release --lib loom`

pub(crate) use loom::future::block_on;

/// Tries `model` under every order of its threads, with up to so many preemptions (switches
/// that no thread had asked for): most defects need one or two, and each more costs tenfold.
pub(crate) fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}
