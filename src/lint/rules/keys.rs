//! Rules about private keys and requests.

use std::collections::HashSet;

use super::certificates::weak_key;
use crate::explanation::Explanation;
use crate::finding::Platform::{Openshift, Postgres};
use crate::finding::Severity::{Error, Note, Warning};
use crate::lint::certificate_graph::{CertificateGraph, Key, Located};
use crate::lint::rule::{CheckFn, FileRule, Violation, row, when};
use crate::pki::defect;
use crate::pki::request::CertificationRequest;

pub(super) const RULES: &[FileRule] = &[
    row(
        "key-mode-others",
        Error,
        &[],
        "a private key that every user of the machine may read, change or run",
        "PostgreSQL and OpenSSH refuse such keys; an image keeps the mode of what was copied into it",
        "chmod 600 FILE, and consider the key disclosed if it went into an image",
        CheckFn::Graph(|graph| lax(graph, 0o007)),
    ),
    row(
        "key-mode-group",
        Warning,
        &[Postgres],
        "a private key that a group may read, change or run",
        "PostgreSQL documentation, secure TCP/IP connections: 0600, or 0640 if root owns it",
        "chmod 600 FILE",
        CheckFn::Graph(|graph| lax(graph, 0o070)),
    ),
    row(
        "key-tracked",
        Warning,
        &[],
        "a private key under version control",
        "everyone who has the repository, or ever had it, has the key",
        "git rm --cached FILE, add it to .gitignore, and issue the certificate again with a new key",
        CheckFn::Graph(|graph| {
            let tracked = graph.keys.iter().filter(|key| {
                graph.sources[key.location.source].tracked && !matches!(key.item, Key::Encrypted)
            });
            tracked
                .map(|key| Violation::at(key.location, "a key outside of the repository", "a tracked file"))
                .collect()
        }),
    ),
    row(
        "key-mismatch",
        Error,
        &[],
        "a private key beside a certificate that it does not belong to",
        "crypto/tls X509KeyPair, OpenSSL SSL_CTX_check_private_key: key values mismatch",
        "put the key beside the certificate that it was made with, or issue the certificate again",
        CheckFn::Graph(mismatch),
    ),
    row(
        "key-encrypted",
        Note,
        &[Openshift, Postgres],
        "a private key that needs a passphrase",
        "openshift/router knows no ENCRYPTED PRIVATE KEY; a server that starts by itself cannot type a passphrase",
        "for a server, open it: openssl pkey -in FILE -out plain.key",
        CheckFn::Graph(|graph| {
            let sealed = graph.keys.iter().filter(|key| matches!(key.item, Key::Encrypted));
            sealed
                .map(|key| Violation::at(key.location, "a key without a passphrase", "ENCRYPTED PRIVATE KEY"))
                .collect()
        }),
    ),
    row(
        "key-unusable",
        Warning,
        &[],
        "a private key that could not be checked",
        "RSA from 2048 bits, P-256, P-384 and Ed25519 are supported here; rustls accepts no others",
        "use one of these key types, or check the key by other means",
        CheckFn::Graph(|graph| {
            let violation = |key: &Located<Key>| match &key.item {
                Key::Unusable(reason) => {
                    Some(Violation::at(key.location, "a key of a usual kind", reason.as_str()))
                }
                _ => None,
            };
            graph.keys.iter().filter_map(violation).collect()
        }),
    ),
    row(
        "request-signature",
        Error,
        &[],
        "a request that its own key did not sign",
        "RFC 2986, section 4.2",
        "make the request again",
        CheckFn::Graph(|graph| {
            requests(graph, |request| {
                let known = defect::is_checkable_by(&request.key_type, &request.signature_algorithm);
                let wrong = known && !request.signature_valid;
                when(wrong, "a signature by the key in the request", "another signature")
            })
        }),
    ),
    row(
        "request-names",
        Warning,
        &[],
        "a request for no name but the common name",
        "RFC 9525, section 2; `openssl x509 -req` copies no extension unless -copy_extensions says so",
        "ask for subjectAltName: openssl req -addext subjectAltName=DNS:...",
        CheckFn::Graph(|graph| {
            requests(graph, |request| {
                when(request.names.is_empty(), "subjectAltName", request.subject.to_string())
            })
        }),
    ),
    row(
        "request-key-weak",
        Error,
        &[],
        "a request for a key that is too short",
        "NIST SP 800-131A; OpenSSL at security level 2 refuses it (EE_KEY_TOO_SMALL)",
        "make a new key: P-256, or RSA with 2048 bits or more",
        CheckFn::Graph(|graph| requests(graph, |request| weak_key(&request.key_type))),
    ),
];

fn requests(
    graph: &CertificateGraph,
    check: fn(&CertificationRequest) -> Vec<Explanation>,
) -> Vec<Violation> {
    let violations = |located: &Located<CertificationRequest>| {
        let location = located.location;
        check(&located.item).into_iter().map(move |explanation| Violation {
            location,
            name: None,
            explanation,
        })
    };
    graph.requests.iter().flat_map(violations).collect()
}

/// One violation for each file with an open key and some of these bits.
fn lax(graph: &CertificateGraph, bits: u32) -> Vec<Violation> {
    let (mut violations, mut known) = (Vec::new(), HashSet::new());
    for key in graph.keys.iter().filter(|key| !matches!(key.item, Key::Encrypted)) {
        let mode = graph.sources[key.location.source].mode.map(|mode| mode & 0o7777);
        let lax = mode.filter(|mode| mode & bits != 0);
        if let Some(mode) = lax.filter(|_| known.insert(key.location.source)) {
            violations.push(Violation::at(key.location, "mode 0600", format!("mode {mode:04o}")));
        }
    }
    violations
}

fn mismatch(graph: &CertificateGraph) -> Vec<Violation> {
    let violation = |located: &Located<Key>| {
        let Key::Open(key) = &located.item else { return None };
        let certificate = graph.mismatch(key, located.location)?;
        let explanation = defect::foreign_key(certificate, key)?.into();
        Some(Violation { location: located.location, name: None, explanation })
    };
    graph.keys.iter().filter_map(violation).collect()
}
