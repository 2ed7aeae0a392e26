//! What a certificate says, field by field and as it says it.

use std::fmt;

use super::extension::{self, Extension};
use super::general_name::GeneralName;
use crate::pki::algorithm::{KeyType, SignatureAlgorithm};
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::name::SubjectAltName;
use crate::pki::oid::Oid;
use crate::pki::subtrees::Subtrees;
use crate::pki::text::hex;
use crate::pki::usage::{ExtendedKeyUsages, KeyUsages};
use crate::pki::validity::Validity;

/// What a certificate says.
#[derive(Debug, Clone)]
pub struct Details {
    /// 1 or 3; only 3 carries extensions.
    pub version: u32,
    /// Serial number.
    pub serial: Serial,
    /// Distinguished name of the holder.
    pub subject: DistinguishedName,
    /// Distinguished name of the signer.
    pub issuer: DistinguishedName,
    /// When it is valid.
    pub validity: Validity,
    /// Kind of the holder's key.
    pub key_type: KeyType,
    /// How it is signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// Subject alternative names, in their order.
    pub names: Vec<GeneralName>,
    /// basicConstraints; `None` when the extension is absent or damaged, as with all that follow.
    pub basic_constraints: Option<BasicConstraints>,
    /// Key usages.
    pub key_usage: Option<KeyUsages>,
    /// Extended key usages.
    pub ext_key_usage: Option<ExtendedKeyUsages>,
    /// Subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// Key identifier of the issuer.
    pub authority_key_id: Option<Vec<u8>>,
    /// Names that an authority may sign.
    pub name_constraints: Option<Box<Subtrees>>,
    /// Every extension in its order, known or not.
    pub extensions: Vec<Extension>,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: String,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
}

/// A serial number: the octets of an INTEGER, which is negative in some certificates of other tools.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(pub Vec<u8>);

/// The basic constraints extension (RFC 5280, section 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the holder may sign certificates.
    pub ca: bool,
    /// Longest chain of further authorities.
    pub path_len: Option<u32>,
    /// Whether the extension is critical.
    pub critical: bool,
}

impl Details {
    /// The subject alternative names that this crate knows the form of.
    pub fn sans(&self) -> impl Iterator<Item = &SubjectAltName> {
        self.names.iter().filter_map(|name| name.parsed.as_ref())
    }

    /// The others.
    pub fn other_names(&self) -> impl Iterator<Item = &GeneralName> {
        self.names.iter().filter(|name| name.parsed.is_none())
    }

    /// Whether there is an extension of this type that is critical.
    pub fn is_critical(&self, oid: &Oid) -> bool {
        self.extensions.iter().any(|extension| extension.oid == *oid && extension.critical)
    }

    /// Whether the subject alternative names are critical.
    pub fn sans_critical(&self) -> bool {
        self.is_critical(&extension::SUBJECT_ALT_NAME)
    }
}

impl Serial {
    /// Whether it is below zero, which RFC 5280 (section 4.1.2.2) forbids.
    pub fn is_negative(&self) -> bool {
        self.0.first().is_some_and(|first| first & 0x80 != 0)
    }

    /// The octets of its absolute value, without leading zeros; one zero octet for zero.
    pub fn magnitude(&self) -> Vec<u8> {
        let mut octets = self.0.clone();
        if self.is_negative() {
            let mut carry = true;
            for octet in octets.iter_mut().rev() {
                (*octet, carry) = (!*octet).overflowing_add(carry.into());
            }
        }
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        octets.drain(..zeros.min(octets.len().saturating_sub(1)));
        octets
    }
}

/// Hexadecimal, as openssl prints it.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_negative() { "-" } else { "" }, hex(&self.magnitude()))
    }
}
