//! See `berth_testkit::fuzz::xml_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::xml_answer(input));
