//! See `berth_testkit::fuzz::sigv4_presigned`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| berth_testkit::fuzz::sigv4_presigned(input));
