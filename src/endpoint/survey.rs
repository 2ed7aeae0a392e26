//! The connections: one for each TLS version and each client, and some short ones. Nothing is judged here.

use std::net::SocketAddr;

use super::admission::{question, words};
use super::dial::Line;
use super::old_version::{self, Answer};
use super::{ConnectError, Endpoint, plain_text};
use crate::bundle::Identity;
use crate::error::Result;
use crate::handshake::{Address, Credentials, Offer, Probe, ProbeOutcome, Question, Roots, Tls, TlsVersion};
use crate::pki::{Certificate, KeyAlgorithm};
use crate::verify::{NegativeFixtures, Scope};

/// Everything that was seen.
pub(super) struct Survey<'a> {
    pub(super) endpoint: &'a Endpoint<'a>,
    /// Where it was found.
    address: SocketAddr,
    /// Without a certificate, on each version that was tried.
    pub(super) bare: Vec<(TlsVersion, Probe)>,
    /// What it says to a client that is too old.
    pub(super) old: Answer,
    /// Each group of the key exchange, and whether it accepts it.
    pub(super) groups: Vec<(String, bool)>,
    /// The chain as it was sent.
    pub(super) served_chain: Result<Identity>,
    /// Each client on each version that is served; an error is why it could not call.
    pub(super) own: Vec<Result<Probes, String>>,
    /// A client of a CA that was made for this run; an error is why it could not call.
    pub(super) foreign: Result<Probes, String>,
}

/// Probes by the version that they were made with.
pub(super) type Probes = Vec<(TlsVersion, Probe)>;

impl<'a> Survey<'a> {
    /// Makes the connections, one after the other: some servers count them.
    pub(super) fn make(endpoint: &'a Endpoint<'a>) -> Result<Self, ConnectError> {
        let mut caller = Caller::new(endpoint)?;
        let versions = if endpoint.versions.is_empty() { &TlsVersion::ALL[..] } else { endpoint.versions };
        let mut bare = Vec::with_capacity(versions.len());
        for version in versions {
            bare.push((*version, caller.first_call(*version)?));
        }
        let address = caller.address.ok_or_else(|| {
            ConnectError::new("a TLS version to try", "none was named", "name TLS 1.3 or TLS 1.2")
        })?;
        let old = caller.call_as_old_client();
        let Some((best, first)) = bare.iter().find(|(_, visit)| visit.was_served()) else {
            return Err(no_version(endpoint, &bare, &old));
        };
        let served_chain = identity(endpoint, &first.chain);
        let groups = caller.groups(*best);
        let asks = bare.iter().any(|(_, visit)| visit.asked.is_some());
        let served: Vec<TlsVersion> =
            bare.iter().filter(|(_, visit)| visit.was_served()).map(|(version, _)| *version).collect();
        let not_asked = || Err("the endpoint asks for no certificate".to_owned());
        let mut call = |client: &Identity| if asks { caller.all(client, &served) } else { not_asked() };
        let own = endpoint.clients.iter().map(&mut call).collect();
        let foreign = if asks { caller.strangers(served_chain.as_ref().ok(), &served) } else { not_asked() };
        Ok(Self { endpoint, address, bare, old, groups, served_chain, own, foreign })
    }

    /// How it was reached: `127.0.0.1:5432, after PostgreSQL's request for TLS`.
    pub(super) fn way(&self) -> String {
        match self.endpoint.starttls.name() {
            None => self.address.to_string(),
            Some(protocol) => format!("{}, TLS begins after {protocol} in plain text", self.address),
        }
    }

    /// Whom the checks are about.
    pub(super) fn subject(&self) -> String {
        self.endpoint.host_port.to_string()
    }
}

/// Who makes the connections.
struct Caller<'a> {
    endpoint: &'a Endpoint<'a>,
    tls: Tls,
    roots: Roots,
    host: Address,
    line: Line,
    question: Option<Question>,
    /// Where the last connection went.
    address: Option<SocketAddr>,
}

impl<'a> Caller<'a> {
    fn new(endpoint: &'a Endpoint<'a>) -> Result<Self, ConnectError> {
        let tls = Tls::at(endpoint.now);
        let roots = tls.roots(&endpoint.trust.anchors);
        let roots = roots.map_err(|reason| {
            ConnectError::new("roots that a client can trust", reason, "name other roots")
        })?;
        let host = Address::at(endpoint.host, endpoint.host_port.host())
            .map_err(|reason| ConnectError::new("a name to ask for", reason, "name another host"))?;
        let line = Line::find(endpoint.host_port, endpoint.starttls, endpoint.limit)?;
        let question = question(endpoint);
        Ok(Self { endpoint, tls, roots, host, line, question, address: None })
    }

    /// Without a certificate. If this does not come to TLS, no other call will.
    fn first_call(&mut self, version: TlsVersion) -> Result<Probe, ConnectError> {
        let is_first = self.address.is_none();
        let mut visit = match self.visit(None, version, None) {
            Err(error) if is_first => return Err(error),
            other => self.or_failed(other),
        };
        if visit.ended == ProbeOutcome::Alert("no_application_protocol".into()) {
            self.question = None;
            visit = self.call(None, version);
        }
        match &visit.ended {
            ProbeOutcome::PlainText(text) if is_first => {
                let (found, fix) = plain_text::describe(text);
                Err(ConnectError::new("TLS", found, fix))
            }
            ProbeOutcome::TimedOut if is_first && !visit.was_served() => {
                let fix = "check whether this port serves TLS from the first byte on, or wait longer";
                Err(ConnectError::new("an answer to ClientHello", words(&visit.ended, self.endpoint), fix))
            }
            _ => Ok(visit),
        }
    }

