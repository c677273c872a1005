//! See `berth_testkit::fuzz::json_reader`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::json_reader(input));
