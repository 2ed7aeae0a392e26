//! Configurations for rustls.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::{Clock, EphemeralPki};
use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::pki::Credential;

/// What a server asks of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// A certificate under this PKI: mutual TLS.
    Required,
    /// A certificate under this PKI or none.
    Optional,
    /// Nothing: only the server has a certificate.
    Off,
}

impl EphemeralPki {
    /// A server that presents `credential`, with TLS 1.2 and 1.3, and trusts clients of this PKI.
    ///
    /// The credential may be of another PKI: then clients of this one must refuse it. To change the configuration, clone
    /// what is in the `Arc`.
    ///
    /// # Errors
    ///
    /// rustls does not support the credential's key.
    pub fn server_config(&self, credential: &Credential, clients: ClientAuth) -> Result<Arc<ServerConfig>> {
        let verifier = WebPkiClientVerifier::builder_with_provider(self.roots()?, provider());
        let verifier = match clients {
            ClientAuth::Required => verifier.build().map_err(refused)?,
            ClientAuth::Optional => verifier.allow_unauthenticated().build().map_err(refused)?,
            ClientAuth::Off => WebPkiClientVerifier::no_client_auth(),
        };
        let config = ServerConfig::builder_with_details(provider(), Arc::new(self.clock))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(credential.chain_der(), credential.key_der())
            .map_err(refused)?;
        Ok(Arc::new(config))
    }

    /// A client that trusts servers of this PKI, with TLS 1.2 and 1.3, and presents `credential` if there is one.
    ///
    /// The credential may be of another PKI: then servers of this one must refuse it. To change the configuration, clone
    /// what is in the `Arc`.
    ///
    /// # Errors
    ///
    /// rustls does not support the credential's key.
    pub fn client_config(&self, credential: Option<&Credential>) -> Result<Arc<ClientConfig>> {
        let verifier = WebPkiServerVerifier::builder_with_provider(self.roots()?, provider());
        let builder = ClientConfig::builder_with_details(provider(), Arc::new(self.clock))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_webpki_verifier(verifier.build().map_err(refused)?);
        let config = match credential {
            Some(own) => builder.with_client_auth_cert(own.chain_der(), own.key_der()).map_err(refused)?,
            None => builder.with_no_client_auth(),
        };
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<Arc<RootCertStore>> {
        let mut store = RootCertStore::empty();
        store.add(self.anchor().into()).map_err(refused)?;
        Ok(Arc::new(store))
    }
}

/// The one that is linked, whatever a test suite has installed for its process.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Contradiction {
        reason: format!("rustls refuses the configuration: {error}"),
        explanation: Explanation::default(),
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        match self {
            Self::Running => DefaultTimeProvider.current_time(),
            Self::Fixed(moment) => {
                let seconds = u64::try_from(moment.unix_timestamp()).ok()?;
                Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
            }
        }
    }
}
