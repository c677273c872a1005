//! See `berth_testkit::fuzz::archive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::archive(input));
