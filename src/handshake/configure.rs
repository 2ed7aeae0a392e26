//! Identities and roots become rustls configurations, once; handshakes share them.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use time::OffsetDateTime;

use super::Leaf;
use super::describe::describe;
use super::names::WithNames;
use super::uri::WithUri;
use super::version::TlsVersion;
use crate::bundle::Identity;
use crate::pki::{Certificate, SubjectAltName};

/// The cryptography and the clock of all handshakes of a run. Errors are sentences for a report.
pub(crate) struct Tls {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) clock: Arc<FixedClock>,
}

/// A chain with its key, as both sides use it.
pub(crate) struct Credentials {
    pub(super) resolver: Arc<SingleCertAndKey>,
    leaf: Leaf,
}

/// Trusted roots with the verifiers over them.
pub(crate) struct Roots {
    pub(super) servers: Arc<dyn ServerCertVerifier>,
    pub(super) servers_without_host: Arc<dyn ServerCertVerifier>,
    pub(super) clients: Arc<dyn ClientCertVerifier>,
}

/// A server, ready to serve every TLS version.
pub(crate) struct Server {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) leaf: Leaf,
    pub(super) asks: bool,
}

/// A client, ready to call on one TLS version.
pub(crate) struct Client {
    pub(crate) config: Arc<ClientConfig>,
    pub(super) leaf: Option<Leaf>,
    pub(super) version: TlsVersion,
    servers_without_host: Arc<dyn ServerCertVerifier>,
}

