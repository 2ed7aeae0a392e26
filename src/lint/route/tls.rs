//! Which fields of `spec.tls` go together.

use super::context::RouteContext;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-termination",
        EnforcedBy::Crd,
        "route/v1 CRD: termination is edge, reencrypt or passthrough, in small letters",
        "write edge, reencrypt or passthrough, or leave spec.tls out for plain HTTP",
        termination,
    ),
    refused(
        "route-insecure-policy",
        EnforcedBy::ApiServer,
        "library-go route validation: insecureEdgeTerminationPolicy is None, Allow, Redirect or empty",
        "write None, Allow or Redirect",
        insecure_policy,
    ),
    refused(
        "route-passthrough-allow",
        EnforcedBy::ApiServer,
        "CRD: cannot have both spec.tls.termination: passthrough and spec.tls.insecureEdgeTerminationPolicy: Allow",
        "choose None or Redirect: without TLS the router cannot tell for whom a passthrough connection is",
        passthrough_allow,
    ),
    refused(
        "route-passthrough-certificates",
        EnforcedBy::ApiServer,
        "library-go route validation: passthrough termination does not support certificates",
        "leave it out: the pod shows its own certificate; or choose edge or reencrypt",
        passthrough_certificates,
    ),
    refused(
        "route-passthrough-path",
        EnforcedBy::ApiServer,
        "library-go route validation: passthrough termination does not support paths",
        "leave the path out: the router does not see it; or choose edge or reencrypt",
        passthrough_path,
    ),
    refused(
        "route-passthrough-headers",
        EnforcedBy::ApiServer,
        "CRD: header actions are not permitted when tls termination is passthrough",
        "leave spec.httpHeaders out: the router does not see headers; or choose edge or reencrypt",
        passthrough_headers,
    ),
    refused(
        "route-edge-destination",
        EnforcedBy::ApiServer,
        "library-go route validation: edge termination does not support destination certificates",
        "leave it out: the router speaks plain HTTP to the pod; or choose reencrypt",
        edge_destination,
    ),
    refused(
        "route-external-and-certificate",
        EnforcedBy::ApiServer,
        "CRD and library-go: cannot have both spec.tls.certificate and spec.tls.externalCertificate",
        "keep the certificate in one place: in the Route, or in the Secret",
        external_and_certificate,
    ),
    unenforced(
        "route-external-and-key",
        Severity::Error,
        "OpenShift documentation: key and externalCertificate exclude each other; the router takes the Secret's key",
        "leave spec.tls.key out: the Secret holds the key",
        external_and_key,
    ),
    unenforced(
        "route-external-and-ca",
        Severity::Warning,
        "openshift/router: caCertificate is kept beside the Secret's certificate and decides whether it is accepted",
        "leave spec.tls.caCertificate out and put the intermediates into the Secret's tls.crt",
        external_and_ca,
    ),
    refused(
        "route-certificate-without-key",
        EnforcedBy::Router,
        "openshift/router extended validation: no key specified",
        "add the private key that belongs to the certificate",
        certificate_without_key,
    ),
    unenforced(
        "route-key-without-certificate",
        Severity::Error,
        "openshift/router: a key without a certificate is not used; the router shows its default certificate",
        "add the certificate, or leave the key out",
        key_without_certificate,
    ),
    unenforced(
        "route-ca-without-certificate",
        Severity::Warning,
        "openshift/router: caCertificate is sent after certificate; alone it has no effect",
        "add certificate and key, or leave caCertificate out",
        ca_without_certificate,
    ),
    unenforced(
        "route-destination-ca-missing",
        Severity::Note,
        "openshift/router: without destinationCACertificate only the service CA is trusted, for <service>.<namespace>.svc",
        "set destinationCACertificate, unless the pod has a certificate of OpenShift's service CA",
        destination_missing,
    ),
];

const POLICY: &str = "spec.tls.insecureEdgeTerminationPolicy";

