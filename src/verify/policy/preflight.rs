//! What can be said of a policy without a connection: what is missing, stale or ambiguous.

use super::prepared::{PreparedEnvironment, PreparedService};
use crate::policy::{Callers, principal};
use crate::report::{Check, Group, Outcome};
use crate::verify::cross_environment::Eligibility;

/// Checks of what the manifest says and what was applied.
pub(super) fn checks(realm: &PreparedEnvironment<'_>) -> Vec<Check> {
    let members = &realm.members;
    let mut checks: Vec<Check> = members.iter().filter_map(readable).collect();
    checks.extend(members.iter().filter(|member| member.service.serves).map(applied));
    checks.extend(members.iter().flat_map(|member| stale(realm, member)));
    checks.extend(ambiguous(realm));
    checks
}

fn readable(member: &PreparedService<'_>) -> Option<Check> {
    let reason = member.identity.as_ref().err()?;
    let outcome = Outcome::failed("a certificate with its private key", reason.clone())
        .with_fix("apply the manifest: it makes what is missing or damaged");
    Some(Check::new("readable", Group::Static, "its files can be read", &member.service.name, outcome))
}

fn applied(member: &PreparedService<'_>) -> Check {
    let outcome = match &member.service.admits {
        Ok(_) => Outcome::Passed,
        Err(reason) => Outcome::failed("a server configuration from the last apply", reason.clone())
            .with_fix("apply the manifest"),
    };
    Check::new(
        "policy-applied",
        Group::Policy,
        "its callers have been applied",
        &member.service.name,
        outcome,
    )
}

/// Whether every caller that a server allows is a service of its domain.
fn stale(realm: &PreparedEnvironment<'_>, callee: &PreparedService<'_>) -> Vec<Check> {
    let Ok(Callers::Only(admitted)) = &callee.service.admits else { return vec![] };
    let check = |outcome| {
        let title = "every caller that it allows is a declared service";
        Check::new("policy-stale", Group::Policy, title, &callee.service.name, outcome)
    };
    let residents = || realm.members.iter().filter(|one| one.service.domain == callee.service.domain);
    let known: Vec<String> = residents().filter_map(principal_of).collect();
    let unread = residents().find(|one| one.identity.is_err());
    let unknown = admitted.iter().filter(|name| !known.contains(name));
    let checks: Vec<Check> = unknown
        .map(|name| match unread {
            Some(one) => Outcome::skipped(format!(
                "{name:?} may be {}, whose certificate cannot be used",
                one.service.name
            )),
            None => Outcome::failed("a service of the manifest", format!("{name:?} is still allowed"))
                .with_fix("apply the manifest, which removes it from the list"),
        })
        .map(check)
        .collect();
    if checks.is_empty() { vec![check(Outcome::Passed)] } else { checks }
}

/// Clients that servers cannot tell apart.
fn ambiguous(realm: &PreparedEnvironment<'_>) -> Vec<Check> {
    let mut seen: Vec<(usize, String, &str)> = Vec::new();
    let mut checks = Vec::new();
    for member in realm.members.iter().filter(|member| member.eligibility == Eligibility::Client) {
        let Some(principal) = principal_of(member) else { continue };
        let (domain, name) = (member.service.domain, member.service.name.as_str());
        match seen.iter().find(|(other, known, _)| *other == domain && *known == principal) {
            Some((_, _, first)) => checks.push(Check::new(
                "policy-principal",
                Group::Policy,
                "servers can tell it from other callers",
                name,
                Outcome::failed(
                    format!("a name of its own beside {first}"),
                    format!("{principal:?}, which is {first}'s as well"),
                )
                .with_fix("give each service that calls a unique common name"),
            )),
            None => seen.push((domain, principal, name)),
        }
    }
    checks
}

fn principal_of(member: &PreparedService<'_>) -> Option<String> {
    member.identity.as_ref().ok().map(|identity| principal(identity.leaf()))
}
