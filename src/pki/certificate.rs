//! Certificates as read, whoever made them.

mod details;
mod extension;
mod general_name;
mod read;

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::armor;
use super::key::PrivateKey;
use super::text::sha256_hex;
use super::usage::ExtendedKeyUsage;
use crate::error::{Error, Result};

pub use details::{BasicConstraints, Details, Serial};
pub(super) use extension::{Content, read as read_extension};
pub use extension::{Extension, State};
pub use general_name::GeneralName;
pub(super) use read::{key_type, signature_algorithm};

/// An X.509 certificate: its DER and everything that this crate reads from it, read once.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: Vec<u8>,
    /// What it says.
    pub details: Details,
}

impl Certificate {
    /// Reads DER. `place` says where it came from, for errors.
    pub fn from_der(der: &[u8], place: &str) -> Result<Self> {
        let damaged = |detail: String| Error::Encoding {
            place: place.to_owned(),
            reason: "the certificate cannot be read".into(),
            expected: "an X.509 certificate in DER (RFC 5280)".into(),
            found: detail,
        };
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| damaged(error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged(format!("{} bytes after the certificate", rest.len())));
        }
        let details = read::details(&parsed, der);
        for extension in &details.extensions {
            if let State::Damaged(reason) = &extension.state {
                return Err(damaged(format!("a damaged extension: {reason}")));
            }
        }
        Ok(Self { der: der.to_vec(), details })
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        armor::encode("CERTIFICATE", &self.der)
    }

    /// The common name, or the whole subject where there is none: what people call it.
    pub fn title(&self) -> String {
        let subject = &self.details.subject;
        subject.common_name().unwrap_or_else(|| match self.details.names.first() {
            _ if !subject.is_empty() => subject.to_string(),
            Some(name) => name.value(),
            None => "unnamed certificate".into(),
        })
    }

    /// Whether it may sign certificates.
    pub fn is_authority(&self) -> bool {
        self.details.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Whether holder and signer have the same name, as in a root.
    pub fn is_self_issued(&self) -> bool {
        self.details.subject == self.details.issuer
    }

    /// Whether `issuer`'s key signed it.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let (Ok((_, own)), Ok((_, signer))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&issuer.der))
        else {
            return false;
        };
        own.verify_signature(Some(signer.public_key())).is_ok()
    }

    /// Whether `key` belongs to it.
    pub fn matches(&self, key: &PrivateKey) -> bool {
        self.details.spki_sha256 == sha256_hex(&key.public_key().spki_der())
    }

    /// Refuses a key that does not belong to it; the places are for the message.
    pub fn require_key(&self, key: &PrivateKey, own_place: &str, key_place: &str) -> Result<()> {
        if self.matches(key) {
            return Ok(());
        }
        Err(Error::KeyMismatch {
            certificate: own_place.to_owned(),
            key: key_place.to_owned(),
            expected: format!("the key with the public key sha256:{}", &self.details.spki_sha256[..16]),
            found: format!("sha256:{}", &sha256_hex(&key.public_key().spki_der())[..16]),
            is_authority: false,
        })
    }

    /// Whether a purpose is allowed: named in extended key usage, or no such extension at all.
    pub fn allows(&self, purpose: ExtendedKeyUsage) -> bool {
        self.details.ext_key_usage.as_ref().is_none_or(|usages| usages.allows(purpose))
    }

    /// Whether a client that connects to `host` would take it.
    pub fn serves_host(&self, host: &str) -> bool {
        self.details.sans().any(|san| san.covers(host))
    }

    /// Whether `moment` lies in its validity.
    pub fn is_valid_at(&self, moment: OffsetDateTime) -> bool {
        self.details.validity.contains(moment)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}
