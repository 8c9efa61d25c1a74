//! A server that answers every request with 404 once its body is there, and notes what it saw.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, response};

use crate::http1::connection::Connection;
use crate::http1::event::Event;
use crate::http1::state::Persistence;
use crate::limits::Limits;

/// What came of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) targets: Vec<String>,
    /// The body of the last request, and its trailers as lines.
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: String,
    /// Requests that were answered.
    pub(crate) served: usize,
    pub(crate) refused: Option<Option<StatusCode>>,
    pub(crate) closed: bool,
    pub(crate) output: Vec<u8>,
}

/// Feeds the segments, and stops when the connection closes.
pub(crate) fn feed<'a>(limits: &Limits, segments: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut seen = Seen::default();
    let mut connection = Connection::new(limits.clone());
    for segment in segments {
        connection.received(Bytes::copy_from_slice(segment));
        seen.listen(&mut connection);
    }
    seen
}

/// The same, with the end of the peer behind.
pub(crate) fn feed_all<'a>(limits: &Limits, segments: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut seen = Seen::default();
    let mut connection = Connection::new(limits.clone());
    for segment in segments {
        connection.received(Bytes::copy_from_slice(segment));
        seen.listen(&mut connection);
    }
    connection.received_end();
    seen.listen(&mut connection);
    seen
}

impl Seen {
    fn listen(&mut self, connection: &mut Connection) {
        loop {
            let mut request = None;
            match connection.next_event(&mut request) {
                Ok(None) => break,
                Ok(Some(Event::Closed)) => self.closed = true,
                Ok(Some(Event::Head(_))) => {
                    let request = request.unwrap();
                    self.targets
                        .push(request.uri().to_string());
                    self.body.clear();
                    self.trailers.clear();
                }
                Ok(Some(Event::Data(data))) => {
                    assert!(!data.is_empty(), "no event without bytes");
                    self.body.extend_from_slice(&data);
                }
                Ok(Some(Event::End(trailers))) => {
                    self.trailers = lines(&trailers.unwrap_or_default());
                    self.answer(connection);
                }
                Err(error) => {
                    self.refused = Some(error.status());
                    connection.refuse(&error, noon());
                    assert_eq!(connection.next_exchange(), Persistence::Close);
                    self.closed = true;
                }
            }
        }
        self.output.extend(output(connection));
    }

    fn answer(&mut self, connection: &mut Connection) {
        connection
            .start(&head(404), Some(0), noon())
            .unwrap();
        let _ = connection.finish(None).unwrap();
        self.served += 1;
        if connection.next_exchange() == Persistence::Close {
            self.closed = true;
        }
    }
}

/// All output, as one.
pub(crate) fn output(connection: &mut Connection) -> Vec<u8> {
    std::iter::from_fn(|| connection.take_output())
        .flatten()
        .collect()
}

/// A connection that has received these bytes and said all its events.
pub(crate) fn connection(bytes: &str) -> Connection {
    let mut connection = Connection::new(Limits::default());
    connection.received(Bytes::copy_from_slice(bytes.as_bytes()));
    while connection
        .next_event(&mut None)
        .unwrap()
        .is_some()
    {}
    connection
}

/// The parts of a response.
pub(crate) fn head(status: u16) -> response::Parts {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.into_parts().0
}

/// Some time.
pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(784_111_777)
}

fn lines(fields: &HeaderMap) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.as_bytes().escape_ascii()))
        .collect()
}

/// A sequence that only looks like chance (xorshift), the same in each run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    /// Cuts at random.
    pub(crate) fn cut<'a>(&mut self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let mut rest = bytes;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, behind) = rest.split_at(1 + self.below(rest.len().min(40)));
            segments.push(segment);
            rest = behind;
        }
        segments
    }
}
