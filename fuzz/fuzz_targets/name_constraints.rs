//! `pkictl::fuzzing::name_constraints` on anything.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pkictl::fuzzing::name_constraints(bytes));
