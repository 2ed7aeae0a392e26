//! Chance: the same in every run, or new in every run and printed where a test fails.

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};

/// Holds a property against random inputs: `usual` many, or as many as `PROPTEST_CASES` says. Each run tries others;
/// `PROPTEST_RNG_SEED`, as a failure names it, tries the same once more.
#[track_caller]
pub fn property<S: Strategy<Value: Debug>>(
    usual: u32,
    inputs: S,
    holds: impl Fn(S::Value) -> TestCaseResult,
) {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|text| text.parse::<u64>().ok());
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock that is right");
    let seed = number("PROPTEST_RNG_SEED").unwrap_or(now.as_nanos() as u64);
    let cases = number("PROPTEST_CASES").and_then(|cases| cases.try_into().ok()).unwrap_or(usual);
    let config =
        Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(&inputs, holds) {
        panic!("{error}\nreplay it with PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}");
    }
}

/// Marsaglia's xorshift: enough to damage things and to choose moments.
pub struct Random(u64);

impl Random {
    /// Begins with a number that is not 0.
    pub fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which is 0 only if `limit` is.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number from 0 to 1.
    pub fn part(&mut self) -> f64 {
        (self.next() >> 32) as f64 / f64::from(u32::MAX)
    }
}
