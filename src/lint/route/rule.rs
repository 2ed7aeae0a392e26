//! What a rule about Routes is.

use super::context::RouteContext;
use crate::explanation::Explanation;
use crate::finding::{EnforcedBy, RuleInfo, Severity};

/// A rule and the function that finds where it is broken.
pub(super) struct RouteRule {
    pub(super) info: RuleInfo,
    pub(super) check: fn(&RouteContext<'_>) -> Vec<Problem>,
}

/// A rule that the cluster enforces.
pub(super) const fn refused(
    id: &'static str,
    by: EnforcedBy,
    source: &'static str,
    fix: &'static str,
    check: fn(&RouteContext<'_>) -> Vec<Problem>,
) -> RouteRule {
    RouteRule {
        info: RuleInfo { id, severity: Severity::Error, source, refused_by: Some(by), fix, errors_for: &[] },
        check,
    }
}

/// A rule that the cluster does not enforce: only clients notice.
pub(super) const fn unenforced(
    id: &'static str,
    severity: Severity,
    source: &'static str,
    fix: &'static str,
    check: fn(&RouteContext<'_>) -> Vec<Problem>,
) -> RouteRule {
    RouteRule { info: RuleInfo { id, severity, source, refused_by: None, fix, errors_for: &[] }, check }
}

/// Something that breaks a rule.
pub(super) struct Problem {
    pub(super) place: String,
    pub(super) message: String,
    pub(super) explanation: Explanation,
}

impl Problem {
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
