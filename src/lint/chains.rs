//! Rules about certificates together: who signed whom, and who is taken for whom.

use std::collections::{BTreeSet, HashMap};

use super::Severity::{Error, Note, Warning};
use super::rule::{Check, Hit, Rule, row};
use super::scene::{Held, Scene};
use crate::pki::certificate::Serial;
use crate::pki::defect::{self, Defect};
use crate::pki::{Certificate, DistinguishedName};

pub(super) const RULES: &[Rule] = &[
    row(
        "chain-order",
        Error,
        &[],
        "is not followed by its issuer",
        "RFC 8446, section 4.4.2; openshift/router and Go take the first certificate as the leaf",
        "put the leaf first, then the CA that signed it, then the CA above",
        Check::Scene(|scene| {
            served_chains(scene)
                .flat_map(|chain| pairs(&chain, |held, next| defect::other_issuer(&held.item, &next.item)))
                .collect()
        }),
    ),
    row(
        "chain-with-root",
        Note,
        &[],
        "is a root, and is sent to whoever connects",
        "RFC 8446, section 4.4.2: the root may be left out, for peers trust only their own copy",
        "leave the root out of the chain file",
        Check::Scene(|scene| {
            let last = |chain: Vec<_>| chain.last().copied().filter(|_| chain.len() > 1);
            let roots = served_chains(scene)
                .filter_map(last)
                .filter(|held: &&Held<Certificate>| held.item.is_self_issued() && held.item.is_authority());
            roots.map(|held| Hit::of(held, of("the leaf and intermediates", "the root, too"))).collect()
        }),
    ),
    row(
        "issuer-signature",
        Error,
        &[],
        "is not signed by the CA that has its issuer's name",
        "RFC 5280, section 6.1.3 (a)(1)",
        "the CA was probably made again: trust the one that signed, or issue the certificate again",
        Check::Scene(|scene| {
            let foreign = |(held, issuer): (&Held<Certificate>, &Certificate)| {
                Some(Hit::of(held, defect::foreign_signature(&held.item, issuer)?))
            };
            // Of a root that was made again this says the same as the rule about names of CAs.
            let below = |(held, _): &(&Held<Certificate>, &Certificate)| !held.item.is_self_issued();
            scene.foreign().filter(below).filter_map(foreign).collect()
        }),
    ),
    row(
        "issuer-not-an-authority",
        Error,
        &[],
        "is signed by a certificate that is no CA",
        "RFC 5280, section 4.2.1.9; `openssl x509 -req -CA` does not look, `-extensions v3_ca` was left out",
        "make the CA again with basicConstraints=critical,CA:TRUE",
        Check::Scene(|scene| {
            links(scene, |holder, issuer, _| {
                // A CA of version 1 has a finding of its own.
                let v3 = issuer.details.version == 3;
                defect::no_authority(holder, issuer).filter(|_| v3).into_iter().collect()
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
        Check::Scene(|scene| {
            links(scene, |holder, issuer, _| {
                defect::other_key_identifier(holder, issuer).into_iter().collect()
            })
        }),
    ),
    row(
        "path-length",
        Error,
        &[],
        "stands below more CAs than one above it allows",
        "RFC 5280, section 4.2.1.9: pathLenConstraint",
        "sign with a CA nearer to the root, or make the CA again with a longer path",
        Check::Scene(|scene| {
            links(scene, |_, issuer, below| defect::too_deep(issuer, below).into_iter().collect())
        }),
    ),
    row(
        "name-constraints",
        Error,
        &[],
        "has a name that a CA above it may not sign",
        "RFC 5280, section 4.2.1.10",
        "issue it without this name, or under a CA that may sign it",
        Check::Scene(|scene| above_leaves(scene, defect::outside_constraints)),
    ),
    row(
        "same-name-as-issuer",
        Error,
        &[],
        "has the name of its CA",
        "OpenSSL takes it for self-signed (error 18) where it has no authority key identifier; rustls does not notice",
        "issue it again with a subject of its own",
        Check::Scene(same_name),
    ),
    row(
        "serial-reused",
        Error,
        &[],
        "has issuer and serial number of another certificate",
        "RFC 5280, section 4.1.2.2; Firefox SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
        "issue it again with a random serial number",
        Check::Scene(serial_reused),
    ),
    row(
        "subject-shared",
        Warning,
        &[],
        "has the subject of a certificate of another CA",
        "whoever maps subjects to users (PostgreSQL, RabbitMQ, Mosquitto) cannot tell test from production",
        "name the environment in the subject",
        Check::Scene(subject_shared),
    ),
];

fn of(expected: &str, found: &str) -> Defect {
    Defect { expected: expected.to_owned(), found: found.to_owned() }
}

/// The files that servers and clients send: the first certificate is a leaf, or another one is.
fn served_chains(scene: &Scene) -> impl Iterator<Item = Vec<&Held<Certificate>>> {
    let all = scene.by_source().into_iter().filter(|(source, _)| !source.trusted);
    all.map(|(_, chain)| chain).filter(|chain| chain.iter().any(|held| scene.is_leaf(held)))
}

/// The first two neighbours that do not fit: the others follow from them.
fn pairs(
    chain: &[&Held<Certificate>],
    check: impl Fn(&Held<Certificate>, &Held<Certificate>) -> Option<Defect>,
) -> Option<Hit> {
    chain.windows(2).find_map(|pair| match pair {
        [held, next] => Some(Hit::of(held, check(held, next)?)),
        _ => None,
    })
}

/// Each link between a certificate and its issuer once; the number is that of the CAs below the issuer.
fn links(scene: &Scene, check: fn(&Certificate, &Certificate, usize) -> Vec<Defect>) -> Vec<Hit> {
    let mut seen = BTreeSet::new();
    let mut hits = Vec::new();
    for path in scene.paths() {
        // A CA at the start of a path counts as one below.
        let start = usize::from(path.first().is_some_and(|held| held.item.is_authority()));
        for (below, pair) in path.windows(2).enumerate() {
            let [holder, issuer] = pair else { continue };
            let (name, above) = (&holder.item.details.sha256, &issuer.item.details.sha256);
            let defects = check(&holder.item, &issuer.item, below + start);
            if !defects.is_empty() && seen.insert((name, above)) {
                hits.extend(defects.into_iter().map(|defect| Hit::of(holder, defect)));
            }
        }
    }
    hits
}

/// Each leaf with each CA above it.
fn above_leaves(scene: &Scene, check: fn(&Certificate, &Certificate) -> Vec<Defect>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for path in scene.paths() {
        if let Some((leaf, above)) = path.split_first().filter(|(first, _)| scene.is_leaf(first)) {
            let defects = above.iter().flat_map(|authority| check(&leaf.item, &authority.item));
            hits.extend(defects.map(|defect| Hit::of(leaf, defect)));
        }
    }
    hits
}

fn same_name(scene: &Scene) -> Vec<Hit> {
    let mut hits =
        above_leaves(scene, |leaf, authority| defect::same_name(leaf, authority).into_iter().collect());
    // Without its CA, it gives itself away: its own key did not sign it.
    for path in scene.paths() {
        let [leaf] = path.as_slice() else { continue };
        let own = &leaf.item;
        if scene.is_leaf(leaf)
            && own.is_self_issued()
            && defect::is_checkable(own, own)
            && !own.is_signed_by(own)
        {
            let found = format!("{} in both, although another key signed it", own.details.subject);
            hits.push(Hit::of(leaf, of("a leaf with another subject than its CA", &found)));
        }
    }
    hits
}

fn serial_reused(scene: &Scene) -> Vec<Hit> {
    let mut first: HashMap<(&DistinguishedName, &Serial), &Certificate> = HashMap::new();
    let mut hits = Vec::new();
    for held in &scene.certificates {
        let details = &held.item.details;
        let known = first.entry((&details.issuer, &details.serial)).or_insert(&held.item);
        if **known != held.item {
            let found = format!("{} in {:?}, too", details.serial, known.title());
            hits.push(Hit::of(held, of("a serial number of its own", &found)));
        }
    }
    hits
}

/// Leaves with one subject under two CAs.
fn subject_shared(scene: &Scene) -> Vec<Hit> {
    let mut first: HashMap<&DistinguishedName, &Certificate> = HashMap::new();
    let mut hits = Vec::new();
    for path in scene.paths() {
        let [leaf, authority, ..] = path.as_slice() else { continue };
        let subject = &leaf.item.details.subject;
        if subject.is_empty() || !scene.is_leaf(leaf) {
            continue;
        }
        let known = first.entry(subject).or_insert(&authority.item);
        if known.details.spki_sha256 != authority.item.details.spki_sha256 {
            let found = format!(
                "{subject} under two CAs with the names {} and {}",
                known.title(),
                authority.item.title()
            );
            hits.push(Hit::of(leaf, of("a subject of its own in each environment", &found)));
        }
    }
    hits
}
