//! What completes as the value of an argument: the names of environments, profiles, credentials and authorities.

use std::ffi::{OsStr, OsString};

use clap_complete::CompletionCandidate;
use clap_complete::engine::{ArgValueCompleter, PathCompleter, ValueCompleter};

use super::environment::{arguments, early_value, variable};
use crate::pki::Role;
use crate::profile::{Profile, Profiles};
use crate::store::{Environment, Store};
use crate::verify::TlsVersion;

pub(super) fn environments() -> Vec<CompletionCandidate> {
    candidates(store().environments())
}

pub(super) fn profiles() -> Vec<CompletionCandidate> {
    profiles_of(|_| true)
}

/// Profiles that `issue` accepts.
pub(super) fn issuable_profiles() -> Vec<CompletionCandidate> {
    profiles_of(|profile| profile.role != Role::RootCa)
}

fn profiles_of(wanted: impl Fn(&Profile) -> bool) -> Vec<CompletionCandidate> {
    let directories =
        typed("--profiles").into_iter().map(Into::into).chain([store().path().join("profiles")]);
    let profiles = Profiles::new(directories.collect());
    let names = profiles.names().into_iter();
    let loaded = names.map(|name| (profiles.load(&name).ok(), name));
    let loaded = loaded.filter(|(profile, _)| profile.as_ref().is_none_or(&wanted));
    loaded
        .map(|(profile, name)| {
            CompletionCandidate::new(name).help(profile.map(|profile| profile.summary.into()))
        })
        .collect()
}

pub(super) fn credentials() -> Vec<CompletionCandidate> {
    candidates(environment().map(|environment| environment.credentials()).unwrap_or_default())
}

/// Credentials, or the files of one that was made elsewhere.
pub(super) fn credentials_or_files() -> ArgValueCompleter {
    or_files(credentials)
}

/// Authorities, or a file of them.
pub(super) fn authorities_or_files() -> ArgValueCompleter {
    or_files(authorities)
}

/// Anything with a name, or a file.
pub(super) fn anything_or_files() -> ArgValueCompleter {
    or_files(|| authorities().into_iter().chain(credentials()).collect())
}

/// Files are offered beside names as soon as something was typed, and where there is no name.
fn or_files(names: impl Fn() -> Vec<CompletionCandidate> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let mut found = names();
        let typed = current.to_string_lossy();
        found.retain(|name| name.get_value().to_string_lossy().starts_with(&*typed));
        if found.is_empty() || !current.is_empty() {
            found.extend(PathCompleter::file().complete(current));
        }
        found
    })
}

pub(super) fn tls_versions() -> Vec<CompletionCandidate> {
    candidates(TlsVersion::ALL.map(|version| version.to_string().replace("TLS ", "")).to_vec())
}

pub(super) fn authorities() -> Vec<CompletionCandidate> {
    candidates(environment().map(|environment| environment.authorities()).unwrap_or_default())
}

fn candidates<T: ToString>(names: Vec<T>) -> Vec<CompletionCandidate> {
    names.into_iter().map(|name| CompletionCandidate::new(name.to_string())).collect()
}

fn store() -> Store {
    let path = typed("--pki").or_else(|| variable("PKICTL_DIR")).unwrap_or_else(|| "pki".into());
    Store::new(path)
}

fn environment() -> Option<Environment> {
    let name = typed("--env").or_else(|| typed("-e")).or_else(|| variable("PKICTL_ENV"));
    store().environment(name.as_deref().and_then(|name| name.to_str()).unwrap_or("dev")).ok()
}

/// The value of an option on the command line that is being completed.
fn typed(option: &str) -> Option<OsString> {
    let arguments = arguments();
    early_value(&arguments, option)
}
