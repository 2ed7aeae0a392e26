//! What would have been right, what is there instead, and how to fix it: one type for errors, findings and checks.

use serde::Serialize;

/// Why something is not right, part by part. Every part is one sentence or less, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Explanation {
    /// What would have been right, if it can be said in a sentence.
    pub expected: Option<String>,
    /// What is there instead.
    pub found: Option<String>,
    /// How to fix it, in words that name no option of the command line.
    pub fix: Option<String>,
}

impl Explanation {
    /// What would have been right, and what is there instead.
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), found: Some(found.into()), fix: None }
    }

    /// What would have been right, where what is there instead has been said already.
    pub fn expected(expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..Self::default() }
    }

    /// The same, and how to fix it.
    #[must_use]
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// The parts that there are, each behind its label; the labels are of the same width.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let parts = [("expected:", &self.expected), ("found:   ", &self.found), ("fix:     ", &self.fix)];
        parts.into_iter().filter_map(|(label, part)| Some((label, part.as_deref()?)))
    }
}
