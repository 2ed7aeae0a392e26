//! Proves that certificates do what they are for: what they say, then real handshakes on loopback, the ones that must
//! work and the ones that must be refused.

mod attempt;
mod certificates;
mod chain;
pub mod endpoint;
pub mod handshake;
mod leaf;
mod material;
mod party;
mod plan;
pub mod policy;
mod refusals;
#[cfg(feature = "emit")]
pub mod route;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod version;

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};
use crate::pki::Authority;
use crate::report::Report;

pub use version::TlsVersion;

/// What to verify, and against what.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Those who serve.
    pub servers: &'a [Identity],
    /// Those who call. Whoever does both stands in both lists.
    pub clients: &'a [Identity],
    /// What servers and clients of the environment trust.
    pub trust: &'a Trust,
    /// The authority that makes expired certificates in memory, or why there is none ("the CA key is encrypted").
    pub signer: Result<&'a Authority, String>,
    /// Other environments, whose clients must be refused.
    pub others: &'a [Environment],
    /// The host name to ask for, instead of the names in each server's certificate.
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
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Its clients.
    pub clients: Vec<Identity>,
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

/// Runs every check. It does not stop at a failure, and every handshake has a time limit.
pub fn run(scope: &Scope<'_>) -> Report {
    run_with(scope, &material::Material::make(scope))
}

/// [`run`] with certificates that were made before, so that tests can let the guarded thing break.
fn run_with(scope: &Scope<'_>, material: &material::Material) -> Report {
    let mut checks = certificates::checks(scope);
    checks.extend(plan::checks(scope, material));
    Report { checks }
}
