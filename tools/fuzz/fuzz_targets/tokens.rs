//! See `fuzz::tokens`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::tokens(input));
