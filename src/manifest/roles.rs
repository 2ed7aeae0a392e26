//! Who serves, who calls, and by which profile: what follows from the whole manifest for each service.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Raw, RawService};
use super::table::{Diagnostics, Spanned};
use crate::error::ValueKind;
use crate::pki::{Label, Role};
use crate::profile::{Profile, Profiles};

/// What a service is, in the order of [`Raw::services`].
#[derive(Debug)]
pub(super) struct Decided {
    /// Absent when the name is wrong.
    pub(super) label: Option<Label>,
    /// The place of its authority in [`Raw::authorities`].
    pub(super) authority: usize,
    pub(super) profile: String,
    pub(super) role: Role,
    pub(super) calls: bool,
}

pub(super) fn decide(raw: &Raw, profiles: &Profiles, diagnostics: &Diagnostics<'_>) -> Vec<Decided> {
    names_of_authorities(raw, diagnostics);
    let by_name: BTreeMap<&str, usize> =
        raw.services.iter().enumerate().map(|(place, one)| (one.name.value.as_str(), place)).collect();
    let called: BTreeSet<&str> =
        raw.services.iter().flat_map(callers).map(|caller| caller.value.as_str()).collect();
    let mut loaded = BTreeMap::new();
    let decided: Vec<Decided> = raw
        .services
        .iter()
        .map(|service| Decided {
            calls: called.contains(service.name.value.as_str()),
            ..one(
                raw,
                service,
                called.contains(service.name.value.as_str()),
                profiles,
                &mut loaded,
                diagnostics,
            )
        })
        .collect();
    for (service, own) in raw.services.iter().zip(&decided) {
        for caller in callers(service) {
            match by_name.get(caller.value.as_str()) {
                Some(place) => fits(raw, caller, &decided[*place], service, own, diagnostics),
                None => {
                    let known: Vec<&str> = by_name.keys().copied().collect();
                    let message = format!("the caller {:?} is not a service in this manifest", caller.value);
                    diagnostics.add(&caller.span, message, Some(format!("one of {}", known.join(", "))));
                }
            }
        }
    }
    decided
}

fn callers(service: &RawService) -> impl Iterator<Item = &Spanned<String>> {
    service.callers.iter().flatten()
}

/// What one service is by itself.
fn one(
    raw: &Raw,
    service: &RawService,
    calls: bool,
    profiles: &Profiles,
    loaded: &mut BTreeMap<String, Option<Profile>>,
    diagnostics: &Diagnostics<'_>,
) -> Decided {
    let name = &service.name;
    let label = name.value.parse().map_err(|error| diagnostics.error(&name.span, &error)).ok();
    let serves = service.names.is_some() || service.callers.is_some();
    let fallback = match (serves, calls) {
        (true, true) => "peer",
        (true, false) => "server",
        _ => "client",
    };
    if service.profile.is_none() && !serves && !calls {
        diagnostics.add(
            &name.span,
            format!("service {:?} neither serves nor calls", name.value),
            Some("`names`, `callers`, or another service that names it as a caller".into()),
        );
    }
    let chosen = service.profile.as_ref().map_or(fallback, |profile| &profile.value);
    let span = service.profile.as_ref().map_or(&name.span, |profile| &profile.span);
    let profile = loaded.entry(chosen.to_owned()).or_insert_with(|| match profiles.load(chosen) {
        Ok(profile) => Some(profile),
        Err(error) => {
            diagnostics.error(span, &error);
            None
        }
    });
    let mut role = profile.as_ref().map_or(Role::Peer, |profile| profile.role);
    if role.is_authority() {
        let message = format!("the profile {chosen:?} is for CAs, not for services");
        diagnostics.add(span, message, Some("a profile for servers, clients or both".into()));
        role = Role::Peer;
    }
    if !role.serves()
        && let Some(first) = &service.callers
    {
        let span = first.first().map_or(&name.span, |caller| &caller.span);
        let message = format!("{:?} has callers, but its profile {chosen:?} cannot serve", name.value);
        diagnostics.add(span, message, Some("a profile for servers, or none".into()));
    }
    if let Some(profile) = profile {
        variables(service, profile, diagnostics);
    }
    let authority = service.authority.as_ref().map_or(0, |wanted| authority(raw, wanted, diagnostics));
    Decided { label, authority, profile: chosen.to_owned(), role, calls }
}

