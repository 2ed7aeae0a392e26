//! Names, keys, certificates and the authority that signs them: no file, no clock, no terminal.

pub mod algorithm;
pub(crate) mod armor;
pub mod authority;
pub mod certificate;
pub mod constraints;
pub mod credential;
#[doc(hidden)]
pub mod defect;
pub mod distinguished_name;
pub mod issuer;
pub mod key;
pub mod label;
pub mod name;
pub mod oid;
pub mod pem;
pub mod request;
pub mod spec;
pub(crate) mod spiffe;
pub mod subtrees;
pub(crate) mod text;
pub mod usage;
pub mod validity;

pub use algorithm::{KeyType, SignatureAlgorithm};
pub use authority::{Authority, Issued};
pub use certificate::{Certificate, Details};
pub use constraints::{Cidr, NameConstraints};
pub use credential::Credential;
pub use distinguished_name::DistinguishedName;
pub use issuer::Issuer;
pub use key::{KeyAlgorithm, Passphrase, PrivateKey, PublicKey};
pub use label::Label;
pub use name::{DnsName, SubjectAltName};
pub use oid::Oid;
pub use request::CertificationRequest;
pub use spec::{CertificateSpec, Notice, Role, Subject};
pub use subtrees::Subtrees;
#[cfg(feature = "emit")]
pub(crate) use text::sha256_hex;
pub(crate) use text::{hex, printable};
pub use usage::{ExtendedKeyUsage, ExtendedKeyUsages, KeyUsage, KeyUsages};
pub use validity::{Moment, Span, Validity};

/// `N` bytes from the operating system's random source.
pub(crate) fn random_bytes<const N: usize>() -> crate::error::Result<[u8; N]> {
    let mut bytes = [0; N];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| crate::error::Error::Crypto { action: "reading random numbers" })?;
    Ok(bytes)
}
