//! Rules on the certificates from a leaf up to its root.

use super::certificates::{Case, Finding, Verdict};
use crate::bundle::{Identity, Trust};
use crate::pki::validity::human_time;
use crate::pki::{Certificate, NameConstraints};

/// The trusted certificate that the chain ends at: the one that it holds already, or the issuer of its last one.
pub(super) fn anchor<'a>(identity: &'a Identity, trust: &'a Trust) -> Option<&'a Certificate> {
    let last = identity.chain.last()?;
    let is_issuer = |anchor: &&Certificate| anchor.details.subject == last.details.issuer;
    let own = trust.anchors.iter().find(|anchor| *anchor == last);
    own.or_else(|| trust.anchors.iter().filter(is_issuer).find(|anchor| last.is_signed_by(anchor)))
        .or_else(|| trust.anchors.iter().find(is_issuer))
}

/// From the leaf to the anchor, each certificate once.
fn path<'a>(case: &Case<'a>) -> Vec<&'a Certificate> {
    let mut path: Vec<&Certificate> = case.identity.chain.iter().collect();
    path.extend(case.anchor.filter(|anchor| path.last() != Some(anchor)));
    path
}

/// The CAs above the leaf.
fn authorities<'a>(case: &Case<'a>) -> Vec<&'a Certificate> {
    path(case).split_off(1)
}

/// Issuer name, signature, key identifiers, authority, keyCertSign and path length of every link, and the anchor.
pub(super) fn links(case: &Case<'_>) -> Verdict {
    let path = path(case);
    let mut findings = Vec::new();
    for (below, pair) in path.windows(2).enumerate() {
        if let [holder, issuer] = pair {
            link(holder, issuer, below, &mut findings);
        }
    }
    match (case.anchor, path.last()) {
        (Some(anchor), _) if !anchor.is_self_issued() => findings.push(Finding::new(
            "a self-signed root as trust anchor",
            format!("{:?}, which {} signed", anchor.title(), anchor.details.issuer),
            "trust the root: most TLS libraries take no intermediate as an anchor",
        )),
        (None, Some(last)) => findings.push(no_anchor(last, case.trust)),
        _ => {}
    }
    let titles: Vec<String> = path.iter().map(|certificate| certificate.title()).collect();
    Verdict::of(findings, titles.join(" <- "))
}

fn link(holder: &Certificate, issuer: &Certificate, below: usize, findings: &mut Vec<Finding>) {
    let (name, above) = (holder.title(), issuer.title());
    if holder.details.issuer != issuer.details.subject {
        findings.push(Finding::new(
            format!("the issuer of {name:?} next in the chain: {}", holder.details.issuer),
            issuer.details.subject.clone(),
            "put the chain in order: the leaf, then the CA that signed it, then the CA above",
        ));
        return;
    }
    if !holder.is_signed_by(issuer) {
        findings.push(Finding::new(
            format!("{name:?} signed with the key of {above:?}"),
            "a signature by another key, under the same name",
            "the CA was probably made again: trust the one that signed, or issue the certificate again",
        ));
    } else if let (Some(wanted), Some(own)) =
        (&holder.details.authority_key_id, &issuer.details.subject_key_id)
        && wanted != own
    {
        findings.push(Finding::new(
            format!("the authority key identifier of {name:?} equal to {own}, which {above:?} has"),
            wanted.clone(),
            "issue the certificate again: strict verifiers look the CA up by this identifier",
        ));
    }
    if !issuer.is_authority() {
        findings.push(Finding::new(
            format!("{above:?} with basicConstraints cA TRUE, because it signed {name:?}"),
            "a certificate that is no CA",
            "sign with a CA certificate",
        ));
    }
    let usages = issuer.details.key_usage.as_deref();
    if !usages.is_some_and(|usages| usages.iter().any(|usage| usage == "keyCertSign")) {
        findings.push(Finding::new(
            format!("keyCertSign in the key usage of {above:?}"),
            usages.map_or("no key usage".into(), |usages| usages.join(", ")),
            "make the CA again with keyCertSign",
        ));
    }
    let longest = issuer.details.basic_constraints.and_then(|constraints| constraints.path_len);
    if let Some(longest) = longest
        && below as u64 > u64::from(longest)
    {
        findings.push(Finding::new(
            format!("at most {longest} CAs below {above:?} (path length constraint)"),
            below.to_string(),
            "sign with a CA nearer to the root",
        ));
    }
}

/// Why nothing trusted stands above `last`.
fn no_anchor(last: &Certificate, trust: &Trust) -> Finding {
    let expected = format!("a trusted root with the name {}", last.details.issuer);
    let missing = trust.intermediates.iter().find(|known| known.details.subject == last.details.issuer);
    if let Some(intermediate) = missing {
        return Finding::new(
            format!("{:?} in the chain, after {:?}", intermediate.title(), last.title()),
            "a chain that ends before it",
            "add the intermediate certificate to the chain file, below the leaf",
        );
    }
    let known: Vec<&str> = trust.anchors.iter().map(|root| root.details.subject.as_str()).collect();
    let found = if known.is_empty() { "no trusted root at all".into() } else { known.join("; ") };
    if last.is_self_issued() {
        let expected = format!("{:?} among the trusted roots, or a CA above it", last.title());
        return Finding::new(expected, found, "trust this self-signed certificate, or issue one under a CA");
    }
    Finding::new(expected, found, "trust the root that this certificate was issued under, or issue it again")
}

