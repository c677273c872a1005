//! See `berth_testkit::fuzz::reference`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::reference(input));
