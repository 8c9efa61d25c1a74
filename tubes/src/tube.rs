//! The stage that never waits: input in, output out.

use std::ops::ControlFlow;

use crate::reason::Reason;

/// Turns input into output. Never waits, does no I/O, reads no clock, and takes no part in flow
/// control: what drives it asks for an output only when downstream has room for one.
///
/// A tube that makes one output of one input (or none) implements [`received`](Self::received)
/// alone. One that makes many keeps its input and hands the outputs over one by one from
/// [`emit`](Self::emit): so a thousand outputs of one input wait *unmade*, and a pause takes
/// effect between two of them. A function from an input to a `Result` stands as a stage by itself.
///
/// # The contract, as the loop that drives a tube
///
/// ```text
/// greeting:  while let Some(out) = tube.emit()? { deliver(out) }        // each time: downstream ready
/// flowing:   for input in upstream {
///                if let Some(out) = tube.received(input)? { deliver(out) }
///                while let Some(out) = tube.emit()? { deliver(out) }
///            }
/// farewell:  tube.stopped(&reason)?;
///            while let Some(out) = tube.emit()? { deliver(out) }
/// then downstream hears the reason
/// ```
///
/// # Stopping
///
/// `Err(reason)` from any method ends the flow: upstream is stopped with that reason, downstream
/// hears it behind what was delivered. `Err(Reason::Enough)` is the quiet way: "I need no more".
/// When downstream wants no more, [`stopped`](Self::stopped) is called and nothing is emitted.
///
/// # Examples
///
/// A tube with a memory: the differences between neighbours.
///
/// ```
/// use tubes::{Fount, Reason, Tube, drains, founts};
///
/// struct Differences(Option<i64>);
///
/// impl Tube<i64> for Differences {
///     type Out = i64;
///     fn received(&mut self, item: i64) -> Result<Option<i64>, Reason> {
///         Ok(self.0.replace(item).map(|before| item - before))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let steps = founts::iter([1, 4, 9, 16])
///     .through(Differences(None))
///     .flow_to(drains::collect(10))
///     .await?;
/// assert_eq!(steps, [3, 5, 7]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tube for items of type `{In}`",
    label = "does not take `{In}`",
    note = "a tube takes what the stage before it gives: compare the item types on both sides"
)]
pub trait Tube<In> {
    /// What comes out.
    type Out;

    /// Takes an input, and gives the first output of it if there is one.
    ///
    /// Called only when [`emit`](Self::emit) has said `None` and downstream has room for one
    /// output.
    ///
    /// # Errors
    ///
    /// The reason why the flow ends here.
    fn received(&mut self, item: In) -> Result<Option<Self::Out>, Reason>;

    /// The next output, or `None`: "I need more input".
    ///
    /// Called only when downstream has room for it: before the first input (a greeting), after
    /// each input, and after [`stopped`](Self::stopped) (a farewell), until it says `None`. May
    /// be asked again before more input comes, and says `None` again.
    ///
    /// # Errors
    ///
    /// The reason why the flow ends here.
    #[inline]
    fn emit(&mut self) -> Result<Option<Self::Out>, Reason> {
        Ok(None)
    }

    /// Hands up to `limit` outputs to `take`, for as long as that continues.
    ///
    /// What `Iterator::try_for_each` is to `Iterator::next`: worth overriding when the outputs
    /// come from a loop. Says `Continue` when the tube needs more input, `Break` when outputs
    /// may still wait.
    ///
    /// # Errors
    ///
    /// The reason why the flow ends here.
    #[inline]
    fn emit_into<F>(&mut self, limit: usize, mut take: F) -> Result<ControlFlow<()>, Reason>
    where
        F: FnMut(Self::Out) -> ControlFlow<()>,
    {
        for _ in 0..limit {
            let Some(out) = self.emit()? else {
                return Ok(ControlFlow::Continue(()));
            };
            if take(out).is_break() {
                break;
            }
        }
        Ok(ControlFlow::Break(()))
    }

    /// There is no more input, and why. Called once.
    ///
    /// What the tube still holds may follow from [`emit`](Self::emit); after a failure, leave
    /// out what would look complete and is not.
    ///
    /// # Errors
    ///
    /// A failure here turns a clean end into this failure.
    #[inline]
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        let _ = reason;
        Ok(())
    }
}

impl<In, T: Tube<In>> Tube<In> for &mut T {
    type Out = T::Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Self::Out>, Reason> {
        (**self).received(item)
    }
    #[inline]
    fn emit(&mut self) -> Result<Option<Self::Out>, Reason> {
        (**self).emit()
    }
    #[inline]
    fn emit_into<F>(&mut self, limit: usize, take: F) -> Result<ControlFlow<()>, Reason>
    where
        F: FnMut(Self::Out) -> ControlFlow<()>,
    {
        (**self).emit_into(limit, take)
    }
    #[inline]
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        (**self).stopped(reason)
    }
}
