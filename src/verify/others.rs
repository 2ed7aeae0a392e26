//! The clients of other environments, each of which must be refused by each server.

use super::attempt::{Attempt, Planned, about};
use super::border::{self, Standing};
use super::handshake::{Expectation, Refusal};
use super::party::Calling;
use super::plan::Stage;
use super::{Environment, TlsVersion};
use crate::bundle::Identity;
use crate::report::{About, Group};

/// Every client of every other environment at every server; one check for whatever cannot be tried.
pub(super) fn plan(stage: &Stage<'_>) -> Vec<Planned> {
    let others = stage.scope.others.iter().filter(|_| !stage.scope.server_auth_only);
    others.flat_map(|other| environment(stage, other)).collect()
}

fn environment(stage: &Stage<'_>, other: &Environment) -> Vec<Planned> {
    let mut plan = Vec::new();
    let home = match &other.trust {
        Ok(trust) => stage.tls.roots(&trust.anchors),
        Err(reason) => Err(reason.clone()),
    };
    for client in &other.clients {
        // Whoever is taken here must be told of, wherever he is at home.
        let is_taken = Standing::of(client, &stage.tls, &stage.roots, stage.scope.now) == Standing::Client;
        let at_home = Standing::of(client, &stage.tls, &home, stage.scope.now);
        match at_home.obstacle().filter(|_| !is_taken) {
            Some(reason) => plan.push(untried(other, Some(&client.name), reason)),
            None => plan.extend(visits(stage, other, client)),
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

fn visits(stage: &Stage<'_>, other: &Environment, client: &Identity) -> Vec<Planned> {
    let calling = Calling::new(&stage.tls, Some(client), &stage.roots);
    let refusal = border::refusal(client, stage);
    let pairs =
        stage.servers.iter().flat_map(|server| stage.scope.versions.iter().map(move |one| (server, one)));
    let visit = |(server, version): (&super::party::Serving<'_>, &TlsVersion)| {
        let id = format!("other-environment-{}", version.id());
        let subject = format!("{} <- {}/{}", server.identity.name, other.name, client.name);
        let attempt = border::attempt(stage, server, &calling, *version);
        let caller = format!("{}/{}", other.name, client.name);
        let about = about(&server.identity.name, Some(&caller), None, *version);
        Planned { about, ..planned(other, id, subject, attempt, refusal) }
    };
    pairs.map(visit).collect()
}

/// A client, or a whole environment, that cannot be tried at any server.
fn untried(other: &Environment, client: Option<&str>, reason: String) -> Planned {
    let name = &other.name;
    let subject = client.map_or_else(|| name.clone(), |client| format!("{name}/{client}"));
    planned(other, "other-environment".into(), subject, Attempt::Skip(reason), Refusal::ForeignClient)
}

fn planned(other: &Environment, id: String, subject: String, attempt: Attempt, refusal: Refusal) -> Planned {
    let fix =
        format!("let each environment have a root of its own, and trust no root of {} here", other.name);
    Planned {
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
