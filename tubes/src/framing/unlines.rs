//! Lines to segments.

use std::fmt;
use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that puts an end behind each line: LF, or CRLF after [`crlf`](Unlines::crlf).
///
/// Lines that come together leave together: those of a run are packed into segments of about
/// 16 KiB, so that what writes them has few and large ones to write. A line that comes alone
/// leaves alone, at once.
///
/// # Flow control
///
/// Holds nothing: no line waits for another one to come. A segment has less than 16 KiB, and one
/// line more.
///
/// # Stopping
///
/// There is nothing to add.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, framing};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let segments = founts::iter(["one", "", "three"])
///     .through(framing::unlines().crlf())
///     .flow_to(drains::collect(10))
///     .await?;
/// assert_eq!(segments.concat(), b"one\r\n\r\nthree\r\n");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// In front of what writes, for a drain of lines:
///
/// ```
/// use tubes::{Drain, Fount, drains, founts, framing};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let drain = drains::collect(10).behind(framing::unlines()); // or `io::write(file).behind(..)`
/// let segments = founts::iter([String::from("one"), String::from("two")]).flow_to(drain).await?;
/// assert_eq!(segments.concat(), b"one\ntwo\n");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn unlines() -> Unlines {
    Unlines { end: "\n" }
}

/// The tube of [`unlines`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Unlines {
    end: &'static str,
}

impl Unlines {
    /// Ends lines with CRLF instead of LF.
    #[inline]
    pub fn crlf(mut self) -> Self {
        self.end = "\r\n";
        self
    }

    #[inline]
    fn push(&self, segment: &mut BytesMut, line: &[u8]) {
        segment.reserve(line.len() + self.end.len());
        segment.extend_from_slice(line);
        segment.extend_from_slice(self.end.as_bytes());
    }
}

impl<In: AsRef<[u8]>> Tube<In> for Unlines {
    type Out = Bytes;

    #[inline]
    fn received(&mut self, line: In) -> Result<Option<Bytes>, Reason> {
        let mut segment = BytesMut::new();
        self.push(&mut segment, line.as_ref());
        Ok(Some(segment.freeze()))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Bytes>,
    {
        // Grows by doubling: a short run must not keep the memory of a long one alive.
        let mut segment = BytesMut::new();
        for line in items {
            self.push(&mut segment, line.as_ref());
            if segment.len() >= SEGMENT {
                let full = std::mem::replace(&mut segment, BytesMut::with_capacity(SEGMENT));
                if let ControlFlow::Break(full) = outputs.put(full.freeze()) {
                    return Ok(ControlFlow::Break(full));
                }
            }
        }
        if segment.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(outputs.put(segment.freeze()))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "unlines"
    }
}

/// Where one segment is full and the next one begins: a common size of write buffers.
const SEGMENT: usize = 16 * 1024;

impl fmt::Debug for Unlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unlines")
    }
}
