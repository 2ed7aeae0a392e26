//! Real handshakes over loopback TCP. `rustls` is called here and in `verify::route`, nowhere else.

mod allowlist;
mod configure;
mod connect;
mod delegate;
mod describe;
mod judge;
mod listen;
mod names;
mod probe;
mod speak;
mod uri;
mod version;

use std::sync::Arc;

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};

pub(crate) use allowlist::ClientVerdict;
#[cfg(feature = "emit")]
pub(crate) use configure::WithoutHost;
pub(crate) use configure::{Address, Client, Credentials, Roots, Server, Tls};
pub use connect::Exchange;
#[cfg(feature = "emit")]
pub(crate) use connect::accept;
pub(crate) use connect::{Call, all};
#[cfg(feature = "emit")]
pub(crate) use delegate::signatures_of;
pub(crate) use describe::alert_name;
pub(crate) use judge::{Expectation, Refusal, judge};
pub(crate) use listen::{ProbeOutcome, Question, specimen};
pub(crate) use probe::{CertificateRequest, Offer, Probe};
pub use speak::Session;
#[cfg(feature = "emit")]
pub(crate) use speak::{LIMIT, SessionError, io, linger};
pub(crate) use uri::uris;
pub use version::TlsVersion;

/// Both ends of a handshake that did not end as it should, each in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the handshake failed; client: {client}; server: {server}")]
pub struct HandshakeFailure {
    /// What the client says.
    pub client: String,
    /// What the server says.
    pub server: String,
}

/// One handshake with client authentication on 127.0.0.1, with data both ways, both sides verifying at `now` against
/// the roots of `trust`. `host` is what the client asks for: a name, an address, or a URI that the
/// server's certificate must carry (SPIFFE).
///
/// # Errors
/// What each side says, when the handshake fails, when data does not come back, or when a side sees another
/// certificate than its peer's. It gives up after five seconds.
pub fn mutual(
    server: &Identity,
    client: &Identity,
    trust: &Trust,
    host: &str,
    version: TlsVersion,
    now: OffsetDateTime,
) -> Result<Exchange, HandshakeFailure> {
    let server_cannot = |reason| HandshakeFailure { server: reason, client: "not tried".into() };
    let client_cannot = |reason| HandshakeFailure { client: reason, server: "not tried".into() };
    let tls = Tls::at(now);
    let roots = tls.roots(&trust.anchors).map_err(client_cannot)?;
    let serving = tls.credentials(server).and_then(|own| tls.server(&own, Some(&roots)));
    let serving = serving.map_err(server_cannot)?;
    let calling = tls.credentials(client).and_then(|own| tls.client(Some(&own), &roots, version));
    let calling = calling.map_err(client_cannot)?;
    let address = Address::of(host).map_err(client_cannot)?;
    let call = Call::new(&serving, &calling, &address);
    let exchange = all(std::slice::from_ref(&call)).pop().unwrap_or_else(Exchange::not_tried);
    match judge(&call, &exchange, Expectation::Accepted).0 {
        crate::report::Outcome::Passed => Ok(exchange),
        _ => Err(HandshakeFailure { client: exchange.client_says(), server: exchange.server_says() }),
    }
}

/// A leaf in DER, shared between configurations.
type Leaf = Arc<[u8]>;
