//! Whom an endpoint that asks for certificates takes, and whom it refuses.

use super::admission::Admission;
use super::offers::authorities;
use super::survey::{Survey, Visits};
use crate::bundle::Identity;
use crate::pki::distinguished_name;
use crate::report::{Check, Group, Outcome};
use crate::verify::TlsVersion;
use crate::verify::handshake::{Asked, Visit};

pub(super) fn checks(survey: &Survey<'_>) -> Vec<Check> {
    let clients = survey.endpoint.clients;
    let mut checks: Vec<Check> =
        clients.iter().zip(&survey.own).flat_map(|(client, visits)| own(survey, client, visits)).collect();
    let is_asking = survey.bare.iter().any(|(_, visit)| visit.asked.is_some());
    if is_asking && !clients.is_empty() {
        for (version, visit) in served(&survey.bare) {
            checks.push(refusal(
                survey,
                "no-client-certificate",
                "a client without certificate is refused",
                version,
                visit,
            ));
        }
    }
    match &survey.foreign {
        Ok(visits) => checks.extend(
            visits.iter().map(|(version, visit)| refusal(survey, FOREIGN.0, FOREIGN.1, *version, visit)),
        ),
        Err(reason) if is_asking => {
            checks.push(Check::new(
                FOREIGN.0,
                Group::Refusal,
                FOREIGN.1,
                survey.subject(),
                Outcome::skipped(reason.clone()),
            ));
        }
        // That nothing is asked for was said before.
        Err(_) => {}
    }
    checks
}

const FOREIGN: (&str, &str) = ("foreign-client", "a client certificate of a foreign CA is refused");

fn served(visits: &Visits) -> impl Iterator<Item = (TlsVersion, &Visit)> {
    visits.iter().filter(|(_, visit)| visit.was_served()).map(|(version, visit)| (*version, visit))
}

/// A client of ours, which must be taken on every version.
fn own(survey: &Survey<'_>, client: &Identity, visits: &Result<Visits, String>) -> Vec<Check> {
    let subject = format!("{} <- {}", survey.subject(), client.name);
    let title = "its certificate is taken";
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
        let admission = Admission::of(visit, survey.endpoint);
        let failed =
            |found: &str| Outcome::failed("the server takes it", found).with_fix(advice(client, visit));
        let outcome = match &admission {
            Admission::Taken(_) if visit.asked.is_none() => Outcome::skipped("the server did not ask for it"),
            Admission::Taken(_) => Outcome::Passed,
            Admission::Refused(found) | Admission::Broken(found) => failed(found),
            Admission::Denied(found) => failed(&format!("TLS takes it, but the answer is {found}")),
            Admission::Unknown(found) => Outcome::skipped(format!("TLS takes it; then {found}")),
        };
        let id = format!("own-client-{}", version.id());
        let detail = format!("{version}, {}", admission.text());
        checks.push(
            Check::new(id, Group::Handshake, title, &subject, outcome).with_detail(detail).took(visit.took),
        );
    }
    checks
}

fn advice(client: &Identity, visit: &Visit) -> String {
    if visit.asked.as_ref().is_some_and(|asked| !asked.takes_our_key) {
        return "the server takes no signature of this kind of key: issue the certificate with another key type".into();
    }
    let issuer = client.chain.last().map_or("", |last| &last.details.issuer);
    format!("let the server trust {issuer}, admit this caller, and look into its log for the reason")
}

/// Browsers and Java send no certificate if none of theirs is under a CA that the request names (RFC 8446, section
/// 4.2.4); OpenSSL does not care.
fn named(subject: &str, client: &Identity, asked: &Asked) -> Option<Check> {
    if asked.authorities.is_empty() {
        return None;
    }
    let wanted: Vec<&str> =
        client.chain.iter().map(|certificate| certificate.details.issuer.as_str()).collect();
    let is_named =
        |der: &Vec<u8>| distinguished_name::from_der(der).is_some_and(|name| wanted.contains(&name.as_str()));
    let outcome = if asked.authorities.iter().any(is_named) {
        Outcome::Passed
    } else {
        Outcome::failed(
            format!("a CA above it among those that the request names: {}", wanted.join(" or ")),
            authorities(asked).join("; "),
        )
        .with_fix("let the server name this CA: browsers and Java send no certificate of another one")
    };
    let title = "a CA above it is named in the request";
    Some(Check::new("named-authorities", Group::Handshake, title, subject, outcome))
}

/// A guest who must be refused. What might have other reasons counts only beside a client that is taken.
fn refusal(
    survey: &Survey<'_>,
    id: &'static str,
    title: &'static str,
    version: TlsVersion,
    visit: &Visit,
) -> Check {
    let admission = Admission::of(visit, survey.endpoint);
    let own = survey.own.iter().flatten().flatten().filter(|(other, _)| *other == version);
    let is_own_taken = own
        .into_iter()
        .any(|(_, visit)| matches!(Admission::of(visit, survey.endpoint), Admission::Taken(_)));
    let outcome = match &admission {
        _ if visit.asked.is_none() => Outcome::skipped("the server did not ask for a certificate"),
        Admission::Refused(_) => Outcome::Passed,
        Admission::Denied(_) | Admission::Broken(_) if is_own_taken => Outcome::Passed,
        Admission::Denied(found) | Admission::Broken(found) | Admission::Unknown(found) => {
            Outcome::skipped(format!(
                "{found}; without a client that is taken nobody can tell whether that is because of the certificate"
            ))
        }
        Admission::Taken(found) => Outcome::failed("a refusal", found.clone()).with_fix(if id == FOREIGN.0 {
            "let the server check client certificates against its own CA alone"
        } else {
            "let the server require a client certificate instead of only asking for one"
        }),
    };
    let detail = format!("{version}, {}", admission.text());
    Check::new(format!("{id}-{}", version.id()), Group::Refusal, title, survey.subject(), outcome)
        .with_detail(detail)
        .took(visit.took)
}