/// The place of a named authority.
fn authority(raw: &Raw, wanted: &Spanned<String>, diagnostics: &Diagnostics<'_>) -> usize {
    let named = |name: &str| raw.authorities.iter().position(|one| is_named(one.name.as_ref(), name));
    named(&wanted.value).unwrap_or_else(|| {
        let known = raw.authorities.iter().filter_map(|one| one.name.as_ref());
        let known: Vec<&str> = known.map(|name| name.value.as_str()).collect();
        let expected = match known.is_empty() {
            true => format!("a table `[authority.{}]`", wanted.value),
            false => format!("one of {}", known.join(", ")),
        };
        diagnostics.add(&wanted.span, format!("unknown authority {:?}", wanted.value), Some(expected));
        0
    })
}

fn is_named(found: Option<&Spanned<String>>, name: &str) -> bool {
    found.is_some_and(|found| found.value == name)
}

/// Values are set for variables that the profile has, and for all that have no default.
fn variables(service: &RawService, profile: &Profile, diagnostics: &Diagnostics<'_>) {
    for (key, _) in service.set.iter().filter(|(key, _)| !profile.variables.contains_key(&key.value)) {
        let known: Vec<&str> = profile.variables.keys().map(String::as_str).collect();
        let expected = match known.is_empty() {
            true => "nothing: it has no variables".into(),
            false => format!("one of {}", known.join(", ")),
        };
        let message = format!("the profile {:?} has no variable {:?}", profile.name, key.value);
        diagnostics.add(&key.span, message, Some(expected));
    }
    let missing = profile.variables.iter().filter(|(name, variable)| {
        variable.default.is_none() && service.set.iter().all(|(key, _)| key.value != **name)
    });
    for (name, variable) in missing {
        let message =
            format!("the profile {:?} needs a value for {name:?} ({})", profile.name, variable.help);
        diagnostics.add(&service.name.span, message, Some(format!("`set = {{ {name} = \"...\" }}`")));
    }
}

/// Whether a caller can call: its certificate must be for clients, and of the authority that the callee trusts.
fn fits(
    raw: &Raw,
    caller: &Spanned<String>,
    calling: &Decided,
    service: &RawService,
    own: &Decided,
    diagnostics: &Diagnostics<'_>,
) {
    if calling.role == Role::Server {
        let message =
            format!("{:?} cannot call: its profile {:?} is for servers", caller.value, calling.profile);
        diagnostics.add(
            &caller.span,
            message,
            Some("a caller with the profile \"peer\" or \"client\", or with none".into()),
        );
    }
    if calling.authority != own.authority {
        let name = |place: usize| match &raw.authorities[place].name {
            Some(name) => format!("the authority {:?}", name.value),
            None => "the environment's own authority".into(),
        };
        let message = format!(
            "{:?} has its certificate from {}, but {:?} trusts {}",
            caller.value,
            name(calling.authority),
            service.name.value,
            name(own.authority)
        );
        let expected = "callers of the same authority: give the caller a second service there, for its calls";
        diagnostics.add(&caller.span, message, Some(expected.into()));
    }
}

/// Names become directories, and a dot is between environment and authority.
fn names_of_authorities(raw: &Raw, diagnostics: &Diagnostics<'_>) {
    let names = raw.authorities.iter().filter_map(|one| one.name.as_ref());
    for (what, name) in raw
        .environments
        .iter()
        .map(|name| (ValueKind::Environment, name))
        .chain(names.map(|name| (ValueKind::AuthorityName, name)))
    {
        match name.value.parse::<Label>() {
            Err(error) => diagnostics.error(&name.span, &error.about(what)),
            Ok(_) if ["profiles", "emit"].contains(&name.value.as_str()) => {
                diagnostics.add(
                    &name.span,
                    format!("{what} {:?}: reserved for templates in the PKI directory", name.value),
                    None,
                );
            }
            Ok(_) if name.value.contains(['.', '*', ':', '@']) => {
                let message =
                    format!("{what} {:?}: only letters, digits, `-` and `_` are allowed", name.value);
                diagnostics.add(&name.span, message, None);
            }
            Ok(_) => {}
        }
    }
}
