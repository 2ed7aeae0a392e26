//! A certificate that is fully decided and not yet signed.

use std::fmt;
use std::str::FromStr;

use super::constraints::NameConstraints;
use super::key::KeyAlgorithm;
use super::name::SubjectAltName;
use super::usage::{ExtendedKeyUsage, KeyUsage, lookup};
use super::validity::Validity;
use crate::error::{Error, Result, ValueKind};

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Self-signed trust anchor.
    RootCa,
    /// Authority under another one.
    IntermediateCa,
    /// Serves TLS.
    Server,
    /// Calls with a client certificate.
    Client,
    /// Serves and calls.
    Peer,
}

impl Role {
    /// All roles with their names in profiles.
    pub const ALL: [(&'static str, Role); 5] = [
        ("root-ca", Self::RootCa),
        ("intermediate-ca", Self::IntermediateCa),
        ("server", Self::Server),
        ("client", Self::Client),
        ("peer", Self::Peer),
    ];

    /// Whether certificates of this role sign others.
    pub fn is_authority(self) -> bool {
        matches!(self, Self::RootCa | Self::IntermediateCa)
    }

    /// Whether certificates of this role serve TLS.
    pub fn serves(self) -> bool {
        matches!(self, Self::Server | Self::Peer)
    }

    /// The extended key usages that the role stands for; none on an authority.
    pub fn ext_key_usage(self) -> Vec<ExtendedKeyUsage> {
        match self {
            Self::RootCa | Self::IntermediateCa => vec![],
            Self::Server => vec![ExtendedKeyUsage::ServerAuth],
            Self::Client => vec![ExtendedKeyUsage::ClientAuth],
            Self::Peer => vec![ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth],
        }
    }

    /// The key usages that the role needs with this kind of key (RFC 5280, 8813, 9295).
    pub fn key_usage(self, key: KeyAlgorithm) -> Vec<KeyUsage> {
        match (self.is_authority(), key.is_rsa()) {
            (true, _) => vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            (false, true) => vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
            (false, false) => vec![KeyUsage::DigitalSignature],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, role)| role == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        lookup(ValueKind::Role, text, &Self::ALL)
    }
}

/// A distinguished name, as far as private PKIs use it. An empty one is allowed on leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// ISO 3166 country code: two letters (PrintableString).
    pub country: Option<String>,
    /// Organization (O).
    pub organization: Option<String>,
    /// Organizational unit (OU).
    pub organizational_unit: Option<String>,
    /// Common name (CN), at most 64 characters (RFC 5280, ub-common-name).
    pub common_name: Option<String>,
    /// serialNumber attribute, which makes the names of re-made authorities differ.
    pub serial_number: Option<String>,
}

impl Subject {
    /// Longest common name and organization: OpenSSL refuses one more (RFC 5280, appendix A.1).
    pub const MAX_LENGTH: usize = 64;

    /// A subject that has only a common name.
    pub fn common_name(name: impl Into<String>) -> Self {
        Self { common_name: Some(name.into()), ..Self::default() }
    }

    /// Its attributes in the order that certificates have them: object identifier and text.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("2.5.4.6", &self.country),
            ("2.5.4.10", &self.organization),
            ("2.5.4.11", &self.organizational_unit),
            ("2.5.4.5", &self.serial_number),
            ("2.5.4.3", &self.common_name),
        ];
        all.into_iter().filter_map(|(oid, text)| Some((oid, text.as_deref()?))).collect()
    }

    /// Refuses what a certificate reader would refuse.
    pub fn check(&self) -> Result<()> {
        let fields = [
            (ValueKind::Organization, &self.organization),
            (ValueKind::OrganizationalUnit, &self.organizational_unit),
            (ValueKind::CommonName, &self.common_name),
            (ValueKind::SerialNumberAttribute, &self.serial_number),
        ];
        for (what, value) in
            fields.into_iter().filter_map(|(what, value)| value.as_ref().map(|value| (what, value)))
        {
            if value.trim().is_empty() {
                return Err(Error::invalid(what, value, "it is empty"));
            }
            if value.chars().any(char::is_control) {
                return Err(Error::invalid(what, value, "it holds a control character"));
            }
            if value.chars().count() > Self::MAX_LENGTH {
                return Err(Error::invalid(
                    what,
                    value,
                    format!(
                        "it is {} characters long, at most {} are allowed (RFC 5280, appendix A.1)",
                        value.chars().count(),
                        Self::MAX_LENGTH
                    ),
                ));
            }
        }
        match &self.country {
            Some(code) if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()) => Err(
                Error::invalid(ValueKind::Country, code, "it is not an ISO 3166 code of two capital letters"),
            ),
            _ => Ok(()),
        }
    }
}

/// Everything that a certificate will say, apart from its key, its serial number and its issuer.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// The profile that it was decided by, for the log.
    pub profile: String,
    /// What it is for.
    pub role: Role,
    /// Who it is.
    pub subject: Subject,
    /// The names that it answers to.
    pub sans: Vec<SubjectAltName>,
    /// The kind of key to make.
    pub key_algorithm: KeyAlgorithm,
    /// When it is valid.
    pub validity: Validity,
    /// Key usage bits.
    pub key_usage: Vec<KeyUsage>,
    /// Extended key usages; empty on authorities.
    pub ext_key_usage: Vec<ExtendedKeyUsage>,
    /// Longest chain of further authorities below an authority.
    pub path_len: Option<u8>,
    /// What an authority may sign.
    pub name_constraints: NameConstraints,
}

/// Something that the user should know although it is not a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Worth knowing.
    Note(String),
    /// Likely to hurt later.
    Warning(String),
}

impl Notice {
    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Note(text) | Self::Warning(text) => text,
        }
    }
}
