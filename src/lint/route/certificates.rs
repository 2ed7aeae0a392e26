//! Whether certificate, key and authorities fit each other.

use super::context::RouteContext;
use super::pem_field::PemField;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};
use crate::pki::{Certificate, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, defect};

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-key-type",
        EnforcedBy::Router,
        "openshift/router extended validation: block private key ed25519.PrivateKey is not valid; RSA and ECDSA are",
        "issue the certificate with an ECDSA (P-256, P-384) or RSA key",
        key_type,
    ),
    refused(
        "route-key-mismatch",
        EnforcedBy::Router,
        "openshift/router extended validation: crypto/tls X509KeyPair, private key does not match public key",
        "put the key of this certificate in its place",
        key_mismatch,
    ),
    refused(
        "route-leaf-first",
        EnforcedBy::Router,
        "openshift/router extended validation: the leaf is the first certificate (crypto/tls X509KeyPair)",
        "put the leaf first and its intermediates after it",
        leaf_first,
    ),
    refused(
        "route-ca-issuer",
        EnforcedBy::Router,
        "openshift/router extended validation: the leaf is verified against caCertificate alone, as roots and intermediates",
        "put the certificate of the leaf's issuer into caCertificate, or leave caCertificate out",
        ca_issuer,
    ),
    refused(
        "route-leaf-purpose",
        EnforcedBy::Router,
        "openshift/router extended validation: with caCertificate the leaf must allow serverAuth (crypto/x509 VerifyOptions)",
        "issue a server certificate: extended key usage serverAuth",
        purpose_with_ca,
    ),
    unenforced(
        "route-leaf-purpose-clients",
        Severity::Error,
        "RFC 5280, section 4.2.1.12: TLS clients require serverAuth; without caCertificate the router does not look",
        "issue a server certificate: extended key usage serverAuth",
        purpose_without_ca,
    ),
    refused(
        "route-name-constraints",
        EnforcedBy::Router,
        "openshift/router extended validation: crypto/x509 enforces name constraints (RFC 5280, section 4.2.1.10)",
        "issue the certificate for names that its authority may sign",
        name_constraints,
    ),
    refused(
        "route-weak-signature",
        EnforcedBy::Router,
        "openshift/router extended validation since 4.16: no SHA-1, MD5 or MD2 except in self-signed roots",
        "issue the certificate again with SHA-256 or better",
        weak_signature,
    ),
];

/// The certificate that the key belongs to, or the first: one mistake in the order is told once.
pub(super) fn leaf<'r>(route: &'r RouteContext<'_>) -> Option<&'r Certificate> {
    let certificates = route.certificate.certificates();
    let own = own_key(route).and_then(|key| certificates.iter().find(|certificate| certificate.matches(key)));
    own.or(certificates.first())
}

/// One problem of a section if `wrong`.
pub(super) fn when(wrong: bool, problem: impl FnOnce() -> RouteViolation) -> Vec<RouteViolation> {
    wrong.then(problem).into_iter().collect()
}

fn key_type(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let form = "an RSA or ECDSA key";
    let keys = [&route.key, &route.certificate];
    let is_ed25519 =
        |section: &PemField<'_>| section.keys().iter().any(|key| key.algorithm() == KeyAlgorithm::Ed25519);
    let wrong = keys.into_iter().filter(|section| is_ed25519(section));
    let mut found: Vec<RouteViolation> = wrong
        .map(|section| {
            section.problem("the router does not support Ed25519 keys").expected(form).found("ed25519")
        })
        .collect();
    if let Some(kind) = leaf(route).map(|leaf| &leaf.details.key_type).filter(|kind| kind.is_edwards()) {
        let message = "the certificate has a key of a kind that the router does not take";
        found.push(route.certificate.problem(message).expected(form).found(kind.to_string()));
    }
    found
}

/// The key that the router would take: the first of `certificate` and `key` together.
fn own_key<'r>(route: &'r RouteContext<'_>) -> Option<&'r crate::pki::PrivateKey> {
    route.certificate.keys().iter().chain(route.key.keys()).next()
}

