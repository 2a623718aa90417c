//! See `fuzz::authentication`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::authentication(input));
