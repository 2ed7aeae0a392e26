//! Rules for manifests, as data: what a cluster would refuse, and what only its visitors would notice.

mod document;
mod route;

use serde::Serialize;
use time::OffsetDateTime;

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
}

/// A rule that an object breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleInfo,
    /// The object and the field: `Route web: spec.path`.
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
};

/// Every rule, in the order in which they are tried.
pub fn rules() -> Vec<RuleInfo> {
    std::iter::once(SYNTAX).chain(route::rules().map(|rule| rule.info)).collect()
}

/// Judges every OpenShift Route in YAML or JSON text: in documents, in the items of Lists and in the objects of
/// Templates, whose parameters are replaced by their values. Other objects pass unseen, but for the Secrets that hold
/// a Route's certificate. `now` decides what is expired.
pub fn manifests(text: &str, now: OffsetDateTime) -> Vec<Finding> {
    let documents = match document::read(text) {
        Ok(documents) => documents,
        Err(message) => {
            let place = "manifest".to_owned();
            return vec![Finding { rule: SYNTAX, place, message, expected: None, found: None }];
        }
    };
    let objects = document::objects(&documents);
    objects
        .iter()
        .filter(|object| document::is_route(object.value))
        .flat_map(|object| route::check(object, &objects, now))
        .collect()
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
