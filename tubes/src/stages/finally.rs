//! What is done at the end, however it comes.

use std::fmt;
use std::ops::ControlFlow;

use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes everything on and calls `last` once, however the flow ends.
///
/// | how the flow ends here | `last` hears |
/// |---|---|
/// | upstream has ended, or failed | its reason, behind the data |
/// | downstream wants no more, or failed | its reason |
/// | dropped before its end, or never attached | [`Kind::Abandoned`] |
/// | dropped because something panicked | [`Kind::Panicked`] |
///
/// It hears what passes by in this place: put it last if a failure of every stage is to be heard.
/// What the drain makes of the end comes after it.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Panics
///
/// If `last` panics while something else does, the program aborts.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Reason, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut how = String::new();
/// founts::iter(1..)
///     .through(stages::finally(|reason: &Reason| how = format!("{reason:?}")))
///     .take(3)
///     .flow_to(drains::null())
///     .await?;
/// assert_eq!(how, "Enough");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn finally<F>(last: F) -> Finally<F>
where
    F: FnOnce(&Reason),
{
    Finally {
        life: Life::Due(last),
        in_a_run: false,
    }
}

/// The tube of [`finally`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Finally<F: FnOnce(&Reason)> {
    life: Life<F>,
    /// Set while others work: dropped like that, one of them has panicked.
    in_a_run: bool,
}

enum Life<F> {
    Due(F),
    Done,
}

impl<F: FnOnce(&Reason)> Finally<F> {
    fn end(&mut self, reason: &Reason) {
        match std::mem::replace(&mut self.life, Life::Done) {
            Life::Due(last) => last(reason),
            Life::Done => {}
        }
    }
}

impl<F: FnOnce(&Reason), In> Tube<In> for Finally<F> {
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        Ok(Some(item))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        self.in_a_run = true;
        let put = outputs.put_all(items);
        self.in_a_run = false;
        Ok(put)
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        self.end(reason);
        Ok(())
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "finally"
    }
}

impl<F: FnOnce(&Reason)> Drop for Finally<F> {
    fn drop(&mut self) {
        let kind = if self.in_a_run || std::thread::panicking() {
            Kind::Panicked
        } else {
            Kind::Abandoned
        };
        if let Life::Due(_) = self.life {
            self.end(&Error::new(kind).into());
        }
    }
}

impl<F: FnOnce(&Reason)> fmt::Debug for Finally<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.life {
            Life::Due(_) => "finally",
            Life::Done => "finally(done)",
        })
    }
}
