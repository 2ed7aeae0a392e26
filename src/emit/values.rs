//! Certificates in the form that templates see. A new field is a promise to every user's template: none is removed again.

use minijinja::{Value, context};

use crate::bundle::{Files, Identity, Trust};
use crate::pki::validity::machine_time;
use crate::pki::{Certificate, SubjectAltName};
use crate::template;

/// A credential: `name`, `object_name` (made of it, for Kubernetes), `chain` (leaf and intermediates), `leaf`, `intermediates`, `issuers`, `anchors`, `bundle`,
/// `key` (PKCS#8, or none), `has_key`, `sans` (without their type), of which `dns`, `ips`, `uris` and `emails`,
/// `common_name`, `subject` (as openssl writes it on one line with commas), `subject_slashes` (`/O=Example/CN=web`),
/// `subject_rfc2253` (reversed, without spaces), `organization`, `sha256` (of the DER, hexadecimal), `not_after`, `hours`
/// (of its validity), `key_type`, `key_usages` and `ext_key_usages` (names of RFC 5280), `path_len`, `trust`,
/// and `files` (`chain`, `key`, `anchors`: absolute paths on this machine, or none).
pub(super) fn identity(identity: &Identity) -> Value {
    let leaf = identity.leaf();
    // Where a place of use wants the authority that signed the leaf, a root is that authority if nothing is between.
    let issuers = match identity.intermediates() {
        [] => identity.anchors_pem(),
        _ => identity.intermediates_pem(),
    };
    let trust_of =
        Trust { anchors: identity.anchors.clone(), intermediates: identity.intermediates().to_vec() };
    context! {
        name => identity.name.as_str(),
        object_name => object_name(identity),
        chain => identity.chain_pem(),
        leaf => leaf.pem(),
        intermediates => identity.intermediates_pem(),
        issuers => issuers,
        anchors => identity.anchors_pem(),
        bundle => identity.trust_bundle_pem(),
        key => identity.key.as_ref().map(|key| key.pkcs8_pem().to_string()),
        has_key => identity.key.is_some(),
        sans => leaf.details.sans().map(|san| san.value()).collect::<Vec<_>>(),
        dns => values_of(leaf, |san| matches!(san, SubjectAltName::Dns(_))),
        ips => values_of(leaf, |san| matches!(san, SubjectAltName::Ip(_))),
        uris => values_of(leaf, |san| matches!(san, SubjectAltName::Uri(_))),
        emails => values_of(leaf, |san| matches!(san, SubjectAltName::Email(_))),
        subject => leaf.details.subject.to_string(),
        subject_slashes => leaf.details.subject.to_slashes(),
        subject_rfc2253 => leaf.details.subject.to_rfc4514(),
        organization => leaf.details.subject.organization(),
        sha256 => leaf.details.sha256.as_str(),
        files => identity.files.as_ref().map(|known| files(identity, known)),
        common_name => leaf.details.subject.common_name(),
        not_after => machine_time(leaf.details.validity.not_after),
        hours => hours(leaf),
        key_usages => leaf.details.key_usage.unwrap_or_default().names(),
        ext_key_usages => leaf.details.ext_key_usage.as_ref().map(|usages| usages.names()).unwrap_or_default(),
        path_len => leaf.details.basic_constraints.and_then(|constraints| constraints.path_len),
        key_type => leaf.details.key_type.to_string(),
        trust => trust(&trust_of, None),
    }
}

fn values_of(leaf: &Certificate, wanted: impl Fn(&SubjectAltName) -> bool) -> Vec<String> {
    leaf.details.sans().filter(|san| wanted(san)).map(SubjectAltName::value).collect()
}

/// A DNS-1123 label, short enough for an ending: the name, or the first subject alternative name of a file's certificate.
pub(super) fn object_name(identity: &Identity) -> String {
    let first = identity.leaf().details.sans().next().map(SubjectAltName::value);
    let name = if identity.name.contains('/') { first.unwrap_or_default() } else { identity.name.clone() };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let label: String = name.replace('*', "wildcard").chars().map(plain).take(50).collect();
    let label = label.trim_matches('-');
    if label.is_empty() { "app".into() } else { label.to_owned() }
}

/// Whole hours of validity, as the certificate was asked for: its start may lie a little in the past.
fn hours(leaf: &Certificate) -> i64 {
    let validity = leaf.details.validity;
    (validity.not_after - validity.not_before).whole_hours().max(1)
}

/// Anyone who names the file of a chain serves what is in it, so one that holds less cannot be named.
fn files(identity: &Identity, files: &Files) -> Value {
    let text = |path: &std::path::Path| path.display().to_string();
    let chain = || {
        let authorities = identity.chain.len() - 1;
        template::refusal(
            format!(
                "{} does not hold the chain of its certificate: the leaf, then {authorities} intermediate(s), in their order",
                text(&files.chain)
            ),
            "put the whole chain into that file",
        )
    };
    context! {
        chain => if files.is_whole { Value::from(text(&files.chain)) } else { chain() },
        key => files.key.as_deref().map(text),
        anchors => files.anchors.as_deref().map(text),
    }
}

/// Authorities: `anchors` (roots), `bundle` (roots and intermediates), and `certificates`, one entry each with `name`
/// (the common name), `file` (a safe file name) and `pem`. Those of an environment have its name in their files.
pub(super) fn trust(trust: &Trust, environment: Option<&str>) -> Value {
    let roots = named("root", environment, &trust.anchors);
    let others = named("intermediate", environment, &trust.intermediates);
    context! {
        anchors => trust.anchors_pem(),
        bundle => trust.bundle_pem(),
        certificates => roots.into_iter().chain(others).collect::<Vec<_>>(),
    }
}

/// File names end in `.crt`, which `update-ca-certificates` requires. No two environments share one, for the second would
/// take the place of the first in a trust store; those of an environment stay when an authority is renewed.
fn named(kind: &str, environment: Option<&str>, certificates: &[Certificate]) -> Vec<Value> {
    let entry = |(index, certificate): (usize, &Certificate)| {
        let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
        let file = match environment {
            Some(environment) => format!("pkictl-{environment}-{kind}{number}.crt"),
            None => format!("pkictl-{kind}-{}.crt", &certificate.details.sha256[..8]),
        };
        context! { name => certificate.title(), file, pem => certificate.pem() }
    };
    certificates.iter().enumerate().map(entry).collect()
}
