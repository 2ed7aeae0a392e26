//! Rules about every certificate.

use crate::explanation::Explanation;
use crate::finding::Platform::{Browsers, Python};
use crate::finding::Severity::{Error, Note, Warning};
use crate::lint::rule::{CheckFn, FileRule, explain, row, when};
use crate::pki::algorithm::Curve;
use crate::pki::defect;
use crate::pki::{Certificate, KeyType};

pub(super) const RULES: &[FileRule] = &[
    row(
        "certificate-version",
        Error,
        &[],
        "is of an old version",
        "RFC 5280, section 4.1.2.1; rustls UnsupportedCertVersion; `openssl x509 -req` without -extfile makes version 1",
        "issue it again with extensions: openssl x509 -req ... -extfile FILE -extensions SECTION",
        CheckFn::Every(|certificate, _| explain(defect::old_version(certificate))),
    ),
    row(
        "certificate-extensions",
        Error,
        &[],
        "has none of the extensions that say what it is for",
        "RFC 5280, section 4.2; OpenSSL reads a section of its configuration only if -extensions names it",
        "name the section with -extensions, or issue it again with basicConstraints, keyUsage and subjectAltName",
        CheckFn::Every(|certificate, _| {
            let found = "no basicConstraints, no key usage, no extended key usage, no subjectAltName";
            let empty = certificate.details.version == 3 && is_bare(certificate);
            when(empty, "the extensions of its role", found)
        }),
    ),
    row(
        "certificate-expired",
        Error,
        &[],
        "has expired",
        "RFC 5280, section 4.1.2.5",
        "issue it again, and renew it by a program before it ends",
        CheckFn::Every(|certificate, graph| explain(defect::expired(certificate, graph.now))),
    ),
    row(
        "certificate-not-yet-valid",
        Error,
        &[],
        "is not valid yet",
        "RFC 5280, section 4.1.2.5",
        "wait until it is valid, or issue one that is; look at the clock of the machine that made it",
        CheckFn::Every(|certificate, graph| explain(defect::not_yet_valid(certificate, graph.now))),
    ),
    row(
        "certificate-distant-end",
        Warning,
        &[],
        "ends in a year that several readers cannot hold",
        "date types of several readers overflow after the year 3000; rcgen's default is 4096",
        "issue it again with a nearer end",
        CheckFn::Every(|certificate, _| {
            let year = certificate.details.validity.not_after.year();
            when(year > 3000, "a year up to 3000", year.to_string())
        }),
    ),
    row(
        "signature-hash",
        Error,
        &[],
        "is signed with a broken hash",
        "RFC 9155; OpenSSL 3 at security level 1, openshift/router since 4.16",
        "issue it again with SHA-256",
        // Nobody checks the signature of a root.
        CheckFn::Every(|certificate, _| {
            explain(defect::broken_hash(certificate).filter(|_| !certificate.is_self_issued()))
        }),
    ),
    row(
        "key-weak",
        Error,
        &[],
        "has a key that is too short",
        "NIST SP 800-131A; OpenSSL at security level 2 refuses it (EE_KEY_TOO_SMALL), rustls as well",
        "make a new key: P-256, or RSA with 2048 bits or more",
        CheckFn::Every(|certificate, _| weak_key(&certificate.details.key_type)),
    ),
    row(
        "key-type-uncommon",
        Note,
        &[crate::finding::Platform::Openshift, Browsers],
        "has a key that some peers do not take",
        "Chrome and Firefox take RSA, P-256 and P-384, Firefox P-521, too; openshift/router takes RSA and ECDSA",
        "use P-256 or RSA where browsers or the router shall take it",
        CheckFn::Every(|certificate, _| {
            let kind = &certificate.details.key_type;
            let common = matches!(kind, KeyType::Rsa(_) | KeyType::Ec(Curve::P256 | Curve::P384));
            when(!common, "RSA, P-256 or P-384", kind.to_string())
        }),
    ),
    row(
        "serial-number",
        Warning,
        &[],
        "has a serial number that no certificate may have",
        "RFC 5280, section 4.1.2.2: positive, at most 20 octets; Go since 1.23 refuses negative ones",
        "issue it again with a random serial number",
        CheckFn::Every(|certificate, _| {
            let serial = &certificate.details.serial;
            let wrong = serial.is_negative() || serial.magnitude() == [0] || serial.0.len() > 20;
            when(wrong, "a positive number of at most 20 octets", serial.to_string())
        }),
    ),
    row(
        "serial-entropy",
        Note,
        &[],
        "has a serial number that was not drawn at random",
        "CA/Browser Forum Baseline Requirements, section 7.1: 64 bits of randomness; Firefox refuses reused ones",
        "draw serial numbers at random: openssl x509 -req -CAcreateserial, not -set_serial 1",
        CheckFn::Every(|certificate, _| {
            let serial = &certificate.details.serial;
            when(serial.0.len() < 8, "8 octets or more", serial.to_string())
        }),
    ),
    row(
        "key-identifiers",
        Warning,
        &[Python],
        "lacks a key identifier",
        "RFC 5280, sections 4.2.1.1 and 4.2.1.2; Python 3.13 and later verify strictly (VERIFY_X509_STRICT)",
        "issue it again with subjectKeyIdentifier=hash and authorityKeyIdentifier=keyid",
        CheckFn::Extended(|certificate| explain(defect::key_identifiers(certificate))),
    ),
    row(
        "leaf-key-identifier",
        Note,
        &[],
        "has no subject key identifier",
        "RFC 5280, section 4.2.1.2: a leaf should have one; no verifier asks for it",
        "issue it again with subjectKeyIdentifier=hash",
        CheckFn::Extended(|certificate| explain(defect::unidentified_leaf(certificate))),
    ),
    row(
        "certificate-signing-leaf",
        Error,
        &[],
        "may sign certificates, but is not a CA",
        "RFC 5280, section 4.2.1.9; OpenSSL refuses it in strict mode",
        "issue it again without keyCertSign, or as a CA",
        CheckFn::Extended(|certificate| explain(defect::certificate_signing_leaf(certificate))),
    ),
];

/// Whether it says nothing about its role, by its version or because the extensions are not there.
pub(super) fn is_bare(certificate: &Certificate) -> bool {
    let details = &certificate.details;
    let named = !details.names.is_empty();
    let limited = details.key_usage.is_some() || details.ext_key_usage.is_some();
    details.version != 3 || details.basic_constraints.is_none() && !named && !limited
}

/// RSA below 2048 bits.
pub(super) fn weak_key(key_type: &KeyType) -> Vec<Explanation> {
    let weak = key_type.rsa_bits().is_some_and(|bits| bits < 2048);
    when(weak, "RSA with 2048 bits or more, or P-256", key_type.to_string())
}
