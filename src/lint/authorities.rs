//! Rules about authorities, and about the files that say whom to trust.

use std::collections::HashMap;

use super::Place::{Browsers, Java, Postgres, Python};
use super::Severity::{Error, Note, Warning};
use super::rule::{Check, Hit, Rule, one, row, when};
use super::scene::{Held, Scene};
use crate::pki::defect;
use crate::pki::{Certificate, DistinguishedName};

pub(super) const RULES: &[Rule] = &[
    row(
        "authority-constraints-critical",
        Warning,
        &[Python],
        "is a CA, and its basicConstraints are not critical",
        "RFC 5280, section 4.2.1.9; OpenSSL in strict mode refuses it",
        "make the CA again with basicConstraints=critical,CA:TRUE",
        Check::Authority(|authority| {
            let wrong = authority.details.basic_constraints.is_some_and(|all| all.ca && !all.critical);
            when(wrong, "basicConstraints, critical", "basicConstraints, not critical")
        }),
    ),
    row(
        "authority-key-usage",
        Warning,
        &[Python],
        "is a CA, and does not say that it signs certificates",
        "RFC 5280, section 4.2.1.3; OpenSSL in strict mode and rustls-webpki require keyCertSign",
        "make the CA again with keyUsage=critical,keyCertSign,cRLSign",
        Check::Authority(|authority| {
            one(defect::no_certificate_signature(authority).filter(|_| authority.is_authority()))
        }),
    ),
    row(
        "root-purpose",
        Warning,
        &[],
        "is a root, and has an extended key usage",
        "RFC 5280, section 4.2.1.12; CA/Browser Forum Baseline Requirements, section 7.1.2.1: not in a root",
        "make the root again without extendedKeyUsage",
        Check::Authority(|authority| {
            let usages = authority.details.ext_key_usage.as_ref().filter(|_| authority.is_self_issued());
            usages.map_or(vec![], |usages| when(true, "no extended key usage", usages.to_string()))
        }),
    ),
    row(
        "authority-name-reused",
        Warning,
        &[Browsers],
        "shares its name with another CA that has another key",
        "RFC 5280, section 4.1.2.4; Firefox SEC_ERROR_REUSED_ISSUER_AND_SERIAL; peers find the wrong one by name",
        "give each CA a name of its own: the environment in it, or a random suffix",
        Check::Scene(name_reused),
    ),
    row(
        "trust-not-an-authority",
        Error,
        &[],
        "is trusted as a CA, and is none",
        "RFC 5280, section 4.2.1.9; OpenSSL builds no chain from it; Java since 8u251 refuses it (jdk.security.allowNonCaAnchor)",
        "put the root of the peers into this file, not the certificate of a server",
        Check::Scene(|scene| {
            let wrong = |held: &&Held<Certificate>| {
                scene.is_trusted(held) && !held.item.is_authority() && held.item.details.version == 3
            };
            let hit = |held| Hit::of(held, defect_of("a CA certificate", "a certificate that is no CA"));
            scene.certificates.iter().filter(wrong).map(hit).collect()
        }),
    ),
    row(
        "trust-without-root",
        Error,
        &[],
        "trusted authorities without a root",
        "HAProxy, nginx, Apache, libpq, Redis, MariaDB, Python and Node need the self-signed root in the file",
        "add the root to the file",
        Check::Scene(without_root),
    ),
    row(
        "trust-many",
        Note,
        &[Java],
        "several certificates in one file of trusted authorities",
        "keytool -importcert reads the first certificate of a file and leaves out the others",
        "for keytool, give it one file for each certificate, with an alias each",
        Check::Scene(|scene| {
            let many =
                scene.by_source().into_iter().filter(|(source, held)| source.trusted && held.len() > 1);
            many.map(|(_, held)| {
                Hit::at(held[0].at, "one certificate", format!("{} certificates", held.len()))
            })
            .collect()
        }),
    ),
    row(
        "trust-with-key",
        Warning,
        &[Postgres],
        "a private key in a file of trusted authorities",
        "files of trusted authorities are given to everybody; keys are given to nobody",
        "take the key out, and consider it disclosed if the file has been given away",
        Check::Scene(|scene| {
            let in_trust = scene.keys.iter().filter(|key| {
                let of_source = |held: &&Held<Certificate>| held.at.source == key.at.source;
                scene.sources[key.at.source].trusted && scene.certificates.iter().any(|held| of_source(&held))
            });
            in_trust.map(|key| Hit::at(key.at, "certificates alone", "a private key")).collect()
        }),
    ),
];

fn defect_of(expected: &str, found: &str) -> defect::Defect {
    defect::Defect { expected: expected.to_owned(), found: found.to_owned() }
}

/// Every authority after the first with its name and another key.
fn name_reused(scene: &Scene) -> Vec<Hit> {
    let mut first: HashMap<&DistinguishedName, &Certificate> = HashMap::new();
    let mut hits = Vec::new();
    for held in scene.authorities().filter(|held| !held.item.details.subject.is_empty()) {
        let details = &held.item.details;
        let known = first.entry(&details.subject).or_insert(&held.item);
        if known.details.spki_sha256 != details.spki_sha256 {
            let expected = format!("one key for {}", details.subject);
            hits.push(Hit::of(held, defect_of(&expected, "two keys")));
        }
    }
    hits
}

fn without_root(scene: &Scene) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (source, held) in scene.by_source() {
        // A CA's own file beside its key, or beside the root, is not all that is trusted.
        let beside = |held: &&Held<Certificate>| {
            scene.has_key_of(&held.item)
                || scene.authorities().any(|root| {
                    scene.is_trusted(root) && root.item.is_self_issued() && held.item.is_signed_by(&root.item)
                })
        };
        let authorities = held.iter().all(|held| held.item.is_authority());
        let rooted = held.iter().any(|held| held.item.is_self_issued()) || held.iter().any(beside);
        if source.trusted && !held.is_empty() && authorities && !rooted {
            let names: Vec<String> = held.iter().map(|held| held.item.title()).collect();
            hits.push(Hit::at(held[0].at, "a self-signed root", names.join(", ")));
        }
    }
    hits
}