fn key_mismatch(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let (Some(leaf), Some(key)) = (leaf(route), own_key(route)) else { return vec![] };
    let belongs_to_none =
        !route.certificate.certificates().iter().any(|certificate| certificate.matches(key));
    when(belongs_to_none, || {
        let section = if route.key.is_given() { &route.key } else { &route.certificate };
        let expected = format!("the {} key of {:?}", leaf.details.key_type, leaf.title());
        section
            .problem("the private key does not belong to the certificate")
            .expected(expected)
            .found(format!("another {} key", key.algorithm()))
    })
}

fn leaf_first(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let certificates = route.certificate.certificates();
    let Some((first, others)) = certificates.split_first() else { return vec![] };
    let later_has_key = own_key(route)
        .is_some_and(|key| !first.matches(key) && others.iter().any(|other| other.matches(key)));
    let later_is_leaf = first.is_authority() && others.iter().any(|other| !other.is_authority());
    when(later_has_key || later_is_leaf, || {
        route.certificate.problem("the first certificate is not the leaf").found(first.title())
    })
}

fn ca_issuer(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let pool = route.ca.certificates();
    let Some(leaf) = leaf(route).filter(|_| !pool.is_empty()) else { return vec![] };
    if pool.contains(leaf) || pool.iter().any(|authority| has_signed(authority, leaf)) {
        return vec![];
    }
    let names: Vec<String> = pool.iter().map(|authority| authority.details.subject.to_string()).collect();
    let beside = route.certificate.certificates().iter().skip(1).any(|other| has_signed(other, leaf));
    let message = if beside {
        "the issuer of the leaf is in certificate, where the router does not look for it"
    } else {
        "the issuer of the leaf is missing"
    };
    vec![route.ca.problem(message).expected(leaf.details.issuer.to_string()).found(names.join("; "))]
}

/// Whether `authority` issued `leaf`, as crypto/x509 sees it. A signature that cannot be checked here counts.
pub(super) fn has_signed(authority: &Certificate, leaf: &Certificate) -> bool {
    let may_sign = authority.is_authority()
        && authority.details.key_usage.is_none_or(|usages| usages.contains(KeyUsage::KeyCertSign));
    authority.details.subject == leaf.details.issuer
        && may_sign
        && (!defect::is_checkable(leaf, authority) || leaf.is_signed_by(authority))
}

fn purpose_with_ca(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if route.ca.is_given() { purpose(route) } else { vec![] }
}

fn purpose_without_ca(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    if route.ca.is_given() { vec![] } else { purpose(route) }
}

fn purpose(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = leaf(route).filter(|leaf| !leaf.allows(ExtendedKeyUsage::ServerAuth));
    let problem = |leaf: &Certificate| {
        let usages = leaf.details.ext_key_usage.as_ref().map(ToString::to_string).unwrap_or_default();
        route.certificate.problem("the certificate is not for servers").expected("serverAuth").found(usages)
    };
    wrong.map(problem).into_iter().collect()
}

fn name_constraints(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let Some(leaf) = leaf(route) else { return vec![] };
    let mut found = Vec::new();
    for authority in route.ca.certificates().iter().filter(|authority| has_signed(authority, leaf)) {
        let Some(constraints) = &authority.details.name_constraints else { continue };
        if let Some(name) = leaf.details.sans().find(|name| !constraints.permits(name)) {
            let message = format!("{:?} may not sign one of its names", authority.title());
            found.push(
                route.certificate.problem(message).expected(constraints.to_string()).found(name.to_string()),
            );
        }
    }
    found
}

fn weak_signature(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let mut found = Vec::new();
    for section in [&route.certificate, &route.ca, &route.destination] {
        for certificate in section.certificates().iter().filter(|certificate| !is_self_signed(certificate)) {
            if let Some(defect) = defect::broken_hash(certificate) {
                let message = format!("the signature of {:?} is too weak", certificate.title());
                found.push(section.problem(message).expected("SHA-256 or better").found(defect.found));
            }
        }
    }
    found
}

pub(super) fn is_self_signed(certificate: &Certificate) -> bool {
    let details = &certificate.details;
    let own_key = details.authority_key_id.is_none() || details.authority_key_id == details.subject_key_id;
    certificate.is_self_issued() && own_key
}
