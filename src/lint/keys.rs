//! Rules about private keys and requests.

use super::Place::{Openshift, Postgres};
use super::Severity::{Error, Note, Warning};
use super::certificates::weak_key;
use super::rule::{Check, Hit, Rule, row};
use super::scene::{Held, Key, Scene};
use crate::pki::defect::{self, Defect};
use crate::pki::request::CertificationRequest;

pub(super) const RULES: &[Rule] = &[
    row(
        "key-mode-others",
        Error,
        &[],
        "a private key that every user of the machine may read, change or run",
        "PostgreSQL and OpenSSH refuse such keys; an image keeps the mode of what was copied into it",
        "chmod 600 FILE, and consider the key disclosed if it went into an image",
        Check::Scene(|scene| lax(scene, 0o007)),
    ),
    row(
        "key-mode-group",
        Warning,
        &[Postgres],
        "a private key that a group may read, change or run",
        "PostgreSQL documentation, secure TCP/IP connections: 0600, or 0640 if root owns it",
        "chmod 600 FILE",
        Check::Scene(|scene| lax(scene, 0o070)),
    ),
    row(
        "key-tracked",
        Warning,
        &[],
        "a private key under version control",
        "whoever has the repository, or ever had it, has the key",
        "git rm --cached FILE, add it to .gitignore, and issue the certificate again with a new key",
        Check::Scene(|scene| {
            let tracked = scene
                .keys
                .iter()
                .filter(|key| scene.sources[key.at.source].tracked && !matches!(key.item, Key::Encrypted));
            tracked.map(|key| Hit::at(key.at, "a key outside of the repository", "a tracked file")).collect()
        }),
    ),
    row(
        "key-mismatch",
        Error,
        &[],
        "a private key beside a certificate that it does not belong to",
        "crypto/tls X509KeyPair, OpenSSL SSL_CTX_check_private_key: key values mismatch",
        "put the key beside the certificate that it was made with, or issue the certificate again",
        Check::Scene(mismatch),
    ),
    row(
        "key-encrypted",
        Note,
        &[Openshift, Postgres],
        "a private key that needs a passphrase",
        "openshift/router knows no ENCRYPTED PRIVATE KEY; a server that starts by itself cannot type a passphrase",
        "for a server, open it: openssl pkey -in FILE -out plain.key",
        Check::Scene(|scene| {
            let sealed = scene.keys.iter().filter(|key| matches!(key.item, Key::Encrypted));
            sealed.map(|key| Hit::at(key.at, "a key without a passphrase", "ENCRYPTED PRIVATE KEY")).collect()
        }),
    ),
    row(
        "key-unusable",
        Warning,
        &[],
        "a private key that could not be checked",
        "RSA from 2048 bits, P-256, P-384 and Ed25519 are read here; rustls takes no others",
        "use one of these key types, or check the key by other means",
        Check::Scene(|scene| {
            let hit = |key: &Held<Key>| match &key.item {
                Key::Unusable(reason) => Some(Hit::at(key.at, "a key of a usual kind", reason.as_str())),
                _ => None,
            };
            scene.keys.iter().filter_map(hit).collect()
        }),
    ),
    row(
        "request-signature",
        Error,
        &[],
        "a request that its own key did not sign",
        "RFC 2986, section 4.2",
        "make the request again",
        Check::Scene(|scene| {
            requests(scene, |request| {
                let known = defect::is_checkable_by(&request.key_type, &request.signature_algorithm);
                let wrong = known && !request.signature_valid;
                super::rule::when(wrong, "a signature by the key in the request", "another signature")
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
        Check::Scene(|scene| {
            requests(scene, |request| {
                super::rule::when(request.names.is_empty(), "subjectAltName", request.subject.to_string())
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
        Check::Scene(|scene| requests(scene, |request| weak_key(&request.key_type))),
    ),
];

fn requests(scene: &Scene, check: fn(&CertificationRequest) -> Vec<Defect>) -> Vec<Hit> {
    let hits = |held: &Held<CertificationRequest>| {
        let at = held.at;
        check(&held.item).into_iter().map(move |defect| Hit { at, name: None, defect })
    };
    scene.requests.iter().flat_map(hits).collect()
}

/// One hit for each file with an open key and some of these bits.
fn lax(scene: &Scene, bits: u32) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for key in scene.keys.iter().filter(|key| !matches!(key.item, Key::Encrypted)) {
        let mode = scene.sources[key.at.source].mode.map(|mode| mode & 0o7777);
        let known = hits.iter().any(|hit| hit.at.source == key.at.source);
        if let Some(mode) = mode.filter(|mode| mode & bits != 0 && !known) {
            hits.push(Hit::at(key.at, "mode 0600", format!("mode {mode:04o}")));
        }
    }
    hits
}

fn mismatch(scene: &Scene) -> Vec<Hit> {
    let mut hits = Vec::new();
    for held in &scene.keys {
        let Key::Open(key) = &held.item else { continue };
        let partners = scene.partners(held.at);
        if partners.iter().any(|partner| partner.item.matches(key)) {
            continue;
        }
        if let Some(defect) = partners.first().and_then(|first| defect::foreign_key(&first.item, key)) {
            hits.push(Hit { at: held.at, name: None, defect });
        }
    }
    hits
}
