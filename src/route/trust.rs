//! Which pods the router accepts: `verify required ca-file ... [verifyhost ...]` of HAProxy, with OpenSSL below it.

use std::sync::Arc;

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use time::OffsetDateTime;

use crate::handshake::{Tls, WithoutHost, signatures_of};
use crate::pki::{Certificate, ExtendedKeyUsage};

/// The authorities of a file, and perhaps the name that a pod must have.
#[derive(Debug)]
pub(super) struct PodTrust {
    chain: WithoutHost,
    /// Certificates that OpenSSL builds a chain with, but at which it does not end.
    intermediates: Vec<CertificateDer<'static>>,
    anchors: Vec<Certificate>,
    /// `verifyhost`; without it, any name is accepted.
    name: Option<String>,
    now: OffsetDateTime,
}

impl PodTrust {
    /// Trusts the self-signed certificates among `bundle` that are valid now: OpenSSL accepts no chain that ends elsewhere.
    pub(super) fn new(tls: &Tls, bundle: &[Certificate], name: Option<String>, now: OffsetDateTime) -> Self {
        let (anchors, others): (Vec<Certificate>, Vec<Certificate>) =
            bundle.iter().cloned().partition(Certificate::is_self_issued);
        let der = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
        let mut roots = RootCertStore::empty();
        // What cannot be an anchor leaves its pods without one.
        roots.add_parsable_certificates(anchors.iter().filter(|anchor| anchor.is_valid_at(now)).map(der));
        let intermediates = others.iter().map(der).collect();
        Self { chain: tls.without_host(roots), intermediates, anchors, name, now }
    }

    /// A self-signed server that is in the bundle itself: OpenSSL accepts it although it may be a CA, webpki does not.
    fn is_pinned(&self, leaf: &Certificate) -> bool {
        leaf.is_valid_at(self.now)
            && leaf.allows(ExtendedKeyUsage::ServerAuth)
            && self.anchors.iter().any(|anchor| anchor.der() == leaf.der())
    }

    /// `verifyhost` compares with the subject alternative names, then with the common name.
    fn check_name(&self, leaf: &Certificate) -> Result<(), Error> {
        let Some(name) = &self.name else { return Ok(()) };
        if leaf.serves_host(name) || leaf.details.subject.common_name().as_ref() == Some(name) {
            return Ok(());
        }
        let wrong = match ServerName::try_from(name.clone()) {
            Ok(expected) => CertificateError::NotValidForNameContext {
                expected,
                presented: leaf.details.sans().map(|san| san.value()).collect(),
            },
            Err(_) => CertificateError::NotValidForName,
        };
        Err(wrong.into())
    }
}

impl ServerCertVerifier for PodTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let leaf = Certificate::from_der(end_entity, "the pod's certificate")
            .map_err(|_| Error::from(CertificateError::BadEncoding))?;
        if !self.is_pinned(&leaf) {
            let all: Vec<CertificateDer<'_>> =
                intermediates.iter().chain(&self.intermediates).cloned().collect();
            self.chain.verify_server_cert(end_entity, &all, server_name, ocsp_response, now)?;
        }
        self.check_name(&leaf)?;
        Ok(ServerCertVerified::assertion())
    }

    signatures_of!(chain);
}

/// Such a verifier as a client's.
pub(super) fn client(
    tls: &Tls,
    bundle: &[Certificate],
    name: Option<String>,
    now: OffsetDateTime,
) -> Result<Arc<rustls::ClientConfig>, String> {
    tls.client_with(Arc::new(PodTrust::new(tls, bundle, name, now)))
}
