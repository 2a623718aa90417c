//! See `fuzz::bounces`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::bounces(input));
