//! Trailers: field lines behind the last chunk, and which of them nobody is shown.

use support::model::{NEVER_TRAILING, NEVER_TRAILING_BEGINS};

use super::super::vector::{Group, Vector};

/// One for each name that the second reader does not let pass.
pub(super) fn vectors() -> Vec<Vector> {
    let for_browsers = ["allow-origin", "max-age", "x"];
    let for_browsers = for_browsers.map(|end| format!("{NEVER_TRAILING_BEGINS}{end}"));
    let names = NEVER_TRAILING
        .iter()
        .map(ToString::to_string);
    names
        .chain(for_browsers)
        .map(|name| {
            Vector::new(
                "9110 6.5.1 #29",
                format!("{name} is not shown, whatever it says"),
                format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{name}: 0\r\nX: y\r\n\r\n"),
                "POST / {x: y} => 200 open",
            )
        })
        .collect()
}

#[rustfmt::skip] // A row, a case.
pub(super) const GROUPS: &[Group] = &[
    Group { around: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n", rows: &[
        ("9112 7.1.2 #28", "one", "X: y\r\n", "POST / {x: y} => 200 open"),
        ("9112 7.1.2 #28", "two", "X: y\r\nZ: z\r\n", "POST / {x: y, z: z} => 200 open"),
        ("9112 7.1.2 #28", "a name twice", "X: y\r\nX: z\r\n", "POST / {x: y, x: z} => 200 open"),
        ("9112 7.1.2 #28", "blanks around the value", "X: \t y \t\r\n", "POST / {x: y} => 200 open"),
        ("9112 7.1.2 #28", "no value", "X:\r\n", "POST / {x: } => 200 open"),
        ("9110 5.5 #28", "bytes beyond ASCII", "X: \u{e9}\r\n", "POST / {x: \\xe9} => 200 open"),
        ("9112 7.1.2 #28", "LF ends a line", "X: y\nZ: z\r\n", "POST / !BareLf => 400 close"),
        ("9112 7.1.2 #28", "LF ends the last line", "X: y\n", "POST / !BareLf => 400 close"),
        ("9112 7.1.2 #28", "LF first", "\nX: y\r\n", "POST / !BareLf => 400 close"),
        ("9112 7.1.2 #28", "CR in a value", "X: y\rz\r\n", "POST / !ForbiddenByte => 400 close"),
        ("9112 7.1.2 #28", "CR CR LF", "X: y\r\r\n", "POST / !ForbiddenByte => 400 close"),
        ("9112 7.1.2 #28", "NUL in a value", "X: \0\r\n", "POST / !ForbiddenByte => 400 close"),
        ("9112 7.1.2 #28", "DEL in a value", "X: \x7f\r\n", "POST / !ForbiddenByte => 400 close"),
        ("9112 7.1.2 #28", "a blank before the colon", "X : y\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "folded", "X: y\r\n z\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "folded with a tab", "X: y\r\n\tz\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "a blank first", " X: y\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "no colon", "X\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "no name", ": y\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "a blank in the name", "X Y: z\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "no name but a parenthesis", "(: z\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "a request line", "GET /IN HTTP/1.1\r\nHost: a\r\n", "POST / !TrailersInvalid => 400 close"),
        ("9112 7.1.2 #28", "LF, and the head of a request", "X: y\n\r\nGET /IN HTTP/1.1\r\nHost: a\r\n", "POST / !BareLf => 400 close"),

        ("9110 6.5.1 #29", "a digest passes", "Digest: x\r\n", "POST / {digest: x} => 200 open"),
        ("9110 6.5.1 #29", "a signature passes", "Signature: x\r\n", "POST / {signature: x} => 200 open"),
        ("9110 6.5.1 #29", "grpc-status passes", "grpc-status: 0\r\ngrpc-message: x\r\n", "POST / {grpc-status: 0, grpc-message: x} => 200 open"),
        ("9110 6.5.1 #29", "ETag passes", "ETag: \"x\"\r\n", "POST / {etag: \"x\"} => 200 open"),
        ("9110 6.5.1 #29", "Content-Length is not shown", "Content-Length: 5\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Transfer-Encoding is not shown", "Transfer-Encoding: chunked\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "TE is not shown", "TE: trailers\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Host is not shown", "Host: b\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Trailer is not shown", "Trailer: X\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Connection is not shown, and closes nothing", "Connection: close\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Upgrade is not shown", "Upgrade: x\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Expect is not shown", "Expect: x\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "Forwarded is not shown", "Forwarded: for=x\r\nX-Forwarded-Proto: https\r\nX: y\r\n", "POST / {x: y} => 200 open"),
        ("9110 6.5.1 #29", "a bad Content-Length is not shown either", "Content-Length: x\r\n", "POST / => 200 open"),
        ("9110 6.5.1 #29", "two Hosts are not shown either", "Host: b\r\nHost: c\r\n", "POST / => 200 open"),
    ] },
    Group { around: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: h\r\n{}", rows: &[
        ("9110 6.5.1 #29", "a trailer joins no head", "\r\n0\r\nX: t\r\n\r\n", "POST / (x: h) {x: t} => 200 open"),
        ("9110 6.6.2 #29", "what Trailer names need not come", "Trailer: X\r\n\r\n0\r\n\r\n", "POST / (x: h) => 200 open"),
        ("9110 6.6.2 #29", "what Trailer does not name may come", "Trailer: Y\r\n\r\n0\r\nX: t\r\n\r\n", "POST / (x: h) {x: t} => 200 open"),
    ] },
];
