//! The table as what fuzzing starts from.

use support::fuzzed;

use super::table::written;

/// Each row for each target; the first byte says how the rest is cut, and to whom it is sent.
fn corpus() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\n";
    let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    written()
        .into_iter()
        .enumerate()
        .flat_map(move |(number, vector)| {
            let how = u8::try_from(number % 256).unwrap_or(0);
            let bytes = vector.bytes;
            let seed = |rest: &[u8]| [&[how], rest].concat();
            let all = Some(("connection", seed(&bytes)));
            let other = [&[how ^ fuzzed::LENIENT], &bytes[..]].concat();
            let other = Some(("connection", other));
            let fields = bytes
                .strip_prefix(head)
                .map(|rest| ("head", seed(rest)));
            let chunks = bytes
                .strip_prefix(chunked)
                .map(|rest| ("chunked", seed(rest)));
            [all, other, fields, chunks]
                .into_iter()
                .flatten()
        })
}

#[test]
fn every_fuzz_target_takes_every_row() {
    let mut counts = [0; 3];
    for (target, data) in corpus() {
        let (number, run): (usize, fn(&[u8])) = match target {
            "connection" => (0, fuzzed::connection),
            "head" => (1, fuzzed::head),
            _ => (2, fuzzed::chunked),
        };
        counts[number] += 1;
        run(&data);
    }
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[test]
#[ignore = "writes files: CORPUS says where to, fuzz/run calls it"]
fn the_corpus_is_written() {
    let folder = std::env::var_os("CORPUS").expect("CORPUS is a folder");
    let folder = std::path::Path::new(&folder);
    for (number, (target, data)) in corpus().enumerate() {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("row-{number:04}")), data).expect("a file");
    }
}
