//! What rules on certificates look at, and what they find.

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};
use crate::explanation::Explanation;
use crate::pki::Certificate;
use crate::pki::defect::Defect;

/// An identity, what it is used for, and the certificates above it.
pub(super) struct Case<'a> {
    pub(super) identity: &'a Identity,
    pub(super) serves: bool,
    pub(super) calls: bool,
    pub(super) trust: &'a Trust,
    pub(super) now: OffsetDateTime,
    /// The trusted certificate that the last one of the chain names as its issuer, or is itself.
    pub(super) anchor: Option<&'a Certificate>,
}

/// What a rule found out.
pub(super) enum RuleVerdict {
    /// Nothing wrong; the text is worth knowing.
    Fine(String),
    /// Everything that is wrong.
    Wrong(Vec<Explanation>),
    /// It cannot be said, and why.
    Unknown(String),
}

/// A defect, and how to fix it.
pub(super) fn explain(defect: Defect, fix: &str) -> Explanation {
    Explanation::new(defect.expected, defect.found).with_fix(fix)
}

impl RuleVerdict {
    /// Wrong if something was found, otherwise fine with this detail.
    pub(super) fn of(findings: Vec<Explanation>, detail: impl Into<String>) -> Self {
        if findings.is_empty() { Self::Fine(detail.into()) } else { Self::Wrong(findings) }
    }
}

impl<'a> Case<'a> {
    /// An identity that serves, calls, both, or neither.
    pub(super) fn new(
        identity: &'a Identity,
        (serves, calls): (bool, bool),
        trust: &'a Trust,
        now: OffsetDateTime,
    ) -> Self {
        Self { identity, serves, calls, trust, now, anchor: anchor(identity, trust) }
    }
}

/// The trusted certificate that the chain ends at: the one that it holds already, or the issuer of its last one.
fn anchor<'a>(identity: &'a Identity, trust: &'a Trust) -> Option<&'a Certificate> {
    let last = identity.chain.last()?;
    let is_issuer = |anchor: &&Certificate| anchor.details.subject == last.details.issuer;
    let own = trust.anchors.iter().find(|anchor| *anchor == last);
    own.or_else(|| trust.anchors.iter().filter(is_issuer).find(|anchor| last.is_signed_by(anchor)))
        .or_else(|| trust.anchors.iter().find(is_issuer))
}
