//! A leaf's chain and private key, ready to serve or to call.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::key::PrivateKey;
use super::label::Label;

/// What a server or client needs to show who it is, and the anchor that its peers trust.
#[derive(Debug)]
pub struct Credential {
    /// The name that it is kept under.
    pub name: Label,
    /// The leaf.
    pub certificate: Certificate,
    /// Authorities between the leaf and the root, the leaf's issuer first; without the root.
    pub intermediates: Vec<Certificate>,
    /// The leaf's private key.
    pub key: PrivateKey,
    /// The root.
    pub anchor: Certificate,
}

impl Credential {
    /// Leaf, then intermediates, no root: what servers and clients send (RFC 8446, section 4.4.2).
    pub fn chain_pem(&self) -> String {
        std::iter::once(&self.certificate).chain(&self.intermediates).map(Certificate::pem).collect()
    }

    /// Leaf, then intermediates, each in DER: the chain as rustls expects it.
    pub fn chain_der(&self) -> Vec<CertificateDer<'static>> {
        std::iter::once(&self.certificate).chain(&self.intermediates).map(CertificateDer::from).collect()
    }

    /// The private key as unencrypted PKCS#8 in DER, as rustls expects it.
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        (&self.key).into()
    }

    /// The private key as unencrypted PKCS#8.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.pkcs8_pem()
    }

    /// The root: what the other side must trust.
    pub fn anchor_pem(&self) -> String {
        self.anchor.pem()
    }
}

impl From<&Certificate> for CertificateDer<'static> {
    fn from(certificate: &Certificate) -> Self {
        certificate.der().to_vec().into()
    }
}

impl From<&PrivateKey> for PrivateKeyDer<'static> {
    /// Unencrypted PKCS#8. Unlike [`PrivateKey`], the copy is not wiped from memory when it is dropped.
    fn from(key: &PrivateKey) -> Self {
        PrivatePkcs8KeyDer::from(key.pkcs8_der().to_vec()).into()
    }
}
