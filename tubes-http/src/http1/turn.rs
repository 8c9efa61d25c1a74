//! What a connection is about, and how far it is with it: see the picture in `link.rs`.

use tubes::Reason;

/// What the connection is about.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The head of a request is awaited.
    Between(Awaited),
    /// An exchange has been handed out.
    Serving { body: Held, reply: Held },
    /// The rest of a body that nobody reads is thrown away.
    Discarding,
    /// Last bytes go out, last bytes come in.
    Closing(Closing),
    /// Nothing more will happen.
    Over(Reason),
}

/// What is awaited between two exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The first byte of all.
    First,
    /// The first byte of another request.
    Anything,
    /// The same, for a while already: nothing is kept for it any more.
    Settled,
    /// The rest of a head.
    Rest,
}

/// Whether somebody outside holds a half of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Out,
    LetGo,
}

/// Who pulls exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulls {
    /// A driver, which comes back while the exchange is served.
    Driver,
    /// Somebody who may not look at the connection again before he has done with the exchange.
    Hand,
}

/// A half of an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    Body,
    Reply,
}

/// How far the end of the connection has come (RFC 9112 §9.6).
#[derive(Debug)]
pub(crate) enum Closing {
    /// What is written goes out.
    Write(Reason),
    /// Our direction is closed.
    Stop(Reason),
    /// What the peer still sends is read and thrown away, so that it reads our last answer.
    Linger { left: u64 },
    /// It has sent too much for that; nothing is read, so that it waits and looks for our answer.
    Rest,
}
