//! Private keys that cannot print themselves, and the public keys that belong to them.

mod encoding;
mod sealed;

use std::fmt;
use std::str::FromStr;

use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

use super::pem;
use crate::error::{Error, Result};
use encoding::{Found, algorithm_of, ed25519_pkcs8, sec1_curve, wrap_pkcs8, write_algorithm};

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
                    what: "key type",
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
                write_algorithm(writer.next(), self.algorithm);
                writer.next().write_bitvec_bytes(&self.raw, self.raw.len() * 8);
            });
        })
    }
}

enum Signer {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A private key. It is wiped from memory when dropped; it has no `Display`, no `Serialize`, and its `Debug` shows
/// the kind only.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    signer: Signer,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a new key from the operating system's random source.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self> {
        let random = SystemRandom::new();
        let failed = |_| Error::Crypto { action: "generating a key" };
        let pkcs8 = match algorithm {
            KeyAlgorithm::EcP256 => {
                EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &random)
                    .map_err(failed)?
                    .as_ref()
                    .to_vec()
            }
            KeyAlgorithm::EcP384 => {
                EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &random)
                    .map_err(failed)?
                    .as_ref()
                    .to_vec()
            }
            // ring would write PKCS#8 version 2, whose public key part OpenSSL does not read.
            KeyAlgorithm::Ed25519 => ed25519_pkcs8(&Zeroizing::new(super::random_bytes::<32>()?)),
            KeyAlgorithm::Rsa(bits) => generate_rsa(bits)?,
        };
        Self::from_pkcs8(Zeroizing::new(pkcs8), "generated key")
    }

    /// Reads PKCS#8 in DER. `place` says where it came from, for errors.
    pub fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>, place: &str) -> Result<Self> {
        let unusable =
            |reason: &str| Error::UnusableKey { place: place.to_owned(), reason: reason.to_owned() };
        let random = SystemRandom::new();
        let ec = |scheme| EcdsaKeyPair::from_pkcs8(scheme, &pkcs8, &random);
        let (signer, algorithm) =
            match algorithm_of(&pkcs8).ok_or_else(|| unusable("it is not a PKCS#8 structure"))? {
                Found::Known(KeyAlgorithm::EcP256) => {
                    (ec(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).map(Signer::Ecdsa), KeyAlgorithm::EcP256)
                }
                Found::Known(KeyAlgorithm::EcP384) => {
                    (ec(&signature::ECDSA_P384_SHA384_ASN1_SIGNING).map(Signer::Ecdsa), KeyAlgorithm::EcP384)
                }
                Found::Known(KeyAlgorithm::Ed25519) => (
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map(Signer::Ed25519),
                    KeyAlgorithm::Ed25519,
                ),
                Found::Known(KeyAlgorithm::Rsa(_)) => {
                    let pair = RsaKeyPair::from_pkcs8(&pkcs8);
                    let bits = pair.as_ref().map_or(0, |pair| pair.public().modulus_len() * 8);
                    (pair.map(|pair| Signer::Rsa(Box::new(pair))), KeyAlgorithm::Rsa(bits as u16))
                }
                Found::Other(oid) => {
                    return Err(unusable(&format!(
                        "its algorithm {oid} is not supported; RSA, P-256, P-384 and Ed25519 are"
                    )));
                }
            };
        let signer = signer.map_err(|rejected| {
            unusable(&format!(
                "ring rejects it ({rejected}); RSA needs 2048 to 8192 bits, an EC key must carry its public key"
            ))
        })?;
        let raw = match &signer {
            Signer::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Signer::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Signer::Rsa(pair) => pair.public().as_ref().to_vec(),
        };
        Ok(Self { pkcs8, signer, public: PublicKey { algorithm, raw } })
    }

    /// Reads an RSAPrivateKey in DER (PKCS#1, RFC 8017).
    pub(crate) fn from_pkcs1(der: &[u8], place: &str) -> Result<Self> {
        Self::from_pkcs8(Zeroizing::new(wrap_pkcs8(KeyAlgorithm::Rsa(0), der)), place)
    }

    /// Reads an ECPrivateKey in DER (SEC 1, RFC 5915).
    pub(crate) fn from_sec1(der: &[u8], place: &str) -> Result<Self> {
        let curve = sec1_curve(der).ok_or_else(|| Error::UnusableKey {
            place: place.to_owned(),
            reason: "its curve is not supported; P-256 and P-384 are".into(),
        })?;
        Self::from_pkcs8(Zeroizing::new(wrap_pkcs8(curve, der)), place)
    }

    /// Reads an EncryptedPrivateKeyInfo in DER (PKCS#8 with PBES2, RFC 8018).
    pub(crate) fn from_encrypted_pkcs8(der: &[u8], passphrase: &Passphrase, place: &str) -> Result<Self> {
        Self::from_pkcs8(sealed::open(der, passphrase, place)?, place)
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
        pem::encode_secret("PRIVATE KEY", &self.pkcs8)
    }

    /// PKCS#8 in PEM, encrypted with PBES2 (PBKDF2-HMAC-SHA256, AES-256-CBC), which every OpenSSL reads.
    pub fn encrypted_pkcs8_pem(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>> {
        Ok(pem::encode_secret("ENCRYPTED PRIVATE KEY", &sealed::close(&self.pkcs8, passphrase)?))
    }

    /// Signs `message` with the hash that belongs to the key: SHA-256, SHA-384 on P-384.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let failed = |_| Error::Crypto { action: "signing" };
        match &self.signer {
            Signer::Ecdsa(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Signer::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, ..)", self.algorithm())
    }
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
