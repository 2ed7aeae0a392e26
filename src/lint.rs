//! Rules for certificates, chains, keys, requests and Kubernetes resources, as data: what a cluster or a TLS library
//! would refuse, and what only clients would notice.

mod certificate_graph;
mod reader;
mod route;
mod rule;
mod rules;
mod sarif;
mod secrets;
mod source;
mod syntax;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::kubernetes::{self, Resource};
use crate::pki::Certificate;

pub use crate::finding::{EnforcedBy, Finding, FindingCounts, Platform, RuleInfo, Severity};
pub use sarif::sarif;
pub use source::SourceFile;

/// Every rule, in the order in which they are tried.
pub fn rules() -> Vec<RuleInfo> {
    let files = [rules::UNREADABLE].into_iter().chain(rules::all().map(|rule| rule.info));
    files.chain(secrets::rules()).chain([syntax::SYNTAX, syntax::NOTHING]).chain(route::rules()).collect()
}

/// Checks files of any kind, each alone and all together: certificates, chains, keys and requests in PEM or DER,
/// Kubernetes resources in YAML or JSON. `platforms` says where they will be used; `now` decides what has expired. The
/// findings are in the order of the files.
pub fn files(files: &[SourceFile<'_>], platforms: &[Platform], now: OffsetDateTime) -> Vec<Finding> {
    let (graph, mut findings) = reader::read(files, now);
    findings.extend(rules::check(&graph));
    for finding in &mut findings {
        if finding.rule.errors_for.iter().any(|platform| platforms.contains(platform)) {
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

/// Checks every OpenShift Route in YAML or JSON text: in documents, in the items of Lists and in the objects of
/// Templates, whose parameters are replaced by their values. Other resources are ignored, except the Secrets that hold
/// a Route's certificate. `now` decides what has expired.
pub fn resources(text: &str, now: OffsetDateTime) -> Vec<Finding> {
    match kubernetes::read(text) {
        Ok(documents) => route::check_all(&kubernetes::resources(&documents), now),
        Err(error) => vec![syntax::invalid(error)],
    }
}

/// What is wrong with the dates of a certificate, which `place` names.
pub fn out_of_date(certificate: &Certificate, place: &str, now: OffsetDateTime) -> Option<Finding> {
    rules::out_of_date(certificate, place, now)
}

/// What the cluster would refuse in one Route. `all` are the resources beside it, among which its Secret may be.
pub fn refusals(route: &Resource<'_>, all: &[Resource<'_>], now: OffsetDateTime) -> Vec<Finding> {
    route::check(route, all, now).into_iter().filter(|finding| finding.rule.refused_by.is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Finding, SourceFile, files, resources};

    fn ids(text: &str) -> Vec<&'static str> {
        let now = time::OffsetDateTime::UNIX_EPOCH;
        resources(text, now).iter().map(|finding: &Finding| finding.rule.id).collect()
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

    #[test]
    fn a_file_of_thirty_thousand_sections_ends() {
        let section = |label: &str| format!("-----BEGIN {label}-----\n-----END {label}-----\n");
        let damaged = section("CERTIFICATE").repeat(30_000);
        let unknown = section("X").repeat(30_000);
        for text in [damaged, unknown] {
            let file = SourceFile {
                name: "a.pem",
                bytes: text.as_bytes(),
                mode: None,
                tracked: false,
                trusted: false,
            };
            let findings = files(&[file], &[], time::OffsetDateTime::UNIX_EPOCH);
            assert!(findings.iter().all(|finding| finding.rule.id == "file-unreadable"));
        }
    }
}
