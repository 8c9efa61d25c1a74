//! Where an error of HTTP comes from: another connection than that of its peer, perhaps.

/// Who has raised an error of HTTP, and so for whom it means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Whoever made it: its status is what it says.
    Application,
    /// Whoever collected a body: it is the peer's whose request has that body.
    Collector,
    /// A connection, from which a body came: it is the peer's whose connection that is.
    Connection,
}
