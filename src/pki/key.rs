//! Private keys that cannot print themselves, and the public keys that belong to them.

mod encoding;
mod sealed;
mod signer;

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use ring::rand::SystemRandom;
use ring::signature::EcdsaKeyPair;
use zeroize::Zeroizing;

use super::armor;
use crate::error::{Error, Result, ValueKind};
use encoding::{KeyCurve, KeyKind, ed25519_pkcs8, sec1_curve, wrap_pkcs8, write_algorithm};
use signer::{Signer, ecdsa};

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on NIST P-256: the default, taken everywhere.
    EcP256,
    /// ECDSA on NIST P-384.
    EcP384,
    /// Ed25519 (RFC 8410). Chrome, Firefox and the OpenShift router refuse it on servers.
    Ed25519,
    /// RSA with a modulus of this many bits.
    Rsa(u16),
}

impl KeyAlgorithm {
    /// What can be asked for.
    pub const ALL: [KeyAlgorithm; 6] =
        [Self::EcP256, Self::EcP384, Self::Ed25519, Self::Rsa(2048), Self::Rsa(3072), Self::Rsa(4096)];

    /// Whether this is RSA of any size.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa(_))
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcP256 => f.write_str("ec-p256"),
            Self::EcP384 => f.write_str("ec-p384"),
            Self::Ed25519 => f.write_str("ed25519"),
            Self::Rsa(bits) => write!(f, "rsa-{bits}"),
        }
    }
}

impl FromStr for KeyAlgorithm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found =
            Self::ALL.into_iter().find(|algorithm| algorithm.to_string() == text).ok_or_else(|| {
                Error::Invalid {
                    what: ValueKind::KeyType,
                    value: text.to_owned(),
                    reason: "it is unknown".into(),
                    expected: Some(format!("one of {}", Self::ALL.map(|a| a.to_string()).join(", "))),
                }
            })?;
        if found.is_rsa() && !cfg!(feature = "rsa") {
            return Err(Error::KeyTypeUnavailable { key_type: text.to_owned() });
        }
        Ok(found)
    }
}

/// A passphrase. It is wiped from memory when dropped and has no way to be printed.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes over `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes() == other.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// A public key: its kind and the bits that a certificate carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    raw: Vec<u8>,
}

impl PublicKey {
    /// The kind of key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The content of subjectPublicKey: an EC point, an Ed25519 key, or an RSAPublicKey in DER.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7).
    pub fn spki_der(&self) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                write_algorithm(writer.next(), self.algorithm.into());
                writer.next().write_bitvec_bytes(&self.raw, self.raw.len() * 8);
            });
        })
    }
}

/// Where a key is from that was made here.
const GENERATED: &str = "generated key";

/// A private key. It is wiped from memory when dropped; it has no `Display`, no `Serialize`, and its `Debug` shows
/// the kind only.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    /// Made when it first signs, where the key was made here: the key of a leaf never does.
    signer: OnceLock<Signer>,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a new key from the operating system's random source.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self> {
        match algorithm {
            KeyAlgorithm::EcP256 => generate_ec(algorithm, KeyCurve::P256),
            KeyAlgorithm::EcP384 => generate_ec(algorithm, KeyCurve::P384),
            // ring would write PKCS#8 version 2, whose public key part OpenSSL does not read.
            KeyAlgorithm::Ed25519 => {
                let seed = Zeroizing::new(super::random_bytes::<32>()?);
                Self::from_pkcs8(Zeroizing::new(ed25519_pkcs8(&seed)), GENERATED)
            }
            KeyAlgorithm::Rsa(bits) => Self::from_pkcs8(Zeroizing::new(generate_rsa(bits)?), GENERATED),
        }
    }

    /// Reads PKCS#8 in DER. `place` says where it came from, for errors.
    pub fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>, place: &str) -> Result<Self> {
        let (signer, algorithm) = Signer::read(&pkcs8, place)?;
        let raw = signer.public_key();
        Ok(Self { pkcs8, signer: signer.into(), public: PublicKey { algorithm, raw } })
    }

    /// Reads an RSAPrivateKey in DER (PKCS#1, RFC 8017).
    pub(crate) fn from_pkcs1(der: &[u8], place: &str) -> Result<Self> {
        Self::from_pkcs8(Zeroizing::new(wrap_pkcs8(KeyKind::Rsa, der)), place)
    }

    /// Reads an ECPrivateKey in DER (SEC 1, RFC 5915).
    pub(crate) fn from_sec1(der: &[u8], place: &str) -> Result<Self> {
        let curve = sec1_curve(der).ok_or_else(|| Error::UnusableKey {
            place: place.to_owned(),
            reason: "its curve is not supported; P-256 and P-384 are".into(),
        })?;
        Self::from_pkcs8(Zeroizing::new(wrap_pkcs8(KeyKind::Curve(curve), der)), place)
    }

    /// Reads an EncryptedPrivateKeyInfo in DER (PKCS#8 with PBES2, RFC 8018).
    pub(crate) fn from_encrypted_pkcs8(der: &[u8], passphrase: &Passphrase, place: &str) -> Result<Self> {
        Self::from_pkcs8(sealed::decrypt(der, passphrase, place)?, place)
    }

    /// The kind of key.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm
    }

    /// The public key that belongs to it.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// PKCS#8 in DER, unencrypted.
    pub fn pkcs8_der(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// PKCS#8 in PEM, unencrypted.
    pub fn pkcs8_pem(&self) -> Zeroizing<String> {
        armor::encode_secret("PRIVATE KEY", &self.pkcs8)
    }

    /// PKCS#8 in PEM, encrypted with PBES2 (PBKDF2-HMAC-SHA256, AES-256-CBC), which every OpenSSL reads.
    pub fn encrypted_pkcs8_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>> {
        Ok(armor::encode_secret("ENCRYPTED PRIVATE KEY", &sealed::encrypt(&self.pkcs8, passphrase)?))
    }

    fn signer(&self) -> Result<&Signer> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let (signer, _) = Signer::read(&self.pkcs8, GENERATED)?;
        Ok(self.signer.get_or_init(|| signer))
    }

    /// Signs `message` with the hash that belongs to the key: SHA-256, SHA-384 on P-384.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.signer()?.sign(message)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, ..)", self.algorithm())
    }
}

