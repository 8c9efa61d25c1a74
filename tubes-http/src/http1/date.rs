//! The `Date` line, formatted once a second on each thread.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http1::output::Output;

/// Writes the line (RFC 9110 §6.6.1).
#[inline]
pub(crate) fn write(output: &mut Output, now: SystemTime) {
    output.write(&cached(now)[OK.len()..]);
}

/// Writes the line, and before it the status line that most replies have.
#[inline]
pub(crate) fn write_ok(output: &mut Output, now: SystemTime) {
    output.write(&cached(now));
}

/// Both lines.
type Lines = [u8; OK.len() + LINE.len()];

const OK: &[u8; 17] = b"HTTP/1.1 200 OK\r\n";
const LINE: &[u8; 37] = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

/// The lines of one second.
#[derive(Clone, Copy)]
struct Cached {
    /// When it begins, and when the next does.
    second: (SystemTime, SystemTime),
    lines: Lines,
}

#[inline]
fn cached(now: SystemTime) -> Lines {
    let cached = CACHED.get();
    if cached.second.0 <= now && now < cached.second.1 {
        return cached.lines;
    }
    renewed(now)
}

#[cold]
fn renewed(now: SystemTime) -> Lines {
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
        .min(LAST_SECOND);
    let begin = UNIX_EPOCH + Duration::from_secs(second);
    let lines = format(begin);
    CACHED.set(Cached {
        second: (begin, begin + Duration::from_secs(1)),
        lines,
    });
    lines
}

fn format(second: SystemTime) -> Lines {
    let mut lines = [0; OK.len() + LINE.len()];
    let (first, date) = lines.split_at_mut(OK.len());
    first.copy_from_slice(OK);
    date.copy_from_slice(LINE);
    let place = &mut date["date: ".len()..][..29];
    if write!(&mut place[..], "{}", httpdate::HttpDate::from(second)).is_err() {
        date.copy_from_slice(LINE);
    }
    lines
}

/// 9999-12-31 23:59:59, the last that the format can say.
const LAST_SECOND: u64 = 253_402_300_799;

thread_local! {
    /// None at first: no time is in it.
    static CACHED: Cell<Cached> = const {
        Cell::new(Cached {
            second: (UNIX_EPOCH, UNIX_EPOCH),
            lines: [0; OK.len() + LINE.len()],
        })
    };
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{LAST_SECOND, write};
    use crate::http1::output::Output;

    #[test]
    fn every_time_has_a_line() {
        let cases = [
            (784_111_777, "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            (0, "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            (LAST_SECOND + 1, "date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
        ];
        for (second, line) in cases {
            let mut output = Output::default();
            write(&mut output, UNIX_EPOCH + Duration::from_secs(second));
            assert_eq!(output.take().unwrap(), line);
        }
    }

    #[test]
    fn a_second_lasts_to_its_last_nanosecond_and_no_longer() {
        let second = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            (Duration::ZERO, "37"),
            (Duration::from_nanos(999_999_999), "37"),
            (Duration::from_secs(1), "38"),
            (Duration::ZERO, "37"),
        ];
        for (later, shown) in cases {
            let mut output = Output::default();
            write(&mut output, second + later);
            let line = format!("date: Sun, 06 Nov 1994 08:49:{shown} GMT\r\n");
            assert_eq!(output.take().unwrap(), line);
        }
    }
}
