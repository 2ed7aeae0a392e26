//! Rules on the certificates from a leaf up to its root.

use time::OffsetDateTime;

use super::case::{Case, RuleVerdict, explain};
use crate::bundle::Trust;
use crate::explanation::Explanation;
use crate::pki::validity::human_time;
use crate::pki::{Certificate, defect};

/// From the leaf to the anchor, each certificate once.
fn path<'a>(case: &Case<'a>) -> Vec<&'a Certificate> {
    let mut path: Vec<&Certificate> = Vec::new();
    for certificate in case.identity.chain.iter().chain(case.anchor) {
        if !path.contains(&certificate) {
            path.push(certificate);
        }
    }
    path
}

/// The CAs above the leaf.
fn authorities<'a>(case: &Case<'a>) -> Vec<&'a Certificate> {
    path(case).split_off(1)
}

/// Issuer name, signature, key identifiers, authority, keyCertSign and path length of every link, and the anchor.
pub(super) fn links(case: &Case<'_>) -> RuleVerdict {
    let path = path(case);
    let mut findings: Vec<Explanation> = repeated(&case.identity.chain).into_iter().collect();
    let mut unknown = None;
    for (below, pair) in path.windows(2).enumerate() {
        if let [holder, issuer] = pair {
            link(holder, issuer, below, &mut findings);
            unknown = unknown.or_else(|| uncheckable(holder, issuer));
        }
    }
    match (case.anchor, path.last()) {
        (Some(anchor), _) if !anchor.is_self_issued() => findings.push(
            Explanation::new(
                "a self-signed root as trust anchor",
                format!("{:?}, which {} signed", anchor.title(), anchor.details.issuer),
            )
            .with_fix("trust the root: most TLS libraries do not accept an intermediate as an anchor"),
        ),
        (None, Some(last)) => findings.push(no_anchor(last, case.trust)),
        _ => {}
    }
    findings.extend(other_anchors(case));
    if let (true, Some(reason)) = (findings.is_empty(), unknown) {
        return RuleVerdict::Unknown(reason);
    }
    let titles: Vec<String> = path.iter().map(|certificate| certificate.title()).collect();
    RuleVerdict::of(findings, titles.join(" <- "))
}

/// A certificate that is sent twice: some clients mistake the second one for the issuer of the first.
fn repeated(chain: &[Certificate]) -> Option<Explanation> {
    let (_, again) =
        chain.iter().enumerate().find(|(place, one)| chain.iter().take(*place).any(|other| other == *one))?;
    Some(Explanation::new(
        format!("{:?} once in the chain", again.title()),
        "it is in the chain twice").with_fix("leave out the second one; where certificate and chain are two files, the chain begins above the leaf"))
}

fn link(holder: &Certificate, issuer: &Certificate, below: usize, findings: &mut Vec<Explanation>) {
    if let Some(defect) = defect::other_issuer(holder, issuer) {
        let fix = "put the chain in order: the leaf, then the CA that signed it, then the CA above";
        findings.push(explain(defect, fix));
        return;
    }
    let signature = || defect::foreign_signature(holder, issuer);
    if let Some(defect) = defect::is_checkable(holder, issuer).then(signature).flatten() {
        let fix = "the CA was probably made again: trust the one that signed, or issue the certificate again";
        findings.push(explain(defect, fix));
    } else if let Some(defect) = defect::other_key_identifier(holder, issuer) {
        let fix = "issue the certificate again: strict verifiers look the CA up by this identifier";
        findings.push(explain(defect, fix));
    }
    let wrong = [
        (defect::no_authority(holder, issuer), "sign with a CA certificate"),
        (defect::no_certificate_signature(issuer), "make the CA again with keyCertSign"),
        (defect::too_deep(issuer, below), "sign with a CA nearer to the root"),
    ];
    findings.extend(wrong.into_iter().filter_map(|(defect, fix)| Some(explain(defect?, fix))));
}

/// The file of roots beside a certificate, by which servers judge their clients: any other root in it would let in
/// strangers.
fn other_anchors(case: &Case<'_>) -> Vec<Explanation> {
    let own = &case.identity.anchors;
    let known =
        |one: &Certificate| case.trust.anchors.contains(one) || case.trust.intermediates.contains(one);
    let fix = "put the root there again, or issue the certificate again: servers accept clients of every CA in this file";
    let stranger = |one: &Certificate| {
        let names: Vec<String> =
            case.trust.anchors.iter().map(|root| format!("{:?}", root.title())).collect();
        let expected = format!("no root but {} in ca.crt beside the certificate", names.join(", "));
        let found = format!("{:?}, sha256 {}", one.title(), one.details.sha256);
        Explanation::new(expected, found).with_fix(fix)
    };
    let mut findings: Vec<Explanation> = own.iter().filter(|one| !known(one)).map(stranger).collect();
    if let (true, false, Some(anchor)) = (findings.is_empty(), own.is_empty(), case.anchor)
        && !own.contains(anchor)
    {
        let expected = format!("{:?} in ca.crt beside the certificate", anchor.title());
        let titles: Vec<String> = own.iter().map(Certificate::title).collect();
        findings.push(Explanation::new(expected, titles.join(", ")).with_fix(fix));
    }
    findings
}

