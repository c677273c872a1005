//! See `berth_testkit::fuzz::insights_query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::insights_query(input));
