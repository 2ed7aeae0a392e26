//! Rules about certificates together: who signed whom, and who is treated as whom.

use std::collections::{BTreeSet, HashMap};

use crate::explanation::Explanation;
use crate::finding::Severity::{Error, Note, Warning};
use crate::lint::certificate_graph::{CertificateGraph, Located};
use crate::lint::rule::{CheckFn, FileRule, Violation, explain, row};
use crate::pki::certificate::Serial;
use crate::pki::defect;
use crate::pki::{Certificate, DistinguishedName};

pub(super) const RULES: &[FileRule] = &[
    row(
        "chain-order",
        Error,
        &[],
        "is not followed by its issuer",
        "RFC 8446, section 4.4.2; openshift/router and Go take the first certificate as the leaf",
        "put the leaf first, then the CA that signed it, then the CA above",
        CheckFn::Graph(|graph| {
            served_chains(graph)
                .flat_map(|chain| {
                    pairs(&chain, |located, next| {
                        defect::other_issuer(&located.item, &next.item).map(Into::into)
                    })
                })
                .collect()
        }),
    ),
    row(
        "chain-with-root",
        Note,
        &[],
        "is a root, and is sent to every client",
        "RFC 8446, section 4.4.2: the root may be left out, for peers trust only their own copy",
        "leave the root out of the chain file",
        CheckFn::Graph(|graph| {
            let last = |chain: Vec<_>| chain.last().copied().filter(|_| chain.len() > 1);
            let roots = served_chains(graph).filter_map(last).filter(|located: &&Located<Certificate>| {
                located.item.is_self_issued() && located.item.is_authority()
            });
            roots
                .map(|located| {
                    Violation::of(located, Explanation::new("the leaf and intermediates", "the root, too"))
                })
                .collect()
        }),
    ),
    row(
        "issuer-signature",
        Error,
        &[],
        "is not signed by the CA that has its issuer's name",
        "RFC 5280, section 6.1.3 (a)(1)",
        "the CA was probably made again: trust the one that signed, or issue the certificate again",
        CheckFn::Graph(|graph| {
            let foreign = |(located, issuer): (&Located<Certificate>, &Certificate)| {
                Some(Violation::of(located, defect::foreign_signature(&located.item, issuer)?))
            };
            // Of a root that was made again this says the same as the rule about names of CAs.
            let below = |(located, _): &(&Located<Certificate>, &Certificate)| !located.item.is_self_issued();
            graph.foreign().filter(below).filter_map(foreign).collect()
        }),
    ),
    row(
        "issuer-not-an-authority",
        Error,
        &[],
        "is signed by a certificate that is not a CA",
        "RFC 5280, section 4.2.1.9; `openssl x509 -req -CA` does not look, `-extensions v3_ca` was left out",
        "make the CA again with basicConstraints=critical,CA:TRUE",
        CheckFn::Graph(|graph| {
            links(graph, |holder, issuer, _| {
                // A CA of version 1 has a finding of its own.
                let v3 = issuer.details.version == 3;
                explain(defect::no_authority(holder, issuer).filter(|_| v3))
            })
        }),
    ),
    row(
        "issuer-key-identifier",
        Error,
        &[],
        "names another key than its issuer's",
        "RFC 5280, section 4.2.1.1; OpenSSL error 30 (authority and subject key identifier mismatch)",
        "issue it again with authorityKeyIdentifier=keyid",
        CheckFn::Graph(|graph| {
            links(graph, |holder, issuer, _| explain(defect::other_key_identifier(holder, issuer)))
        }),
    ),
    row(
        "path-length",
        Error,
        &[],
        "exceeds a CA's path length constraint",
        "RFC 5280, section 4.2.1.9: pathLenConstraint",
        "sign with a CA nearer to the root, or make the CA again with a longer path",
        CheckFn::Graph(|graph| links(graph, |_, issuer, below| explain(defect::too_deep(issuer, below)))),
    ),
    row(
        "name-constraints",
        Error,
        &[],
        "has a name that a CA above it may not sign",
        "RFC 5280, section 4.2.1.10",
        "issue it without this name, or under a CA that may sign it",
        CheckFn::Graph(|graph| {
            above_leaves(graph, |leaf, authority| explain(defect::outside_constraints(leaf, authority)))
        }),
    ),
    row(
        "same-name-as-issuer",
        Error,
        &[],
        "has the name of its CA",
        "OpenSSL treats it as self-signed (error 18) where it has no authority key identifier; rustls does not notice",
        "issue it again with a subject of its own",
        CheckFn::Graph(same_name),
    ),
    row(
        "serial-reused",
        Error,
        &[],
        "has issuer and serial number of another certificate",
        "RFC 5280, section 4.1.2.2; Firefox SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
        "issue it again with a random serial number",
        CheckFn::Graph(serial_reused),
    ),
    row(
        "subject-shared",
        Warning,
        &[],
        "has the subject of a certificate of another CA",
        "servers that map subjects to users (PostgreSQL, RabbitMQ, Mosquitto) cannot tell test from production",
        "name the environment in the subject",
        CheckFn::Graph(subject_shared),
    ),
];

