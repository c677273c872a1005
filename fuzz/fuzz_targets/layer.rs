//! See `berth_testkit::fuzz::layer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::layer(input));
