//! Bytes that are nearly right: rows and valid requests, bent at random.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

use super::table::written;

/// What is done to bytes.
#[derive(Clone, Debug)]
pub(super) enum Mutation {
    /// One byte becomes another.
    Change(Index, u8),
    /// Something is put in.
    Insert(Index, Vec<u8>),
    /// Some bytes are taken out.
    Delete(Index, usize),
    /// A line stands there twice.
    Double(Index),
    /// Two lines change places.
    Swap(Index, Index),
    /// A part of a row is put in.
    Splice(Index, Vec<u8>, Index, usize),
    /// A row goes on behind it.
    Join(Vec<u8>),
    /// All of it again, so that nothing that is known from before counts for what differs.
    Again,
    /// The rest is missing.
    Cut(Index),
}

impl Mutation {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let place = any::<Index>;
        prop_oneof![
            2 => (place(), byte()).prop_map(|(at, byte)| Self::Change(at, byte)),
            2 => (place(), byte()).prop_map(|(at, byte)| Self::Insert(at, vec![byte])),
            3 => (place(), select(PARTS)).prop_map(|(at, part)| Self::Insert(at, part.to_vec())),
            2 => (place(), 1..4_usize).prop_map(|(at, count)| Self::Delete(at, count)),
            1 => place().prop_map(Self::Double),
            1 => (place(), place()).prop_map(|(one, other)| Self::Swap(one, other)),
            1 => (place(), row(), place(), 1..40_usize)
                .prop_map(|(at, row, from, count)| Self::Splice(at, row, from, count)),
            2 => row().prop_map(Self::Join),
            2 => Just(Self::Again),
            1 => place().prop_map(Self::Cut),
        ]
    }

    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match self {
            Self::Change(at, byte) => {
                if let Some(there) = bytes.len().checked_sub(1) {
                    bytes[at.index(there + 1)] = *byte;
                }
            }
            Self::Insert(at, part) => {
                let at = place(at);
                bytes.splice(at..at, part.iter().copied());
            }
            Self::Delete(at, count) => {
                let at = place(at);
                let end = bytes.len().min(at + count);
                bytes.drain(at..end);
            }
            Self::Double(line) => {
                let mut lines = lines(bytes);
                let at = line.index(lines.len());
                lines.insert(at, lines[at].clone());
                *bytes = lines.concat();
            }
            Self::Swap(one, other) => {
                let mut lines = lines(bytes);
                let count = lines.len();
                lines.swap(one.index(count), other.index(count));
                *bytes = lines.concat();
            }
            Self::Splice(at, row, from, count) => {
                let (at, from) = (place(at), from.index(row.len() + 1));
                let part = &row[from..row.len().min(from + count)];
                bytes.splice(at..at, part.iter().copied());
            }
            Self::Join(row) => bytes.extend_from_slice(row),
            Self::Again => bytes.extend_from_within(..),
            Self::Cut(at) => bytes.truncate(place(at)),
        }
    }
}

/// The bytes of a row.
pub(super) fn row() -> impl Strategy<Value = Vec<u8>> {
    let rows: Vec<Vec<u8>> = written()
        .into_iter()
        .map(|vector| vector.bytes)
        .collect();
    select(rows)
}

/// With their line ends; at least one, if it is empty.
fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .chain(bytes.is_empty().then(Vec::new))
        .collect()
}

/// Mostly one that means something somewhere.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => select(b"\r\n\t :;,=\"\\09aAfFx/#?*@[]%+-_.\x00\x0b\x7f\x80\xff".as_slice()).prop_map(|byte| byte),
        1 => any::<u8>(),
        1 => Just(b'\n'),
    ]
}

const PARTS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\r\r\n",
    b"\r\n ",
    b"Host: a\r\n",
    b"Host: b\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 100\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"chunked",
    b"gzip, ",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"Expect: 100-continue\r\n",
    b"Expect: x\r\n",
    b"Trailer: x\r\n",
    b"X: y\r\n",
    b": ",
    b"0\r\n\r\n",
    b"0\r\n",
    b"3\r\nabc\r\n",
    b"a\r\n",
    b"00000000",
    b"ffffffffffffffff\r\n",
    b";a=b",
    b";a=\"b",
    b"\"",
    b"\\",
    b"GET / HTTP/1.1\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\n",
    b"HTTP/1.0",
    b"HTTP/1.1",
    b"HTTP/2.0",
    b"GET ",
    b"HEAD ",
    b"OPTIONS * ",
    b"CONNECT a:80 ",
    b"http://b",
    b"u@",
    b":80",
    b"[::1]",
];
