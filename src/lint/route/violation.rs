//! What breaks a rule about Routes.

use crate::explanation::Explanation;

/// Something that breaks a rule.
pub(super) struct RouteViolation {
    pub(super) place: String,
    pub(super) message: String,
    pub(super) explanation: Explanation,
}

impl RouteViolation {
    pub(super) fn new(place: String, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), explanation: Explanation::default() }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.explanation.expected = Some(expected.into());
        self
    }

    /// What is there instead; never used for keys.
    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        let text: String = found.into();
        let shown: String = text.chars().take(120).flat_map(char::escape_debug).collect();
        self.explanation.found = Some(shown);
        self
    }
}
