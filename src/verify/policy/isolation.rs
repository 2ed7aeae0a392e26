//! The borders between environments: no certificate of one is accepted in another, neither a client's nor a server's.

use super::prepared::{PreparedEnvironment, PreparedService};
use crate::handshake::TlsVersion;
use crate::handshake::{Expectation, Refusal};
use crate::report::Group;
use crate::verify::attempt::{Attempt, PlannedCheck, about};
use crate::verify::context::VerifyContext;
use crate::verify::cross_environment::{self, Eligibility, names_issuer_of};
use crate::verify::prepared::{PreparedClient, PreparedServer};

/// What the environment `other` brings to the border of `realm`: every client at one server of each domain, one client
/// at every server, and every server before one client of each domain. What guards against one certificate of another
/// root guards against all; the two rows and the column would show the one that differs.
pub(super) fn plan(realm: &PreparedEnvironment<'_>, other: &PreparedEnvironment<'_>) -> Vec<PlannedCheck> {
    let mut plan = Vec::new();
    for context in &realm.contexts {
        plan.extend(clients(context, realm, other));
        plan.extend(servers(context, realm, other));
    }
    plan
}

/// Their clients at our servers that ask for certificates.
fn clients(
    context: &VerifyContext<'_>,
    realm: &PreparedEnvironment<'_>,
    other: &PreparedEnvironment<'_>,
) -> Vec<PlannedCheck> {
    let guarded: Vec<&PreparedServer<'_>> = context.servers.iter().filter(|server| server.guarded).collect();
    let works = |server: &&&PreparedServer<'_>| is_reached(context, server);
    let representative = guarded.iter().find(works).or(guarded.first());
    let callers = other.members.iter().filter(|member| member.eligibility == Eligibility::Client);
    let mut plan = Vec::new();
    for (nth, caller) in callers.enumerate() {
        let Ok(identity) = caller.identity else { continue };
        let calling = PreparedClient::new(&context.tls, Some(identity), &context.roots);
        let refusal = cross_environment::refusal(identity, context);
        for server in &guarded {
            let (id, title) = match representative {
                Some(one) if one.place == server.place => {
                    ("clients", "each client of another environment is refused by one server of each domain")
                }
                _ if nth == 0 => ("client", "one client of another environment is refused by every server"),
                _ => continue,
            };
            let (ours, theirs) = (full(realm, &server.identity.name), full(other, &caller.service.name));
            plan.extend(context.scope.versions.iter().map(|version| {
                let attempt = cross_environment::attempt(context, server, &calling, *version);
                planned(id, *version, title, (&ours, &theirs), attempt, refusal)
            }));
        }
    }
    plan
}

/// Their servers before one of our clients; where a domain has none, before a visitor that trusts its root.
fn servers(
    context: &VerifyContext<'_>,
    realm: &PreparedEnvironment<'_>,
    other: &PreparedEnvironment<'_>,
) -> Vec<PlannedCheck> {
    let at_home =
        |member: &&PreparedService<'_>| realm.context(member).is_some_and(|home| std::ptr::eq(home, context));
    let clients = realm.members.iter().filter(|member| member.eligibility == Eligibility::Client);
    let client =
        clients.filter(at_home).find_map(|member| Some((member.service.name.as_str(), member.own()?)));
    let (name, calling) = client.unwrap_or(("a visitor", &context.nobody));
    let title = "one client of each domain refuses every server of another environment";
    let mut plan = Vec::new();
    for theirs in &other.contexts {
        for server in &theirs.servers {
            let twin = names_issuer_of(server.identity, context.scope.trust);
            let refusal = if twin { Refusal::ForgedServer } else { Refusal::ForeignServer };
            let (server_name, client_name) = (full(other, &server.identity.name), full(realm, name));
            plan.extend(context.scope.versions.iter().map(|version| {
                let reached = theirs.reached.contains(&(server.place, *version));
                let call = || Attempt::call(&server.plain, calling.at(*version), server.address());
                let attempt = match reached {
                    _ if context.scope.trust.anchors.is_empty() => {
                        Attempt::Skip("there is no root here yet, so nothing is trusted".into())
                    }
                    true => call(),
                    false => Attempt::unreached(),
                };
                planned("servers", *version, title, (&server_name, &client_name), attempt, refusal)
            }));
        }
    }
    plan
}

fn is_reached(context: &VerifyContext<'_>, server: &PreparedServer<'_>) -> bool {
    context.scope.versions.iter().all(|version| context.reached.contains(&(server.place, *version)))
}

fn full(realm: &PreparedEnvironment<'_>, name: &str) -> String {
    format!("{}/{name}", realm.environment.name)
}

fn planned(
    id: &str,
    version: TlsVersion,
    title: &'static str,
    (server, client): (&str, &str),
    attempt: Attempt,
    refusal: Refusal,
) -> PlannedCheck {
    PlannedCheck {
        id: format!("other-environment-{id}-{}", version.id()),
        group: Group::Environment,
        title,
        subject: format!("{server} <- {client}"),
        about: about(server, Some(client), None, version),
        attempt,
        expectation: Expectation::Refused(refusal),
        fix: "give each environment its own root, and do not trust another environment's root".into(),
    }
}
