//! One side of a connection alone: a client that lets every server pass, and remembers what it saw.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, Connection, SignatureScheme};

use super::configure::{Address, Credentials, Roots, Tls};
use super::delegate::signatures_of;
use super::describe::{describe, group_name, suite_name};
use super::listen::{ProbeOutcome, Question, listen};
use super::speak::{flush, linger};
use super::uri::WithUri;
use super::version::TlsVersion;

/// Time for the other side to close after us.
const FAREWELL: Duration = Duration::from_millis(200);

/// What a visitor offers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer<'a> {
    /// The only TLS version.
    pub(crate) version: TlsVersion,
    /// The only group for the key exchange, one of [`Tls::groups`]; all of them if none is named.
    pub(crate) group: Option<&'a str>,
    /// A protocol for ALPN (RFC 7301).
    pub(crate) alpn: Option<&'a str>,
}

/// A client, ready for one connection to a server that is not ours.
pub(crate) struct ProbeClient {
    config: Arc<ClientConfig>,
    host: ServerName<'static>,
    recorder: Arc<RecordingVerifier>,
}

/// What a visitor saw, and how it ended.
#[derive(Debug)]
pub(crate) struct Probe {
    /// How it ended.
    pub(crate) ended: ProbeOutcome,
    /// The chain as the server sent it, each certificate in DER; empty if none came.
    pub(crate) chain: Vec<Vec<u8>>,
    /// What a client that trusts the roots says of that chain and the host; nothing if there was no chain.
    pub(crate) verdict: Option<Result<(), String>>,
    /// The request for a client certificate.
    pub(crate) asked: Option<CertificateRequest>,
    /// The cipher suite that was agreed on.
    pub(crate) suite: Option<String>,
    /// The group of the key exchange.
    pub(crate) key_exchange: Option<String>,
    /// From the ClientHello to the end.
    pub(crate) took: Duration,
}

/// A CertificateRequest (RFC 8446, section 4.3.2; RFC 5246, section 7.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateRequest {
    /// The subjects of the CAs that it names, in DER.
    pub(crate) authorities: Vec<Vec<u8>>,
    /// Whether the visitor's key can sign in a way that the server accepts; true without a key.
    pub(crate) takes_our_key: bool,
}

impl Tls {
    /// The groups for the key exchange that visitors can offer.
    pub(crate) fn groups(&self) -> Vec<String> {
        self.provider.kx_groups.iter().map(|group| group_name(group.name())).collect()
    }

    /// A client that accepts every server, and knows what a client with these roots would have said of it.
    pub(crate) fn probe_client(
        &self,
        own: Option<&Credentials>,
        trusts: &Roots,
        address: &Address,
        offer: Offer<'_>,
    ) -> Result<ProbeClient, String> {
        let (judge, host): (Arc<dyn ServerCertVerifier>, _) = match address {
            Address::Host(host) => (trusts.servers.clone(), host.clone()),
            Address::Uri(uri, host) => {
                let chain = trusts.servers_without_host.clone();
                (Arc::new(WithUri { chain, uri: uri.clone() }), host.clone())
            }
        };
        let mut provider = (*self.provider).clone();
        if let Some(wanted) = offer.group {
            provider.kx_groups.retain(|group| group_name(group.name()) == wanted);
        }
        let recorder = Arc::new(RecordingVerifier {
            judge,
            own: own.map(|own| own.resolver.clone()),
            seen: Mutex::default(),
        });
        let mut config = ClientConfig::builder_with_details(provider.into(), self.clock.clone())
            .with_protocol_versions(&[offer.version.rustls()])
            .map_err(|error| describe(&error))?
            .dangerous()
            .with_custom_certificate_verifier(recorder.clone())
            .with_client_cert_resolver(recorder.clone());
        config.resumption = Resumption::disabled();
        config.alpn_protocols = offer.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(ProbeClient { config: Arc::new(config), host, recorder })
    }
}

impl ProbeClient {
    /// Handshake, and if the server asks for a certificate, everything until it is known what it thinks of ours.
    pub(crate) fn visit(
        self,
        mut stream: TcpStream,
        deadline: Instant,
        question: Option<&Question>,
    ) -> Probe {
        let started = Instant::now();
        let mut connection = match ClientConnection::new(self.config, self.host) {
            Ok(connection) => Connection::Client(connection),
            Err(error) => return Probe::without_contact(ProbeOutcome::Failed(describe(&error))),
        };
        let recorder = &self.recorder;
        let result =
            listen(&mut connection, &mut stream, deadline, question, || recorder.seen().asked.is_some());
        let took = started.elapsed();
        connection.send_close_notify();
        // The server does not depend on our farewell; without it some servers write a complaint into their logs.
        let _ = flush(&mut connection, &mut stream);
        linger(&mut stream, deadline.min(Instant::now() + FAREWELL));
        let seen = recorder.seen().clone();
        Probe {
            ended: result.unwrap_or_else(|ended| ended),
            chain: seen.chain,
            verdict: seen.verdict,
            asked: seen.asked,
            suite: connection.negotiated_cipher_suite().map(|suite| suite_name(suite.suite())),
            key_exchange: connection.negotiated_key_exchange_group().map(|group| group_name(group.name())),
            took,
        }
    }
}

impl Probe {
    /// Nothing was seen.
    pub(crate) fn without_contact(ended: ProbeOutcome) -> Self {
        Self {
            ended,
            chain: vec![],
            verdict: None,
            asked: None,
            suite: None,
            key_exchange: None,
            took: Duration::ZERO,
        }
    }

    /// Whether the server spoke the offered version: it showed its certificate, whatever came then.
    pub(crate) fn was_served(&self) -> bool {
        !self.chain.is_empty()
    }
}

/// Sees the server's chain and the request for ours.
#[derive(Debug)]
struct RecordingVerifier {
    judge: Arc<dyn ServerCertVerifier>,
    own: Option<Arc<SingleCertAndKey>>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    chain: Vec<Vec<u8>>,
    verdict: Option<Result<(), String>>,
    asked: Option<CertificateRequest>,
}

impl RecordingVerifier {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict =
            self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let mut seen = self.seen();
        seen.chain = std::iter::once(end_entity).chain(intermediates).map(|one| one.to_vec()).collect();
        seen.verdict = Some(verdict.map(drop).map_err(|error| describe(&error)));
        Ok(ServerCertVerified::assertion())
    }

    // Whom we talk to is judged later, but that it holds the key is not optional.
    signatures_of!(judge);
}

impl ResolvesClientCert for RecordingVerifier {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let own = self.own.as_ref().and_then(|own| own.resolve(authorities, schemes));
        self.seen().asked = Some(CertificateRequest {
            authorities: authorities.iter().map(|name| name.to_vec()).collect(),
            takes_our_key: own.as_ref().is_none_or(|own| own.key.choose_scheme(schemes).is_some()),
        });
        own
    }

    fn has_certs(&self) -> bool {
        true
    }
}
