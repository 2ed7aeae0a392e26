//! A field of a Route that holds PEM.

use super::violation::RouteViolation;
use crate::error::Error;
use crate::pki::{Certificate, PrivateKey, pem};

/// A field that holds PEM.
pub(super) struct PemField<'a> {
    place: String,
    pub(super) text: Option<&'a str>,
    /// The labels of its blocks, in order.
    pub(super) labels: Vec<&'a str>,
    certificates: Vec<Certificate>,
    keys: Vec<PrivateKey>,
    pub(super) error: Option<Error>,
}

impl<'a> PemField<'a> {
    /// Reads a field; empty text is nothing.
    pub(super) fn read(place: String, text: Option<&'a str>) -> Self {
        let text = text.filter(|text| !text.is_empty());
        let label = |line: &'a str| line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----");
        let labels = text.into_iter().flat_map(str::lines).filter_map(label).collect();
        let mut section = Self { place, text, labels, certificates: vec![], keys: vec![], error: None };
        match text.map(|text| pem::read(text.as_bytes(), "it")) {
            None => {}
            Some(Err(error)) => section.error = Some(error),
            Some(Ok(blocks)) => {
                for block in blocks {
                    match block {
                        pem::Block::Certificate(certificate) => section.certificates.push(certificate),
                        pem::Block::Key(key) => section.keys.push(key),
                        _ => {}
                    }
                }
            }
        }
        section
    }

    pub(super) fn is_given(&self) -> bool {
        self.text.is_some()
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    pub(super) fn keys(&self) -> &[PrivateKey] {
        &self.keys
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> RouteViolation {
        RouteViolation::new(self.place.clone(), message)
    }

    pub(super) fn has_private_key(&self) -> bool {
        self.labels.iter().any(|label| label.ends_with("PRIVATE KEY"))
    }

    /// By the label of today, or by the header of OpenSSL's old way, which the router does not read either.
    pub(super) fn is_encrypted(&self) -> bool {
        self.labels.contains(&"ENCRYPTED PRIVATE KEY")
            || self.text.is_some_and(|text| text.contains("Proc-Type: 4,ENCRYPTED"))
    }
}
