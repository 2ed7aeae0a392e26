//! Which connections are made: the ones that must work first, because a refusal by or of a party that is never
//! accepted proves nothing.

use super::attempt::{Attempt, PlannedCheck, Progress, about, execute};
use super::context::VerifyContext;
use super::negative_fixtures::NegativeFixtures;
use super::prepared::{PreparedClient, PreparedServer};
use super::{Scope, TlsVersion, others, refusals};
use crate::bundle::Identity;
use crate::handshake::{Expectation, Tls};
use crate::report::{Check, Group, Outcome};

/// All connections of a scope.
pub(super) fn checks(scope: &Scope<'_>, fixtures: &NegativeFixtures, progress: Progress<'_>) -> Vec<Check> {
    let tls = Tls::at(scope.now);
    let roots = tls.roots(&scope.trust.anchors);
    let servers: Vec<PreparedServer<'_>> = scope
        .servers
        .iter()
        .enumerate()
        .filter(|(_, identity)| identity.key.is_some())
        .map(|(place, identity)| PreparedServer {
            guarded: !scope.server_auth_only,
            ..PreparedServer::new(&tls, place, identity, scope.host, &roots)
        })
        .collect();
    let nobody = PreparedClient::new(&tls, None, &roots);
    let mut context = VerifyContext { tls, scope, fixtures, roots, servers, nobody, reached: vec![] };

    let mut checks = context.reach(progress);

    let mut plan = Vec::new();
    if !scope.server_auth_only {
        plan.extend(context.mutual());
    }
    plan.extend(refusals::plan(&context));
    plan.extend(others::plan(&context));
    checks.extend(without_key(scope));
    checks.extend(without_server(&context));
    checks.extend(execute(plan, progress));
    checks
}

impl VerifyContext<'_> {
    /// Every client at every server.
    fn mutual(&self) -> Vec<PlannedCheck> {
        let scope = self.scope;
        let callers: Vec<(&Identity, PreparedClient)> = scope
            .clients
            .iter()
            .filter(|client| client.key.is_some())
            .map(|client| (client, PreparedClient::new(&self.tls, Some(client), &self.roots)))
            .collect();
        let planned =
            |server: &PreparedServer<'_>, version: TlsVersion, subject: &str, attempt| PlannedCheck {
                id: format!("mtls-{}", version.id()),
                group: Group::Handshake,
                title: "server and client accept each other, and data goes both ways",
                subject: format!("{} <- {subject}", server.identity.name),
                about: about(&server.identity.name, Some(subject), None, version),
                attempt,
                expectation: Expectation::Accepted,
                fix: "fix the static failures above first".into(),
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
fn without_server(context: &VerifyContext<'_>) -> Vec<Check> {
    let scope = context.scope;
    if !context.servers.is_empty() {
        return vec![];
    }
    let (reason, is_told) = match scope.servers {
        [] => ("there is no server, so no connection was tried", false),
        // For each of them it was said already.
        _ => ("no server has a private key, so no connection was tried", true),
    };
    let skipped = |id, group, title| Check::new(id, group, title, "any server", Outcome::skipped(reason));
    let works = skipped("handshakes", Group::Handshake, "clients are accepted");
    let refuses = skipped("refusals", Group::Refusal, "clients that must not get through are refused");
    let strangers =
        skipped("other-environment", Group::Environment, "clients of other environments are refused");
    let wanted = [(works, !is_told), (refuses, true), (strangers, !scope.others.is_empty())];
    wanted.into_iter().filter_map(|(check, wanted)| wanted.then_some(check)).collect()
}

/// An identity without a private key cannot take part.
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
