//! Chunks and trailers behind a sane head: the server decodes what a second reader decodes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzzed::chunked(data));
