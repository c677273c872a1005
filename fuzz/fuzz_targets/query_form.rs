//! See `berth_testkit::fuzz::query_form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::query_form(input));
