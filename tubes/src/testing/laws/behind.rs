//! The laws of a stage in front of a drain, and of a tube on either side.

use std::fmt::Debug;

use super::pipe;
use super::stage;
use super::suite::Suite;
use crate::drain::Drain;
use crate::fount::Fount;
use crate::testing::fake_drain::FakeDrain;
use crate::testing::fake_fount::FakeFount;
use crate::tube::Tube;

/// Checks a stage in front of a drain: `make` puts it in front of the drain that it is given.
///
/// All that [`pipe`](super::pipe) checks.
///
/// # Examples
///
/// ```
/// use tubes::testing::laws;
/// use tubes::{Drain, stages};
///
/// let double = || stages::map(|n: i32| n * 2);
/// laws::behind(|drain| drain.behind(double()), vec![1, 2, 3], vec![2, 4, 6]).check();
/// ```
pub fn behind<In, Out, M, D>(make: M, input: Vec<In>, expected: Vec<Out>) -> Suite<In, Out, M>
where
    M: FnMut(FakeDrain<Out>) -> D,
    D: Drain<In> + 'static,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    Suite::new(make, input, expected, |mut make, plan| {
        pipe::check(
            &mut |source, drain| {
                let flow = source.flow_to(make(drain));
                Box::pin(async { flow.await.map(drop) })
            },
            plan,
        );
    })
}

/// Checks a tube, as a [`stage`](super::stage) and [`behind`](super::behind) which a drain stands.
///
/// # Examples
///
/// ```
/// use tubes::testing::laws;
/// use tubes::{Reason, Tube};
///
/// struct Pairs(Option<u8>);
///
/// impl Tube<u8> for Pairs {
///     type Out = (u8, u8);
///     fn received(&mut self, item: u8) -> Result<Option<(u8, u8)>, Reason> {
///         match self.0.take() {
///             Some(first) => Ok(Some((first, item))),
///             None => {
///                 self.0 = Some(item);
///                 Ok(None)
///             }
///         }
///     }
/// }
///
/// laws::tube(|| Pairs(None), vec![1, 2, 3, 4], vec![(1, 2), (3, 4)]).holding(1).check();
/// ```
pub fn tube<In, Out, M, T>(make: M, input: Vec<In>, expected: Vec<Out>) -> Suite<In, Out, M>
where
    M: FnMut() -> T,
    T: Tube<In, Out = Out> + 'static,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    Suite::new(make, input, expected, |mut make, plan| {
        stage::check(&mut |source: FakeFount<In>| source.through(make()), plan);
        pipe::check(
            &mut |source, drain| {
                let flow = source.flow_to(drain.behind(make()));
                Box::pin(async { flow.await.map(drop) })
            },
            plan,
        );
    })
}
