//! Who waits for what on one connection.

use std::task::Waker;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// The next exchange, or the end of this one: the fount of exchanges.
    Exchanges,
    /// A piece of the request's body.
    Reader,
    /// Room for a piece of the reply.
    Writer,
    /// That the peer is gone, while the body of the reply gives nothing.
    Quiet,
}

impl Waiter {
    const ALL: [Self; 4] = [Self::Exchanges, Self::Reader, Self::Writer, Self::Quiet];
}

/// A place for each, and for everybody who waits for the end of the peer.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    exchanges: Place,
    /// There from the first who waits within an exchange until the connection is idle.
    within: Option<Box<Within>>,
    /// How many numbers were given to watchers.
    watches: u64,
}

/// Places of those who wait within an exchange.
#[derive(Debug, Default)]
struct Within {
    reader: Place,
    writer: Place,
    quiet: Place,
    /// As many as there are futures that wait for the end of the peer, each under its number.
    watchers: Vec<(u64, Waker)>,
}

/// Where one waits. Who waits no more leaves his waker, for he mostly comes back.
#[derive(Debug, Default)]
struct Place {
    waker: Option<Waker>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Left,
    Waits,
    /// The same, and the fount knows him.
    Looks,
}

impl Waiters {
    /// His place, if there is one.
    #[inline]
    fn place(&mut self, who: Waiter) -> Option<&mut Place> {
        let within = self.within.as_mut();
        match who {
            Waiter::Exchanges => Some(&mut self.exchanges),
            Waiter::Reader => within.map(|places| &mut places.reader),
            Waiter::Writer => within.map(|places| &mut places.writer),
            Waiter::Quiet => within.map(|places| &mut places.quiet),
        }
    }

    /// His place, which is made if there is none.
    #[inline]
    fn own_place(&mut self, who: Waiter) -> &mut Place {
        match who {
            Waiter::Exchanges => &mut self.exchanges,
            Waiter::Reader => &mut self.within().reader,
            Waiter::Writer => &mut self.within().writer,
            Waiter::Quiet => &mut self.within().quiet,
        }
    }

    fn within(&mut self) -> &mut Within {
        self.within.get_or_insert_default()
    }

    /// The state of one who waits within an exchange, or would.
    #[inline]
    fn state(&self, place: impl FnOnce(&Within) -> &Place) -> State {
        self.within
            .as_ref()
            .map_or(State::Left, |places| place(places).state)
    }

    /// Somebody waits; the waker that was there, if it is another, goes out.
    #[inline]
    pub(crate) fn keep(&mut self, who: Waiter, waker: &Waker) -> Option<Waker> {
        let place = self.own_place(who);
        place.state = State::Waits;
        match &place.waker {
            Some(before) if before.will_wake(waker) => None,
            _ => place.waker.replace(waker.clone()),
        }
    }

    /// Nobody waits for this any more.
    #[inline]
    pub(crate) fn forget(&mut self, who: Waiter) {
        if let Some(place) = self.place(who) {
            place.state = State::Left;
        }
    }

    /// Whoever waits there, to be woken; he waits no more.
    #[inline]
    pub(crate) fn take(&mut self, who: Waiter) -> Option<Waker> {
        let place = self.place(who)?;
        match std::mem::take(&mut place.state) {
            State::Waits | State::Looks => place.waker.take(),
            State::Left => None,
        }
    }

    /// Whether somebody waits for a piece of the body: the fount knows him.
    pub(crate) fn is_reading(&self) -> bool {
        self.state(|places| &places.reader) == State::Waits
    }

    /// Whether somebody waits to reply: the drain knows him only.
    pub(crate) fn is_writing(&self) -> bool {
        self.state(|places| &places.writer) == State::Waits
    }

    /// Who has nothing for the peer, and waits, asks the fount himself.
    pub(crate) fn look(&mut self) {
        self.within().quiet.state = State::Looks;
    }

    /// Who has nothing for the peer and leaves it to who reads to hear of its end.
    pub(crate) fn take_relying(&mut self) -> Option<Waker> {
        match self.state(|places| &places.quiet) {
            State::Waits => self.take(Waiter::Quiet),
            State::Left | State::Looks => None,
        }
    }

    /// Whether the fount is asked for others than who reads.
    #[inline]
    pub(crate) fn is_looking(&self) -> bool {
        self.is_watched() || self.state(|places| &places.quiet) == State::Looks
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.within
            .as_ref()
            .is_some_and(|places| !places.watchers.is_empty())
    }

    /// Keeps a watcher under his number, which he is given the first time; the waker that was
    /// there goes out.
    pub(crate) fn watch(
        &mut self,
        number: &mut Option<u64>,
        waker: &Waker,
    ) -> (u64, Option<Waker>) {
        let number = *number.get_or_insert_with(|| {
            self.watches += 1;
            self.watches
        });
        let watchers = &mut self.within().watchers;
        let before = match watchers
            .iter_mut()
            .find(|(other, _)| *other == number)
        {
            Some((_, before)) if before.will_wake(waker) => None,
            Some((_, before)) => Some(std::mem::replace(before, waker.clone())),
            None => {
                watchers.push((number, waker.clone()));
                None
            }
        };
        (number, before)
    }

    /// The watcher of that number waits no more.
    pub(crate) fn unwatch(&mut self, number: u64) -> Option<Waker> {
        let watchers = &mut self.within.as_mut()?.watchers;
        let at = watchers
            .iter()
            .position(|(other, _)| *other == number)?;
        Some(watchers.swap_remove(at).1)
    }

    /// Everybody who waits, and waits here no more.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let all = Waiter::ALL.map(|who| self.take(who));
        let watchers = self.take_watchers();
        all.into_iter()
            .flatten()
            .chain(watchers)
    }

    /// The wakers that were left by those who do not wait.
    pub(crate) fn take_left(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let left = Waiter::ALL.map(|who| {
            let place = self.place(who)?;
            match place.state {
                State::Left => place.waker.take(),
                State::Waits | State::Looks => None,
            }
        });
        left.into_iter().flatten()
    }

    /// All watchers, who wait no more.
    pub(crate) fn take_watchers(&mut self) -> impl Iterator<Item = Waker> + use<> {
        self.within
            .as_mut()
            .map(|places| std::mem::take(&mut places.watchers))
            .into_iter()
            .flatten()
            .map(|(_, waker)| waker)
    }

    /// The connection is idle: the places within an exchange are given up, unless somebody waits
    /// there. The wakers that were left there go out.
    pub(crate) fn settle(&mut self) -> impl Iterator<Item = Waker> + use<> {
        self.within
            .take_if(|places| places.are_left())
            .into_iter()
            .flat_map(|places| [places.reader, places.writer, places.quiet])
            .filter_map(|place| place.waker)
    }
}

impl Within {
    /// Whether nobody waits.
    fn are_left(&self) -> bool {
        [&self.reader, &self.writer, &self.quiet]
            .iter()
            .all(|place| place.state == State::Left)
            && self.watchers.is_empty()
    }
}
