//! The clients of other environments, each of which must be refused by each server.

use super::ForeignEnvironment;
use super::attempt::{Attempt, PlannedCheck, about};
use super::context::VerifyContext;
use super::cross_environment::{self, Eligibility};
use super::prepared::PreparedClient;
use crate::bundle::Identity;
use crate::handshake::TlsVersion;
use crate::handshake::{Expectation, Refusal};
use crate::report::{About, Group};

/// Every client of every other environment at every server; one check for whatever cannot be tried.
pub(super) fn plan(context: &VerifyContext<'_>) -> Vec<PlannedCheck> {
    let others = context.scope.others.iter().filter(|_| !context.scope.server_auth_only);
    others.flat_map(|other| environment(context, other)).collect()
}

fn environment(context: &VerifyContext<'_>, other: &ForeignEnvironment) -> Vec<PlannedCheck> {
    let mut plan = Vec::new();
    let home = match &other.trust {
        Ok(trust) => context.tls.roots(&trust.anchors),
        Err(reason) => Err(reason.clone()),
    };
    for client in &other.clients {
        // A client that is accepted here must be reported, whatever its own environment says.
        let is_taken =
            Eligibility::of(client, &context.tls, &context.roots, context.scope.now) == Eligibility::Client;
        let at_home = Eligibility::of(client, &context.tls, &home, context.scope.now);
        match at_home.obstacle().filter(|_| !is_taken) {
            Some(reason) => plan.push(untried(other, Some(&client.name), reason)),
            None => plan.extend(visits(context, other, client)),
        }
    }
    let unusable = other.unusable.iter();
    plan.extend(unusable.map(|(name, reason)| untried(other, Some(name), reason.clone())));
    if plan.is_empty() && other.clients.is_empty() {
        let reason = match &other.trust {
            Ok(_) => format!("environment {} has no client", other.name),
            Err(reason) => reason.clone(),
        };
        plan.push(untried(other, None, reason));
    }
    plan
}

fn visits(context: &VerifyContext<'_>, other: &ForeignEnvironment, client: &Identity) -> Vec<PlannedCheck> {
    let calling = PreparedClient::new(&context.tls, Some(client), &context.roots);
    let refusal = cross_environment::refusal(client, context);
    let pairs =
        context.servers.iter().flat_map(|server| context.scope.versions.iter().map(move |one| (server, one)));
    let visit = |(server, version): (&super::prepared::PreparedServer<'_>, &TlsVersion)| {
        let id = format!("other-environment-{}", version.id());
        let subject = format!("{} <- {}/{}", server.identity.name, other.name, client.name);
        let attempt = cross_environment::attempt(context, server, &calling, *version);
        let caller = format!("{}/{}", other.name, client.name);
        let about = about(&server.identity.name, Some(&caller), None, *version);
        PlannedCheck { about, ..planned(other, id, subject, attempt, refusal) }
    };
    pairs.map(visit).collect()
}

/// A client, or a whole environment, that cannot be tried at any server.
fn untried(other: &ForeignEnvironment, client: Option<&str>, reason: String) -> PlannedCheck {
    let name = &other.name;
    let subject = client.map_or_else(|| name.clone(), |client| format!("{name}/{client}"));
    planned(other, "other-environment".into(), subject, Attempt::Skip(reason), Refusal::ForeignClient)
}

fn planned(
    other: &ForeignEnvironment,
    id: String,
    subject: String,
    attempt: Attempt,
    refusal: Refusal,
) -> PlannedCheck {
    let fix = format!("give each environment its own root, and do not trust a root of {} here", other.name);
    PlannedCheck {
        id,
        group: Group::Environment,
        title: "a client of another environment is refused",
        subject,
        about: About::default(),
        attempt,
        expectation: Expectation::Refused(refusal),
        fix,
    }
}