/// The files that servers and clients send: the first certificate is a leaf, or another one is.
fn served_chains(graph: &CertificateGraph) -> impl Iterator<Item = Vec<&Located<Certificate>>> {
    let all = graph.by_source().into_iter().filter(|(source, _)| !source.trusted);
    all.map(|(_, chain)| chain).filter(|chain| chain.iter().any(|located| graph.is_leaf(located)))
}

/// The first two neighbours that do not fit: the others follow from them.
fn pairs(
    chain: &[&Located<Certificate>],
    check: impl Fn(&Located<Certificate>, &Located<Certificate>) -> Option<Explanation>,
) -> Option<Violation> {
    chain.windows(2).find_map(|pair| match pair {
        [located, next] => Some(Violation::of(located, check(located, next)?)),
        _ => None,
    })
}

/// Each link between a certificate and its issuer once; the number is that of the CAs below the issuer.
fn links(
    graph: &CertificateGraph,
    check: fn(&Certificate, &Certificate, usize) -> Vec<Explanation>,
) -> Vec<Violation> {
    let mut seen = BTreeSet::new();
    let mut violations = Vec::new();
    for path in graph.paths() {
        // A CA at the start of a path counts as one below.
        let start = usize::from(path.first().is_some_and(|located| located.item.is_authority()));
        for (below, pair) in path.windows(2).enumerate() {
            let [holder, issuer] = pair else { continue };
            let (name, above) = (&holder.item.details.sha256, &issuer.item.details.sha256);
            let defects = check(&holder.item, &issuer.item, below + start);
            if !defects.is_empty() && seen.insert((name, above)) {
                violations.extend(defects.into_iter().map(|defect| Violation::of(holder, defect)));
            }
        }
    }
    violations
}

/// Each leaf with each CA above it.
fn above_leaves(
    graph: &CertificateGraph,
    check: fn(&Certificate, &Certificate) -> Vec<Explanation>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for path in graph.paths() {
        if let Some((leaf, above)) = path.split_first().filter(|(first, _)| graph.is_leaf(first)) {
            let defects = above.iter().flat_map(|authority| check(&leaf.item, &authority.item));
            violations.extend(defects.map(|defect| Violation::of(leaf, defect)));
        }
    }
    violations
}

fn same_name(graph: &CertificateGraph) -> Vec<Violation> {
    let mut violations = above_leaves(graph, |leaf, authority| explain(defect::same_name(leaf, authority)));
    // Without its CA, it gives itself away: its own key did not sign it.
    for path in graph.paths() {
        let [leaf] = path.as_slice() else { continue };
        let own = &leaf.item;
        if graph.is_leaf(leaf)
            && own.is_self_issued()
            && defect::is_checkable(own, own)
            && !own.is_signed_by(own)
        {
            let found = format!("{} in both, although another key signed it", own.details.subject);
            violations.push(Violation::of(
                leaf,
                Explanation::new("a leaf with another subject than its CA", &found),
            ));
        }
    }
    violations
}

fn serial_reused(graph: &CertificateGraph) -> Vec<Violation> {
    let mut first: HashMap<(&DistinguishedName, &Serial), &Certificate> = HashMap::new();
    let mut violations = Vec::new();
    for located in &graph.certificates {
        let details = &located.item.details;
        let known = first.entry((&details.issuer, &details.serial)).or_insert(&located.item);
        if **known != located.item {
            let found = format!("{} in {:?}, too", details.serial, known.title());
            violations.push(Violation::of(located, Explanation::new("a serial number of its own", &found)));
        }
    }
    violations
}

/// Leaves with one subject under two CAs.
fn subject_shared(graph: &CertificateGraph) -> Vec<Violation> {
    let mut first: HashMap<&DistinguishedName, &Certificate> = HashMap::new();
    let mut violations = Vec::new();
    for path in graph.paths() {
        let [leaf, authority, ..] = path.as_slice() else { continue };
        let subject = &leaf.item.details.subject;
        if subject.is_empty() || !graph.is_leaf(leaf) {
            continue;
        }
        let known = first.entry(subject).or_insert(&authority.item);
        if known.details.spki_sha256 != authority.item.details.spki_sha256 {
            let found = format!(
                "{subject} under two CAs with the names {} and {}",
                known.title(),
                authority.item.title()
            );
            violations.push(Violation::of(
                leaf,
                Explanation::new("a subject of its own in each environment", &found),
            ));
        }
    }
    violations
}
