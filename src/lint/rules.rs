//! Every rule about certificates, keys and requests, and how they are tried.

mod authorities;
mod certificates;
mod chains;
mod keys;
mod leaves;

use super::certificate_graph::{CertificateGraph, Located};
use super::rule::{CheckFn, FileRule, Violation};
use super::source::Source;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::finding::{Finding, RuleInfo, Severity};
use crate::pki::{Certificate, defect};
use time::OffsetDateTime;

pub(super) const UNREADABLE: RuleInfo = RuleInfo {
    id: "file-unreadable",
    severity: Severity::Error,
    source: "RFC 7468 (PEM), RFC 5280 (certificates), RFC 2986 (requests), RFC 5958 (keys)",
    refused_by: None,
    fix: "replace it with a complete file; convert PKCS#12 with `openssl pkcs12 -nodes`",
    errors_for: &[],
};

/// Every rule of the tables, in the order in which people would want to read what breaks them.
pub(super) fn all() -> impl Iterator<Item = &'static FileRule> {
    [keys::RULES, certificates::RULES, leaves::RULES, authorities::RULES, chains::RULES].into_iter().flatten()
}

/// Something that could not be read, and why.
pub(super) fn unreadable(source: &Source, line: Option<usize>, error: &Error) -> Finding {
    let text = error.to_string();
    let message = text.strip_prefix(&format!("{}: ", source.place)).unwrap_or(&text);
    let explanation = Explanation { fix: None, ..error.explanation() };
    let finding = Finding::new(UNREADABLE, source.place.clone(), message, explanation);
    Finding { file: Some(source.file.clone()), line, ..finding }
}

/// A certificate that has expired, or is not valid yet.
pub(super) fn out_of_date(certificate: &Certificate, place: &str, now: OffsetDateTime) -> Option<Finding> {
    let (id, defect) = match defect::expired(certificate, now) {
        Some(defect) => ("certificate-expired", defect),
        None => ("certificate-not-yet-valid", defect::not_yet_valid(certificate, now)?),
    };
    let rule = certificates::RULES.iter().find(|rule| rule.info.id == id)?;
    let message = format!("{:?} {}", certificate.title(), rule.message);
    Some(Finding::new(rule.info, place.to_owned(), message, defect.into()))
}

/// Tries every rule.
pub(super) fn check(graph: &CertificateGraph) -> Vec<Finding> {
    all()
        .flat_map(|rule| violations(rule, graph).into_iter().map(|found| finding(rule, found, graph)))
        .collect()
}

fn violations(rule: &FileRule, graph: &CertificateGraph) -> Vec<Violation> {
    let each = |certificate: &Located<Certificate>, explanations: Vec<Explanation>| {
        explanations.into_iter().map(|one| Violation::of(certificate, one)).collect::<Vec<_>>()
    };
    let extended = |certificate: &&Located<Certificate>| !certificates::is_bare(&certificate.item);
    let all = graph.certificates.iter();
    match rule.check {
        CheckFn::Every(check) => all.flat_map(|one| each(one, check(&one.item, graph))).collect(),
        CheckFn::Extended(check) => {
            all.filter(extended).flat_map(|one| each(one, check(&one.item))).collect()
        }
        CheckFn::Leaf(check) => {
            graph.leaves().filter(extended).flat_map(|one| each(one, check(&one.item))).collect()
        }
        CheckFn::Authority(check) => {
            graph.authorities().filter(extended).flat_map(|one| each(one, check(&one.item))).collect()
        }
        CheckFn::Graph(check) => check(graph),
    }
}

fn finding(rule: &FileRule, violation: Violation, graph: &CertificateGraph) -> Finding {
    let source = &graph.sources[violation.location.source];
    let message = match violation.name {
        Some(name) => format!("{name:?} {}", rule.message),
        None => rule.message.to_owned(),
    };
    let finding = Finding::new(rule.info, source.place.clone(), message, violation.explanation);
    Finding { file: Some(source.file.clone()), line: violation.location.line, ..finding }
}
