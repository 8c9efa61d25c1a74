//! What can stand behind a fount or a flow, or in front of a drain.

/// Whatever can be put behind a fount or a flow, or in front of a drain.
///
/// | a stage | behind a fount or a flow | in front of a drain |
/// |---|---|---|
/// | a [`Tube`](crate::tube::Tube) | yes | yes |
/// | a function that returns a `Result` | yes | yes |
/// | a [`Pump`](crate::pump::Pump): a stage that may wait | yes | no |
/// | a tuple of up to twelve stages (any of them a tuple) | in a row | in a row, the first one next to the drain |
///
/// `attach` consumes the upstream end and gives the new one. `How` says in which way a type is a
/// stage; the compiler infers it, nobody writes it at a call. It exists so that all of these can
/// be stages at once, here and in other crates: one that is none of these implements
/// `Stage<Upstream, Direct>`.
///
/// # Examples
///
/// A stage that puts two others in a row, under one name:
///
/// ```
/// use tubes::siphon::Pull;
/// use tubes::stage::{Direct, Stage};
/// use tubes::stages::{Filter, Take};
/// use tubes::{Fount, drains, founts};
///
/// struct FirstEven(u64);
///
/// impl<F: Fount<Item = u64>> Stage<F, Direct> for FirstEven {
///     type Output = Pull<Pull<F, Filter<fn(&u64) -> bool>>, Take>;
///     fn attach(self, upstream: F) -> Self::Output {
///         let even: fn(&u64) -> bool = |n| n % 2 == 0;
///         upstream.filter(even).take(self.0)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let even = founts::iter(1..).through(FirstEven(3)).flow_to(drains::collect(10)).await?;
/// assert_eq!(even, [2, 4, 6]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand behind `{Upstream}`",
    label = "not a stage for the items that come here",
    note = "compare the items that come with those that the stage takes (framing wants `Bytes`); is \
            an encoder where the decoder belongs?",
    note = "in front of a drain stand tubes and functions: a stage that may wait (a pump) stands \
            behind a fount only",
    note = "a function is a stage if it is `fn(Item) -> Result<Out, E>`: one that cannot fail goes \
            into `.map(f)`, an async one into `.through(stages::then(f))`, a drain into \
            `.flow_to(drain)`"
)]
pub trait Stage<Upstream, How> {
    /// The new end.
    type Output;

    /// Takes the upstream end and gives the new one. Nothing runs before it is driven.
    ///
    /// Knows the place of its caller, for the names of stages.
    #[track_caller]
    fn attach(self, upstream: Upstream) -> Self::Output;
}

/// A [`Stage`] behind a fount of `Item`s: every stage that fits there is one by itself.
///
/// What [`Fount::through`](crate::fount::Fount::through) asks for, rather than for a `Stage`, so that
/// the compiler names the items of a stage that does not fit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand behind a fount of `{Item}`",
    label = "not a stage for items of type `{Item}`",
    note = "compare with what it takes: a tube `Tube<In>` takes `In`, framing takes `Bytes`; is an \
            encoder where the decoder belongs?",
    note = "what stands on a flow, both directions of it, is put on each flow that comes: \
            `.flow_to(drains::spawn(|flow: TcpFlow| flow.through(stage)..))`",
    note = "a stage that goes by time needs a clock: enable the feature `tokio` of `tubes`, or give \
            it one with `.on(clock)`; a tuple has up to twelve stages: put more into tuples of tuples",
    note = "a function is a stage if it is `fn(Item) -> Result<Out, E>`: one that cannot fail goes \
            into `.map(f)`, an async one into `.through(stages::then(f))`, a drain into \
            `.flow_to(drain)`"
)]
pub trait Fits<Upstream, Item, How, End> {
    /// Takes the upstream end and gives the new one: [`Stage::attach`].
    #[track_caller]
    fn fit(self, upstream: Upstream) -> End;
}

#[diagnostic::do_not_recommend]
impl<Upstream, Item, How, S> Fits<Upstream, Item, How, S::Output> for S
where
    S: Stage<Upstream, How>,
{
    #[inline]
    #[track_caller]
    fn fit(self, upstream: Upstream) -> S::Output {
        self.attach(upstream)
    }
}

/// How a type is a [`Stage`]: by an implementation of its own.
#[derive(Debug)]
pub struct Direct(());

/// How a type is a [`Stage`]: as a tube.
#[derive(Debug)]
pub struct AsTube(());

/// How a type is a [`Stage`]: as a pump.
#[derive(Debug)]
pub struct AsPump(());

/// How a tuple is a [`Stage`]: as its members, in a row.
#[derive(Debug)]
pub struct InSeries<Hows>(std::marker::PhantomData<Hows>);

/// How a type is a [`Stage`]: as a function from an item to a `Result`.
#[derive(Debug)]
pub struct AsFunction<Out, E>(std::marker::PhantomData<(Out, E)>);

/// How a type is a [`Stage`] in front of a drain: as a function from an item to a `Result`.
#[derive(Debug)]
pub struct FunctionInFront<In, Out, E>(std::marker::PhantomData<(In, Out, E)>);

/// How a type is a [`Stage`] of a [`Flow`](crate::flow::Flow): as `How` on the fount's side.
#[derive(Debug)]
pub struct OnFlow<How>(std::marker::PhantomData<How>);

/// How a type is a [`Stage`] in front of a drain: as a tube for items of type `In`.
#[derive(Debug)]
pub struct InFront<In>(std::marker::PhantomData<In>);