    fn visit(
        &mut self,
        own: Option<&Credentials>,
        version: TlsVersion,
        group: Option<&str>,
    ) -> Result<Probe, ConnectError> {
        let alpn = self.question.as_ref().and_then(|question| question.alpn);
        let visitor = self.tls.probe_client(own, &self.roots, &self.host, Offer { version, group, alpn });
        let visitor =
            visitor.map_err(|reason| ConnectError::new("a TLS client", reason, "name another version"))?;
        let dialled = self.line.dial()?;
        self.address = Some(dialled.address);
        Ok(visitor.visit(dialled.stream, dialled.deadline, self.question.as_ref()))
    }

    fn call(&mut self, own: Option<&Credentials>, version: TlsVersion) -> Probe {
        let visit = self.visit(own, version, None);
        self.or_failed(visit)
    }

    fn or_failed(&self, visit: Result<Probe, ConnectError>) -> Probe {
        visit.unwrap_or_else(|error| Probe::without_contact(ProbeOutcome::Failed(error.found())))
    }

    fn all(&mut self, client: &Identity, versions: &[TlsVersion]) -> Result<Probes, String> {
        let own = self.tls.credentials(client)?;
        Ok(versions.iter().map(|version| (*version, self.call(Some(&own), *version))).collect())
    }

    /// A client of an unknown CA, on each version; with a kind of key that the server accepts, if it can be made.
    fn strangers(
        &mut self,
        served_chain: Option<&Identity>,
        versions: &[TlsVersion],
    ) -> Result<Probes, String> {
        let mut visits = self.all(&foreign(self.endpoint, served_chain, KeyAlgorithm::EcP256)?, versions)?;
        for key in ["rsa-2048", "ec-p384", "ed25519"] {
            let unseen = |(_, visit): &&mut (TlsVersion, Probe)| {
                visit.asked.as_ref().is_some_and(|asked| !asked.takes_our_key)
            };
            let mut unseen = visits.iter_mut().filter(unseen).peekable();
            let (Some(_), Ok(key)) = (unseen.peek(), key.parse()) else { continue };
            let Ok(client) = foreign(self.endpoint, served_chain, key) else { continue };
            let own = self.tls.credentials(&client)?;
            for (version, visit) in unseen {
                *visit = self.call(Some(&own), *version);
            }
        }
        Ok(visits)
    }

    fn call_as_old_client(&mut self) -> Answer {
        match self.line.dial() {
            Ok(dialled) => old_version::ask(dialled, self.endpoint.host),
            Err(error) => Answer::Unclear(error.found()),
        }
    }

    fn groups(&mut self, version: TlsVersion) -> Vec<(String, bool)> {
        let groups = self.tls.groups();
        groups
            .into_iter()
            .map(|group| {
                let visit = self.visit(None, version, Some(&group));
                let is_served = self.or_failed(visit).was_served();
                (group, is_served)
            })
            .collect()
    }
}

/// Nothing that this client speaks is served.
fn no_version(endpoint: &Endpoint<'_>, bare: &Probes, old: &Answer) -> ConnectError {
    let names: Vec<String> = bare.iter().map(|(version, _)| version.to_string()).collect();
    let mut found: Vec<String> =
        bare.iter().map(|(version, visit)| format!("{version}: {}", words(&visit.ended, endpoint))).collect();
    if let Answer::Speaks(version) = old {
        found.push(format!("it speaks {version}"));
    }
    let is_closed = bare.iter().all(|(_, visit)| visit.ended == ProbeOutcome::Closed);
    let fix = if is_closed {
        "check whether this port serves TLS from the first byte on, and what the server's log says"
    } else {
        "let the server offer TLS 1.3 or 1.2 with ECDHE and AEAD ciphers, a certificate that fits them, and this host"
    };
    ConnectError::new(names.join(" or "), found.join("; "), fix)
}

fn identity(endpoint: &Endpoint<'_>, chain: &[Vec<u8>]) -> Result<Identity> {
    let read = |(nth, der): (usize, &Vec<u8>)| {
        Certificate::from_der(der, &format!("certificate {} of {}", nth + 1, endpoint.host_port))
    };
    let chain = chain.iter().enumerate().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Identity { name: endpoint.host_port.to_string(), chain, key: None, anchors: vec![], files: None })
}

/// A client that looks like the first one, or like the server, under an unknown CA.
fn foreign(
    endpoint: &Endpoint<'_>,
    served_chain: Option<&Identity>,
    key: KeyAlgorithm,
) -> Result<Identity, String> {
    let servers = served_chain.map(std::slice::from_ref).unwrap_or_default();
    let scope = Scope::new(servers, endpoint.clients, endpoint.trust, endpoint.now);
    NegativeFixtures::foreign(&scope, key).map(|foreign| foreign.client)
}
