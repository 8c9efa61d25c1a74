//! What the fields of a head say about its message: host, framing, connection, expectation.

use http::{Method, Version};

use crate::http1::host::is_host;
use crate::http1::length::{BodyLength, Framing, Mended};
use crate::http1::state::Persistence;
use crate::kind::Kind;
use crate::strictness::{Deviation, Strictness};

/// What the walk over the fields has seen so far.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) framing: Framing,
    host: Host,
    connection: Connection,
    upgrade: Upgrade,
    expectation: Expectation,
}

/// What the fields said, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) body: BodyLength,
    pub(crate) persistence: Persistence,
    pub(crate) expectation: Expectation,
    pub(crate) upgrade: Upgrade,
}

/// Whether the peer waits for `100 Continue` before it sends the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectation {
    None,
    Continue,
}

/// Whether the peer offers to speak something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrade {
    None,
    Offered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Missing,
    One,
}

/// The options of all `Connection` lines that mean something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Connection {
    wish: Wish,
    upgrade: Upgrade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    None,
    KeepAlive,
    Close,
}

impl Fields {
    pub(crate) fn new() -> Self {
        Self {
            framing: Framing::NONE,
            host: Host::Missing,
            connection: Connection {
                wish: Wish::None,
                upgrade: Upgrade::None,
            },
            upgrade: Upgrade::None,
            expectation: Expectation::None,
        }
    }

    pub(crate) fn host(&mut self, value: &[u8]) -> Result<(), Kind> {
        if self.host == Host::One {
            return Err(Kind::SeveralHosts);
        }
        if !is_host(value) {
            return Err(Kind::InvalidHost);
        }
        self.host = Host::One;
        Ok(())
    }

    pub(crate) fn expect(&mut self, value: &[u8], strictness: Strictness) -> Result<(), Kind> {
        if strictness.accepts(Deviation::OtherExpectations) {
            // RFC 9110 §10.1.1: a recipient may, and need not, say that it meets only this one.
            let met = value
                .split(|&b| b == b',')
                .any(|member| {
                    member
                        .trim_ascii()
                        .eq_ignore_ascii_case(b"100-continue")
                });
            if met {
                self.expectation = Expectation::Continue;
            }
            return Ok(());
        }
        let known = value.eq_ignore_ascii_case(b"100-continue");
        if !known || self.expectation == Expectation::Continue {
            return Err(Kind::BadExpectation);
        }
        self.expectation = Expectation::Continue;
        Ok(())
    }

    pub(crate) fn connection(&mut self, value: &[u8]) {
        // What nearly all say.
        if value == b"keep-alive" && self.connection.wish == Wish::None {
            self.connection.wish = Wish::KeepAlive;
            return;
        }
        for option in value.split(|&b| b == b',') {
            let option = option.trim_ascii();
            if option.eq_ignore_ascii_case(b"close") {
                self.connection.wish = Wish::Close;
            } else if option.eq_ignore_ascii_case(b"upgrade") {
                self.connection.upgrade = Upgrade::Offered;
            // RFC 9112 §9.3: close wins, wherever it stands.
            } else if self.connection.wish == Wish::None
                && option.eq_ignore_ascii_case(b"keep-alive")
            {
                self.connection.wish = Wish::KeepAlive;
            }
        }
    }

    /// RFC 9113 §3.1: the upgrade to h2c is obsolete, and ignored.
    pub(crate) fn upgrade(&mut self, value: &[u8]) {
        let offered = value
            .split(|&b| b == b',')
            .map(<[u8]>::trim_ascii)
            .any(|protocol| !protocol.is_empty() && !protocol.eq_ignore_ascii_case(b"h2c"));
        if offered {
            self.upgrade = Upgrade::Offered;
        }
    }

    /// Concludes for a request.
    pub(crate) fn of_request(
        self,
        method: &Method,
        version: Version,
        strictness: Strictness,
    ) -> Result<Found, Kind> {
        let old = version == Version::HTTP_10;
        // RFC 9112 §3.2: exactly one in HTTP/1.1, even when the target names the host.
        if !old && self.host == Host::Missing {
            return Err(Kind::MissingHost);
        }
        let body = self
            .framing
            .of_request(method, version, strictness)?;
        let persistence = match self.connection.wish {
            Wish::Close => Persistence::Close,
            // RFC 9112 §6.1: whoever reads both otherwise sees another request behind this one.
            _ if self.framing.mended() == Some(Mended::Left) => Persistence::Close,
            // RFC 9112 §9.3: HTTP/1.0 stays only if asked to.
            Wish::None if old => Persistence::Close,
            Wish::None | Wish::KeepAlive => Persistence::Keep,
        };
        // RFC 9110 §7.8: an upgrade is asked in both fields, and not in HTTP/1.0. With a body
        // in between, its start would be a matter of opinion.
        let upgrade = match self.connection.upgrade {
            Upgrade::Offered if !old && body == BodyLength::Empty => self.upgrade,
            Upgrade::Offered | Upgrade::None => Upgrade::None,
        };
        // RFC 9110 §10.1.1: the expectation of an HTTP/1.0 client is ignored.
        let expectation = if old {
            Expectation::None
        } else {
            self.expectation
        };
        Ok(Found {
            body,
            persistence,
            expectation,
            upgrade,
        })
    }
}
