//! Which clients an endpoint that asks for certificates accepts and refuses.

use super::admission::{Admission, ClientKind};
use super::capabilities::authorities;
use super::survey::{Probes, Survey};
use crate::bundle::Identity;
use crate::handshake::TlsVersion;
use crate::handshake::{CertificateRequest, Probe};
use crate::pki::DistinguishedName;
use crate::report::{Check, Group, Outcome};
use crate::verify::about;

pub(super) fn checks(survey: &Survey<'_>) -> Vec<Check> {
    let clients = survey.endpoint.clients;
    let mut checks: Vec<Check> =
        clients.iter().zip(&survey.own).flat_map(|(client, visits)| own(survey, client, visits)).collect();
    let is_asking = survey.bare.iter().any(|(_, visit)| visit.asked.is_some());
    if is_asking && !clients.is_empty() {
        let visits = survey.bare.iter().filter(|(_, visit)| visit.was_served());
        checks.extend(visits.map(|(version, visit)| WITHOUT.check(survey, *version, visit)));
    }
    // That nothing is asked for was said before.
    match &survey.foreign {
        Ok(visits) => {
            checks.extend(visits.iter().map(|(version, visit)| FOREIGN.check(survey, *version, visit)))
        }
        Err(reason) if is_asking => {
            let outcome = Outcome::skipped(reason.clone());
            checks.push(Check::new(FOREIGN.id, Group::Refusal, FOREIGN.title, survey.subject(), outcome));
        }
        Err(_) => {}
    }
    checks
}

/// A client that must be refused.
struct Refusal {
    kind: ClientKind,
    id: &'static str,
    title: &'static str,
    fix: &'static str,
}

const WITHOUT: Refusal = Refusal {
    kind: ClientKind::WithoutCertificate,
    id: "no-client-certificate",
    title: "a client without certificate is refused",
    fix: "let the server require a client certificate instead of only asking for one",
};

const FOREIGN: Refusal = Refusal {
    kind: ClientKind::Foreign,
    id: "foreign-client",
    title: "a client certificate of a foreign CA is refused",
    fix: "let the server check client certificates against its own CA alone",
};

/// A client of ours, which must be accepted on every version.
fn own(survey: &Survey<'_>, client: &Identity, visits: &Result<Probes, String>) -> Vec<Check> {
    let subject = format!("{} <- {}", survey.subject(), client.name);
    let title = "its certificate is accepted";
    let visits = match visits {
        Ok(visits) => visits,
        Err(reason) => {
            let outcome = Outcome::skipped(reason.clone());
            return vec![Check::new("own-client", Group::Handshake, title, subject, outcome)];
        }
    };
    let asked = visits.iter().find_map(|(_, visit)| visit.asked.as_ref());
    let mut checks: Vec<Check> =
        asked.into_iter().filter_map(|asked| named(&subject, client, asked)).collect();
    for (version, visit) in visits {
        let admission = Admission::of(visit, survey.endpoint, ClientKind::Own);
        let failed =
            |found: &str| Outcome::failed("the server accepts it", found).with_fix(advice(client, visit));
        let outcome = match &admission {
            Admission::Taken(_) if visit.asked.is_none() => Outcome::skipped("the server did not ask for it"),
            Admission::Taken(found) if !was_shown(visit) => {
                failed(&format!("it could not be shown; {found}"))
            }
            Admission::Taken(_) => Outcome::Passed,
            Admission::Refused(found) | Admission::Closed(found) | Admission::Failed(found) => failed(found),
            Admission::Denied(found) => failed(&format!("TLS accepts it, but the answer is {found}")),
            Admission::Unknown(found) => Outcome::skipped(format!("TLS accepts it; then {found}")),
        };
        let id = format!("own-client-{}", version.id());
        let detail = format!("{version}, {}", admission.text());
        checks.push(
            Check::new(id, Group::Handshake, title, &subject, outcome)
                .about(about(&survey.subject(), Some(&client.name), None, *version))
                .with_detail(detail)
                .took(visit.took),
        );
    }
    checks
}

/// Whether the client's certificate went to the server: TLS shows none whose key cannot sign as the server wants.
fn was_shown(visit: &Probe) -> bool {
    visit.asked.as_ref().is_some_and(|asked| asked.takes_our_key)
}

fn advice(client: &Identity, visit: &Probe) -> String {
    if visit.asked.is_some() && !was_shown(visit) {
        return "the server does not accept signatures by this kind of key: issue the certificate with another key type".into();
    }
    let issuer = client.chain.last().map_or(String::new(), |last| last.details.issuer.to_string());
    format!("let the server trust {issuer}, allow this caller, and look into its log for the reason")
}

/// Browsers and Java send no certificate if none of theirs is under a CA that the request names (RFC 8446, section
/// 4.2.4); OpenSSL does not care.
fn named(subject: &str, client: &Identity, asked: &CertificateRequest) -> Option<Check> {
    if asked.authorities.is_empty() {
        return None;
    }
    let wanted: Vec<&DistinguishedName> =
        client.chain.iter().map(|certificate| &certificate.details.issuer).collect();
    let is_named = |der: &Vec<u8>| wanted.iter().any(|name| name.der() == der);
    let outcome = if asked.authorities.iter().any(is_named) {
        Outcome::Passed
    } else {
        Outcome::failed(
            format!(
                "a CA above it among those that the request names: {}",
                wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
            ),
            authorities(asked).join("; "),
        )
        .with_fix("let the server name this CA: browsers and Java send only certificates of named CAs")
    };
    let title = "a CA above it is named in the request";
    Some(Check::new("named-authorities", Group::Handshake, title, subject, outcome))
}

impl Refusal {
    /// What might have other reasons counts only beside a client that is accepted.
    fn check(&self, survey: &Survey<'_>, version: TlsVersion, visit: &Probe) -> Check {
        let admission = Admission::of(visit, survey.endpoint, self.kind);
        let outcome = match &admission {
            _ if visit.asked.is_none() => Outcome::skipped("the server did not ask for a certificate"),
            _ if self.kind == ClientKind::Foreign && !was_shown(visit) => Outcome::skipped(
                "the server accepts only signatures by a kind of key that this program cannot make, so no foreign certificate could be shown",
            ),
            Admission::Refused(_) => Outcome::Passed,
            Admission::Denied(_) | Admission::Closed(_) if is_own_taken(survey, version) => Outcome::Passed,
            Admission::Denied(found) | Admission::Closed(found) | Admission::Unknown(found) => {
                Outcome::skipped(format!(
                    "{found}; without a client that is accepted, this may have another reason than the certificate"
                ))
            }
            Admission::Failed(found) => {
                Outcome::skipped(format!("{found}; that is not a refusal because of the certificate"))
            }
            Admission::Taken(found) => Outcome::failed("a refusal", found.clone()).with_fix(self.fix),
        };
        let detail = format!("{version}, {}", admission.text());
        let id = format!("{}-{}", self.id, version.id());
        let check = Check::new(id, Group::Refusal, self.title, survey.subject(), outcome);
        check.about(about(&survey.subject(), None, None, version)).with_detail(detail).took(visit.took)
    }
}

fn is_own_taken(survey: &Survey<'_>, version: TlsVersion) -> bool {
    let own = survey.own.iter().flatten().flatten().filter(|(other, _)| *other == version);
    own.into_iter().any(|(_, visit)| {
        was_shown(visit)
            && matches!(Admission::of(visit, survey.endpoint, ClientKind::Own), Admission::Taken(_))
    })
}
