//! Rules for certificates, chains, keys, requests and manifests, as data: what a cluster or a TLS library would refuse,
//! and what only visitors would notice.

mod authorities;
mod certificates;
mod chains;
mod file;
mod keys;
mod leaves;
mod route;
mod rule;
mod sarif;
mod scene;
mod secrets;

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use crate::kubernetes::{self, Object};

pub use file::File;
pub use sarif::sarif;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work.
    Error,
    /// It is likely to hurt.
    Warning,
    /// It is worth knowing.
    Note,
}

/// Who refuses an object that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Refuser {
    /// The OpenShift API server, when the object is applied.
    #[serde(rename = "API server")]
    ApiServer,
    /// The custom resource definition, where there is no OpenShift API server (MicroShift), when it is applied.
    #[serde(rename = "CRD")]
    Crd,
    /// The router, after the object was applied: the Route is never admitted.
    #[serde(rename = "router")]
    Router,
}

impl std::fmt::Display for Refuser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ApiServer => "API server",
            Self::Crd => "CRD",
            Self::Router => "router",
        })
    }
}

/// Where something will be used, as far as rules differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Behind or in the OpenShift router.
    Openshift,
    /// Clients on macOS and iOS.
    Apple,
    /// Python, whose contexts verify strictly from 3.13 on.
    Python,
    /// Java's trust manager, and keytool.
    Java,
    /// Chrome and Firefox.
    Browsers,
    /// PostgreSQL servers and libpq.
    Postgres,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 6] =
        [Self::Openshift, Self::Apple, Self::Python, Self::Java, Self::Browsers, Self::Postgres];
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Openshift => "openshift",
            Self::Apple => "apple",
            Self::Python => "python",
            Self::Java => "java",
            Self::Browsers => "browsers",
            Self::Postgres => "postgres",
        })
    }
}

/// A rule, without its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// Stable name.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Where the rule stands.
    pub source: &'static str,
    /// Who enforces it; nobody, if only its visitors notice.
    pub refused_by: Option<Refuser>,
    /// How to mend it.
    pub fix: &'static str,
    /// Where it is an error to break it, whatever the severity is elsewhere.
    #[serde(skip_serializing_if = "<[Place]>::is_empty")]
    pub errors_for: &'static [Place],
}

/// A rule that an object breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule; its severity is that of this finding.
    #[serde(flatten)]
    pub rule: RuleInfo,
    /// The file, as it was named; `None` for text that is not in a file yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in the file, from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The object and the field: `Route web: spec.path`; or the file.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

const SYNTAX: RuleInfo = RuleInfo {
    id: "manifest-syntax",
    severity: Severity::Error,
    source: "YAML 1.2; duplicate keys are refused by the strict readers of Kubernetes",
    refused_by: Some(Refuser::ApiServer),
    fix: "mend the file at the place that the message names",
    errors_for: &[],
};

const NOTHING: RuleInfo = RuleInfo {
    id: "manifest-nothing",
    severity: Severity::Note,
    source: "a report without findings must not be taken for one about this file",
    refused_by: None,
    fix: "name the files with Routes, Secrets and ConfigMaps, or certificates in PEM or DER",
    errors_for: &[],
};

/// Every rule, in the order in which they are tried.
pub fn rules() -> Vec<RuleInfo> {
    let files = rule::all().map(|rule| rule.info);
    let manifests = [SYNTAX, NOTHING].into_iter().chain(route::rules().map(|rule| rule.info));
    files.chain(secrets::rules()).chain(manifests).collect()
}

/// How many findings are of which severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// [`Severity::Error`].
    pub errors: usize,
    /// [`Severity::Warning`].
    pub warnings: usize,
    /// [`Severity::Note`].
    pub notes: usize,
}

