//! Servers and clients with everything that a handshake needs, prepared once.

use super::handshake::{Address, Client, Roots, Server, Tls};
use super::{Scope, TlsVersion};
use crate::bundle::Identity;
use crate::pki::SubjectAltName;

/// What stands for `*` when a client asks a wildcard server.
const PROBE_LABEL: &str = "probe";

/// Someone who serves.
pub(super) struct Serving<'a> {
    pub(super) identity: &'a Identity,
    /// It requires a client certificate.
    pub(super) asking: Result<Server, String>,
    /// It authenticates only itself.
    pub(super) plain: Result<Server, String>,
    /// Its own certificate in the hands of a client, for each version.
    pub(super) as_client: Calling,
    /// The names that clients ask for, the first one everywhere; never empty.
    pub(super) hosts: Vec<(String, Result<Address, String>)>,
}

/// A client, for each TLS version of the scope in its order.
pub(super) type Calling = Vec<(TlsVersion, Result<Client, String>)>;

impl<'a> Serving<'a> {
    pub(super) fn new(
        tls: &Tls,
        identity: &'a Identity,
        scope: &Scope<'_>,
        roots: &Result<Roots, String>,
    ) -> Self {
        let own = tls.credentials(identity);
        let server = |asks: Option<&Roots>| tls.server(own.as_ref().map_err(Clone::clone)?, asks);
        Self {
            identity,
            asking: roots.as_ref().map_err(Clone::clone).and_then(|roots| server(Some(roots))),
            plain: server(None),
            as_client: calling(tls, Some(identity), scope, roots),
            hosts: hosts(identity, scope.host),
        }
    }

    /// The name in which it is called everywhere.
    pub(super) fn address(&self) -> &Result<Address, String> {
        &self.hosts.first().expect("`hosts` never returns an empty list").1
    }
}

/// A client with a certificate or without one.
pub(super) fn calling(
    tls: &Tls,
    identity: Option<&Identity>,
    scope: &Scope<'_>,
    roots: &Result<Roots, String>,
) -> Calling {
    let own = identity.map(|identity| tls.credentials(identity)).transpose();
    let client = |version| {
        let own = own.as_ref().map_err(Clone::clone)?;
        tls.client(own.as_ref(), roots.as_ref().map_err(Clone::clone)?, version)
    };
    scope.versions.iter().map(|version| (*version, client(*version))).collect()
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
