//! Who may call whom: what is declared, what was applied, and the certificates that must hold it. Pure data; `verify`
//! proves it.

use crate::bundle::{Identity, Trust};
use crate::pki::{Authority, Certificate};

/// The policy of a manifest: its environments, which share nothing.
#[derive(Debug)]
pub struct Policy {
    /// In the order of the manifest.
    pub environments: Vec<PolicyEnvironment>,
}

/// One environment: its trust domains and the services that live in them.
#[derive(Debug)]
pub struct PolicyEnvironment {
    /// Its name.
    pub name: String,
    /// Each has a root of its own: the environment's own one first, then one for every further authority.
    pub domains: Vec<TrustDomain>,
    /// In the order of the manifest.
    pub services: Vec<PolicyService>,
}

/// The services that trust one root. No service trusts two.
#[derive(Debug)]
pub struct TrustDomain {
    /// The environment's name (`test`), or with an authority's name behind it (`test.db`).
    pub name: String,
    /// What its members trust. Without anchors nothing can be proven.
    pub trust: Trust,
    /// The authority that makes expired certificates in memory, or why there is none ("the CA key is encrypted").
    pub signer: Result<Authority, String>,
}

/// A service that serves, calls, or does both.
#[derive(Debug)]
pub struct PolicyService {
    /// Its name in the manifest, which is that of its credential.
    pub name: String,
    /// The place of its domain in [`PolicyEnvironment::domains`].
    pub domain: usize,
    /// Its certificate and key, or why they cannot be used ("certificate missing").
    pub identity: Result<Identity, String>,
    /// Whether it listens.
    pub serves: bool,
    /// Whether some service names it as a caller.
    pub calls: bool,
    /// Who may call it, as the manifest says today: names of services.
    pub declared: Callers,
    /// Whom it admits, as it was last applied: [`principal`]s. An error says why that is not known ("never applied").
    pub admits: Result<Callers, String>,
}

/// Who may call a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Any client that trusts its root: it asks for no client certificate.
    Anyone,
    /// Only these, by client certificate.
    Only(Vec<String>),
}

/// The name by which a server knows a caller: its common name, which every server can look at; or else its first
/// subject alternative name (SPIFFE).
pub fn principal(certificate: &Certificate) -> String {
    let details = &certificate.details;
    let first = || details.sans().next().map(|san| san.value());
    details.subject.common_name().or_else(first).unwrap_or_default()
}
