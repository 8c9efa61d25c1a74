//! Any tube, type erased.

use std::fmt;

use crate::reason::Reason;
use crate::tube::Tube;

/// A tube with its type erased, so that tubes of several types can stand side by side.
///
/// A seam: each item costs a virtual call, and nothing fuses across it.
///
/// # Flow control
///
/// That of the tube.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let views = vec![
///     fan::boxed_tube(stages::map(|n: i32| n + 1)),
///     fan::boxed_tube(stages::filter(|n: &i32| n % 2 == 0)),
///     fan::boxed_tube(stages::flat_map(|n: i32| [n * 10, n * 100])),
/// ];
/// let all = founts::iter([1, 2]).through(fan::thru(views)).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [2, 10, 100, 3, 2, 20, 200]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn boxed_tube<'a, In, T>(tube: T) -> BoxTube<'a, In, T::Out>
where
    T: Tube<In> + Send + 'a,
{
    BoxTube {
        tube: Box::new(tube),
    }
}

/// The tube of [`boxed_tube`].
#[must_use = "a stage does nothing before it is attached"]
pub struct BoxTube<'a, In, Out> {
    tube: Box<dyn Erased<In, Out> + Send + 'a>,
}

/// What of a tube can be called without knowing its type.
trait Erased<In, Out> {
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason>;
    fn emit(&mut self) -> Result<Option<Out>, Reason>;
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason>;
    fn kind(&self) -> &'static str;
}

impl<In, T: Tube<In>> Erased<In, T::Out> for T {
    fn received(&mut self, item: In) -> Result<Option<T::Out>, Reason> {
        Tube::received(self, item)
    }
    fn emit(&mut self) -> Result<Option<T::Out>, Reason> {
        Tube::emit(self)
    }
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        Tube::stopped(self, reason)
    }
    fn kind(&self) -> &'static str {
        Tube::kind(self)
    }
}

impl<In, Out> Tube<In> for BoxTube<'_, In, Out> {
    type Out = Out;

    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        self.tube.received(item)
    }
    fn emit(&mut self) -> Result<Option<Out>, Reason> {
        self.tube.emit()
    }
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        self.tube.stopped(reason)
    }
    fn kind(&self) -> &'static str {
        self.tube.kind()
    }
}

impl<In, Out> fmt::Debug for BoxTube<'_, In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tube.kind())
    }
}
