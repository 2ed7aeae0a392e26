//! What no cluster checks: host, dates, and the root that HAProxy needs.

use time::OffsetDateTime;

use super::certificates::{has_signed, is_self_signed, leaf, when};
use super::context::RouteContext;
use super::host::is_wildcard;
use super::rule::{RouteRule, unenforced};
use super::violation::RouteViolation;
use crate::finding::Severity;
use crate::pki::Certificate;
use crate::pki::defect::{self, Defect};

pub(super) const RULES: &[RouteRule] = &[
    unenforced(
        "route-host-not-covered",
        Severity::Error,
        "RFC 9525, section 6: clients compare the host with the subject alternative names; the router does not",
        "issue a certificate for the host, or change spec.host",
        host_not_covered,
    ),
    unenforced(
        "route-chain",
        Severity::Warning,
        "RFC 8446, section 4.4.2: a server sends every certificate between its own and the root; the router sends certificate, then caCertificate",
        "put the certificate of the leaf's issuer into caCertificate; if that is a root that visitors trust, it does no harm there",
        leaf_alone,
    ),
    unenforced(
        "route-expired",
        Severity::Error,
        "RFC 5280, section 4.1.2.5: clients refuse it; the router tolerates it",
        "issue the certificate again",
        expired,
    ),
    unenforced(
        "route-not-yet-valid",
        Severity::Error,
        "RFC 5280, section 4.1.2.5: clients refuse it; the router tolerates it",
        "wait until it is valid, or issue one that is",
        not_yet_valid,
    ),
    unenforced(
        "route-destination-ca-root",
        Severity::Error,
        "HAProxy `verify required` with OpenSSL: a chain must end at a self-signed certificate of the ca-file",
        "add the root to destinationCACertificate",
        destination_root,
    ),
];

fn host_not_covered(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let (Some(leaf), Some(host)) = (leaf(route), route.text("spec.host").filter(|host| !host.is_empty()))
    else {
        return vec![];
    };
    // With the policy Subdomain the Route serves every host beside its own.
    let (wanted, covered) = match host.split_once('.').filter(|_| is_wildcard(route)) {
        Some((_, parent)) => {
            let wildcard = format!("*.{parent}");
            let covered = leaf.details.sans().any(|san| san.value().eq_ignore_ascii_case(&wildcard));
            (wildcard, covered)
        }
        None => (host.to_owned(), leaf.serves_host(&host.to_ascii_lowercase())),
    };
    when(!covered, || {
        let names: Vec<String> = leaf.details.sans().map(|san| san.value()).collect();
        let found = if names.is_empty() { "no subject alternative name".into() } else { names.join(", ") };
        route
            .certificate
            .problem(format!("the certificate does not serve {wanted}"))
            .expected(wanted)
            .found(found)
    })
}

/// With caCertificate the router itself looks for the issuer. In a Secret there is no place for a root.
fn leaf_alone(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let Some(leaf) = leaf(route).filter(|_| route.has("spec.tls.certificate") && !route.ca.is_given()) else {
        return vec![];
    };
    let mut sent = route.certificate.certificates().iter();
    when(!leaf.is_self_issued() && !sent.any(|other| has_signed(other, leaf)), || {
        let issuer = &leaf.details.issuer;
        let message = "the leaf is sent alone: visitors who trust only the root of its issuer refuse it";
        route.certificate.problem(message).expected(format!("the certificate of {issuer}")).found("the leaf")
    })
}

fn expired(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    dated(route, "has expired", defect::expired)
}

fn not_yet_valid(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    dated(route, "is not valid yet", defect::not_yet_valid)
}

fn dated(
    route: &RouteContext<'_>,
    message: &str,
    check: fn(&Certificate, OffsetDateTime) -> Option<Defect>,
) -> Vec<RouteViolation> {
    let mut found = Vec::new();
    for section in [&route.certificate, &route.ca, &route.destination] {
        for certificate in section.certificates() {
            if let Some(defect) = check(certificate, route.now) {
                let problem = section.problem(format!("{:?} {message}", certificate.title()));
                found.push(problem.expected(defect.expected).found(defect.found));
            }
        }
    }
    found
}

fn destination_root(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let certificates = route.destination.certificates();
    let wrong = !certificates.is_empty() && !certificates.iter().any(is_self_signed);
    when(wrong, || {
        let names: Vec<String> = certificates.iter().map(Certificate::title).collect();
        route
            .destination
            .problem("the root is missing: no pod will be trusted")
            .expected("a self-signed root")
            .found(names.join(", "))
    })
}
