//! Kinds of keys and signatures in certificates, whether this crate can use them or not.

use std::fmt;

use super::key::KeyAlgorithm;
use super::oid::Oid;

/// The kind of the public key in a certificate or request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with a modulus of this many bits.
    Rsa(u32),
    /// ECDSA.
    Ec(Curve),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// Any other algorithm, or an RSA key that cannot be read.
    Other(Oid),
}

/// The curve of an EC key (RFC 5480, section 2.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Another curve with a name.
    Named(Oid),
    /// Parameters written out, which RFC 5480 forbids.
    Explicit,
    /// No parameters, or something else in their place.
    Missing,
}

/// A signature algorithm in a certificate or request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// RSASSA-PSS (RFC 4055) with its parameters, if they can be read.
    RsaPss(Option<PssParameters>),
    /// ECDSA.
    Ecdsa(Hash),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Any other algorithm.
    Other(Oid),
}

/// The parameters of RSASSA-PSS (RFC 4055, section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PssParameters {
    /// The hash of the message.
    pub hash: Oid,
    /// The hash of the mask generation function, if it is MGF1.
    pub mask_hash: Option<Oid>,
    /// The length of the salt in octets.
    pub salt_length: u32,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Hash {
    Md2,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Signature algorithms by their object identifiers, with their usual names.
const SIGNATURES: [(&str, SignatureAlgorithm, &str); 13] = {
    use Hash::{Md2, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed25519, Rsa};
    [
        ("1.2.840.113549.1.1.2", Rsa(Md2), "md2WithRSAEncryption"),
        ("1.2.840.113549.1.1.4", Rsa(Md5), "md5WithRSAEncryption"),
        ("1.2.840.113549.1.1.5", Rsa(Sha1), "sha1WithRSAEncryption"),
        ("1.2.840.113549.1.1.14", Rsa(Sha224), "sha224WithRSAEncryption"),
        ("1.2.840.113549.1.1.11", Rsa(Sha256), "sha256WithRSAEncryption"),
        ("1.2.840.113549.1.1.12", Rsa(Sha384), "sha384WithRSAEncryption"),
        ("1.2.840.113549.1.1.13", Rsa(Sha512), "sha512WithRSAEncryption"),
        ("1.2.840.10045.4.1", Ecdsa(Sha1), "ecdsa-with-SHA1"),
        ("1.2.840.10045.4.3.1", Ecdsa(Sha224), "ecdsa-with-SHA224"),
        ("1.2.840.10045.4.3.2", Ecdsa(Sha256), "ecdsa-with-SHA256"),
        ("1.2.840.10045.4.3.3", Ecdsa(Sha384), "ecdsa-with-SHA384"),
        ("1.2.840.10045.4.3.4", Ecdsa(Sha512), "ecdsa-with-SHA512"),
        ("1.3.101.112", Ed25519, "ed25519"),
    ]
};

impl KeyType {
    /// The length of an RSA key in bits.
    pub fn rsa_bits(&self) -> Option<u32> {
        match self {
            Self::Rsa(bits) => Some(*bits),
            _ => None,
        }
    }

    /// Whether this is Ed25519 or Ed448, which browsers and the OpenShift router refuse on servers.
    pub fn is_edwards(&self) -> bool {
        matches!(self, Self::Ed25519 | Self::Ed448)
    }
}

impl From<KeyAlgorithm> for KeyType {
    fn from(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::EcP256 => Self::Ec(Curve::P256),
            KeyAlgorithm::EcP384 => Self::Ec(Curve::P384),
            KeyAlgorithm::Ed25519 => Self::Ed25519,
            KeyAlgorithm::Rsa(bits) => Self::Rsa(bits.into()),
        }
    }
}

impl PartialEq<KeyAlgorithm> for KeyType {
    fn eq(&self, other: &KeyAlgorithm) -> bool {
        let other = Self::from(*other);
        *self == other
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa-{bits}"),
            Self::Ec(Curve::P256) => f.write_str("ec-p256"),
            Self::Ec(Curve::P384) => f.write_str("ec-p384"),
            Self::Ec(Curve::P521) => f.write_str("ec-p521"),
            Self::Ec(Curve::Named(curve)) => write!(f, "ec {curve}"),
            Self::Ec(Curve::Explicit) => f.write_str("ec with explicit parameters"),
            Self::Ec(Curve::Missing) => f.write_str("ec without a named curve"),
            Self::Ed25519 => f.write_str("ed25519"),
            Self::Ed448 => f.write_str("ed448"),
            Self::Other(oid) => oid.fmt(f),
        }
    }
}

impl SignatureAlgorithm {
    pub(super) fn of(oid: Oid) -> Self {
        let known = SIGNATURES.into_iter().find(|(known, ..)| *known == oid.as_str());
        known.map_or(Self::Other(oid), |(_, algorithm, _)| algorithm)
    }

    /// The hash function, where it is known.
    pub fn hash(&self) -> Option<Hash> {
        match self {
            Self::Rsa(hash) | Self::Ecdsa(hash) => Some(*hash),
            Self::RsaPss(parameters) => match parameters.as_ref()?.hash.as_str() {
                "1.2.840.113549.2.2" => Some(Hash::Md2),
                "1.2.840.113549.2.5" => Some(Hash::Md5),
                "1.3.14.3.2.26" => Some(Hash::Sha1),
                "2.16.840.1.101.3.4.2.4" => Some(Hash::Sha224),
                "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
                "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
                "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
                _ => None,
            },
            Self::Ed25519 | Self::Other(_) => None,
        }
    }
}

/// The usual name, or the object identifier of an unknown algorithm.
impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPss(_) => f.write_str("rsassaPss"),
            Self::Other(oid) => oid.fmt(f),
            known => {
                let name = SIGNATURES.iter().find(|(_, algorithm, _)| algorithm == known);
                f.write_str(name.map_or("", |(_, _, name)| name))
            }
        }
    }
}
