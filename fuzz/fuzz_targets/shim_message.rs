//! See `berth_testkit::fuzz::shim_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::shim_message(input));