/// What a client compares a server's certificate with.
#[derive(Clone)]
pub(crate) enum Address {
    /// A DNS name or an address.
    Host(ServerName<'static>),
    /// A URI (SPIFFE), and the host that it is asked for at.
    Uri(String, ServerName<'static>),
}

impl Tls {
    /// Handshakes that take place at `now`.
    pub(crate) fn at(now: OffsetDateTime) -> Self {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
        Self {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            clock: Arc::new(FixedClock(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))),
        }
    }

    /// Loads a chain and its key, which must belong together.
    pub(crate) fn credentials(&self, identity: &Identity) -> Result<Credentials, String> {
        let name = &identity.name;
        let key = identity.key.as_ref().ok_or_else(|| format!("there is no private key for {name}"))?;
        let chain = identity.chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
        let key = PrivatePkcs8KeyDer::from(key.pkcs8_der().as_slice()).clone_key();
        let pair = CertifiedKey::from_der(chain, key.into(), &self.provider)
            .map_err(|error| format!("{name} cannot be loaded: {}", describe(&error)))?;
        Ok(Credentials {
            resolver: Arc::new(SingleCertAndKey::from(pair)),
            leaf: identity.leaf().der().into(),
        })
    }

    /// Trusts `anchors`.
    pub(crate) fn roots(&self, anchors: &[Certificate]) -> Result<Roots, String> {
        let mut store = RootCertStore::empty();
        for anchor in anchors {
            store.add(CertificateDer::from(anchor.der().to_vec())).map_err(|error| {
                format!("{:?} cannot be a trust anchor: {}", anchor.title(), describe(&error))
            })?;
        }
        let store = Arc::new(store);
        let none = |error: rustls::server::VerifierBuilderError| format!("nothing is trusted: {error}");
        Ok(Roots {
            servers: Arc::new(WithNames(
                WebPkiServerVerifier::builder_with_provider(store.clone(), self.provider.clone())
                    .build()
                    .map_err(none)?,
            )),
            servers_without_host: Arc::new(WithoutHost {
                roots: store.clone(),
                provider: self.provider.clone(),
            }),
            clients: WebPkiClientVerifier::builder_with_provider(store, self.provider.clone())
                .build()
                .map_err(none)?,
        })
    }

    /// A server; with `asks` it requires a client certificate under these roots.
    pub(crate) fn server(&self, own: &Credentials, asks: Option<&Roots>) -> Result<Server, String> {
        let builder = ServerConfig::builder_with_details(self.provider.clone(), self.clock.clone())
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(|error| describe(&error))?;
        let builder = match asks {
            Some(roots) => builder.with_client_cert_verifier(roots.clients.clone()),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(own.resolver.clone());
        // A resumed session would carry an earlier verdict instead of a new one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Server { config: Arc::new(config), leaf: own.leaf.clone(), asks: asks.is_some() })
    }

    /// A client that trusts these roots, with or without a certificate of its own.
    pub(crate) fn client(
        &self,
        own: Option<&Credentials>,
        trusts: &Roots,
        version: TlsVersion,
    ) -> Result<Client, String> {
        let builder = ClientConfig::builder_with_details(self.provider.clone(), self.clock.clone())
            .with_protocol_versions(&[version.rustls()])
            .map_err(|error| describe(&error))?
            .dangerous()
            .with_custom_certificate_verifier(trusts.servers.clone());
        let mut config = match own {
            Some(own) => builder.with_client_cert_resolver(own.resolver.clone()),
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::disabled();
        Ok(Client {
            config: Arc::new(config),
            leaf: own.map(|own| own.leaf.clone()),
            version,
            servers_without_host: trusts.servers_without_host.clone(),
        })
    }

    /// Everything but the host name, against these roots; without any, no server is accepted.
    #[cfg(feature = "emit")]
    pub(crate) fn without_host(&self, roots: RootCertStore) -> WithoutHost {
        WithoutHost { roots: Arc::new(roots), provider: self.provider.clone() }
    }

    /// A client without a certificate that accepts what `verifier` accepts, on every TLS version.
    #[cfg(feature = "emit")]
    pub(crate) fn client_with(
        &self,
        verifier: Arc<dyn ServerCertVerifier>,
    ) -> Result<Arc<ClientConfig>, String> {
        let builder = ClientConfig::builder_with_details(self.provider.clone(), self.clock.clone())
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(|error| describe(&error))?;
        let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

impl Client {
    /// The configuration that compares a URI instead of the host name.
    pub(super) fn for_uri(&self, uri: &str) -> Arc<ClientConfig> {
        let mut config = ClientConfig::clone(&self.config);
        let chain = self.servers_without_host.clone();
        config.dangerous().set_certificate_verifier(Arc::new(WithUri { chain, uri: uri.to_owned() }));
        Arc::new(config)
    }

    /// The configuration that compares no host name.
    #[cfg(feature = "emit")]
    pub(crate) fn without_host(&self) -> Arc<ClientConfig> {
        let mut config = ClientConfig::clone(&self.config);
        config.dangerous().set_certificate_verifier(self.servers_without_host.clone());
        Arc::new(config)
    }
}

impl TlsVersion {
    pub(super) fn rustls(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::V12 => &rustls::version::TLS12,
            Self::V13 => &rustls::version::TLS13,
        }
    }
}

impl Address {
    /// A DNS name or an address, as TLS clients accept it.
    pub(crate) fn host(host: &str) -> Result<Self, String> {
        ServerName::try_from(host.to_owned())
            .map(Self::Host)
            .map_err(|_| format!("{host:?} is neither a host name nor an address that a TLS client accepts"))
    }

    /// A URI, DNS name or address.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        // The address only fills the field: it is not compared, and as an address it is not sent.
        Self::at(name, &Ipv4Addr::LOCALHOST.to_string())
    }

    /// The same, where a URI is asked for at this host.
    pub(crate) fn at(name: &str, host: &str) -> Result<Self, String> {
        match (name.parse(), Self::host(host)) {
            (Ok(SubjectAltName::Uri(uri)), Ok(Self::Host(host))) => Ok(Self::Uri(uri, host)),
            (Ok(SubjectAltName::Uri(_)), other) => other,
            _ => Self::host(name),
        }
    }
}

/// A clock that shows the time of the run, so that the result does not depend on the machine's.
#[derive(Debug)]
pub(super) struct FixedClock(UnixTime);

impl TimeProvider for FixedClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// Everything that webpki checks apart from the host name. Callers compare the certificate itself instead.
#[derive(Debug)]
pub(crate) struct WithoutHost {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for WithoutHost {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
