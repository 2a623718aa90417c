//! See `fuzz::quotes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::quotes(input));
