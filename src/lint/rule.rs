//! What a rule about files is.

use super::certificate_graph::{CertificateGraph, Located, Location};
use crate::explanation::Explanation;
use crate::finding::{Platform, RuleInfo, Severity};
use crate::pki::Certificate;

/// A rule about certificates, keys or requests, and the function that finds where it is broken.
pub(super) struct FileRule {
    pub(super) info: RuleInfo,
    /// What is wrong, in words that fit behind a name.
    pub(super) message: &'static str,
    pub(super) check: CheckFn,
}

/// What a rule looks at.
pub(super) enum CheckFn {
    /// Every certificate.
    Every(fn(&Certificate, &CertificateGraph) -> Vec<Explanation>),
    /// Every certificate that has extensions: the absence of all extensions is one finding of its own.
    Extended(fn(&Certificate) -> Vec<Explanation>),
    /// The certificates of servers and clients, if they have extensions.
    Leaf(fn(&Certificate) -> Vec<Explanation>),
    /// The certificates that sign others or are trusted, if they have extensions.
    Authority(fn(&Certificate) -> Vec<Explanation>),
    /// All together.
    Graph(fn(&CertificateGraph) -> Vec<Violation>),
}

/// A place where a rule is broken.
pub(super) struct Violation {
    pub(super) location: Location,
    /// The certificate that it is about.
    pub(super) name: Option<String>,
    pub(super) explanation: Explanation,
}

impl Violation {
    /// A violation by a certificate.
    pub(super) fn of(certificate: &Located<Certificate>, explanation: impl Into<Explanation>) -> Self {
        let explanation = explanation.into();
        Self { location: certificate.location, name: Some(certificate.item.title()), explanation }
    }

    /// A violation at a place, by something without a name.
    pub(super) fn at(location: Location, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { location, name: None, explanation: Explanation::new(expected, found) }
    }
}

/// A row of a table.
pub(super) const fn row(
    id: &'static str,
    severity: Severity,
    errors_for: &'static [Platform],
    message: &'static str,
    source: &'static str,
    fix: &'static str,
    check: CheckFn,
) -> FileRule {
    FileRule { info: RuleInfo { id, severity, source, refused_by: None, fix, errors_for }, message, check }
}

/// The explanations of defects, of which there may be none.
pub(super) fn explain(defects: impl IntoIterator<Item: Into<Explanation>>) -> Vec<Explanation> {
    defects.into_iter().map(Into::into).collect()
}

/// An explanation if something is wrong.
pub(super) fn when(wrong: bool, expected: &str, found: impl Into<String>) -> Vec<Explanation> {
    explain(wrong.then(|| Explanation::new(expected, found)))
}
