//! See `berth_testkit::fuzz::tcs_frame`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::tcs_frame(input));
