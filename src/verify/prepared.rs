//! Servers and clients with everything that a handshake needs, prepared once.

use crate::bundle::Identity;
use crate::handshake::TlsVersion;
use crate::handshake::{Address, Client, Credentials, Roots, Server, Tls, uris};
use crate::pki::SubjectAltName;

/// What stands for `*` when a client asks a wildcard server.
const PROBE_LABEL: &str = "probe";
/// A host that no certificate names (RFC 6761, section 6.4).
pub(super) const WRONG_HOST: &str = "wrong-host.pkictl.invalid";

/// A server.
pub(super) struct PreparedServer<'a> {
    /// Its place among the servers of the scope.
    pub(super) place: usize,
    pub(super) identity: &'a Identity,
    /// It requires a client certificate.
    pub(super) asking: Result<Server, String>,
    /// Whether client certificates are tried at it.
    pub(super) guarded: bool,
    /// It authenticates only itself.
    pub(super) plain: Result<Server, String>,
    /// Its own certificate in the hands of a client.
    pub(super) as_client: PreparedClient,
    /// The names that clients ask for, the first one everywhere; never empty.
    pub(super) hosts: Vec<(String, Result<Address, String>)>,
}

/// A client on every TLS version.
pub(super) struct PreparedClient {
    v12: Result<Client, String>,
    v13: Result<Client, String>,
}

impl<'a> PreparedServer<'a> {
    pub(super) fn new(
        tls: &Tls,
        place: usize,
        identity: &'a Identity,
        asked: Option<&str>,
        roots: &Result<Roots, String>,
    ) -> Self {
        let own = tls.credentials(identity);
        let server = |asks: Option<&Roots>| tls.server(own.as_ref().map_err(Clone::clone)?, asks);
        Self {
            place,
            identity,
            asking: roots.as_ref().map_err(Clone::clone).and_then(|roots| server(Some(roots))),
            guarded: true,
            plain: server(None),
            as_client: PreparedClient::with(tls, own.as_ref().map(Some), roots),
            hosts: hosts(identity, asked),
        }
    }

    /// The name in which it is called everywhere.
    pub(super) fn address(&self) -> &Result<Address, String> {
        &self.first_host().1
    }

    /// A name that its certificate does not have.
    pub(super) fn wrong_address(&self) -> Result<Address, String> {
        Address::of(&wrong_name(&self.first_host().0))
    }

    fn first_host(&self) -> &(String, Result<Address, String>) {
        self.hosts.first().expect("`hosts` never returns an empty list")
    }
}

impl PreparedClient {
    /// A client with a certificate or without one.
    pub(super) fn new(tls: &Tls, identity: Option<&Identity>, roots: &Result<Roots, String>) -> Self {
        let own = identity.map(|identity| tls.credentials(identity)).transpose();
        Self::with(tls, own.as_ref().map(Option::as_ref), roots)
    }

    fn with(tls: &Tls, own: Result<Option<&Credentials>, &String>, roots: &Result<Roots, String>) -> Self {
        let client = |version| {
            let own = own.map_err(Clone::clone)?;
            tls.client(own, roots.as_ref().map_err(Clone::clone)?, version)
        };
        Self { v12: client(TlsVersion::V12), v13: client(TlsVersion::V13) }
    }

    /// The client that offers this version only.
    pub(super) fn at(&self, version: TlsVersion) -> &Result<Client, String> {
        match version {
            TlsVersion::V12 => &self.v12,
            TlsVersion::V13 => &self.v13,
        }
    }
}

/// What was asked for, or else every name of the certificate: host names and addresses first, then URIs. A certificate
/// without any cannot be called.
fn hosts(identity: &Identity, asked: Option<&str>) -> Vec<(String, Result<Address, String>)> {
    let mut names: Vec<String> = match asked {
        Some(name) => vec![name.to_owned()],
        None => identity.leaf().details.sans().filter_map(host).collect(),
    };
    if asked.is_none() {
        names.extend(uris(identity.leaf()).into_iter().map(str::to_owned));
    }
    if names.is_empty() {
        let reason =
            "its certificate names no host, no address and no URI, so that no client can tell it from others";
        return vec![(identity.leaf().title(), Err(reason.into()))];
    }
    names.into_iter().map(|name| (name.clone(), Address::of(&name))).collect()
}

/// A host that a name serves.
fn host(san: &SubjectAltName) -> Option<String> {
    match san {
        SubjectAltName::Dns(name) => Some(match name.as_str().strip_prefix("*.") {
            Some(apex) => format!("{PROBE_LABEL}.{apex}"),
            None => name.to_string(),
        }),
        SubjectAltName::Ip(address) => Some(address.to_string()),
        SubjectAltName::Uri(_) | SubjectAltName::Email(_) => None,
    }
}

/// A name of the same kind as the one that it is called by, which no certificate has (RFC 6761, section 6.4). That of a
/// SPIFFE ID is in the same trust domain.
fn wrong_name(called: &str) -> String {
    match called.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{authority}/{WRONG_HOST}")
        }
        None => WRONG_HOST.to_owned(),
    }
}
