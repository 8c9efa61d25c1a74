//! The field lines of a head, or all of it: the server refuses what a second reader refuses.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzzed::head(data));
