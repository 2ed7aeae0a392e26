//! Servers and clients with everything that a handshake needs, prepared once.

use super::TlsVersion;
use super::handshake::{Address, Client, Roots, Server, Tls};
use crate::bundle::Identity;
use crate::pki::SubjectAltName;

/// What stands for `*` when a client asks a wildcard server.
const PROBE_LABEL: &str = "probe";

/// Someone who serves.
pub(super) struct Serving<'a> {
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
    pub(super) as_client: Calling,
    /// The names that clients ask for, the first one everywhere; never empty.
    pub(super) hosts: Vec<(String, Result<Address, String>)>,
}

/// A client on every TLS version.
pub(super) struct Calling {
    v12: Result<Client, String>,
    v13: Result<Client, String>,
}

impl<'a> Serving<'a> {
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
            as_client: Calling::new(tls, Some(identity), roots),
            hosts: hosts(identity, asked),
        }
    }

    /// The name in which it is called everywhere.
    pub(super) fn address(&self) -> &Result<Address, String> {
        &self.hosts.first().expect("`hosts` never returns an empty list").1
    }
}

impl Calling {
    /// A client with a certificate or without one.
    pub(super) fn new(tls: &Tls, identity: Option<&Identity>, roots: &Result<Roots, String>) -> Self {
        let own = identity.map(|identity| tls.credentials(identity)).transpose();
        let client = |version| {
            let own = own.as_ref().map_err(Clone::clone)?;
            tls.client(own.as_ref(), roots.as_ref().map_err(Clone::clone)?, version)
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

/// The host that was asked for, or else each host name and address of the certificate. A certificate with neither
/// (SPIFFE) is called without a host name.
fn hosts(identity: &Identity, asked: Option<&str>) -> Vec<(String, Result<Address, String>)> {
    let names: Vec<String> = match asked {
        Some(host) => vec![host.to_owned()],
        None => identity
            .leaf()
            .details
            .sans
            .iter()
            .filter_map(|san| match san {
                SubjectAltName::Dns(name) => Some(match name.as_str().strip_prefix("*.") {
                    Some(apex) => format!("{PROBE_LABEL}.{apex}"),
                    None => name.to_string(),
                }),
                SubjectAltName::Ip(address) => Some(address.to_string()),
                SubjectAltName::Uri(_) | SubjectAltName::Email(_) => None,
            })
            .collect(),
    };
    if names.is_empty() {
        let uri = identity.leaf().details.sans.first().map(SubjectAltName::value);
        return vec![(uri.unwrap_or_else(|| identity.leaf().title()), Ok(Address::NoHost))];
    }
    names.into_iter().map(|name| (name.clone(), Address::host(&name))).collect()
}
