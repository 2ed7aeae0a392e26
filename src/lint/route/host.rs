//! Host, subdomain, path and wildcard policy.

use super::context::RouteContext;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};
use crate::pki::name::is_dns1123_label;

const LIBRARY_GO: &str =
    "library-go route validation: host is a DNS-1123 subdomain, each label a DNS-1123 label";

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-host-empty",
        EnforcedBy::Crd,
        "route/v1 CRD: the pattern of spec.host does not match empty text",
        "leave spec.host out to let the router make one up",
        host_empty,
    ),
    refused(
        "route-host-syntax",
        EnforcedBy::ApiServer,
        LIBRARY_GO,
        "use small letters, digits and `-`, with dots between; for all hosts of a domain set wildcardPolicy: Subdomain",
        host_syntax,
    ),
    refused(
        "route-host-label",
        EnforcedBy::ApiServer,
        LIBRARY_GO,
        "shorten the label to 63 characters (RFC 1035, section 2.3.4)",
        host_label,
    ),
    refused(
        "route-host-length",
        EnforcedBy::ApiServer,
        LIBRARY_GO,
        "shorten the host to 253 characters (RFC 1035, section 3.1)",
        host_length,
    ),
    refused(
        "route-host-generated",
        EnforcedBy::ApiServer,
        "the host of a Route without one begins with name-namespace, and each of its labels is a DNS-1123 label",
        "shorten the name or the namespace, or give the Route a host",
        host_generated,
    ),
    refused(
        "route-subdomain",
        EnforcedBy::ApiServer,
        "library-go route validation: each label of spec.subdomain is a DNS-1123 label",
        "use small letters, digits and `-`, with dots between, at most 63 in a label and 253 in all",
        subdomain,
    ),
    unenforced(
        "route-subdomain-ignored",
        Severity::Warning,
        "library-go route validation: with spec.host set, spec.subdomain may be ignored",
        "leave out one of the two",
        subdomain_ignored,
    ),
    refused(
        "route-path",
        EnforcedBy::ApiServer,
        "library-go route validation: path must begin with / and cannot contain # or spaces; the CRD has no empty path",
        "begin the path with /, without # and spaces, or leave it out",
        path,
    ),
    unenforced(
        "route-path-control",
        Severity::Error,
        "RFC 3986, section 2: no URL has a control character; the router keeps a path in a line of a map",
        "take it out of the path, or write it percent-encoded",
        path_control,
    ),
    refused(
        "route-wildcard-policy",
        EnforcedBy::ApiServer,
        "route/v1 CRD and library-go route validation: wildcardPolicy is None or Subdomain",
        "write None or Subdomain",
        wildcard_policy,
    ),
    refused(
        "route-wildcard-host",
        EnforcedBy::ApiServer,
        "library-go route validation: host name not specified for wildcard policy",
        "set a host such as wildcard.apps.example.com, which stands for *.apps.example.com",
        wildcard_host,
    ),
    unenforced(
        "route-wildcard-admission",
        Severity::Note,
        "IngressController routeAdmission.wildcardPolicy: WildcardsDisallowed is the default",
        "ask the cluster's administrator to set WildcardsAllowed on the ingress controller",
        wildcard_admission,
    ),
];

fn host<'a>(route: &RouteContext<'a>) -> Option<&'a str> {
    route.text("spec.host").filter(|host| !host.is_empty())
}

fn host_empty(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let empty = route.text("spec.host").is_some_and(str::is_empty);
    empty.then(|| route.problem("spec.host", "the host is empty")).into_iter().collect()
}

fn host_syntax(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let Some(host) = host(route) else { return vec![] };
    let message = if host.starts_with("*.") {
        "a Route's host has no wildcard"
    } else if host.ends_with('.') {
        "the host ends with a dot"
    } else if host.chars().any(|c| c.is_ascii_uppercase()) {
        "the host has capital letters, which the API server refuses"
    } else if host.contains('_') {
        "the host has a `_`"
    } else if host.split('.').any(|label| label.len() <= 63 && !is_dns1123_label(label)) {
        "this is not a host name"
    } else if host.chars().any(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && !"-.".contains(c)) {
        "the host has a character that no host name has"
    } else {
        return vec![];
    };
    let form = "small letters, digits and `-` in labels with dots between";
    vec![route.problem("spec.host", message).expected(form).found(host)]
}

