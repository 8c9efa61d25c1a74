//! A tube with a greeting and a farewell that fails where it is told to.

use std::sync::{Arc, Mutex};

use tubes::{Error, Reason, Tube};

/// Greets with two words, says each input twice, says farewell; fails where it is told to.
///
/// Holds who drives it to the contract of a tube.
#[derive(Debug)]
pub struct Speaker {
    fails: Fails,
    words: Vec<&'static str>,
    heard: Arc<Mutex<Vec<String>>>,
    stage: Stage,
}

/// Where a [`Speaker`] fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// Not at all.
    Never,
    /// In the middle of its greeting.
    Greeting,
    /// When it is given a `b`.
    Received,
    /// Between the two outputs of a `b`.
    Emit,
    /// When it hears of the end.
    Stopped,
    /// In the middle of its farewell.
    Farewell,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Talking,
    Dry,
    Leaving,
    Gone,
}

impl Speaker {
    /// A speaker, and what it has heard.
    #[must_use]
    pub fn new(fails: Fails) -> (Self, Arc<Mutex<Vec<String>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let speaker = Self {
            fails,
            words: vec!["there", "hello"],
            heard: Arc::clone(&heard),
            stage: Stage::Talking,
        };
        (speaker, heard)
    }

    fn note(&self, what: impl Into<String>) {
        self.heard
            .lock()
            .expect("nobody panics with it")
            .push(what.into());
    }

    fn fail<T>(&mut self, place: &'static str) -> Result<T, Reason> {
        self.stage = Stage::Gone;
        Err(failure(place))
    }
}

impl Tube<&'static str> for Speaker {
    type Out = &'static str;

    fn received(&mut self, item: &'static str) -> Result<Option<&'static str>, Reason> {
        assert_eq!(self.stage, Stage::Dry, "input before the outputs were out");
        self.note(item);
        if self.fails == Fails::Received && item == "b" {
            return self.fail("received");
        }
        self.words = vec![item];
        self.stage = Stage::Talking;
        Ok(Some(item))
    }

    fn emit(&mut self) -> Result<Option<&'static str>, Reason> {
        assert_ne!(self.stage, Stage::Gone, "asked after the end");
        let fails = match self.words.last() {
            Some(&"there") => Fails::Greeting,
            Some(&"b") => Fails::Emit,
            Some(&"bye") => Fails::Farewell,
            _ => Fails::Never,
        };
        if fails != Fails::Never && fails == self.fails {
            return self.fail("emit");
        }
        let word = self.words.pop();
        if word.is_none() && self.stage == Stage::Talking {
            self.stage = Stage::Dry;
        }
        Ok(word)
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        assert!(
            self.stage != Stage::Leaving && self.stage != Stage::Gone,
            "stopped again"
        );
        self.note(format!("stopped {}", name(reason)));
        if self.fails == Fails::Stopped {
            return self.fail("stopped");
        }
        self.stage = Stage::Leaving;
        self.words = vec!["bye", "good"];
        Ok(())
    }
}

/// A failure with a place in its message.
#[must_use]
pub fn failure(place: &'static str) -> Reason {
    Error::user(format!("{place} failed")).into()
}

/// A reason in a word, a failure by its message.
#[must_use]
pub fn name(reason: &Reason) -> String {
    match reason {
        Reason::Finished => "finished".to_owned(),
        Reason::Enough => "enough".to_owned(),
        Reason::Failed(error) => error.to_string(),
    }
}

/// The reasons in words.
#[must_use]
pub fn names(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(name).collect()
}
