//! Chance that is the same in every run.

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
