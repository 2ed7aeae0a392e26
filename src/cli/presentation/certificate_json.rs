//! Certificates and requests as the JSON of `show`, `list` and `issue`.

use serde::{Serialize, Serializer};

use crate::pki::certificate::{BasicConstraints, Details, GeneralName};
use crate::pki::validity::machine_time;
use crate::pki::{CertificationRequest, hex};

/// A certificate. Its keys are a promise to scripts: none is removed.
#[derive(Serialize)]
struct CertificateJson<'a> {
    version: u32,
    serial: String,
    subject: String,
    common_name: Option<String>,
    organization: Option<String>,
    issuer: String,
    not_before: String,
    not_after: String,
    sans: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_names: Vec<String>,
    sans_critical: bool,
    key_type: String,
    signature_algorithm: String,
    basic_constraints: Option<BasicConstraintsJson>,
    key_usage: Option<Vec<String>>,
    ext_key_usage: Option<Vec<String>>,
    subject_key_id: Option<String>,
    authority_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_constraints: Option<String>,
    sha256: &'a str,
    spki_sha256: &'a str,
}

#[derive(Serialize)]
struct BasicConstraintsJson {
    ca: bool,
    path_len: Option<u32>,
    critical: bool,
}

#[derive(Serialize)]
struct RequestJson<'a> {
    subject: String,
    key_type: String,
    signature_algorithm: String,
    sans: Vec<String>,
    key_usage: Vec<String>,
    signature_valid: bool,
    spki_sha256: &'a str,
}

pub(in crate::cli) fn certificate<S: Serializer>(
    details: &Details,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let constraints =
        |BasicConstraints { ca, path_len, critical }| BasicConstraintsJson { ca, path_len, critical };
    CertificateJson {
        version: details.version,
        serial: details.serial.to_string(),
        subject: details.subject.to_string(),
        common_name: details.subject.common_name(),
        organization: details.subject.organization(),
        issuer: details.issuer.to_string(),
        not_before: machine_time(details.validity.not_before),
        not_after: machine_time(details.validity.not_after),
        sans: details.sans().map(ToString::to_string).collect(),
        other_names: details.other_names().map(ToString::to_string).collect(),
        sans_critical: details.sans_critical(),
        key_type: details.key_type.to_string(),
        signature_algorithm: details.signature_algorithm.to_string(),
        basic_constraints: details.basic_constraints.map(constraints),
        key_usage: details.key_usage.map(|usages| usages.names()),
        ext_key_usage: details.ext_key_usage.as_ref().map(|usages| usages.names()),
        subject_key_id: details.subject_key_id.as_deref().map(hex),
        authority_key_id: details.authority_key_id.as_deref().map(hex),
        name_constraints: details.name_constraints.as_ref().map(ToString::to_string),
        sha256: &details.sha256,
        spki_sha256: &details.spki_sha256,
    }
    .serialize(serializer)
}

/// The same of one that may be missing.
pub(in crate::cli) fn optional<S: Serializer>(
    details: &Option<Details>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match details {
        Some(details) => certificate(details, serializer),
        None => serializer.serialize_none(),
    }
}

pub(in crate::cli) fn request<S: Serializer>(
    request: &CertificationRequest,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    RequestJson {
        subject: request.subject.to_string(),
        key_type: request.key_type.to_string(),
        signature_algorithm: request.signature_algorithm.to_string(),
        sans: request.names.iter().map(GeneralName::to_string).collect(),
        key_usage: request.key_usage.names(),
        signature_valid: request.signature_valid,
        spki_sha256: &request.spki_sha256,
    }
    .serialize(serializer)
}
