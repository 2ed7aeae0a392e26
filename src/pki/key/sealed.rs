//! Private keys under a passphrase: PKCS#8 with PBES2 (RFC 8018).

use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use zeroize::Zeroizing;

use super::Passphrase;
use crate::error::{Error, Result};

/// Rounds of PBKDF2-HMAC-SHA256 for encrypted keys (OWASP Password Storage Cheat Sheet, 2023).
const PBKDF2_ROUNDS: u32 = 600_000;
/// "For especially critical keys [...] an iteration count of 10,000,000 may be appropriate" (RFC 8018, section 4.2);
/// a file that asks for more wants to keep us busy.
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;
/// Most memory that scrypt may ask for, in bytes: sixteen times as much as the keys that `openssl pkcs8` writes.
const MAX_SCRYPT_MEMORY: u64 = 256 << 20;
/// Most lanes of scrypt; each costs the time of the whole memory.
const MAX_SCRYPT_LANES: u16 = 16;

/// Decrypts an EncryptedPrivateKeyInfo and returns the PKCS#8 structure in it, both in DER.
pub(super) fn decrypt(der: &[u8], passphrase: &Passphrase, place: &str) -> Result<Zeroizing<Vec<u8>>> {
    let unusable = |reason: String| Error::UnusableKey { place: place.to_owned(), reason };
    let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(der)
        .map_err(|_| unusable("its encryption is not PBES2 with PBKDF2 or scrypt".into()))?;
    let parameters = info
        .encryption_algorithm
        .pbes2()
        .ok_or_else(|| unusable("its encryption is PBES1, which is broken; PBES2 is needed".into()))?;
    affordable(parameters).map_err(unusable)?;
    let plain = info
        .decrypt(passphrase.0.as_bytes())
        .map_err(|_| Error::PassphraseWrong { place: place.to_owned() })?;
    Ok(Zeroizing::new(plain.as_bytes().to_vec()))
}

/// Encrypts a PKCS#8 structure with PBKDF2-HMAC-SHA256 and AES-256-CBC, which every OpenSSL reads.
pub(super) fn encrypt(pkcs8: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |_| Error::Crypto { action: "encrypting a key" };
    let info = pkcs8::PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| failed(()))?;
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(
        PBKDF2_ROUNDS,
        &crate::pki::random_bytes::<16>()?,
        crate::pki::random_bytes::<16>()?,
    )
    .map_err(|_| failed(()))?;
    let sealed = info.encrypt_with_params(parameters, passphrase.0.as_bytes()).map_err(|_| failed(()))?;
    Ok(Zeroizing::new(sealed.as_bytes().to_vec()))
}

/// Refuses a key whose passphrase would take hours or gigabytes to try, before it is tried.
fn affordable(parameters: &Parameters) -> Result<(), String> {
    match &parameters.kdf {
        Kdf::Pbkdf2(found) if found.iteration_count > MAX_PBKDF2_ROUNDS => Err(format!(
            "it asks for {} rounds of PBKDF2, at most {MAX_PBKDF2_ROUNDS} are tried",
            found.iteration_count
        )),
        Kdf::Scrypt(found) => {
            let memory = found.cost_parameter.saturating_mul(128 * u64::from(found.block_size));
            if found.cost_parameter < 2 || !found.cost_parameter.is_power_of_two() {
                Err("its scrypt cost is not a power of two (RFC 7914, section 2)".into())
            } else if memory > MAX_SCRYPT_MEMORY || found.parallelization > MAX_SCRYPT_LANES {
                Err(format!(
                    "it asks scrypt for {} MiB and {} lanes, at most {} MiB and {MAX_SCRYPT_LANES} lanes are tried",
                    memory >> 20,
                    found.parallelization,
                    MAX_SCRYPT_MEMORY >> 20
                ))
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{decrypt, encrypt};
    use crate::pki::{KeyAlgorithm, Passphrase, PrivateKey};
    use pkcs8::pkcs5::pbes2::{Kdf, Parameters};

    /// A sealed key whose costs are as `change` makes them.
    fn refusal(change: impl Fn(&mut Parameters)) -> String {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
        let info = pkcs8::PrivateKeyInfoRef::try_from(key.pkcs8_der().as_slice()).expect("PKCS#8");
        let cheap = pkcs8::pkcs5::scrypt::Params::new(4, 8, 1).expect("parameters");
        let scrypt =
            Parameters::generate_scrypt_aes256cbc(cheap, b"0123456789abcdef", [7; 16]).expect("parameters");
        let sealed = info.encrypt_with_params(scrypt, "secret").expect("a sealed key");
        let read = pkcs8::EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).expect("it was just made");
        let mut parameters = read.encryption_algorithm.pbes2().expect("PBES2").clone();
        change(&mut parameters);
        let changed = pkcs8::EncryptedPrivateKeyInfoRef {
            encryption_algorithm: parameters.into(),
            encrypted_data: read.encrypted_data,
        };
        let der = pkcs8::der::Encode::to_der(&changed).expect("it encodes");
        decrypt(&der, &Passphrase::new("secret".into()), "x.key")
            .map(|_| ())
            .expect_err("it is refused")
            .to_string()
    }

    fn scrypt_cost(cost: u64) -> String {
        refusal(|parameters| match &mut parameters.kdf {
            Kdf::Scrypt(scrypt) => scrypt.cost_parameter = cost,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_key_that_would_take_hours_or_gigabytes_to_open_is_refused_at_once() {
        assert_eq!(
            scrypt_cost(1 << 40),
            "x.key: unusable private key: it asks scrypt for 1073741824 MiB and 1 lanes, at most 256 MiB and 16 lanes are tried"
        );
        for cost in [0, 1, 3, u64::MAX] {
            assert!(scrypt_cost(cost).ends_with("not a power of two (RFC 7914, section 2)"), "{cost}");
        }
        let slow = refusal(|parameters| {
            let salt = b"0123456789abcdef";
            let mut rounds = pkcs8::pkcs5::pbes2::Pbkdf2Params::hmac_sha256(1, salt).expect("parameters");
            rounds.iteration_count = u32::MAX;
            parameters.kdf = Kdf::Pbkdf2(rounds);
        });
        assert!(slow.contains("4294967295 rounds of PBKDF2, at most 10000000 are tried"), "{slow}");
    }

    #[test]
    fn what_was_encrypted_decrypts() {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
        let passphrase = Passphrase::new("secret".into());
        let sealed = encrypt(key.pkcs8_der(), &passphrase).expect("a sealed key");
        assert_eq!(&decrypt(&sealed, &passphrase, "x.key").expect("it opens"), key.pkcs8_der());
    }
}
