//! A refusal because of the host, with the names as the certificate has them: webpki hands on only how it prints them.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};

use super::delegate::signatures_of;
use crate::pki::Certificate;

/// webpki's verdict.
#[derive(Debug)]
pub(super) struct WithNames(pub(super) Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for WithNames {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verdict.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, .. }) => {
                match Certificate::from_der(end_entity, "the server's certificate") {
                    Ok(leaf) => {
                        let presented = leaf.details.sans().map(|san| san.value()).collect();
                        CertificateError::NotValidForNameContext { expected, presented }.into()
                    }
                    Err(_) => CertificateError::NotValidForName.into(),
                }
            }
            other => other,
        })
    }

    signatures_of!(0);
}
