//! `pkictl::fuzzing::profile` on anything.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pkictl::fuzzing::profile(bytes));
