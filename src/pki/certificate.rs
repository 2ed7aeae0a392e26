//! Certificates as read, no matter who made them.

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

    /// Whether `moment` is in its validity.
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

#[cfg(test)]
mod tests {
    use super::{Certificate, GeneralName, Serial, State};
    use crate::pki::algorithm::{Curve, KeyType};
    use crate::pki::{ExtendedKeyUsage, SubjectAltName};

    /// A server's certificate as other tools make it, with some octets replaced; its signature is not checked here.
    fn forged(find: &[u8], replace: &[u8]) -> Certificate {
        let pki = crate::EphemeralPki::new().expect("a PKI");
        let server = pki.server("web.example.com").expect("a server");
        let mut der = server.certificate.der().to_vec();
        let at = der.windows(find.len()).rposition(|window| window == find).expect("what is to be forged");
        der[at..at + find.len()].copy_from_slice(replace);
        Certificate::from_der(&der, "a test").expect("a certificate that can be read")
    }

    #[test]
    fn a_name_stays_as_it_is_in_the_certificate() {
        let names = |certificate: &Certificate| certificate.details.names.clone();
        let raw = forged(b"web.example.com", "w\u{fc}b.example.co".as_bytes());
        let name = &names(&raw)[0];
        assert_eq!((name.text(), &name.parsed), (Some("w\u{fc}b.example.co"), &None));
        assert_eq!(name.to_string(), "DNS:w\u{fc}b.example.co");
        let dotted = forged(b"web.example.com", b"web.example.co.");
        let GeneralName { value, parsed, .. } = &names(&dotted)[0];
        assert_eq!(value, b"web.example.co.");
        assert_eq!(parsed.as_ref().map(SubjectAltName::value).as_deref(), Some("web.example.co"));
        let binary = forged(b"web.example.com", b"\xff\xfeb.example.com");
        assert_eq!((names(&binary)[0].text(), &names(&binary)[0].parsed), (None, &None));
    }

    #[test]
    fn a_serial_number_below_zero_is_shown_as_such() {
        for (octets, text, negative) in [
            (&[0x7f][..], "7f", false),
            (&[0x00, 0xff], "ff", false),
            (&[0xff], "-01", true),
            (&[0x80, 0x00], "-8000", true),
            (&[0x00], "00", false),
        ] {
            let serial = Serial(octets.to_vec());
            assert_eq!((serial.to_string().as_str(), serial.is_negative()), (text, negative));
        }
    }

    #[test]
    fn an_unknown_curve_is_told_from_none() {
        let p256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let key = |tag: u8| {
            let mut forgery = *p256;
            forgery[0] = tag;
            forged(p256, &forgery).details.key_type
        };
        assert_eq!(key(0x06), KeyType::Ec(Curve::P256));
        assert_eq!(key(0x30), KeyType::Ec(Curve::Explicit));
        assert_eq!(key(0x04), KeyType::Ec(Curve::Missing));
    }

    #[test]
    fn every_extension_is_kept_with_its_criticality() {
        // The subject key identifier becomes a second, or an unknown, extension.
        let unknown = forged(b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x7f");
        let extension = unknown.details.extensions.iter().find(|one| one.oid.as_str() == "2.5.29.127");
        assert_eq!(extension.map(|one| (&one.state, one.critical)), Some((&State::Unknown, false)));
        assert_eq!(unknown.details.subject_key_id, None);
        assert!(
            unknown.allows(ExtendedKeyUsage::ServerAuth) && !unknown.allows(ExtendedKeyUsage::ClientAuth)
        );
    }
}