fn termination(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let known = ["edge", "reencrypt", "passthrough"];
    let wrong = route.text("spec.tls.termination").filter(|text| !known.contains(text));
    let problem = |text| {
        let form = "edge, reencrypt or passthrough";
        route.problem("spec.tls.termination", "the termination is unknown").expected(form).found(text)
    };
    wrong.map(problem).into_iter().collect()
}

fn insecure_policy(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.text(POLICY).filter(|text| !["None", "Allow", "Redirect", ""].contains(text));
    let problem =
        |text| route.problem(POLICY, "the policy is unknown").expected("None, Allow or Redirect").found(text);
    wrong.map(problem).into_iter().collect()
}

fn passthrough_allow(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.is_passthrough() && route.text(POLICY) == Some("Allow");
    let problem = || {
        route
            .problem(POLICY, "a passthrough Route cannot allow plain HTTP")
            .expected("None or Redirect")
            .found("Allow")
    };
    wrong.then(problem).into_iter().collect()
}

fn passthrough_certificates(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if !route.is_passthrough() {
        return vec![];
    }
    let fields =
        ["certificate", "key", "caCertificate", "destinationCACertificate", "externalCertificate.name"];
    let paths = fields.iter().map(|field| format!("spec.tls.{field}"));
    let problem = |path: String| {
        route.problem(&path, "a passthrough Route has no certificates: the router does not end TLS")
    };
    paths.filter(|path| route.has(path)).map(problem).collect()
}

fn passthrough_path(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.is_passthrough() && route.has("spec.path");
    let message = "a passthrough Route has no path: it is encrypted where the router looks";
    wrong.then(|| route.problem("spec.path", message)).into_iter().collect()
}

fn passthrough_headers(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.is_passthrough() && route.has("spec.httpHeaders");
    let message = "a passthrough Route has no header actions: headers are encrypted where the router looks";
    wrong.then(|| route.problem("spec.httpHeaders", message)).into_iter().collect()
}

fn edge_destination(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.tls.destinationCACertificate";
    let wrong = route.text("spec.tls.termination") == Some("edge") && route.has(path);
    wrong.then(|| route.problem(path, "an edge Route has no TLS towards the pod")).into_iter().collect()
}

/// One problem if both `field` and an external certificate are given.
fn beside_external(route: &RouteContext<'_>, field: &str, message: &str) -> Vec<RouteViolation> {
    let path = format!("spec.tls.{field}");
    let both = route.value("spec.tls.externalCertificate").is_some() && route.has(&path);
    (both && !route.is_passthrough()).then(|| route.problem(&path, message)).into_iter().collect()
}

fn external_and_certificate(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    beside_external(route, "certificate", "the certificate is given twice: here and by externalCertificate")
}

fn external_and_key(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    beside_external(route, "key", "the key is given twice: here and by externalCertificate")
}

fn external_and_ca(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    beside_external(
        route,
        "caCertificate",
        "the Secret's certificate is checked against these authorities alone",
    )
}

fn certificate_without_key(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let key_inside = route.certificate.labels.iter().any(|label| label.ends_with("PRIVATE KEY"));
    let wrong = route.certificate.is_given() && !route.key.is_given() && !key_inside;
    wrong.then(|| route.certificate.problem("the certificate has no private key")).into_iter().collect()
}

fn key_without_certificate(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let external = route.value("spec.tls.externalCertificate").is_some();
    let wrong = route.key.is_given() && !route.certificate.is_given() && !external;
    wrong.then(|| route.key.problem("the private key has no certificate")).into_iter().collect()
}

fn ca_without_certificate(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let external = route.value("spec.tls.externalCertificate").is_some();
    let wrong = route.ca.is_given() && !route.certificate.is_given() && !external;
    wrong.then(|| route.ca.problem("authorities without a certificate have no effect")).into_iter().collect()
}

fn destination_missing(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.tls.destinationCACertificate";
    let missing = route.text("spec.tls.termination") == Some("reencrypt") && !route.has(path);
    let message = "the router will trust only pods with a certificate of OpenShift's service CA";
    missing.then(|| route.problem(path, message)).into_iter().collect()
}
