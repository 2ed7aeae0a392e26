//! What is to be verified, and against what.

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};
use crate::handshake::TlsVersion;
use crate::pki::Authority;

/// What to verify, and against what.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The servers.
    pub servers: &'a [Identity],
    /// The clients. What does both is in both lists.
    pub clients: &'a [Identity],
    /// What servers and clients of the environment trust.
    pub trust: &'a Trust,
    /// The authority that makes expired certificates in memory, or why there is none ("the CA key is encrypted").
    pub signer: Result<&'a Authority, String>,
    /// Other environments, whose clients must be refused.
    pub others: &'a [ForeignEnvironment],
    /// The name to ask for (a host, an address, or a URI as SPIFFE has it), instead of the names in each server's certificate.
    pub host: Option<&'a str>,
    /// The TLS versions to try, in the order of the report.
    pub versions: &'a [TlsVersion],
    /// Whether servers do not ask for client certificates, so that only they are authenticated.
    pub server_auth_only: bool,
    /// The point in time to verify at; handshakes use it, too.
    pub now: OffsetDateTime,
}

/// Another environment, as far as verification needs it.
#[derive(Debug)]
pub struct ForeignEnvironment {
    /// Its name.
    pub name: String,
    /// What its own servers and clients trust, or why that is not known. Only a client that is accepted there can be refused
    /// elsewhere for being a stranger.
    pub trust: Result<Trust, String>,
    /// Its clients, each with its key.
    pub clients: Vec<Identity>,
    /// Those of whom nothing can be proven: their names, and why.
    pub unusable: Vec<(String, String)>,
}

impl<'a> Scope<'a> {
    /// Mutual TLS on every version, without a signer and without other environments.
    pub fn new(
        servers: &'a [Identity],
        clients: &'a [Identity],
        trust: &'a Trust,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            servers,
            clients,
            trust,
            signer: Err("there is no CA that could sign one".into()),
            others: &[],
            host: None,
            versions: &TlsVersion::ALL,
            server_auth_only: false,
            now,
        }
    }
}
