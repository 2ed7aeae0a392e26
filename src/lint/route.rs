//! OpenShift Route: the intersection of what the API server, the custom resource definition and the router accept,
//! and what none of them checks.
//!
//! Sources: library-go `pkg/route/validation`, openshift/api `route/v1` (CRD with CEL rules), openshift/router
//! `pkg/router/routeapihelpers` (extended validation).

mod backends;
mod certificates;
mod headers;
mod host;
mod names;
mod pem;
mod shape;
mod tls;
mod visitors;

use serde_json::Value;
use time::OffsetDateTime;

use super::{Finding, Refuser, RuleInfo, Severity};
use crate::kubernetes::{Object, secret_of, text_at, value_at};
use pem::Section;

/// A rule and the function that finds where it is broken.
pub(super) struct Rule {
    pub(super) info: RuleInfo,
    check: fn(&Route<'_>) -> Vec<Problem>,
}

/// Every rule, in the order in which people would want to read what breaks them.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        shape::RULES,
        names::RULES,
        host::RULES,
        backends::RULES,
        tls::RULES,
        headers::RULES,
        pem::RULES,
        certificates::RULES,
        visitors::RULES,
    ]
    .into_iter()
    .flatten()
}

/// What is wrong with one Route. `all` are the objects of its manifest, among which its Secret may be.
pub(super) fn check(object: &Object<'_>, all: &[Object<'_>], now: OffsetDateTime) -> Vec<Finding> {
    let route = Route::new(object, all, now);
    let found = |rule: &'static Rule| {
        (rule.check)(&route).into_iter().map(|problem| Finding {
            rule: rule.info,
            file: None,
            line: None,
            place: problem.place,
            message: problem.message,
            expected: problem.expected,
            found: problem.found,
        })
    };
    rules().flat_map(found).collect()
}

/// Something that breaks a rule.
struct Problem {
    place: String,
    message: String,
    expected: Option<String>,
    found: Option<String>,
}

impl Problem {
    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// What stands there; never used for keys.
    fn found(mut self, found: impl Into<String>) -> Self {
        let text: String = found.into();
        let shown: String = text.chars().take(120).flat_map(char::escape_debug).collect();
        self.found = Some(shown);
        self
    }
}

/// A Route, and what its rules look at.
struct Route<'a> {
    object: &'a Value,
    title: String,
    in_template: bool,
    now: OffsetDateTime,
    certificate: Section<'a>,
    key: Section<'a>,
    ca: Section<'a>,
    destination: Section<'a>,
}

impl<'a> Route<'a> {
    fn new(object: &Object<'a>, all: &[Object<'a>], now: OffsetDateTime) -> Self {
        let value = object.value;
        let title = match text_at(value, "metadata.name") {
            Some(name) => format!("Route {}", name.escape_debug()),
            None => format!("Route without a name (object {})", object.number),
        };
        let in_tls = |field: &str| {
            let path = format!("spec.tls.{field}");
            let text = text_at(value, &path)
                .filter(|_| text_at(value, "spec.tls.termination") != Some("passthrough"));
            Section::read(format!("{title}: {path}"), text)
        };
        let (mut certificate, mut key) = (in_tls("certificate"), in_tls("key"));
        if let Some((name, secret)) = secret_of(value, all) {
            let in_secret = |field: &str| {
                let text = secret.get("stringData").and_then(|data| data.get(field)).and_then(Value::as_str);
                Section::read(format!("Secret {}: {field}", name.escape_debug()), text)
            };
            (certificate, key) = (in_secret("tls.crt"), in_secret("tls.key"));
        }
        let (ca, destination) = (in_tls("caCertificate"), in_tls("destinationCACertificate"));
        Self { object: value, in_template: object.in_template, now, certificate, key, ca, destination, title }
    }

    /// The value at a path such as `spec.to.name`; `null` is nothing.
    fn value(&self, path: &str) -> Option<&'a Value> {
        value_at(self.object, path)
    }

    /// The text at a path, if it is known: not a parameter of a Template.
    fn text(&self, path: &str) -> Option<&'a str> {
        text_at(self.object, path).filter(|text| self.is_known(text))
    }

    /// Whether text that is not empty, or anything that is no text, stands there.
    fn has(&self, path: &str) -> bool {
        self.value(path).is_some_and(|value| value.as_str() != Some(""))
    }

    fn is_known(&self, text: &str) -> bool {
        !(self.in_template && text.contains("${"))
    }

    fn is_passthrough(&self) -> bool {
        self.text("spec.tls.termination") == Some("passthrough")
    }

    fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        let place = format!("{}: {path}", self.title);
        Problem { place, message: message.into(), expected: None, found: None }
    }
}

/// A rule that somebody enforces.
const fn refused(
    id: &'static str,
    by: Refuser,
    source: &'static str,
    fix: &'static str,
    check: fn(&Route<'_>) -> Vec<Problem>,
) -> Rule {
    Rule {
        info: RuleInfo { id, severity: Severity::Error, source, refused_by: Some(by), fix, errors_for: &[] },
        check,
    }
}

/// A rule that nobody enforces before visitors come.
const fn unenforced(
    id: &'static str,
    severity: Severity,
    source: &'static str,
    fix: &'static str,
    check: fn(&Route<'_>) -> Vec<Problem>,
) -> Rule {
    Rule { info: RuleInfo { id, severity, source, refused_by: None, fix, errors_for: &[] }, check }
}
