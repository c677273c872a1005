//! See `berth_testkit::fuzz::filter_pattern`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::filter_pattern(input));
