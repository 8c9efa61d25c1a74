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

    /// Takes inputs out of `items` and puts outputs into `outputs`, for as long as both go on:
    /// the loop of the contract, for a whole run.
    ///
    /// Worth overriding where the run can be handed on as an iterator. `outputs` is ready when
    /// this is called; each `Break` of it has to be passed on. Says `Continue` when there is
    /// neither input nor output left.
    ///
    /// # Errors
    ///
    /// The reason why the flow ends here.
    #[inline]
    fn run<I, O>(&mut self, mut items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        loop {
            while let Some(out) = self.emit()? {
                if let ControlFlow::Break(full) = outputs.put(out) {
                    return Ok(ControlFlow::Break(full));
                }
            }
            let Some(item) = items.next() else {
                return Ok(ControlFlow::Continue(()));
            };
            if let Some(out) = self.received(item)?
                && let ControlFlow::Break(full) = outputs.put(out)
            {
                return Ok(ControlFlow::Break(full));
            }
        }
    }

    /// The kind of this tube, which stands in the errors that arise in it unless the stage has a
    /// name of its own ([`Pull::named`](crate::siphon::Pull::named)): its type, if nothing else
    /// is said.
    #[inline]
    fn kind(&self) -> &'static str {
        type_name::<Self>()
    }

    /// There is no more input, and why. Called once.
    ///
    /// ```
    /// use tubes::{Fount, Reason, Tube, drains, founts};
    ///
    /// /// How often each item came in a row; the last one is known only at the end.
    /// #[derive(Default)]
    /// enum Runs {
    ///     #[default]
    ///     Empty,
    ///     Of(char, usize),
    ///     Last(char, usize),
    /// }
    ///
    /// impl Tube<char> for Runs {
    ///     type Out = (char, usize);
    ///
    ///     fn received(&mut self, item: char) -> Result<Option<(char, usize)>, Reason> {
    ///         match self {
    ///             Runs::Of(now, count) if *now == item => *count += 1,
    ///             _ => {
    ///                 if let Runs::Of(now, count) = std::mem::replace(self, Runs::Of(item, 1)) {
    ///                     return Ok(Some((now, count)));
    ///                 }
    ///             }
    ///         }
    ///         Ok(None)
    ///     }
    ///
    ///     fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
    ///         if let (Runs::Of(now, count), true) = (&*self, reason.is_clean()) {
    ///             *self = Runs::Last(*now, *count);
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     fn emit(&mut self) -> Result<Option<(char, usize)>, Reason> {
    ///         match *self {
    ///             Runs::Last(now, count) => {
    ///                 *self = Runs::Empty;
    ///                 Ok(Some((now, count)))
    ///             }
    ///             Runs::Empty | Runs::Of(..) => Ok(None),
    ///         }
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let runs = founts::iter("aab".chars())
    ///     .through(Runs::default())
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(runs, [('a', 2), ('b', 1)]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
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

/// The name of a type without its path and its parameters.
pub(crate) fn type_name<T: ?Sized>() -> &'static str {
    let whole = std::any::type_name::<T>();
    let bare = whole
        .split_once('<')
        .map_or(whole, |(bare, _)| bare);
    bare.rsplit_once("::")
        .map_or(bare, |(_, name)| name)
}

/// Where a tube puts what it makes of a whole run: see [`Tube::run`].
pub trait Outputs<Out> {
    /// Why there is no room for more for now; a tube passes it on.
    type Full;

    /// Passes an output on; `Break` when there is no room for another one.
    fn put(&mut self, out: Out) -> ControlFlow<Self::Full>;

    /// Passes on all that `items` yields; `Break` when there was no room for all of it. Then
    /// nothing is lost: what was not passed on is still in `items`.
    fn put_all<I: Iterator<Item = Out>>(&mut self, items: I) -> ControlFlow<Self::Full>;

    /// What a tube answers that has itself seen the end of the [`budget`](crate::budget).
    fn spent(&self) -> Self::Full;
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
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        (**self).run(items, outputs)
    }
    #[inline]
    fn kind(&self) -> &'static str {
        (**self).kind()
    }
    #[inline]
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        (**self).stopped(reason)
    }
}
