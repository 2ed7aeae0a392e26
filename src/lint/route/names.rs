//! The object's own names.

use super::context::RouteContext;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};
use crate::pki::name::{is_dns1123_label, is_dns1123_subdomain};

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-api-version",
        EnforcedBy::ApiServer,
        "openshift/api route/v1: the group route.openshift.io has the version v1",
        "write apiVersion: route.openshift.io/v1",
        api_version,
    ),
    unenforced(
        "route-name-missing",
        Severity::Error,
        "Kubernetes object metadata: name or generateName is needed to create an object",
        "add metadata.name",
        name_missing,
    ),
    refused(
        "route-name",
        EnforcedBy::ApiServer,
        "library-go route validation: metadata.name is a DNS-1123 subdomain",
        "use small letters, digits, `-` and `.`, at most 253 in all",
        name,
    ),
    refused(
        "route-namespace",
        EnforcedBy::ApiServer,
        "Kubernetes object metadata: a namespace is a DNS-1123 label",
        "use the name of a namespace: small letters, digits and `-`, at most 63",
        namespace,
    ),
];

fn api_version(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let right = "route.openshift.io/v1";
    let wrong = route.text("apiVersion").filter(|version| *version != right);
    let problem =
        |version| route.problem("apiVersion", "the API has no such version").expected(right).found(version);
    wrong.map(problem).into_iter().collect()
}

fn name_missing(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if route.has("metadata.name") || route.has("metadata.generateName") {
        return vec![];
    }
    vec![route.problem("metadata.name", "the Route has no name")]
}

fn name(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.text("metadata.name").filter(|name| !name.is_empty() && !is_dns1123_subdomain(name));
    let problem = |name| {
        let form = "small letters, digits, `-` and `.`, a letter or digit at both ends of each part";
        route
            .problem("metadata.name", "this is not a valid name of a Kubernetes object")
            .expected(form)
            .found(name)
    };
    wrong.map(problem).into_iter().collect()
}

fn namespace(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.text("metadata.namespace").filter(|name| !name.is_empty() && !is_dns1123_label(name));
    let problem = |name| {
        let form = "small letters, digits and `-`, a letter or digit at both ends, at most 63";
        route.problem("metadata.namespace", "this is not a valid namespace").expected(form).found(name)
    };
    wrong.map(problem).into_iter().collect()
}
