//! What all connections of a scope share, and the servers that a client is content with.

use super::attempt::{Attempt, PlannedCheck, Progress, about, execute};
use super::negative_fixtures::NegativeFixtures;
use super::prepared::{PreparedClient, PreparedServer};
use super::scope::Scope;
use crate::handshake::{Expectation, Roots, Tls, TlsVersion};
use crate::report::{Check, Group, Outcome};

/// What all plans share.
pub(super) struct VerifyContext<'a> {
    pub(super) tls: Tls,
    pub(super) scope: &'a Scope<'a>,
    pub(super) fixtures: &'a NegativeFixtures,
    pub(super) roots: Result<Roots, String>,
    /// The servers that have a private key.
    pub(super) servers: Vec<PreparedServer<'a>>,
    /// A client with nothing but the roots.
    pub(super) nobody: PreparedClient,
    /// The servers (by place in the scope) and versions at which a client was content with the server alone.
    pub(super) reached: Vec<(usize, TlsVersion)>,
}

impl VerifyContext<'_> {
    /// Tries every server alone, and keeps in mind which ones work.
    pub(super) fn reach(&mut self, progress: Progress<'_>) -> Vec<Check> {
        let (places, plan) = self.server_authentication();
        let checks = execute(plan, progress);
        let works = |(check, place): (&Check, Option<_>)| place.filter(|_| check.outcome == Outcome::Passed);
        self.reached = checks.iter().zip(places).filter_map(works).collect();
        checks
    }

    /// Every server alone: on the first version by all of its names, on others by the first one. Beside the plan,
    /// the server and the version that each check is about.
    fn server_authentication(&self) -> (Vec<Option<(usize, TlsVersion)>>, Vec<PlannedCheck>) {
        let mut places = Vec::new();
        let mut plan = Vec::new();
        for server in &self.servers {
            for (nth_version, version) in self.scope.versions.iter().enumerate() {
                let names = if nth_version == 0 { server.hosts.len() } else { 1 };
                for (nth_host, (host, address)) in server.hosts.iter().take(names).enumerate() {
                    places.push((nth_host == 0).then_some((server.place, *version)));
                    plan.push(PlannedCheck {
                        id: format!("server-auth-{}", version.id()),
                        group: Group::Handshake,
                        title: "a client that trusts the root accepts the server",
                        subject: format!("{} as {host}", server.identity.name),
                        about: about(&server.identity.name, None, Some(host), *version),
                        attempt: Attempt::call(&server.plain, self.nobody.at(*version), address),
                        expectation: Expectation::Accepted,
                        fix: "fix the server's static failures above first, or give it a certificate for this host"
                            .into(),
                    });
                }
            }
        }
        (places, plan)
    }
}
