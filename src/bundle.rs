//! What every emitter and every verifier sees: certificates and keys, wherever they came from.

use std::path::PathBuf;

use crate::pki::{Authority, Certificate, Credential, PrivateKey};

/// A service that serves or calls: a chain, its key, and the authorities that its issuer vouches for.
#[derive(Debug)]
pub struct Identity {
    /// The name that people know it by: a credential's name, or a file.
    pub name: String,
    /// Leaf first, then intermediates; no root.
    pub chain: Vec<Certificate>,
    /// The leaf's key; verification without it is only static.
    pub key: Option<PrivateKey>,
    /// Roots that the other side must trust to take it.
    pub anchors: Vec<Certificate>,
    /// Where it is on this machine, if it does.
    pub files: Option<Files>,
}

/// The files of an identity on this machine, absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Leaf, then intermediates.
    pub chain: PathBuf,
    /// Whether that file holds the identity's chain, all of it and in its order.
    pub is_whole: bool,
    /// The private key.
    pub key: Option<PathBuf>,
    /// The roots.
    pub anchors: Option<PathBuf>,
}

impl Identity {
    /// The leaf.
    pub fn leaf(&self) -> &Certificate {
        self.chain.first().expect("an identity is made with a leaf")
    }

    /// Everything between the leaf and the root.
    pub fn intermediates(&self) -> &[Certificate] {
        self.chain.get(1..).unwrap_or_default()
    }

    /// Leaf, then intermediates, in PEM.
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(Certificate::pem).collect()
    }

    /// Intermediates in PEM, the leaf's issuer first; empty under a root.
    pub fn intermediates_pem(&self) -> String {
        self.intermediates().iter().map(Certificate::pem).collect()
    }

    /// Roots in PEM.
    pub fn anchors_pem(&self) -> String {
        self.anchors.iter().map(Certificate::pem).collect()
    }

    /// Roots and intermediates in PEM: the most tolerant file for anyone who checks it.
    pub fn trust_bundle_pem(&self) -> String {
        self.anchors_pem() + &self.intermediates_pem()
    }
}

impl From<Credential> for Identity {
    fn from(credential: Credential) -> Self {
        let mut chain = vec![credential.certificate];
        chain.extend(credential.intermediates);
        Self {
            name: credential.name.to_string(),
            chain,
            key: Some(credential.key),
            anchors: vec![credential.anchor],
            files: None,
        }
    }
}

impl From<Authority> for Identity {
    /// As someone who signs: its own certificate is where a leaf is. Its name is the certificate's.
    fn from(authority: Authority) -> Self {
        let (certificate, mut above, key) = authority.into_parts();
        let anchor = above.pop().unwrap_or_else(|| certificate.clone());
        let name = certificate.title();
        let chain = std::iter::once(certificate).chain(above).collect();
        Self { name, chain, key: Some(key), anchors: vec![anchor], files: None }
    }
}

/// What an environment's peers trust.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Self-signed roots.
    pub anchors: Vec<Certificate>,
    /// Authorities under them.
    pub intermediates: Vec<Certificate>,
}

impl Trust {
    /// Roots in PEM: what a trust file must contain.
    pub fn anchors_pem(&self) -> String {
        self.anchors.iter().map(Certificate::pem).collect()
    }

    /// Roots and intermediates in PEM; never a key.
    pub fn bundle_pem(&self) -> String {
        self.anchors_pem() + &self.intermediates.iter().map(Certificate::pem).collect::<String>()
    }
}
