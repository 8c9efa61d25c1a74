//! What a line costs: a mebibyte of lines of 64 bytes, counted and measured, in chunks of 16 and
//! 64 KiB, against loops written by hand and the line readers of `tokio` and `tokio-util`.
//!
//! `cargo bench -p tubes-benches --bench lines`
//!
//! The readers copy what they read, as from a socket, and "tubes, copying" does the same.

use std::hint::black_box;

use bytes::{Buf, Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt;
use memchr::{memchr, memchr_iter};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::codec::{FramedRead, LinesCodec};
use tubes::{Fount, drains, founts, framing};
use tubes_benches::run;

/// How many lines, and how long they are together.
type Sum = (usize, usize);

fn add((count, length): Sum, line: impl AsRef<[u8]>) -> Sum {
    (count + 1, length + line.as_ref().len())
}

fn lines(c: &mut Criterion) {
    let line = [&[b'x'; 64][..], b"\n"].concat();
    // Not a whole number of lines in a chunk: some lie in two.
    let text = line.repeat((1 << 20) / line.len());
    let expected = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| &line[..line.len() - 1])
        .fold((0, 0), add);
    let text = black_box(text);

    let mut group = c.benchmark_group("lines/64 bytes");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("hand, nothing kept", |b| {
        b.iter(|| assert_eq!(borrowed(&text), expected));
    });
    for kib in [16, 64] {
        let size = kib * 1024;
        let chunks: Vec<Bytes> = text
            .chunks(size)
            .map(Bytes::copy_from_slice)
            .collect();
        let at = |name| BenchmarkId::new(name, format!("{kib} KiB"));
        group.bench_function(at("hand, split_to"), |b| {
            b.iter(|| assert_eq!(by_split_to(chunks.iter().cloned()), expected));
        });
        group.bench_function(at("hand, slice"), |b| {
            b.iter(|| assert_eq!(by_slice(chunks.iter().cloned()), expected));
        });
        group.bench_function(at("tubes"), |b| {
            b.iter(|| assert_eq!(tubes(chunks.iter().cloned()), expected));
        });
        let copies = || {
            text.chunks(size)
                .map(Bytes::copy_from_slice)
        };
        group.bench_function(at("tubes, copying"), |b| {
            b.iter(|| assert_eq!(tubes(copies()), expected));
        });
    }
    for kib in [8, 64] {
        let at = |name| BenchmarkId::new(name, format!("{kib} KiB"));
        group.bench_function(at("LinesCodec"), |b| {
            b.iter(|| assert_eq!(run(lines_codec(&text, kib * 1024)), expected));
        });
        group.bench_function(at("BufReader::lines"), |b| {
            b.iter(|| assert_eq!(run(buf_reader(&text, kib * 1024)), expected));
        });
    }
    group.finish();
}

/// By hand, without giving anything away.
fn borrowed(text: &[u8]) -> Sum {
    let mut sum = (0, 0);
    let mut begin = 0;
    for end in memchr_iter(b'\n', text) {
        let line = &text[begin..end];
        sum = add(sum, black_box(line.strip_suffix(b"\r").unwrap_or(line)));
        begin = end + 1;
    }
    sum
}

/// By hand, with each line as `Bytes`, as one writes it at first.
fn by_split_to(chunks: impl Iterator<Item = Bytes>) -> Sum {
    let mut sum = (0, 0);
    let mut begun = BytesMut::new();
    for mut chunk in chunks {
        while let Some(end) = memchr(b'\n', &chunk) {
            let mut line = chunk.split_to(end);
            chunk.advance(1);
            if !begun.is_empty() {
                begun.extend_from_slice(&line);
                line = begun.split().freeze();
            }
            if line.ends_with(b"\r") {
                line.truncate(line.len() - 1);
            }
            sum = add(sum, black_box(line));
        }
        begun.extend_from_slice(&chunk);
    }
    sum
}

/// By hand, with each line as `Bytes`, in the fastest way we know.
fn by_slice(chunks: impl Iterator<Item = Bytes>) -> Sum {
    let mut sum = (0, 0);
    let mut begun = BytesMut::new();
    for chunk in chunks {
        let mut begin = 0;
        while let Some(length) = memchr(b'\n', &chunk[begin..]) {
            let text = &chunk[begin..begin + length];
            let text = text
                .strip_suffix(b"\r")
                .unwrap_or(text)
                .len();
            if begun.is_empty() {
                sum = add(sum, black_box(chunk.slice(begin..begin + text)));
            } else {
                begun.extend_from_slice(&chunk[begin..begin + text]);
                sum = add(sum, black_box(begun.split().freeze()));
            }
            begin += length + 1;
        }
        begun.extend_from_slice(&chunk[begin..]);
    }
    sum
}

fn tubes(chunks: impl Iterator<Item = Bytes>) -> Sum {
    let flow = founts::iter(chunks)
        .through(framing::lines())
        .flow_to(drains::fold((0, 0), |sum, line| add(sum, black_box(line))));
    run(flow).expect("no line is too long")
}

async fn lines_codec(text: &[u8], buffer: usize) -> Sum {
    let mut lines = FramedRead::with_capacity(text, LinesCodec::new(), buffer);
    let mut sum = (0, 0);
    while let Some(line) = lines.next().await {
        sum = add(sum, black_box(line.expect("all is ASCII")));
    }
    sum
}

async fn buf_reader(text: &[u8], buffer: usize) -> Sum {
    let mut lines = BufReader::with_capacity(buffer, text).lines();
    let mut sum = (0, 0);
    while let Some(line) = lines
        .next_line()
        .await
        .expect("memory does not fail")
    {
        sum = add(sum, black_box(line));
    }
    sum
}

criterion_group!(benches, lines);
criterion_main!(benches);
