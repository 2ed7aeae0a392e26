//! What the PEM fields hold.

use super::context::RouteContext;
use super::pem_field::PemField;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::finding::{EnforcedBy, Severity};

const SANITIZE: &str = "openshift/router extended validation: every PEM block must be known and must parse";

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-pem",
        EnforcedBy::Router,
        SANITIZE,
        "put PEM in its place, whole, from BEGIN line to END line",
        unreadable,
    ),
    refused(
        "route-pem-block",
        EnforcedBy::Router,
        "openshift/router extended validation: unrecognized PEM block",
        "keep only blocks CERTIFICATE and, in key, PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY",
        unknown_block,
    ),
    refused(
        "route-key-encrypted",
        EnforcedBy::Router,
        "openshift/router extended validation: unrecognized PEM block ENCRYPTED PRIVATE KEY",
        "give the key without a passphrase: openssl pkey -in encrypted.key -out plain.key",
        encrypted_key,
    ),
    refused(
        "route-certificate-in-key",
        EnforcedBy::Router,
        "openshift/router since 4.21 (OCPBUGS-49769): key holds private keys only",
        "move the certificates into spec.tls.certificate",
        certificate_in_key,
    ),
    unenforced(
        "route-key-in-certificate",
        Severity::Warning,
        "openshift/router since 4.21 (OCPBUGS-49769): a key in certificate is moved out; openshift/api: certificate holds certificates",
        "move the private key into spec.tls.key",
        key_in_certificate,
    ),
    unenforced(
        "route-key-in-ca",
        Severity::Error,
        "openshift/api route/v1: caCertificate and destinationCACertificate hold authorities' certificates",
        "take the private key out and consider it disclosed",
        key_in_ca,
    ),
    unenforced(
        "route-key-unchecked",
        Severity::Warning,
        "pkictl reads RSA from 2048 bits, P-256 and P-384; the router takes other RSA and ECDSA keys, too",
        "use one of these key types, or check the key by other means",
        unchecked,
    ),
];

/// Blocks that the router knows (openshift/router, `knownBlockDecoders`).
const KNOWN: [&str; 10] = [
    "RSA PRIVATE KEY",
    "ECDSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "PRIVATE KEY",
    "PUBLIC KEY",
    "RSA PUBLIC KEY",
    "DSA PUBLIC KEY",
    "ECDSA PUBLIC KEY",
    "CERTIFICATE",
    "EC PARAMETERS",
];

fn sections<'r, 'a>(route: &'r RouteContext<'a>) -> impl Iterator<Item = &'r PemField<'a>> {
    // A parameter of a Template is not PEM yet.
    let known = |section: &&PemField<'a>| section.text.is_some_and(|text| route.is_known(text));
    [&route.certificate, &route.key, &route.ca, &route.destination].into_iter().filter(known)
}

fn unreadable(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |section: &PemField<'_>| {
        let error = section.error.as_ref().filter(|_| !section.is_encrypted())?;
        let text = match error.innermost() {
            Error::UnusableKey { .. } => return None,
            other => other.to_string(),
        };
        let Explanation { expected, found, .. } = error.explanation();
        let problem = section.problem(text.strip_prefix("it: ").unwrap_or(&text));
        Some(problem.expected(expected.unwrap_or_default()).found(found.unwrap_or_default()))
    };
    let wrong_content = |section: &PemField<'_>, label: &str, what: &str| {
        let none = section.error.is_none() && section.text.is_some_and(|text| route.is_known(text));
        let missing =
            none && !section.labels.iter().any(|found| found.ends_with(label)) && !section.labels.is_empty();
        missing.then(|| section.problem(format!("there is no {what} in it")).found(section.labels.join(", ")))
    };
    let mut found: Vec<RouteViolation> = sections(route).filter_map(problem).collect();
    found.extend(wrong_content(&route.key, "PRIVATE KEY", "private key"));
    for section in [&route.certificate, &route.ca, &route.destination] {
        found.extend(wrong_content(section, "CERTIFICATE", "certificate"));
    }
    found
}

fn unknown_block(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |section: &PemField<'_>| {
        let unknown = |label: &&&str| !KNOWN.contains(label) && **label != "ENCRYPTED PRIVATE KEY";
        let label = section.labels.iter().find(unknown)?;
        Some(section.problem("the router does not know this PEM block").found(*label))
    };
    sections(route).filter_map(problem).collect()
}

fn encrypted_key(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let encrypted = sections(route).filter(|section| section.is_encrypted());
    encrypted
        .map(|section| section.problem("the private key has a passphrase, which the router cannot know"))
        .collect()
}

fn certificate_in_key(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.key.labels.contains(&"CERTIFICATE");
    wrong.then(|| route.key.problem("there is a certificate where the key belongs")).into_iter().collect()
}

fn key_in_certificate(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = route.certificate.has_private_key();
    wrong
        .then(|| route.certificate.problem("there is a private key where the certificate belongs"))
        .into_iter()
        .collect()
}

fn key_in_ca(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let wrong = [&route.ca, &route.destination].into_iter().filter(|section| section.has_private_key());
    wrong.map(|section| section.problem("there is a private key among the CA certificates")).collect()
}

fn unchecked(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |section: &PemField<'_>| match section.error.as_ref().map(Error::innermost) {
        Some(Error::UnusableKey { reason, .. }) if !section.is_encrypted() => {
            Some(section.problem(format!("the private key was not checked: {reason}")))
        }
        _ => None,
    };
    sections(route).filter_map(problem).collect()
}
