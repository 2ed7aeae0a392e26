//! A server that looks at who calls: webpki's verdict first, then a list.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DistinguishedName, Error};
use time::OffsetDateTime;

use super::configure::Roots;
use super::delegate::signatures_of;
use super::describe::describe;
use crate::bundle::Identity;
use crate::pki::Certificate;
use crate::policy::principal;

/// What a server that trusts some roots thinks of a client's certificate, before any list.
pub(crate) enum ClientVerdict {
    /// It accepts it.
    Taken,
    /// It does not, only because the certificate is not for clients.
    WrongPurpose,
    /// It does not, for this reason.
    Refused(String),
}

impl Roots {
    /// The same roots, for a server that lets in only clients with one of these principals.
    pub(crate) fn admitting(&self, principals: &[String]) -> Self {
        let listed = AllowlistVerifier { roots: self.clients.clone(), principals: principals.to_vec() };
        Self {
            servers: self.servers.clone(),
            servers_without_host: self.servers_without_host.clone(),
            clients: Arc::new(listed),
        }
    }

    /// Whether a server would accept this chain from a client, said without a connection.
    pub(crate) fn opinion(&self, client: &Identity, now: OffsetDateTime) -> ClientVerdict {
        let ders = || client.chain.iter().map(|one| CertificateDer::from(one.der()));
        let Some(leaf) = ders().next() else {
            return ClientVerdict::Refused("there is no certificate".into());
        };
        let intermediates: Vec<_> = ders().skip(1).collect();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        match self.clients.verify_client_cert(&leaf, &intermediates, now) {
            Ok(_) => ClientVerdict::Taken,
            Err(Error::InvalidCertificate(
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
            )) => ClientVerdict::WrongPurpose,
            Err(error) => ClientVerdict::Refused(describe(&error)),
        }
    }
}

/// Everything that webpki checks, then the name.
#[derive(Debug)]
struct AllowlistVerifier {
    roots: Arc<dyn ClientCertVerifier>,
    principals: Vec<String>,
}

impl ClientCertVerifier for AllowlistVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.roots.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.roots.verify_client_cert(end_entity, intermediates, now)?;
        let leaf = Certificate::from_der(end_entity, "the client's certificate")
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if self.principals.contains(&principal(&leaf)) {
            return Ok(verified);
        }
        // The one certificate error that rustls tells the other side as access_denied (RFC 8446, section 6.2).
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    signatures_of!(roots);
}
