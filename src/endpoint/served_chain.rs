//! The chain that an endpoint sends: what it says, and whether a client accepts it.

use super::survey::Survey;
use crate::bundle::Identity;
use crate::handshake::uris;
use crate::pki::validity::human_time;
use crate::pki::{Certificate, SubjectAltName};
use crate::report::{Check, Group, Outcome};
use crate::verify::about;
use crate::verify::{Scope, certificate_checks};

pub(super) fn checks(survey: &Survey<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    match &survey.served_chain {
        Ok(identity) => {
            checks.extend(as_sent(survey, identity));
            checks.push(host(survey, identity));
            let identity = std::slice::from_ref(identity);
            let scope = Scope::new(identity, &[], survey.endpoint.trust, survey.endpoint.now);
            // The key stays where it is; that the endpoint holds it is proven by each handshake.
            checks.extend(certificate_checks(&scope).into_iter().filter(|check| check.id != "key-matches"));
        }
        Err(error) => {
            let found = error.found().map_or_else(|| error.to_string(), |found| format!("{error} ({found})"));
            let outcome = Outcome::failed("certificates that can be read", found)
                .with_fix("make the certificate again with another tool");
            checks.push(Check::new(
                "readable",
                Group::Static,
                "its certificates can be read",
                survey.subject(),
                outcome,
            ));
        }
    }
    checks.extend(verdicts(survey));
    checks
}

/// Each certificate in the order in which it came.
fn as_sent<'a>(survey: &'a Survey<'_>, identity: &'a Identity) -> impl Iterator<Item = Check> + 'a {
    let count = identity.chain.len();
    identity.chain.iter().enumerate().map(move |(nth, certificate)| {
        let title = format!("certificate {} of {count}, as sent", nth + 1);
        Check::new("sent", Group::Static, title, survey.subject(), Outcome::Passed)
            .with_detail(describe(certificate))
    })
}

fn describe(certificate: &Certificate) -> String {
    let details = &certificate.details;
    let subject = if details.subject.is_empty() { "no subject".into() } else { details.subject.to_string() };
    let (start, end) = (human_time(details.validity.not_before), human_time(details.validity.not_after));
    format!("{subject}; issued by {}; valid from {start} until {end}", details.issuer)
}

fn host(survey: &Survey<'_>, identity: &Identity) -> Check {
    let (leaf, host) = (identity.leaf(), survey.endpoint.host);
    let outcome = if leaf.serves_host(host) || uris(leaf).contains(&host) {
        Outcome::Passed
    } else {
        let names: Vec<String> = leaf.details.sans().map(SubjectAltName::to_string).collect();
        let found = if names.is_empty() { "no name at all".into() } else { names.join(", ") };
        Outcome::failed(format!("{host} among its names"), found).with_fix(
            "issue the certificate again with this name, or ask for the endpoint by a name that it has",
        )
    };
    let title = "it serves the host that was asked for";
    Check::new("host", Group::Static, title, survey.subject(), outcome).with_detail(host)
}

/// What a TLS client that trusts the roots says, on each version: it builds the chain in a way of its own.
fn verdicts<'a>(survey: &'a Survey<'_>) -> impl Iterator<Item = Check> + 'a {
    survey.bare.iter().filter_map(|(version, visit)| {
        let outcome = match visit.verdict.as_ref()? {
            Ok(()) => Outcome::Passed,
            Err(reason) => Outcome::failed("a client that trusts the roots accepts it", reason.clone())
                .with_fix("fix what the checks of its certificates report"),
        };
        let title = "a client that trusts the root accepts it";
        let id = format!("server-auth-{}", version.id());
        let check = Check::new(id, Group::Handshake, title, survey.subject(), outcome);
        let check = check.about(about(&survey.subject(), None, Some(survey.endpoint.host), *version));
        Some(check.with_detail(format!("{version}, as {}", survey.endpoint.host)).took(visit.took))
    })
}
