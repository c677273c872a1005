//! See `berth_testkit::fuzz::output_segment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::output_segment(input));
