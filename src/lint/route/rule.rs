//! What a rule about Routes is.

use super::context::RouteContext;
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, RuleInfo, Severity};

/// A rule and the function that finds where it is broken.
pub(super) struct RouteRule {
    pub(super) info: RuleInfo,
    pub(super) check: fn(&RouteContext<'_>) -> Vec<RouteViolation>,
}

/// A rule that the cluster enforces.
pub(super) const fn refused(
    id: &'static str,
    by: EnforcedBy,
    source: &'static str,
    fix: &'static str,
    check: fn(&RouteContext<'_>) -> Vec<RouteViolation>,
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
    check: fn(&RouteContext<'_>) -> Vec<RouteViolation>,
) -> RouteRule {
    RouteRule { info: RuleInfo { id, severity, source, refused_by: None, fix, errors_for: &[] }, check }
}
