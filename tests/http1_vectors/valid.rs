//! Valid requests of all shapes: what was meant, and the bytes that say it.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use support::model::{Field, Request};

/// A request, and how its body is framed.
#[derive(Clone, Debug)]
pub(crate) struct Valid {
    method: &'static str,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Framed,
    blank_lines: usize,
    version: &'static str,
}

#[derive(Clone, Debug)]
enum Framed {
    Nothing,
    /// With leading zeros, so many digits at least.
    Length(Vec<u8>, usize),
    /// Chunks, each with an extension and with leading zeros; then trailers.
    Chunks(Vec<(Vec<u8>, &'static str, usize)>, Vec<(String, Vec<u8>)>),
}

/// Any.
pub(crate) fn valid() -> impl Strategy<Value = Valid> {
    let methods = select(
        &[
            "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "x-y",
        ][..],
    );
    let field = || ("x[a-z0-9-]{0,9}", value());
    let fields = vec(field(), 0..5);
    let chunk = (vec(any::<u8>(), 1..40), select(EXTENSIONS), 1..8_usize);
    let body = prop_oneof![
        2 => Just(Framed::Nothing),
        2 => (vec(any::<u8>(), 0..200), 0..8_usize)
            .prop_map(|(body, digits)| Framed::Length(body, digits)),
        3 => (vec(chunk, 0..6), vec(field(), 0..3))
            .prop_map(|(chunks, trailers)| Framed::Chunks(chunks, trailers)),
    ];
    let target = "/[a-zA-Z0-9/._~!$&'()*+,;=:@?%-]{0,30}";
    (methods, target, fields, body, 0..3_usize).prop_map(
        |(method, target, fields, body, blank_lines)| Valid {
            method,
            target,
            fields,
            body,
            blank_lines,
            version: "1.1",
        },
    )
}

/// Any byte of a value.
pub(crate) fn value_byte() -> impl Strategy<Value = u8> {
    prop_oneof![1 => Just(b'\t'), 8 => b' '..=b'~', 4 => 0x80..=0xff_u8]
}

/// Without blanks around it.
fn value() -> impl Strategy<Value = Vec<u8>> {
    vec(value_byte(), 0..12).prop_map(|value| {
        let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
        let start = value
            .iter()
            .take_while(|byte| is_blank(byte))
            .count();
        let end = value
            .iter()
            .rev()
            .take_while(|byte| is_blank(byte))
            .count();
        value[start
            ..value
                .len()
                .saturating_sub(end)
                .max(start)]
            .to_vec()
    })
}

const EXTENSIONS: &[&str] = &[
    "",
    "",
    ";a",
    ";a=b",
    "; a = b",
    ";a=\"; \\\" \\\\\"",
    ";a;b=\"\"\t",
];

impl Valid {
    /// The same from a client that speaks HTTP/1.0, which has no chunks; to stay or not.
    pub(crate) fn of_http_1_0(mut self, connection: &str) -> Self {
        self.version = "1.0";
        if let Framed::Chunks(..) = self.body {
            self.body = Framed::Nothing;
        }
        let connection = connection.as_bytes().to_vec();
        self.fields
            .push(("connection".to_owned(), connection));
        self
    }

    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    /// What a reader has to see.
    pub(crate) fn request(&self) -> Request {
        let (body, trailers) = match &self.body {
            Framed::Nothing => (Vec::new(), Vec::new()),
            Framed::Length(body, _) => (body.clone(), Vec::new()),
            Framed::Chunks(chunks, trailers) => {
                let body = chunks
                    .iter()
                    .flat_map(|(data, ..)| data.clone());
                (body.collect(), trailers.clone())
            }
        };
        Request {
            method: self.method.to_owned(),
            target: self.target.clone(),
            fields: self.all_fields(),
            body,
            trailers,
        }
    }

    /// What a client sends.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"\r\n".repeat(self.blank_lines);
        let line = format!("{} {} HTTP/{}\r\n", self.method, self.target, self.version);
        bytes.extend_from_slice(line.as_bytes());
        lines(&self.all_fields(), &mut bytes);
        match &self.body {
            Framed::Nothing => {}
            Framed::Length(body, _) => bytes.extend_from_slice(body),
            Framed::Chunks(chunks, trailers) => {
                for (data, extension, digits) in chunks {
                    let size = format!("{:0digits$x}{extension}\r\n", data.len());
                    bytes.extend_from_slice(size.as_bytes());
                    bytes.extend_from_slice(data);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n");
                lines(trailers, &mut bytes);
            }
        }
        bytes
    }

    fn all_fields(&self) -> Vec<Field> {
        let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let framing = match &self.body {
            Framed::Nothing => None,
            Framed::Length(body, digits) => Some(field(
                "content-length",
                &format!("{:0digits$}", body.len(), digits = *digits),
            )),
            Framed::Chunks(..) => Some(field("transfer-encoding", "chunked")),
        };
        let host = field("host", "a");
        std::iter::once(host)
            .chain(self.fields.clone())
            .chain(framing)
            .collect()
    }
}

/// `name: value` for each, and the empty line.
fn lines(fields: &[Field], bytes: &mut Vec<u8>) {
    for (name, value) in fields {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
}
