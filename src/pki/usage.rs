//! What a key may be used for: key usage and extended key usage (RFC 5280, sections 4.2.1.3 and 4.2.1.12).

use std::fmt;
use std::str::FromStr;

use super::key::KeyAlgorithm;
use super::oid::Oid;
use crate::error::{Error, Result, ValueKind};

/// A bit of the key usage extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyUsage {
    /// Signs handshakes.
    DigitalSignature,
    /// Signs what no one may deny later (contentCommitment).
    NonRepudiation,
    /// Takes part in RSA key transport.
    KeyEncipherment,
    /// Enciphers data without a key in between.
    DataEncipherment,
    /// Takes part in static Diffie-Hellman.
    KeyAgreement,
    /// Signs certificates.
    KeyCertSign,
    /// Signs revocation lists.
    CrlSign,
    /// Only enciphers in key agreement.
    EncipherOnly,
    /// Only deciphers in key agreement.
    DecipherOnly,
}

impl KeyUsage {
    /// All usages in the order of their bits, with their names in RFC 5280.
    pub const ALL: [(&'static str, KeyUsage); 9] = [
        ("digitalSignature", Self::DigitalSignature),
        ("nonRepudiation", Self::NonRepudiation),
        ("keyEncipherment", Self::KeyEncipherment),
        ("dataEncipherment", Self::DataEncipherment),
        ("keyAgreement", Self::KeyAgreement),
        ("keyCertSign", Self::KeyCertSign),
        ("cRLSign", Self::CrlSign),
        ("encipherOnly", Self::EncipherOnly),
        ("decipherOnly", Self::DecipherOnly),
    ];

    /// The usages that TLS has a use for, which are those that can be issued.
    const ISSUED: [(&'static str, KeyUsage); 5] =
        [Self::ALL[0], Self::ALL[2], Self::ALL[4], Self::ALL[5], Self::ALL[6]];

    /// Whether a key of this kind can be used like that (RSA: RFC 3279, section 2.3.1; ECDSA: RFC 8813, section 3;
    /// Ed25519: RFC 9295, section 3).
    pub fn fits(self, key: KeyAlgorithm) -> bool {
        match self {
            Self::KeyEncipherment | Self::DataEncipherment => key.is_rsa(),
            Self::KeyAgreement | Self::EncipherOnly | Self::DecipherOnly => {
                matches!(key, KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384)
            }
            Self::DigitalSignature | Self::NonRepudiation | Self::KeyCertSign | Self::CrlSign => true,
        }
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL[*self as usize].0)
    }
}

impl FromStr for KeyUsage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        lookup(ValueKind::KeyUsage, text, &Self::ISSUED)
    }
}

/// A set of key usages: the bits of the extension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeyUsages(u16);

impl KeyUsages {
    /// Bit 0 is digitalSignature.
    pub(super) fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether it has no bit that RFC 5280 defines.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether `usage` is in it.
    pub fn contains(self, usage: KeyUsage) -> bool {
        self.0 >> usage as u16 & 1 == 1
    }

    /// Its usages in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = KeyUsage> {
        KeyUsage::ALL.into_iter().map(|(_, usage)| usage).filter(move |usage| self.contains(*usage))
    }

    /// The names of RFC 5280.
    pub fn names(self) -> Vec<String> {
        self.iter().map(|usage| usage.to_string()).collect()
    }
}

impl FromIterator<KeyUsage> for KeyUsages {
    fn from_iter<I: IntoIterator<Item = KeyUsage>>(usages: I) -> Self {
        Self(usages.into_iter().fold(0, |bits, usage| bits | 1 << usage as u16))
    }
}

/// `digitalSignature, keyEncipherment`.
impl fmt::Display for KeyUsages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(", "))
    }
}

/// A purpose of the extended key usage extension that TLS has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExtendedKeyUsage {
    /// TLS server authentication.
    ServerAuth,
    /// TLS client authentication.
    ClientAuth,
}

impl ExtendedKeyUsage {
    /// All purposes with their names in RFC 5280, which are their names in profiles.
    pub const ALL: [(&'static str, ExtendedKeyUsage); 2] =
        [("serverAuth", Self::ServerAuth), ("clientAuth", Self::ClientAuth)];

    /// Its object identifier.
    pub fn oid(self) -> Oid {
        match self {
            Self::ServerAuth => SERVER_AUTH,
            Self::ClientAuth => CLIENT_AUTH,
        }
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL[*self as usize].0)
    }
}

impl FromStr for ExtendedKeyUsage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        lookup(ValueKind::ExtendedKeyUsage, text, &Self::ALL)
    }
}

/// id-kp-serverAuth.
const SERVER_AUTH: Oid = Oid::known("1.3.6.1.5.5.7.3.1");
/// id-kp-clientAuth.
const CLIENT_AUTH: Oid = Oid::known("1.3.6.1.5.5.7.3.2");
/// anyExtendedKeyUsage.
const ANY: Oid = Oid::known("2.5.29.37.0");

/// Purposes with their names in RFC 5280.
const PURPOSES: [(Oid, &str); 7] = [
    (ANY, "anyExtendedKeyUsage"),
    (SERVER_AUTH, "serverAuth"),
    (CLIENT_AUTH, "clientAuth"),
    (Oid::known("1.3.6.1.5.5.7.3.3"), "codeSigning"),
    (Oid::known("1.3.6.1.5.5.7.3.4"), "emailProtection"),
    (Oid::known("1.3.6.1.5.5.7.3.8"), "timeStamping"),
    (Oid::known("1.3.6.1.5.5.7.3.9"), "OCSPSigning"),
];

/// The purposes of an extended key usage extension, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtendedKeyUsages(pub Vec<Oid>);

impl ExtendedKeyUsages {
    /// Whether `purpose` is named.
    pub fn contains(&self, purpose: ExtendedKeyUsage) -> bool {
        self.0.contains(&purpose.oid())
    }

    /// Whether `purpose` is named, or every purpose.
    pub fn allows(&self, purpose: ExtendedKeyUsage) -> bool {
        self.contains(purpose) || self.0.contains(&ANY)
    }

    /// Whether both name the same purposes, in whatever order.
    #[cfg(feature = "emit")]
    pub(crate) fn is_same_set(&self, other: &Self) -> bool {
        self.0.iter().all(|oid| other.0.contains(oid)) && other.0.iter().all(|oid| self.0.contains(oid))
    }

    /// The names of RFC 5280, or object identifiers.
    pub fn names(&self) -> Vec<String> {
        let name = |oid: &Oid| PURPOSES.iter().find(|(known, _)| known == oid).map(|(_, name)| *name);
        self.0.iter().map(|oid| name(oid).unwrap_or(oid.as_str()).to_owned()).collect()
    }
}

impl FromIterator<ExtendedKeyUsage> for ExtendedKeyUsages {
    fn from_iter<I: IntoIterator<Item = ExtendedKeyUsage>>(purposes: I) -> Self {
        Self(purposes.into_iter().map(ExtendedKeyUsage::oid).collect())
    }
}

/// `serverAuth, clientAuth`.
impl fmt::Display for ExtendedKeyUsages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(", "))
    }
}

/// The value of the name `text`; the error lists those that exist.
pub(super) fn lookup<T: Copy>(what: ValueKind, text: &str, all: &[(&str, T)]) -> Result<T> {
    all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| Error::Invalid {
        what,
        value: text.to_owned(),
        reason: "it is unknown".into(),
        expected: Some(format!(
            "one of {}",
            all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        )),
    })
}
