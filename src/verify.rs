//! Proves that certificates do what they are for: what they say, then real handshakes on loopback, the ones that must
//! work and the ones that must be refused.

mod attempt;
mod border;
mod certificates;
mod chain;
pub mod endpoint;
pub mod handshake;
mod leaf;
mod material;
mod others;
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
use crate::pki::{Authority, Certificate};
use crate::report::{Check, Group, Outcome, Report};

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
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What its own servers and clients trust, or why that is not known. Only a client that is taken there can be refused
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

/// Runs every check. It does not stop at a failure, and every handshake has a time limit.
pub fn run(scope: &Scope<'_>) -> Report {
    run_watched(scope, &|_, _| {})
}

/// [`run`] for somebody who waits: `progress` is told now and then how many checks of how many are done.
pub fn run_watched(scope: &Scope<'_>, progress: &dyn Fn(usize, usize)) -> Report {
    run_with(scope, &material::Material::make(scope), progress)
}

/// Whether a certificate alone is valid at `now`, such as that of an authority that has signed nothing yet.
pub fn dates(subject: String, certificate: &Certificate, now: OffsetDateTime) -> Check {
    let outcome = match chain::not_valid_at(certificate, now) {
        Some(finding) => Outcome::failed(finding.expected, finding.found).with_fix(finding.fix),
        None => Outcome::Passed,
    };
    Check::new("dates", Group::Static, "it is valid now", subject, outcome)
        .with_detail(chain::end_of_validity(certificate, now))
}

/// [`run`] with certificates that were made before, so that tests can let the guarded thing break.
fn run_with(scope: &Scope<'_>, material: &material::Material, progress: &dyn Fn(usize, usize)) -> Report {
    let mut checks = certificates::checks(scope);
    checks.extend(plan::checks(scope, material, progress));
    Report { checks }
}
