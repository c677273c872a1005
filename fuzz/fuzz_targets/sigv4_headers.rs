//! See `berth_testkit::fuzz::sigv4_headers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::sigv4_headers(input));
