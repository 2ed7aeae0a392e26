//! A server that is known by a URI: TLS libraries compare host names and addresses, and no URI.

use std::sync::Arc;

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};

use super::delegate::signatures_of;
use crate::pki::{Certificate, SubjectAltName};

/// Everything that another verifier checks; then the certificate must carry this URI (RFC 9525, section 6.5). A SPIFFE
/// ID must be the only one (X509-SVID, sections 2 and 5.2).
#[derive(Debug)]
pub(super) struct WithUri {
    pub(super) chain: Arc<dyn ServerCertVerifier>,
    pub(super) uri: String,
}

impl WithUri {
    fn is_named_in(&self, leaf: &Certificate) -> bool {
        let uris = uris(leaf);
        uris.contains(&self.uri.as_str()) && (uris.len() == 1 || !is_spiffe_id(&self.uri))
    }
}

/// The URIs among the names of a certificate.
pub(crate) fn uris(certificate: &Certificate) -> Vec<&str> {
    fn uri(name: &SubjectAltName) -> Option<&str> {
        match name {
            SubjectAltName::Uri(uri) => Some(uri),
            _ => None,
        }
    }
    certificate.details.sans().filter_map(uri).collect()
}

/// Whether a URI is of the scheme of SPIFFE.
pub(crate) fn is_spiffe_id(uri: &str) -> bool {
    uri.get(..9).is_some_and(|scheme| scheme.eq_ignore_ascii_case("spiffe://"))
}

impl ServerCertVerifier for WithUri {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let leaf = Certificate::from_der(end_entity, "the server's certificate")
            .map_err(|_| Error::from(CertificateError::BadEncoding))?;
        if self.is_named_in(&leaf) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::NotValidForName.into())
    }

    signatures_of!(chain);
}
