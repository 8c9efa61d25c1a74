//! All bytes of a connection, cut anywhere: the server sees what a second reader sees.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzzed::connection(data));
