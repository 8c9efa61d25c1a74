//! Both directions to one peer.

use crate::fount::Fount;
use crate::stage::{OnFlow, Stage};

/// A fount and a drain to one peer: what comes from it, and what goes to it.
///
/// The two directions are independent: one may end while the other goes on.
///
/// # Examples
///
/// An echo is a flow onto itself; a stage on a flow stands behind its fount:
///
/// ```
/// use tubes::{Flow, Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let flow = Flow::new(founts::iter([1, 2]), drains::collect(9));
/// let flow = flow.through(stages::map(|n: i32| n + 1));
/// assert_eq!(flow.fount.flow_to(flow.drain).await?, [2, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "nothing flows before its two ends are driven"]
#[expect(
    clippy::exhaustive_structs,
    reason = "a flow is its two ends and nothing else: users take it apart"
)]
pub struct Flow<F, D> {
    /// What comes from the peer.
    pub fount: F,
    /// What goes to the peer.
    pub drain: D,
}

impl<F, D> Flow<F, D> {
    /// Joins two ends to one flow.
    pub fn new(fount: F, drain: D) -> Self {
        Self { fount, drain }
    }

    /// Puts a stage on this flow: one that takes both directions, or one behind the fount.
    #[track_caller]
    pub fn through<S, How>(self, stage: S) -> S::Output
    where
        S: Stage<Self, How>,
    {
        stage.attach(self)
    }
}

/// Every stage for a fount is one for a flow: it stands behind the flow's fount.
#[diagnostic::do_not_recommend]
impl<F: Fount, D, S, How> Stage<Flow<F, D>, OnFlow<How>> for S
where
    S: Stage<F, How>,
{
    type Output = Flow<S::Output, D>;

    #[track_caller]
    fn attach(self, flow: Flow<F, D>) -> Self::Output {
        Flow::new(flow.fount.through(self), flow.drain)
    }
}
