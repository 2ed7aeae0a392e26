//! Which connections are made: the ones that must work first, because a refusal by or of somebody who is never
//! accepted proves nothing.

use super::attempt::{Attempt, Planned, Progress, about, execute};
use super::handshake::{Expectation, Roots, Tls};
use super::material::Material;
use super::party::{Calling, Serving};
use super::{Scope, TlsVersion, others, refusals};
use crate::bundle::Identity;
use crate::report::{Check, Group, Outcome};

/// What all plans share.
pub(super) struct Stage<'a> {
    pub(super) tls: Tls,
    pub(super) scope: &'a Scope<'a>,
    pub(super) material: &'a Material,
    pub(super) roots: Result<Roots, String>,
    /// The servers that have a private key.
    pub(super) servers: Vec<Serving<'a>>,
    /// A client with nothing but the roots.
    pub(super) nobody: Calling,
    /// The servers (by place in the scope) and versions at which a client was content with the server alone.
    pub(super) reached: Vec<(usize, TlsVersion)>,
}

/// All connections of a scope.
pub(super) fn checks(scope: &Scope<'_>, material: &Material, progress: Progress<'_>) -> Vec<Check> {
    let tls = Tls::at(scope.now);
    let roots = tls.roots(&scope.trust.anchors);
    let servers: Vec<Serving<'_>> = scope
        .servers
        .iter()
        .enumerate()
        .filter(|(_, identity)| identity.key.is_some())
        .map(|(place, identity)| Serving {
            guarded: !scope.server_auth_only,
            ..Serving::new(&tls, place, identity, scope.host, &roots)
        })
        .collect();
    let nobody = Calling::new(&tls, None, &roots);
    let mut stage = Stage { tls, scope, material, roots, servers, nobody, reached: vec![] };

    let mut checks = stage.reach(progress);

    let mut plan = Vec::new();
    if !scope.server_auth_only {
        plan.extend(stage.mutual());
    }
    plan.extend(refusals::plan(&stage));
    plan.extend(others::plan(&stage));
    checks.extend(without_key(scope));
    checks.extend(without_server(&stage));
    checks.extend(execute(plan, progress));
    checks
}

impl Stage<'_> {
    /// Tries every server alone, and keeps in mind which ones work.
    pub(super) fn reach(&mut self, progress: Progress<'_>) -> Vec<Check> {
        let (places, plan) = self.server_authentication();
        let checks = execute(plan, progress);
        let works = |(check, place): (&Check, Option<_>)| place.filter(|_| check.outcome == Outcome::Passed);
        self.reached = checks.iter().zip(places).filter_map(works).collect();
        checks
    }

    /// Every server alone: on the first version by all of its names, on others by the first one. Beside the plan
    /// stands which server and version a check speaks for.
    fn server_authentication(&self) -> (Vec<Option<(usize, TlsVersion)>>, Vec<Planned>) {
        let mut places = Vec::new();
        let mut plan = Vec::new();
        for server in &self.servers {
            for (nth_version, version) in self.scope.versions.iter().enumerate() {
                let names = if nth_version == 0 { server.hosts.len() } else { 1 };
                for (nth_host, (host, address)) in server.hosts.iter().take(names).enumerate() {
                    places.push((nth_host == 0).then_some((server.place, *version)));
                    plan.push(Planned {
                        id: format!("server-auth-{}", version.id()),
                        group: Group::Handshake,
                        title: "a client that trusts the root accepts the server",
                        subject: format!("{} as {host}", server.identity.name),
                        about: about(&server.identity.name, None, Some(host), *version),
                        attempt: Attempt::call(&server.plain, self.nobody.at(*version), address),
                        expectation: Expectation::Accepted,
                        fix: "mend what the static checks report of the server, or give it a certificate for this host"
                            .into(),
                    });
                }
            }
        }
        (places, plan)
    }

    /// Every client at every server.
    fn mutual(&self) -> Vec<Planned> {
        let scope = self.scope;
        let callers: Vec<(&Identity, Calling)> = scope
            .clients
            .iter()
            .filter(|client| client.key.is_some())
            .map(|client| (client, Calling::new(&self.tls, Some(client), &self.roots)))
            .collect();
        let planned = |server: &Serving<'_>, version: TlsVersion, subject: &str, attempt| Planned {
            id: format!("mtls-{}", version.id()),
            group: Group::Handshake,
            title: "server and client accept each other, and data goes both ways",
            subject: format!("{} <- {subject}", server.identity.name),
            about: about(&server.identity.name, Some(subject), None, version),
            attempt,
            expectation: Expectation::Accepted,
            fix: "mend what the static checks report of the server and of the client".into(),
        };
        let mut plan = Vec::new();
        for server in &self.servers {
            for (client, calling) in &callers {
                plan.extend(scope.versions.iter().map(|version| {
                    let attempt = Attempt::call(&server.asking, calling.at(*version), server.address());
                    planned(server, *version, client.name.as_str(), attempt)
                }));
            }
            if scope.clients.is_empty() {
                let skip = || Attempt::Skip("there is no client certificate to try".into());
                plan.extend(
                    scope.versions.iter().map(|version| planned(server, *version, "any client", skip())),
                );
            }
        }
        plan
    }
}

/// Without a server nothing is tried, which must not look as if everything had been.
fn without_server(stage: &Stage<'_>) -> Vec<Check> {
    let scope = stage.scope;
    if !stage.servers.is_empty() {
        return vec![];
    }
    let (reason, is_told) = match scope.servers {
        [] => ("there is no server, so no connection was tried", false),
        // For each of them it was said already.
        _ => ("no server has a private key, so no connection was tried", true),
    };
    let skipped = |id, group, title| Check::new(id, group, title, "any server", Outcome::skipped(reason));
    let works = skipped("handshakes", Group::Handshake, "clients are taken");
    let refuses = skipped("refusals", Group::Refusal, "whoever must not get through is refused");
    let strangers =
        skipped("other-environment", Group::Environment, "clients of other environments are refused");
    let wanted = [(works, !is_told), (refuses, true), (strangers, !scope.others.is_empty())];
    wanted.into_iter().filter_map(|(check, wanted)| wanted.then_some(check)).collect()
}

/// Whoever has no private key can show nothing.
fn without_key(scope: &Scope<'_>) -> Vec<Check> {
    let clients = if scope.server_auth_only { &[][..] } else { scope.clients };
    let all = scope.servers.iter().chain(clients).filter(|identity| identity.key.is_none());
    all.map(|identity| {
        Check::new(
            "handshakes",
            Group::Handshake,
            "it takes part in handshakes",
            &identity.name,
            Outcome::skipped("there is no private key for it, so only its certificates were checked"),
        )
    })
    .collect()
}