/// Why it cannot be said who signed a certificate.
fn uncheckable(holder: &Certificate, issuer: &Certificate) -> Option<String> {
    let (key, algorithm) = (&issuer.details.key_type, &holder.details.signature_algorithm);
    let reason = || {
        format!(
            "this program cannot check the signature of {:?} under {holder:?} ({algorithm} by a key of {key})",
            issuer.title(),
            holder = holder.title()
        )
    };
    (!defect::is_checkable(holder, issuer)).then(reason)
}

/// Why nothing trusted is above `last`.
fn no_anchor(last: &Certificate, trust: &Trust) -> Explanation {
    let expected = format!("a trusted root with the name {}", last.details.issuer);
    let missing = trust.intermediates.iter().find(|known| known.details.subject == last.details.issuer);
    if let Some(intermediate) = missing {
        return Explanation::new(
            format!("{:?} in the chain, after {:?}", intermediate.title(), last.title()),
            "a chain that ends before it",
        )
        .with_fix("add the intermediate certificate to the chain file, after the leaf");
    }
    let known: Vec<String> = trust.anchors.iter().map(|root| root.details.subject.to_string()).collect();
    let found = if known.is_empty() { "no trusted root at all".into() } else { known.join("; ") };
    if last.is_self_issued() {
        let expected = format!("{:?} among the trusted roots, or a CA above it", last.title());
        return Explanation::new(expected, found)
            .with_fix("trust this self-signed certificate, or issue one under a CA");
    }
    Explanation::new(expected, found)
        .with_fix("trust the root that this certificate was issued under, or issue it again")
}

pub(super) fn dates(case: &Case<'_>) -> RuleVerdict {
    let path = path(case);
    let findings = path.iter().filter_map(|certificate| not_valid_at(certificate, case.now)).collect();
    let first = path.iter().min_by_key(|certificate| certificate.details.validity.not_after);
    RuleVerdict::of(
        findings,
        first.map_or(String::new(), |certificate| end_of_validity(certificate, case.now)),
    )
}

/// Why a certificate is not valid at this time.
pub(super) fn not_valid_at(certificate: &Certificate, now: OffsetDateTime) -> Option<Explanation> {
    let over = defect::expired(certificate, now).map(|defect| explain(defect, "issue it again"));
    let wait = "wait, issue it again, or set the clock of this machine";
    over.or_else(|| defect::not_yet_valid(certificate, now).map(|defect| explain(defect, wait)))
}

/// `valid until 2027-01-31 12:00 UTC (30 days left)`.
pub(super) fn end_of_validity(certificate: &Certificate, now: OffsetDateTime) -> String {
    let validity = certificate.details.validity;
    format!("valid until {} ({} days left)", human_time(validity.not_after), validity.days_left(now))
}

pub(super) fn key_identifiers(case: &Case<'_>) -> RuleVerdict {
    let defects = path(case).into_iter().flat_map(defect::key_identifiers);
    let findings = defects.map(|defect| explain(defect, "issue it again with key identifiers"));
    RuleVerdict::of(findings.collect(), "")
}

pub(super) fn distinct_names(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let defects = authorities(case).into_iter().filter_map(|authority| defect::same_name(leaf, authority));
    let fix = "issue the leaf again with a different subject";
    RuleVerdict::of(defects.map(|defect| explain(defect, fix)).collect(), leaf.details.subject.to_string())
}

pub(super) fn versions(case: &Case<'_>) -> RuleVerdict {
    let fix = "issue it again with extensions (basicConstraints, subjectAltName)";
    let defects = path(case).into_iter().filter_map(defect::old_version);
    RuleVerdict::of(defects.map(|defect| explain(defect, fix)).collect(), "")
}

/// The signature of a trusted root is never checked, so only those below it count.
pub(super) fn signature_algorithms(case: &Case<'_>) -> RuleVerdict {
    let checked = case.identity.chain.iter().filter(|certificate| Some(*certificate) != case.anchor);
    let findings = checked.filter_map(defect::broken_hash);
    let findings = findings.map(|defect| explain(defect, "issue it again with SHA-256"));
    RuleVerdict::of(findings.collect(), case.identity.leaf().details.signature_algorithm.to_string())
}

pub(super) fn name_constraints(case: &Case<'_>) -> RuleVerdict {
    let authorities = authorities(case);
    let fix = "issue the certificate without this name, or under a CA that may sign it";
    let defects =
        authorities.iter().flat_map(|above| defect::outside_constraints(case.identity.leaf(), above));
    let findings = defects.map(|defect| explain(defect, fix)).collect();
    let constraints = authorities.iter().filter_map(|above| above.details.name_constraints.as_ref());
    let detail: Vec<String> = constraints.map(ToString::to_string).collect();
    RuleVerdict::of(findings, if detail.is_empty() { "no constraint".into() } else { detail.join("; ") })
}