pub(super) fn dates(case: &Case<'_>) -> Verdict {
    let path = path(case);
    let findings = path.iter().filter(|certificate| !certificate.is_valid_at(case.now)).map(|certificate| {
        let (name, validity) = (certificate.title(), certificate.details.validity);
        let now = human_time(case.now);
        if validity.not_after < case.now {
            Finding::new(
                format!("{name:?} valid on {now}"),
                format!("expired on {}", human_time(validity.not_after)),
                "issue it again",
            )
        } else {
            Finding::new(
                format!("{name:?} valid on {now}"),
                format!("not valid before {}", human_time(validity.not_before)),
                "wait, issue it again, or set the clock of this machine",
            )
        }
    });
    let first = path.iter().min_by_key(|certificate| certificate.details.validity.not_after);
    let detail = first.map_or(String::new(), |certificate| {
        let validity = certificate.details.validity;
        let days = validity.days_left(case.now);
        format!("valid until {} ({days} days left)", human_time(validity.not_after))
    });
    Verdict::of(findings.collect(), detail)
}

/// Python's strict mode refuses a certificate without them (RFC 5280, sections 4.2.1.1 and 4.2.1.2).
pub(super) fn key_identifiers(case: &Case<'_>) -> Verdict {
    let again = "issue it again with key identifiers";
    let mut findings = Vec::new();
    for certificate in path(case) {
        let (name, details) = (certificate.title(), &certificate.details);
        if details.subject_key_id.is_none() {
            findings.push(Finding::new(format!("a subject key identifier in {name:?}"), "none", again));
        }
        if details.authority_key_id.is_none() && !certificate.is_self_issued() {
            findings.push(Finding::new(format!("an authority key identifier in {name:?}"), "none", again));
        }
    }
    Verdict::of(findings, "")
}

/// OpenSSL takes such a leaf for self-signed (error 18); rustls does not notice.
pub(super) fn distinct_names(case: &Case<'_>) -> Verdict {
    let leaf = case.identity.leaf();
    let twins = authorities(case).into_iter().filter(|authority| {
        authority.details.subject == leaf.details.subject && !leaf.details.subject.is_empty()
    });
    let findings = twins.map(|authority| {
        Finding::new(
            format!("a leaf with another subject than its CA {:?}", authority.title()),
            format!("{} in both", leaf.details.subject),
            "issue the leaf again with a subject of its own",
        )
    });
    Verdict::of(findings.collect(), leaf.details.subject.clone())
}

pub(super) fn versions(case: &Case<'_>) -> Verdict {
    let findings = path(case).into_iter().filter(|certificate| certificate.details.version != 3).map(|old| {
        Finding::new(
            format!("{:?} of version 3", old.title()),
            format!("version {}, which has no extensions", old.details.version),
            "issue it again with extensions (basicConstraints, subjectAltName)",
        )
    });
    Verdict::of(findings.collect(), "")
}

/// The signature of a trusted root is never checked, so only those below it count.
pub(super) fn signature_algorithms(case: &Case<'_>) -> Verdict {
    let broken = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("sha1") || name.contains("md5")
    };
    let checked = &case.identity.chain;
    let findings = checked
        .iter()
        .filter(|certificate| {
            broken(&certificate.details.signature_algorithm) && Some(*certificate) != case.anchor
        })
        .map(|certificate| {
            Finding::new(
                format!("{:?} signed with SHA-256 or better", certificate.title()),
                certificate.details.signature_algorithm.clone(),
                "issue it again with SHA-256",
            )
        });
    Verdict::of(findings.collect(), case.identity.leaf().details.signature_algorithm.clone())
}

pub(super) fn name_constraints(case: &Case<'_>) -> Verdict {
    let authorities = authorities(case);
    let constrained: Vec<(&Certificate, &NameConstraints)> = authorities
        .iter()
        .filter_map(|authority| Some((*authority, authority.details.name_constraints.as_ref()?)))
        .collect();
    let mut findings = Vec::new();
    for (authority, constraints) in &constrained {
        for name in case.identity.leaf().details.sans.iter().filter(|name| !constraints.permits(name)) {
            findings.push(Finding::new(
                format!("names that {:?} may sign: {constraints}", authority.title()),
                name.to_string(),
                "issue the certificate without this name, or under a CA that may sign it",
            ));
        }
    }
    let detail: Vec<String> = constrained.iter().map(|(_, constraints)| constraints.to_string()).collect();
    Verdict::of(findings, if detail.is_empty() { "no constraint".into() } else { detail.join("; ") })
}
