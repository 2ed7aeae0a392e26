//! Rules about authorities, and about the files that say whom to trust.

use std::collections::{HashMap, HashSet};

use crate::explanation::Explanation;
use crate::finding::Platform::{Browsers, Java, Postgres, Python};
use crate::finding::Severity::{Error, Note, Warning};
use crate::lint::certificate_graph::{CertificateGraph, Located};
use crate::lint::rule::{CheckFn, FileRule, Violation, explain, row, when};
use crate::pki::defect;
use crate::pki::{Certificate, DistinguishedName};

pub(super) const RULES: &[FileRule] = &[
    row(
        "authority-constraints-critical",
        Warning,
        &[Python],
        "is a CA, and its basicConstraints are not critical",
        "RFC 5280, section 4.2.1.9; OpenSSL in strict mode refuses it",
        "make the CA again with basicConstraints=critical,CA:TRUE",
        CheckFn::Authority(|authority| {
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
        CheckFn::Authority(|authority| {
            explain(defect::no_certificate_signature(authority).filter(|_| authority.is_authority()))
        }),
    ),
    row(
        "root-purpose",
        Warning,
        &[],
        "is a root, and has an extended key usage",
        "RFC 5280, section 4.2.1.12; CA/Browser Forum Baseline Requirements, section 7.1.2.1: not in a root",
        "make the root again without extendedKeyUsage",
        CheckFn::Authority(|authority| {
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
        CheckFn::Graph(name_reused),
    ),
    row(
        "trust-not-an-authority",
        Error,
        &[],
        "is trusted as a CA, and is none",
        "RFC 5280, section 4.2.1.9; OpenSSL builds no chain from it; Java since 8u251 refuses it (jdk.security.allowNonCaAnchor)",
        "put the root of the peers into this file, not the certificate of a server",
        CheckFn::Graph(|graph| {
            let wrong = |located: &&Located<Certificate>| {
                graph.is_trusted(located) && !located.item.is_authority() && located.item.details.version == 3
            };
            let violation = |located| {
                Violation::of(located, Explanation::new("a CA certificate", "a certificate that is not a CA"))
            };
            graph.certificates.iter().filter(wrong).map(violation).collect()
        }),
    ),
    row(
        "trust-without-root",
        Error,
        &[],
        "trusted authorities without a root",
        "HAProxy, nginx, Apache, libpq, Redis, MariaDB, Python and Node need the self-signed root in the file",
        "add the root to the file",
        CheckFn::Graph(without_root),
    ),
    row(
        "trust-many",
        Note,
        &[Java],
        "several certificates in one file of trusted authorities",
        "keytool -importcert reads the first certificate of a file and leaves out the others",
        "for keytool, give it one file for each certificate, with an alias each",
        CheckFn::Graph(|graph| {
            let many =
                graph.by_source().into_iter().filter(|(source, located)| source.trusted && located.len() > 1);
            many.map(|(_, located)| {
                Violation::at(
                    located[0].location,
                    "one certificate",
                    format!("{} certificates", located.len()),
                )
            })
            .collect()
        }),
    ),
    row(
        "trust-with-key",
        Warning,
        &[Postgres],
        "a private key in a file of trusted authorities",
        "CA files are given to everyone, keys to no one",
        "take the key out, and consider it disclosed if the file has been given away",
        CheckFn::Graph(|graph| {
            let with_certificates: HashSet<usize> =
                graph.certificates.iter().map(|located| located.location.source).collect();
            let in_trust = graph.keys.iter().filter(|key| {
                let source = key.location.source;
                graph.sources[source].trusted && with_certificates.contains(&source)
            });
            in_trust.map(|key| Violation::at(key.location, "certificates alone", "a private key")).collect()
        }),
    ),
];

/// Every authority after the first with its name and another key.
fn name_reused(graph: &CertificateGraph) -> Vec<Violation> {
    let mut first: HashMap<&DistinguishedName, &Certificate> = HashMap::new();
    let mut violations = Vec::new();
    for located in graph.authorities().filter(|located| !located.item.details.subject.is_empty()) {
        let details = &located.item.details;
        let known = first.entry(&details.subject).or_insert(&located.item);
        if known.details.spki_sha256 != details.spki_sha256 {
            let expected = format!("one key for {}", details.subject);
            violations.push(Violation::of(located, Explanation::new(&expected, "two keys")));
        }
    }
    violations
}

fn without_root(graph: &CertificateGraph) -> Vec<Violation> {
    let roots = graph.authorities().filter(|root| graph.is_trusted(root) && root.item.is_self_issued());
    let roots: HashSet<&str> = roots.map(|root| root.item.details.sha256.as_str()).collect();
    let mut violations = Vec::new();
    for (source, located) in graph.by_source() {
        // A CA's own file beside its key, or beside the root, is not all that is trusted.
        let beside = |located: &&Located<Certificate>| {
            graph.has_key_of(&located.item)
                || graph.issuer_of(located).is_some_and(|root| roots.contains(root.details.sha256.as_str()))
        };
        let authorities = located.iter().all(|located| located.item.is_authority());
        let rooted =
            located.iter().any(|located| located.item.is_self_issued()) || located.iter().any(beside);
        if source.trusted && !located.is_empty() && authorities && !rooted {
            let names: Vec<String> = located.iter().map(|located| located.item.title()).collect();
            violations.push(Violation::at(located[0].location, "a self-signed root", names.join(", ")));
        }
    }
    violations
}