/// A new key on a NIST curve.
fn generate_ec(algorithm: KeyAlgorithm, curve: KeyCurve) -> Result<PrivateKey> {
    let made = EcdsaKeyPair::generate_pkcs8(ecdsa(curve), &SystemRandom::new())
        .map_err(|_| Error::Crypto { action: "generating a key" })?;
    let pkcs8 = Zeroizing::new(made.as_ref().to_vec());
    // ring ends the structure with the public key: an uncompressed point (SEC 1, section 2.3.3).
    let length = if curve == KeyCurve::P384 { 97 } else { 65 };
    let raw = pkcs8[pkcs8.len() - length..].to_vec();
    Ok(PrivateKey { pkcs8, signer: OnceLock::new(), public: PublicKey { algorithm, raw } })
}

#[cfg(feature = "rsa")]
fn generate_rsa(bits: u16) -> Result<Vec<u8>> {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        _ => KeySize::Rsa4096,
    };
    let failed = |_| Error::Crypto { action: "generating a key" };
    let pair = KeyPair::generate(size).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    Ok(der.as_ref().to_vec())
}

#[cfg(not(feature = "rsa"))]
fn generate_rsa(bits: u16) -> Result<Vec<u8>> {
    Err(Error::KeyTypeUnavailable { key_type: KeyAlgorithm::Rsa(bits).to_string() })
}

#[cfg(test)]
mod tests {
    use super::{KeyAlgorithm, Passphrase, PrivateKey};
    use crate::error::Error;
    use crate::pki::pem;

    #[test]
    fn every_key_type_that_does_not_need_rsa_survives_pem_and_back() {
        for algorithm in [KeyAlgorithm::EcP256, KeyAlgorithm::EcP384, KeyAlgorithm::Ed25519] {
            let key = PrivateKey::generate(algorithm).expect("a key");
            let read = pem::private_key(key.pkcs8_pem().as_bytes(), None, "a test").expect("the same key");
            assert_eq!(read.public_key(), key.public_key(), "{algorithm}");
            assert_eq!(read.algorithm(), algorithm);
        }
    }

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_only() {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
        let sealed = key.encrypted_pkcs8_pem(&Passphrase::new("right".into())).expect("a sealed key");
        let open =
            |passphrase: Option<&Passphrase>| pem::private_key(sealed.as_bytes(), passphrase, "ca.key");
        assert_eq!(
            open(Some(&Passphrase::new("right".into()))).expect("opens").public_key(),
            key.public_key()
        );
        assert!(matches!(open(Some(&Passphrase::new("wrong".into()))), Err(Error::PassphraseWrong { .. })));
        assert!(matches!(open(None), Err(Error::PassphraseNeeded { .. })));
    }

    #[test]
    fn a_private_key_does_not_print_itself() {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
        assert_eq!(format!("{key:?}"), "PrivateKey(ec-p256, ..)");
        assert_eq!(format!("{:?}", Passphrase::new("secret".into())), "Passphrase(..)");
    }
}
