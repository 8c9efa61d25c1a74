//! What becomes of a flow when a tube fails.

use std::fmt;
use std::ops::ControlFlow;

use crate::error::Error;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube made by `make`; when it fails, `decide` says what becomes of the flow.
///
/// | [`Decision`] | the item that failed | the tube |
/// |---|---|---|
/// | `Skip` | is dropped | goes on as it is |
/// | `Restart` | is dropped | is made anew, with what it held lost |
/// | `Stop` | is dropped | the flow ends with its failure |
///
/// Only failures are decided on; a tube that has enough ends the flow. If the tube fails when it
/// hears the end, there is no item to drop: `Stop` makes that failure the end, anything else leaves
/// the end as it was. One that is made anew behind the end greets, and then hears the end, too. A
/// panic is not a failure, it passes through.
///
/// # Flow control
///
/// Holds what the tube holds. A tube that fails for ever on one input would keep its task for
/// itself: the 1024th failure for one input ends the flow, whatever `decide` says.
///
/// # Errors
///
/// The failure of the tube after which the flow was to stop, with the name of the tube.
///
/// # Examples
///
/// ```
/// use tubes::stages::{self, Decision};
/// use tubes::{Error, Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut bad = Vec::new();
/// let parse = stages::supervise(
///     || stages::try_map(str::parse::<u8>),
///     |error| {
///         bad.push(error.to_string());
///         Decision::Skip
///     },
/// );
/// let some = founts::iter(["1", "x", "3"]).through(parse).flow_to(drains::collect(9)).await?;
/// assert_eq!(some, [1, 3]);
/// assert_eq!(bad, ["invalid digit found in string"]);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
pub fn supervise<M, T, D>(mut make: M, decide: D) -> Supervise<M, T, D>
where
    M: FnMut() -> T,
    D: FnMut(&Error) -> Decision,
{
    Supervise {
        tube: make(),
        make,
        decide,
        failures: 0,
        end: End::Open,
    }
}

/// What becomes of a flow when a tube fails: the answer to [`supervise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The item that failed is dropped, the tube goes on as it is.
    Skip,
    /// The item that failed is dropped, the tube is made anew.
    Restart,
    /// The flow ends with the failure.
    Stop,
}

/// The tube of [`supervise`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Supervise<M, T, D> {
    tube: T,
    make: M,
    decide: D,
    /// Since the last input; `failures < MOST`.
    failures: u32,
    end: End,
}

/// What the tube knows of the end.
enum End {
    /// There is none yet.
    Open,
    /// The tube has heard it.
    Told(Reason),
    /// The tube was made behind it, and hears it once it has greeted.
    Due(Reason),
}

/// So many failures for one input are no accident.
const MOST: u32 = 1024;

impl<M, T, D> Supervise<M, T, D>
where
    M: FnMut() -> T,
    D: FnMut(&Error) -> Decision,
{
    /// Goes on after this end of the tube, unless that is the end of the flow.
    #[cold]
    fn survive(&mut self, reason: Reason) -> Result<(), Reason> {
        let Reason::Failed(error) = reason else {
            return Err(reason);
        };
        self.failures += 1;
        match (self.decide)(&error) {
            Decision::Skip if self.failures < MOST => Ok(()),
            Decision::Restart if self.failures < MOST => {
                self.tube = (self.make)();
                if let End::Told(reason) = &self.end {
                    self.end = End::Due(reason.clone());
                }
                Ok(())
            }
            Decision::Skip | Decision::Restart | Decision::Stop => Err(error.into()),
        }
    }
}

impl<M, T, D> Supervise<M, T, D>
where
    D: FnMut(&Error) -> Decision,
{
    /// The tube hears the end.
    fn tell<In>(&mut self, reason: &Reason) -> Result<(), Reason>
    where
        T: Tube<In>,
    {
        self.end = End::Told(reason.clone());
        match self.tube.stopped(reason) {
            Err(Reason::Failed(error)) if (self.decide)(&error) == Decision::Stop => {
                Err(error.into())
            }
            Err(Reason::Failed(_)) => Ok(()),
            stopped => stopped,
        }
    }
}

impl<In, M, T, D> Tube<In> for Supervise<M, T, D>
where
    M: FnMut() -> T,
    T: Tube<In>,
    D: FnMut(&Error) -> Decision,
{
    type Out = T::Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<T::Out>, Reason> {
        self.failures = 0;
        match self.tube.received(item) {
            Ok(out) => Ok(out),
            Err(reason) => self.survive(reason).map(|()| None),
        }
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<T::Out>, Reason> {
        loop {
            match (self.tube.emit(), &self.end) {
                (Ok(None), End::Due(reason)) => {
                    let reason = reason.clone();
                    self.tell(&reason)?;
                }
                (Ok(out), _) => return Ok(out),
                (Err(reason), _) => self.survive(reason)?,
            }
        }
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<T::Out>,
    {
        let mut items = Seen { items, came: false };
        loop {
            let ran = self.tube.run(items.by_ref(), outputs);
            if std::mem::take(&mut items.came) {
                self.failures = 0;
            }
            match ran {
                Ok(full) => return Ok(full),
                Err(reason) => self.survive(reason)?,
            }
        }
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        self.tell(reason)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        self.tube.kind()
    }
}

/// Items, and whether any has come. Not a closure: see [`map`](super::map()).
struct Seen<I> {
    items: I,
    came: bool,
}

impl<I: Iterator> Iterator for Seen<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let next = self.items.next();
        self.came |= next.is_some();
        next
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<M, T: fmt::Debug, D> fmt::Debug for Supervise<M, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "supervise({:?})", self.tube)
    }
}