impl Counts {
    /// Counts findings.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.rule.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

/// Judges files of any kind, each alone and all together: certificates, chains, keys and requests in PEM or DER,
/// manifests in YAML or JSON. `places` says where they will be used; `now` decides what is expired. The findings stand
/// in the order of the files.
pub fn files(files: &[File<'_>], places: &[Place], now: OffsetDateTime) -> Vec<Finding> {
    let (scene, mut findings) = file::read(files, now);
    findings.extend(rule::check(&scene));
    for finding in &mut findings {
        if finding.rule.errors_for.iter().any(|place| places.contains(place)) {
            finding.rule.severity = Severity::Error;
        }
    }
    let order: BTreeMap<&str, usize> =
        files.iter().enumerate().rev().map(|(index, file)| (file.name, index)).collect();
    findings.sort_by_key(|finding| {
        finding.file.as_deref().and_then(|name| order.get(name)).copied().unwrap_or(usize::MAX)
    });
    findings
}

/// Judges every OpenShift Route in YAML or JSON text: in documents, in the items of Lists and in the objects of
/// Templates, whose parameters are replaced by their values. Other objects pass unseen, but for the Secrets that hold
/// a Route's certificate. `now` decides what is expired.
pub fn manifests(text: &str, now: OffsetDateTime) -> Vec<Finding> {
    match kubernetes::read(text) {
        Ok(documents) => routes(&kubernetes::objects(&documents), now),
        Err(message) => vec![syntax(message)],
    }
}

/// What the cluster would refuse in one Route. `all` are the objects of its manifest, among which its Secret may be.
pub fn refusals(route: &Object<'_>, all: &[Object<'_>], now: OffsetDateTime) -> Vec<Finding> {
    route::check(route, all, now).into_iter().filter(|finding| finding.rule.refused_by.is_some()).collect()
}

fn routes(objects: &[Object<'_>], now: OffsetDateTime) -> Vec<Finding> {
    objects
        .iter()
        .filter(|object| kubernetes::is_route(object.value))
        .flat_map(|object| route::check(object, objects, now))
        .collect()
}

fn syntax(message: String) -> Finding {
    let place = "manifest".to_owned();
    Finding { rule: SYNTAX, file: None, line: None, place, message, expected: None, found: None }
}

#[cfg(test)]
mod tests {
    use super::{Finding, manifests};

    fn ids(text: &str) -> Vec<&'static str> {
        let now = time::OffsetDateTime::UNIX_EPOCH;
        manifests(text, now).iter().map(|finding: &Finding| finding.rule.id).collect()
    }

    #[test]
    fn any_text_gets_an_answer() {
        let deep = "[".repeat(100_000);
        let deep_map = "{a: ".repeat(5_000);
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n\
            d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\n\
            g: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g]\n";
        for text in [deep.as_str(), &deep_map, bomb, "a: b: c", "\u{0}", "%", "- [", "a: 1\na: 2\n"] {
            assert_eq!(ids(text), ["manifest-syntax"], "{}", &text[..text.len().min(20)]);
        }
        for text in ["", "---\n---\n", "x", "- 1", "kind: Pod", "kind: [Route]", "apiVersion: 1\nkind: Route"]
        {
            assert!(ids(text).is_empty(), "{text}: {:?}", ids(text));
        }
    }

    #[test]
    fn fields_of_a_wrong_type_are_findings() {
        let head = "apiVersion: route.openshift.io/v1\nkind: Route\n";
        for rest in [
            "metadata: 1\nspec: []\n",
            "metadata: {name: [], annotations: {a: 1}}\nspec: {to: x, port: 1, tls: [], host: {}, path: 0}\n",
            "metadata: {name: x}\nspec: {to: {name: {}, kind: 1, weight: x}, alternateBackends: [1, {}], httpHeaders: 1}\n",
            "spec: {to: {name: x}, tls: {termination: edge, certificate: 1, key: [], externalCertificate: x}}\n",
            "spec: {to: {name: x}, httpHeaders: {actions: {request: [1, {name: 2, action: {type: [], set: 3}}]}}}\n",
        ] {
            assert!(ids(&format!("{head}{rest}")).contains(&"route-field-type"), "{rest}");
        }
        assert!(ids(head).contains(&"route-required"));
    }
}
