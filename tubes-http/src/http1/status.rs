//! Status lines, the common ones prepared.

use http::StatusCode;

use crate::http1::output::Output;

/// Writes the line; the reason phrase is the canonical one or none (RFC 9112 §4).
pub(crate) fn write(output: &mut Output, status: StatusCode) {
    if let Some(line) = prepared(status) {
        return output.write(line);
    }
    output.write(b"HTTP/1.1 ");
    output.write(status.as_str().as_bytes());
    // RFC 9112 §4: the blank stays when there is no reason.
    output.write(b" ");
    let reason = status.canonical_reason().unwrap_or("");
    output.write(reason.as_bytes());
    output.write(b"\r\n");
}

fn prepared(status: StatusCode) -> Option<&'static [u8]> {
    Some(match status.as_u16() {
        100 => b"HTTP/1.1 100 Continue\r\n",
        103 => b"HTTP/1.1 103 Early Hints\r\n",
        200 => b"HTTP/1.1 200 OK\r\n",
        201 => b"HTTP/1.1 201 Created\r\n",
        204 => b"HTTP/1.1 204 No Content\r\n",
        206 => b"HTTP/1.1 206 Partial Content\r\n",
        301 => b"HTTP/1.1 301 Moved Permanently\r\n",
        302 => b"HTTP/1.1 302 Found\r\n",
        304 => b"HTTP/1.1 304 Not Modified\r\n",
        400 => b"HTTP/1.1 400 Bad Request\r\n",
        401 => b"HTTP/1.1 401 Unauthorized\r\n",
        403 => b"HTTP/1.1 403 Forbidden\r\n",
        404 => b"HTTP/1.1 404 Not Found\r\n",
        500 => b"HTTP/1.1 500 Internal Server Error\r\n",
        503 => b"HTTP/1.1 503 Service Unavailable\r\n",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::prepared;

    #[test]
    fn prepared_lines_are_what_would_be_built() {
        for status in (100..1000).filter_map(|code| StatusCode::from_u16(code).ok()) {
            if let Some(line) = prepared(status) {
                let reason = status.canonical_reason().unwrap();
                let built = format!("HTTP/1.1 {} {reason}\r\n", status.as_str());
                assert_eq!(line, built.as_bytes());
            }
        }
    }
}
