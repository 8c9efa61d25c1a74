//! What is as long as it may be, and what is longer by one; made up, not written down.

use super::super::vector::Vector;

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
const KIB: usize = 1024;

/// All rows about limits.
pub(super) fn vectors() -> Vec<Vector> {
    [heads(), bodies()].concat()
}

fn xs(count: usize) -> String {
    "x".repeat(count)
}

/// A request line of so many bytes, CRLF apart, and the rest of its head.
fn line_of(bytes: usize) -> String {
    let target = xs(bytes - "GET / HTTP/1.1".len());
    format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// A head of so many bytes, all CRLF counted.
fn head_of(bytes: usize) -> String {
    let around = format!("{HEAD}Y: \r\n\r\n").len();
    format!("{HEAD}Y: {}\r\n\r\n", xs(bytes - around))
}

/// A head with so many field lines.
fn fields(count: usize) -> String {
    format!("{HEAD}{}\r\n", "Y: y\r\n".repeat(count - 1))
}

/// Trailers of so many bytes, all CRLF counted.
fn trailers_of(bytes: usize) -> String {
    let around = "Y: \r\n\r\n".len();
    format!("{CHUNKED}0\r\nY: {}\r\n\r\n", xs(bytes - around))
}

/// One extension of so many bytes, its semicolon counted.
fn extension_of(bytes: usize) -> String {
    format!("{CHUNKED}1;{}\r\na\r\n0\r\n\r\n", xs(bytes - 1))
}

#[rustfmt::skip] // A row, a case.
fn heads() -> Vec<Vector> {
    let get = |target: usize| format!("GET <{target} bytes> => 200 open");
    vec![
        Vector::new("9112 2.2 #3", "10,000 empty lines", "\r\n".repeat(10_000), "=> 400 close"),
        Vector::new("9110 9.1 #5", "a method of 64 bytes", format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(64)), format!("{} / => 200 open", "M".repeat(64))),
        Vector::new("9110 9.1 #5", "a method of 65 bytes", format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(65)), "=> 501 close"),
        Vector::new("9110 9.1 #5", "a method of 1000 bytes", format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(1000)), "=> 501 close"),
        Vector::new("9112 3 #7", "a target of 8000 bytes", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", xs(7999)), get(8000)),
        Vector::new("9112 3 #7", "a request line at its limit", line_of(16 * KIB), get(16 * KIB - 13)),
        Vector::new("9112 3 #7", "a request line beyond its limit", line_of(16 * KIB + 1), "=> 414 close"),
        Vector::new("9112 3 #7", "a request line far beyond its limit", line_of(60 * KIB), "=> 414 close"),
        Vector::new("9112 3 #7", "a request line without an end", format!("GET /{}", xs(17_000)), "=> 414 close"),
        Vector::new("9112 3 #7", "a long query", format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", xs(17_000)), "=> 414 close"),
        Vector::new("6585 5 #8", "100 fields", fields(100), "GET / => 200 open"),
        Vector::new("6585 5 #8", "101 fields", fields(101), "=> 431 close"),
        Vector::new("6585 5 #8", "1000 fields", fields(1000), "=> 431 close"),
        Vector::new("6585 5 #8", "a head at its limit", head_of(64 * KIB), "GET / => 200 open"),
        Vector::new("6585 5 #8", "a head beyond its limit", head_of(64 * KIB + 1), "=> 431 close"),
        Vector::new("6585 5 #8", "a head far beyond its limit", head_of(200 * KIB), "=> 431 close"),
        Vector::new("6585 5 #8", "a head without an end", format!("{HEAD}Y: {}", xs(66_000)), "=> 431 close"),
        Vector::new("6585 5 #8", "a name without an end", format!("{HEAD}{}", xs(66_000)), "=> 431 close"),
        Vector::new("6585 5 #8", "a long head behind a request", format!("{HEAD}\r\n{}", head_of(64 * KIB + 1)), "GET / => 200 431 close"),
        Vector::new("6585 5 #8", "two heads at their limit", head_of(64 * KIB).repeat(2), "GET /; GET / => 200 200 open"),
        Vector::new("6585 5 #8", "many fields, one long", format!("{HEAD}{}Y: {}\r\n\r\n", "Y: y\r\n".repeat(98), xs(60_000)), "GET / => 200 open"),
    ]
}

#[rustfmt::skip] // A row, a case.
fn bodies() -> Vec<Vector> {
    let post = "POST / => 200 open";
    let many = |count: usize| format!("{CHUNKED}{}0\r\n\r\n", format!("1;{}\r\na\r\n", xs(1023)).repeat(count));
    let lines = |count: usize| format!("{CHUNKED}0\r\n{}\r\n", "Host: y\r\n".repeat(count));
    vec![
        Vector::new("9112 7.1.1 #25", "an extension at its limit", extension_of(16 * KIB), "POST / [a] => 200 open"),
        Vector::new("9112 7.1.1 #25", "an extension beyond its limit", extension_of(16 * KIB + 1), "POST / !ChunkExtensionsTooLong => 400 close"),
        Vector::new("9112 7.1.1 #25", "an extension without an end", format!("{CHUNKED}1;{}", xs(17_000)), "POST / !ChunkExtensionsTooLong => 400 close"),
        Vector::new("9112 7.1.1 #25", "a quoted extension without an end", format!("{CHUNKED}1;a=\"{}", xs(17_000)), "POST / !ChunkExtensionsTooLong => 400 close"),
        Vector::new("9112 7.1.1 #25", "extensions of many chunks at their limit", many(16), format!("POST / [{}] => 200 open", "a".repeat(16))),
        Vector::new("9112 7.1.1 #25", "extensions of many chunks beyond their limit", many(17), "POST / !ChunkExtensionsTooLong => 400 close"),
        Vector::new("9112 7.1.1 #25", "extensions of two messages", many(16).repeat(2), format!("POST / [{0}]; POST / [{0}] => 200 200 open", "a".repeat(16))),
        Vector::new("9112 7.1.2 #28", "trailers at their limit, the empty line apart", trailers_of(16 * KIB + 2), format!("POST / {{y: <{} bytes>}} => 200 open", 16 * KIB - 5)),
        Vector::new("9112 7.1.2 #28", "trailers beyond their limit", trailers_of(16 * KIB + 3), "POST / !TrailersTooLong => 431 close"),
        Vector::new("9112 7.1.2 #28", "trailers without an end", format!("{CHUNKED}0\r\nX: {}", xs(17_000)), "POST / !TrailersTooLong => 431 close"),
        Vector::new("9112 7.1.2 #28", "100 trailers", lines(100), post),
        Vector::new("9112 7.1.2 #28", "101 trailers", lines(101), "POST / !TrailersTooLong => 431 close"),
        Vector::new("9112 7.1 #23", "a chunk of 64 KiB", format!("{CHUNKED}10000\r\n{}\r\n0\r\n\r\n", xs(64 * KIB)), "POST / [<65536 bytes>] => 200 open"),
        Vector::new("9112 7.1 #23", "1000 chunks of a byte", format!("{CHUNKED}{}0\r\n\r\n", "1\r\nx\r\n".repeat(1000)), "POST / [<1000 bytes>] => 200 open"),
        Vector::new("9112 6.3 #17", "a body of 64 KiB", format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n{}", xs(64 * KIB)), "POST / [<65536 bytes>] => 200 open"),
    ]
}
