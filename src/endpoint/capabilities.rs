//! What an endpoint offers: versions, key exchange, and whether it asks for a certificate.

use super::Endpoint;
use super::admission::{Admission, ClientKind, words};
use super::old_version::Answer;
use super::survey::Survey;
use crate::handshake::TlsVersion;
use crate::handshake::{CertificateRequest, Probe};
use crate::pki::DistinguishedName;
use crate::report::{Check, Group, Outcome};

pub(super) fn checks(survey: &Survey<'_>) -> Vec<Check> {
    let mut checks: Vec<Check> =
        survey.bare.iter().map(|(version, visit)| offered(survey, *version, visit)).collect();
    checks.push(old_versions(survey));
    checks.push(key_exchange(survey));
    checks.push(client_certificate(survey));
    checks
}

/// One version of several need not be offered; a version that was named must be.
fn offered(survey: &Survey<'_>, version: TlsVersion, visit: &Probe) -> Check {
    let endpoint = survey.endpoint;
    let reason = || match &visit.ended {
        ended @ crate::handshake::ProbeOutcome::Alert(_) => {
            format!("not offered: {}", words(ended, endpoint))
        }
        ended => format!("not known to be offered: {}", words(ended, endpoint)),
    };
    let (outcome, detail) = if visit.was_served() {
        let parts = [Some("offered"), visit.suite.as_deref(), visit.key_exchange.as_deref()];
        (Outcome::Passed, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    } else if endpoint.versions.contains(&version) {
        let fix = format!("let the server offer {version}");
        (Outcome::failed(format!("{version} offered"), reason()).with_fix(fix), String::new())
    } else {
        (Outcome::Passed, reason())
    };
    let check = Check::new(version.id(), Group::Endpoint, version.to_string(), survey.subject(), outcome);
    check.with_detail(detail).took(visit.took)
}

fn old_versions(survey: &Survey<'_>) -> Check {
    let (outcome, detail) = match &survey.old {
        Answer::Refuses(how) => (Outcome::Passed, how.clone()),
        Answer::Unclear(reason) => (Outcome::skipped(reason.clone()), String::new()),
        Answer::Speaks(version) => {
            let fix = "let the server offer TLS 1.2 and 1.3 alone";
            let outcome = Outcome::failed(
                "no version before TLS 1.2, which RFC 8996 forbids",
                format!("{version} is offered"),
            );
            (outcome.with_fix(fix), String::new())
        }
    };
    let title = "no version before TLS 1.2";
    Check::new("old-versions", Group::Endpoint, title, survey.subject(), outcome).with_detail(detail)
}

fn key_exchange(survey: &Survey<'_>) -> Check {
    let list = |offered: bool| {
        let names =
            survey.groups.iter().filter(|(_, taken)| *taken == offered).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let (yes, no) = (list(true), list(false));
    let detail = if no.is_empty() { yes } else { format!("{yes}; not {no}") };
    Check::new("key-exchange", Group::Endpoint, "key exchange", survey.subject(), Outcome::Passed)
        .with_detail(detail)
}

/// Whether a certificate is asked for. Where clients are named it must be; otherwise it is only reported.
fn client_certificate(survey: &Survey<'_>) -> Check {
    let asking = survey.bare.iter().find_map(|(_, visit)| visit.asked.as_ref().map(|asked| (visit, asked)));
    let silent = survey.bare.iter().filter(|(_, visit)| visit.was_served() && visit.asked.is_none());
    let silent: Vec<String> = silent.map(|(version, _)| version.to_string()).collect();
    let expected = !survey.endpoint.clients.is_empty();
    let (outcome, detail) = match asking {
        Some((visit, asked)) if silent.is_empty() || !expected => {
            (Outcome::Passed, request(visit, asked, survey.endpoint))
        }
        None if !expected => (Outcome::Passed, "not asked for".into()),
        _ => {
            let found =
                if asking.is_some() { format!("none with {}", silent.join(" and ")) } else { "none".into() };
            let fix =
                "let the server require client certificates (nginx: ssl_verify_client on; openssl: -Verify)";
            (Outcome::failed("a request for a client certificate", found).with_fix(fix), String::new())
        }
    };
    let title = "client certificate";
    Check::new("client-certificate", Group::Endpoint, title, survey.subject(), outcome).with_detail(detail)
}

fn request(visit: &Probe, asked: &CertificateRequest, endpoint: &Endpoint<'_>) -> String {
    let how = match Admission::of(visit, endpoint, ClientKind::WithoutCertificate) {
        Admission::Refused(_) => "required",
        Admission::Taken(_) => "asked for, not required",
        _ => "asked for",
    };
    let names = authorities(asked);
    let named =
        if names.is_empty() { "no CA is named".into() } else { format!("CAs named: {}", names.join("; ")) };
    format!("{how}; {named}")
}

/// The CAs that a request names.
pub(super) fn authorities(asked: &CertificateRequest) -> Vec<String> {
    /// Some servers name every CA that their system trusts.
    const MOST: usize = 20;
    let text = |der: &Vec<u8>| {
        DistinguishedName::from_der(der)
            .map_or_else(|| "a name that cannot be read".into(), |name| name.to_string())
    };
    let mut names: Vec<String> = asked.authorities.iter().take(MOST).map(text).collect();
    if let Some(more) = asked.authorities.len().checked_sub(MOST).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    names
}
