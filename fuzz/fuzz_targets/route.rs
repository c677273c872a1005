//! See `berth_testkit::fuzz::route`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::route(input));
