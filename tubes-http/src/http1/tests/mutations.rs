//! Damages the vectors at random: nothing panics, and how the bytes are cut changes nothing.

use bytes::Bytes;
use http::HeaderMap;

use crate::http1::decode::{Decoder, Piece};
use crate::http1::encode_body::Encoder;
use crate::http1::input::Input;
use crate::http1::length::BodyLength;
use crate::http1::output::Output;
use crate::http1::tests::driver::{Chance, feed_all};
use crate::http1::tests::vectors;
use crate::limits::Limits;

#[test]
fn damaged_vectors_mean_the_same_however_they_are_cut() {
    let limits = Limits::default();
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    for (_, bytes, _) in vectors::all() {
        for _ in 0..40 {
            let mut bytes = bytes.clone();
            for _ in 0..=chance.below(3) {
                damage(&mut bytes, &mut chance);
            }
            let whole = feed_all(&limits, [&bytes[..]]);
            let single = feed_all(&limits, bytes.chunks(1));
            let cut = feed_all(&limits, chance.cut(&bytes));
            assert_eq!(whole, single, "{}", bytes.escape_ascii());
            assert_eq!(whole, cut, "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn chunks_come_back_as_they_were_sent() {
    let mut chance = Chance(77);
    for _ in 0..200 {
        let pieces: Vec<Bytes> = (0..chance.below(6))
            .map(|_| Bytes::from(vec![b'x'; chance.below(9000)]))
            .collect();
        let wire = encode(&pieces);
        let body = decode(chance.cut(&wire));
        assert_eq!(body, pieces.concat());
    }
}

fn encode(pieces: &[Bytes]) -> Vec<u8> {
    let mut output = Output::default();
    let mut encoder = Encoder::Chunked;
    for piece in pieces {
        encoder
            .send(&mut output, &mut piece.clone())
            .unwrap();
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("digest", "z".parse().unwrap());
    let _ = encoder
        .finish(&mut output, Some(&trailers))
        .unwrap();
    std::iter::from_fn(|| output.take())
        .flatten()
        .collect()
}

fn decode(segments: Vec<&[u8]>) -> Vec<u8> {
    let limits = Limits::default();
    let mut input = Input::new();
    let mut decoder = Decoder::new(BodyLength::Chunked);
    let mut body = Vec::new();
    for segment in segments {
        input.received(Bytes::copy_from_slice(segment));
        while let Some(piece) = decoder
            .decode(&mut input, &limits)
            .unwrap()
        {
            match piece {
                Piece::Data(data) => body.extend_from_slice(&data),
                Piece::End(trailers) => {
                    assert_eq!(trailers.unwrap()["digest"], "z");
                    assert!(input.is_empty());
                    return body;
                }
            }
        }
    }
    panic!("no end was found");
}

fn damage(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const LIKED: &[u8] = b"\r\n\0 \t:;,=\"#0fF\x7f\xff/*";
    let at = chance.below(bytes.len());
    let byte = LIKED[chance.below(LIKED.len())];
    match chance.below(6) {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 if bytes.len() > 1 => drop(bytes.remove(at)),
        3 => bytes.truncate(at + 1),
        4 => bytes[at] ^= 1 << chance.below(8),
        _ => {
            let end = (at + 1 + chance.below(12)).min(bytes.len());
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
    }
}
