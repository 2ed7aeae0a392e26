//! Certification requests (PKCS#10, RFC 2986) as read.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::prelude::FromDer;

use super::algorithm::{KeyType, SignatureAlgorithm};
use super::certificate::{self, Content, Extension, GeneralName};
use super::distinguished_name::DistinguishedName;
use super::text::sha256_hex;
use super::usage::KeyUsages;
use crate::error::{Error, Result};

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct CertificationRequest {
    /// Distinguished name of the holder.
    pub subject: DistinguishedName,
    /// Kind of key.
    pub key_type: KeyType,
    /// How it is signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// Names that are asked for, in their order.
    pub names: Vec<GeneralName>,
    /// Key usages that are asked for.
    pub key_usage: KeyUsages,
    /// Every extension that is asked for, known or not.
    pub extensions: Vec<Extension>,
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
            subject: DistinguishedName::read(&info.subject),
            key_type: certificate::key_type(&info.subject_pki),
            signature_algorithm: certificate::signature_algorithm(&parsed.signature_algorithm),
            names: vec![],
            key_usage: KeyUsages::default(),
            extensions: vec![],
            signature_valid: parsed.verify_signature().is_ok(),
            spki_sha256: sha256_hex(info.subject_pki.raw),
        };
        let asked = info.iter_attributes().filter_map(|attribute| match attribute.parsed_attribute() {
            ParsedCriAttribute::ExtensionRequest(asked) => Some(&asked.extensions),
            _ => None,
        });
        for parsed in asked.flatten() {
            let (extension, content) = certificate::read_extension(parsed);
            match content {
                Some(Content::Names(names)) => request.names.extend(names),
                Some(Content::KeyUsage(usages)) => request.key_usage = usages,
                _ => {}
            }
            request.extensions.push(extension);
        }
        Ok(request)
    }
}
