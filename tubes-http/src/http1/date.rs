//! The `Date` line, formatted once a second on each thread.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http1::output::Output;

/// Writes the line (RFC 9110 §6.6.1).
pub(crate) fn write(output: &mut Output, now: SystemTime) {
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
        .min(LAST_SECOND);
    LINE.with(|cache| {
        let (mut cached, mut line) = cache.get();
        if cached != second {
            cached = second;
            line = format(second);
            cache.set((cached, line));
        }
        output.write(&line);
    });
}

type Line = [u8; LENGTH];

fn format(second: u64) -> Line {
    let mut line = *EPOCH;
    let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(second));
    if write!(&mut line[6..LENGTH - 2], "{date}").is_err() {
        return *EPOCH;
    }
    line
}

const LENGTH: usize = 37;

const EPOCH: &Line = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

/// 9999-12-31 23:59:59, the last that the format can say.
const LAST_SECOND: u64 = 253_402_300_799;

thread_local! {
    static LINE: Cell<(u64, Line)> = const { Cell::new((0, *EPOCH)) };
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
}
