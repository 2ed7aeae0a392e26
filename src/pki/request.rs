//! Certification requests (PKCS#10, RFC 2986) as read.

use serde::Serialize;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::certificate;
use super::distinguished_name;
use crate::error::{Error, Result};

/// What a request asks for.
#[derive(Debug, Clone, Serialize)]
pub struct CertificationRequest {
    /// Distinguished name of the holder.
    pub subject: String,
    /// Kind of key.
    pub key_type: String,
    /// `ecdsa-with-SHA256`, ... or the object identifier of an unknown algorithm.
    pub signature_algorithm: String,
    /// Names that are asked for, as `DNS:`, `IP:`, `URI:`, `email:` or as the reader prints them.
    pub sans: Vec<String>,
    /// Key usages that are asked for.
    pub key_usage: Vec<String>,
    /// Whether the request is signed with its own key, as RFC 2986 demands.
    pub signature_valid: bool,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
}

impl CertificationRequest {
    /// Reads DER. `place` says where it came from, for errors.
    pub fn from_der(der: &[u8], place: &str) -> Result<Self> {
        let damaged = |detail: String| Error::Encoding {
            place: place.to_owned(),
            reason: "the certification request cannot be read".into(),
            expected: "a PKCS#10 request in DER (RFC 2986)".into(),
            found: detail,
        };
        let (rest, parsed) =
            X509CertificationRequest::from_der(der).map_err(|error| damaged(error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged(format!("{} bytes after the request", rest.len())));
        }
        let info = &parsed.certification_request_info;
        let mut request = Self {
            subject: distinguished_name::to_text(&info.subject),
            key_type: certificate::key_type(&info.subject_pki),
            signature_algorithm: certificate::signature_name(
                &parsed.signature_algorithm.algorithm.to_id_string(),
            ),
            sans: vec![],
            key_usage: vec![],
            signature_valid: parsed.verify_signature().is_ok(),
            spki_sha256: super::sha256_hex(info.subject_pki.raw),
        };
        for extension in parsed.requested_extensions().into_iter().flatten() {
            match extension {
                ParsedExtension::SubjectAlternativeName(names) => {
                    request.sans.extend(names.general_names.iter().map(|name| {
                        certificate::read_name(name)
                            .map_or_else(|| super::printable(&name.to_string()), |san| san.to_string())
                    }));
                }
                ParsedExtension::KeyUsage(usage) => {
                    request.key_usage = certificate::key_usage_names(usage.flags)
                }
                _ => {}
            }
        }
        Ok(request)
    }
}
