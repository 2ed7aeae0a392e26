//! What a rule about files is, and how it is tried.

use super::scene::{At, Held, Scene, Source};
use super::{Finding, Place, RuleInfo, Severity, authorities, certificates, chains, keys, leaves};
use crate::error::Error;
use crate::pki::Certificate;
use crate::pki::defect::Defect;

/// A rule about certificates, keys or requests, and the function that finds where it is broken.
pub(super) struct Rule {
    pub(super) info: RuleInfo,
    /// What is wrong, in words that fit behind a name.
    pub(super) message: &'static str,
    pub(super) check: Check,
}

/// What a rule looks at.
pub(super) enum Check {
    /// Every certificate.
    Every(fn(&Certificate, &Scene) -> Vec<Defect>),
    /// Every certificate that has extensions: of others it is said once that they have none.
    Extended(fn(&Certificate) -> Vec<Defect>),
    /// Those with extensions that serve or call.
    Leaf(fn(&Certificate) -> Vec<Defect>),
    /// Those with extensions that sign others, or are trusted.
    Authority(fn(&Certificate) -> Vec<Defect>),
    /// All together.
    Scene(fn(&Scene) -> Vec<Hit>),
}

/// A place where a rule is broken.
pub(super) struct Hit {
    pub(super) at: At,
    /// The certificate that it is about.
    pub(super) name: Option<String>,
    pub(super) defect: Defect,
}

impl Hit {
    pub(super) fn of(held: &Held<Certificate>, defect: Defect) -> Self {
        Self { at: held.at, name: Some(held.item.title()), defect }
    }

    pub(super) fn at(at: At, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { at, name: None, defect: Defect { expected: expected.into(), found: found.into() } }
    }
}

const UNREADABLE: RuleInfo = RuleInfo {
    id: "file-unreadable",
    severity: Severity::Error,
    source: "RFC 7468 (PEM), RFC 5280 (certificates), RFC 2986 (requests), RFC 5958 (keys)",
    refused_by: None,
    fix: "replace it by a whole file; convert PKCS#12 with `openssl pkcs12 -nodes`",
    errors_for: &[],
};

/// A row of a table.
pub(super) const fn row(
    id: &'static str,
    severity: Severity,
    errors_for: &'static [Place],
    message: &'static str,
    source: &'static str,
    fix: &'static str,
    check: Check,
) -> Rule {
    Rule { info: RuleInfo { id, severity, source, refused_by: None, fix, errors_for }, message, check }
}

/// Every rule about files but for manifests, in the order in which people would want to read what breaks them.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    const FILES: &[Rule] = &[Rule { info: UNREADABLE, message: "", check: Check::Scene(|_| vec![]) }];
    [FILES, keys::RULES, certificates::RULES, leaves::RULES, authorities::RULES, chains::RULES]
        .into_iter()
        .flatten()
}

/// Something that could not be read, and why.
pub(super) fn unreadable(source: &Source, line: Option<usize>, error: &Error) -> Finding {
    let text = error.to_string();
    let message = text.strip_prefix(&format!("{}: ", source.place)).unwrap_or(&text).to_owned();
    let (expected, found) = (error.expected(), error.found());
    let (file, place) = (Some(source.file.clone()), source.place.clone());
    Finding { rule: UNREADABLE, file, line, place, message, expected, found }
}

/// Tries every rule.
pub(super) fn check(scene: &Scene) -> Vec<Finding> {
    all().flat_map(|rule| hits(rule, scene).into_iter().map(|hit| finding(rule, hit, scene))).collect()
}

fn hits(rule: &Rule, scene: &Scene) -> Vec<Hit> {
    let each = |held: &Held<Certificate>, defects: Vec<Defect>| {
        defects.into_iter().map(|defect| Hit::of(held, defect)).collect::<Vec<_>>()
    };
    let extended = |held: &&Held<Certificate>| !certificates::is_bare(&held.item);
    match rule.check {
        Check::Every(check) => {
            scene.certificates.iter().flat_map(|held| each(held, check(&held.item, scene))).collect()
        }
        Check::Extended(check) => {
            let all = scene.certificates.iter().filter(extended);
            all.flat_map(|held| each(held, check(&held.item))).collect()
        }
        Check::Leaf(check) => {
            scene.leaves().filter(extended).flat_map(|held| each(held, check(&held.item))).collect()
        }
        Check::Authority(check) => {
            scene.authorities().filter(extended).flat_map(|held| each(held, check(&held.item))).collect()
        }
        Check::Scene(check) => check(scene),
    }
}

fn finding(rule: &Rule, hit: Hit, scene: &Scene) -> Finding {
    let source = &scene.sources[hit.at.source];
    let message = match hit.name {
        Some(name) => format!("{name:?} {}", rule.message),
        None => rule.message.to_owned(),
    };
    Finding {
        rule: rule.info,
        file: Some(source.file.clone()),
        line: hit.at.line,
        place: source.place.clone(),
        message,
        expected: Some(hit.defect.expected),
        found: Some(hit.defect.found),
    }
}

/// At most one defect.
pub(super) fn one(defect: Option<Defect>) -> Vec<Defect> {
    defect.into_iter().collect()
}

/// A defect if something is wrong.
pub(super) fn when(wrong: bool, expected: &str, found: impl Into<String>) -> Vec<Defect> {
    one(wrong.then(|| Defect { expected: expected.to_owned(), found: found.into() }))
}
