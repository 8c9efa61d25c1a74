//! Bodies to bytes: a declared length is kept, a cut body never ends.

use bytes::Bytes;
use http::HeaderMap;

use crate::http1::output::Output;
use crate::http1::parse::may_trail;
use crate::kind::Kind;

/// The body of one message, on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoder {
    /// No byte of it may be written.
    Nothing,
    /// Exactly `declared` bytes; `left <= declared`.
    Known {
        declared: u64,
        left: u64,
    },
    Chunked,
    /// Its end is the end of the connection.
    UntilClose,
}

/// What became of the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Finished {
    /// All was said.
    Whole,
    /// There were trailers, and this message could not carry them all.
    TrailersLost,
}

impl Encoder {
    /// Writes a piece; an empty one leaves no trace (an empty chunk would be the end). One that is
    /// not taken as it is stays where it is.
    #[inline]
    pub(crate) fn send(&mut self, output: &mut Output, piece: &mut Bytes) -> Result<(), Kind> {
        if piece.is_empty() {
            return Ok(());
        }
        match self {
            Self::Nothing => return Err(Kind::BodyForbidden),
            Self::UntilClose => output.push(piece),
            Self::Chunked => {
                chunk_size(output, piece.len());
                output.push(piece);
                output.write(b"\r\n");
            }
            Self::Known { declared, left } => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let too_long = piece.len() > most;
                piece.truncate(most);
                *left -= piece.len() as u64;
                output.push(piece);
                if too_long {
                    return Err(Kind::BodyTooLong {
                        declared: *declared,
                    });
                }
            }
        }
        Ok(())
    }

    /// Writes the end.
    #[inline]
    pub(crate) fn finish(
        self,
        output: &mut Output,
        trailers: Option<&HeaderMap>,
    ) -> Result<Finished, Kind> {
        let given = trailers.is_some_and(|trailers| !trailers.is_empty());
        match self {
            Self::Known { declared, left } if left > 0 => Err(Kind::BodyTooShort {
                declared,
                sent: declared - left,
            }),
            Self::Chunked => {
                output.write(b"0\r\n");
                let finished = trailers.map_or(Finished::Whole, |all| trailing(output, all));
                output.write(b"\r\n");
                Ok(finished)
            }
            Self::Nothing | Self::Known { .. } | Self::UntilClose if given => {
                Ok(Finished::TrailersLost)
            }
            Self::Nothing | Self::Known { .. } | Self::UntilClose => Ok(Finished::Whole),
        }
    }
}

fn trailing(output: &mut Output, trailers: &HeaderMap) -> Finished {
    let mut finished = Finished::Whole;
    for (name, value) in trailers {
        if may_trail(name) {
            output.field(name, value);
        } else {
            finished = Finished::TrailersLost;
        }
    }
    finished
}

fn chunk_size(output: &mut Output, size: usize) {
    let mut line = *b"0000000000000000\r\n";
    let mut rest = size;
    let mut at = 16;
    loop {
        at -= 1;
        line[at] = b"0123456789abcdef"[rest & 15];
        rest >>= 4;
        if rest == 0 {
            break;
        }
    }
    output.write(&line[at..]);
}
