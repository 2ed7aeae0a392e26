//! Signing with ring, for every kind of key.

use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair};

use super::KeyAlgorithm;
use super::encoding::{Found, KeyCurve, KeyKind, algorithm_of};
use crate::error::{Error, Result};

/// A private key as ring accepts it.
pub(super) enum Signer {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// How a key on this curve signs.
pub(super) fn ecdsa(curve: KeyCurve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        KeyCurve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        KeyCurve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

impl Signer {
    /// Reads PKCS#8 in DER; ring makes sure that the two halves of the key belong together. `place` says where it came
    /// from, for errors.
    pub(super) fn read(pkcs8: &[u8], place: &str) -> Result<(Self, KeyAlgorithm)> {
        let unusable =
            |reason: &str| Error::UnusableKey { place: place.to_owned(), reason: reason.to_owned() };
        let found = algorithm_of(pkcs8).ok_or_else(|| unusable("it is not a PKCS#8 structure"))?;
        let rejected =
            |takes: &str, why: KeyRejected| unusable(&format!("ring rejects it ({why}); it takes {takes}"));
        match found {
            Found::Known(KeyKind::Curve(curve)) => {
                let pair = EcdsaKeyPair::from_pkcs8(ecdsa(curve), pkcs8, &SystemRandom::new())
                    .map_err(|why| rejected("EC keys that carry their own public key", why))?;
                let algorithm = match curve {
                    KeyCurve::P256 => KeyAlgorithm::EcP256,
                    KeyCurve::P384 => KeyAlgorithm::EcP384,
                };
                Ok((Self::Ecdsa(pair), algorithm))
            }
            Found::Known(KeyKind::Ed25519) => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8)
                    .map_err(|why| rejected("Ed25519 keys of 32 bytes", why))?;
                Ok((Self::Ed25519(pair), KeyAlgorithm::Ed25519))
            }
            Found::Known(KeyKind::Rsa) => {
                let takes = "RSA keys of 2048 to 4096 bits whose public exponent is 65537 or more";
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|why| rejected(takes, why))?;
                let bits = pair.public().modulus_len() * 8;
                Ok((Self::Rsa(Box::new(pair)), KeyAlgorithm::Rsa(bits as u16)))
            }
            Found::Other(oid) => Err(unusable(&format!(
                "its algorithm {oid} is not supported; RSA, P-256, P-384 and Ed25519 are"
            ))),
        }
    }

    /// The content of subjectPublicKey.
    pub(super) fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Self::Rsa(pair) => pair.public().as_ref().to_vec(),
        }
    }

    /// Signs `message` with the hash that belongs to the key.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let failed = |_| Error::Crypto { action: "signing" };
        match self {
            Self::Ecdsa(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}