fn host_label(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if route
        .value("metadata.annotations")
        .and_then(|all| all.get("route.openshift.io/allow-non-dns-compliant-host"))
        == Some(&serde_json::Value::from("true"))
    {
        return vec![];
    }
    let long = host(route).into_iter().flat_map(|host| host.split('.')).filter(|label| label.len() > 63);
    long.map(|label| {
        let found = format!("{} characters: {label}", label.len());
        route
            .problem("spec.host", "a label of the host is too long")
            .expected("at most 63 characters")
            .found(found)
    })
    .collect()
}

fn host_length(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let long = host(route).filter(|host| host.len() > 253);
    let problem = |host: &str| {
        let found = format!("{} characters", host.len());
        route.problem("spec.host", "the host is too long").expected("at most 253 characters").found(found)
    };
    long.map(problem).into_iter().collect()
}

fn host_generated(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if route.has("spec.host") || route.has("spec.subdomain") {
        return vec![];
    }
    let Some(name) = route.text("metadata.name") else { return vec![] };
    // A namespace has at least one character.
    let namespace = route.text("metadata.namespace").filter(|name| !name.is_empty());
    let label = format!("{}-{}", name.replace('.', "-"), namespace.unwrap_or("?"));
    if label.len() <= 63 {
        return vec![];
    }
    let message = "the label that the router would make from name and namespace is too long";
    let found = format!("{} characters: {label}", label.len());
    vec![route.problem("metadata.name", message).expected("at most 63 characters").found(found)]
}

fn subdomain(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let Some(text) = route.text("spec.subdomain").filter(|text| !text.is_empty()) else { return vec![] };
    if text.len() <= 253 && text.split('.').all(is_dns1123_label) {
        return vec![];
    }
    vec![route.problem("spec.subdomain", "this is not a DNS subdomain").found(text)]
}

fn subdomain_ignored(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let both = route.has("spec.host") && route.has("spec.subdomain");
    both.then(|| route.problem("spec.subdomain", "it is ignored, because spec.host is set"))
        .into_iter()
        .collect()
}

fn path(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let Some(path) = route.text("spec.path") else { return vec![] };
    let message = if path.is_empty() {
        "the path is empty"
    } else if !path.starts_with('/') {
        "the path does not begin with /"
    } else if path.contains(['#', ' ']) {
        "the path has a # or a space"
    } else {
        return vec![];
    };
    vec![route.problem("spec.path", message).found(path)]
}

fn path_control(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.text("spec.path").filter(|path| path.chars().any(char::is_control));
    let problem = |path| route.problem("spec.path", "the path has a control character").found(path);
    wrong.map(problem).into_iter().collect()
}

fn wildcard_policy(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong =
        route.text("spec.wildcardPolicy").filter(|policy| !["None", "Subdomain", ""].contains(policy));
    let problem = |policy| {
        route
            .problem("spec.wildcardPolicy", "the policy is unknown")
            .expected("None or Subdomain")
            .found(policy)
    };
    wrong.map(problem).into_iter().collect()
}

fn wildcard_host(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = is_wildcard(route) && !route.has("spec.host");
    let message = "the policy Subdomain needs a host, to know whose subdomains are meant";
    wrong.then(|| route.problem("spec.host", message)).into_iter().collect()
}

fn wildcard_admission(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let message = "a router admits the policy Subdomain only if its administrator allows it";
    is_wildcard(route).then(|| route.problem("spec.wildcardPolicy", message)).into_iter().collect()
}

pub(super) fn is_wildcard(route: &RouteContext<'_>) -> bool {
    route.text("spec.wildcardPolicy") == Some("Subdomain")
}
