//! Names, keys, certificates and the authority that signs them: no file, no clock, no terminal.

pub mod authority;
pub mod certificate;
pub mod constraints;
pub mod credential;
pub mod defect;
pub mod distinguished_name;
pub mod issuer;
pub mod key;
pub mod label;
pub mod name;
pub mod pem;
pub mod request;
pub mod spec;
pub(crate) mod spiffe;
pub mod subtrees;
pub mod validity;

pub use authority::{Authority, Issued};
pub use certificate::Certificate;
pub use constraints::{Cidr, NameConstraints};
pub use credential::Credential;
pub use issuer::Issuer;
pub use key::{KeyAlgorithm, Passphrase, PrivateKey, PublicKey};
pub use label::Label;
pub use name::{DnsName, SubjectAltName};
pub use request::CertificationRequest;
pub use spec::{CertificateSpec, ExtendedKeyUsage, KeyUsage, Notice, Role, Subject};
pub use subtrees::Subtrees;
pub use validity::{Moment, Span, Validity};

/// SHA-256, in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// Lower-case hexadecimal without separators.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([byte >> 4, byte & 0xf].map(|half| char::from(DIGITS[usize::from(half)])));
    }
    text
}

/// Text of a foreign certificate on its way to a terminal: control characters, and those that turn the direction of
/// writing around, are written as escapes.
pub(crate) fn printable(text: &str) -> String {
    let unsafe_char = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if unsafe_char(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// `N` bytes from the operating system's random source.
pub(crate) fn random_bytes<const N: usize>() -> crate::error::Result<[u8; N]> {
    let mut bytes = [0; N];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| crate::error::Error::Crypto { action: "reading random numbers" })?;
    Ok(bytes)
}
