//! Completions: a small script for each shell that asks this program, so that the names of profiles, emitters and
//! credentials complete as well as options do.

use std::ffi::OsString;

use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{self, CompletionsArgs};
use super::environment::{arguments, variable};
use super::failure::Failure;
use super::output::Output;
use crate::profile::Profiles;
use crate::store::{Environment, Store};

/// The variable by which a script asks.
const VARIABLE: &str = "COMPLETE";

/// Answers a shell that asks for completions, and ends the program; otherwise does nothing.
pub(super) fn answer_shell() {
    if variable(VARIABLE).is_none() {
        return;
    }
    let arguments = arguments();
    CompleteEnv::with_factory(|| args::command(&arguments)).var(VARIABLE).completer("pkictl").complete();
}

pub(super) fn run(args: &CompletionsArgs, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    write_script(&args.shell, &mut script);
    output.raw(&script)
}

/// The script of `shell`, one of those that the argument admits.
pub(super) fn write_script(shell: &str, script: &mut Vec<u8>) {
    let shells = Shells::builtins();
    let completer = shells.completer(shell).expect("the argument admits only shells that are built in");
    completer
        .write_registration(VARIABLE, "pkictl", "pkictl", "pkictl", script)
        .expect("writing to memory does not fail");
}

pub(super) fn environments() -> Vec<CompletionCandidate> {
    candidates(store().environments())
}

pub(super) fn profiles() -> Vec<CompletionCandidate> {
    let directories =
        typed("--profiles").into_iter().map(Into::into).chain([store().path().join("profiles")]);
    let profiles = Profiles::new(directories.collect());
    let names = profiles.names().into_iter();
    names
        .map(|name| {
            let help = profiles.load(&name).map(|profile| profile.summary.into()).ok();
            CompletionCandidate::new(name).help(help)
        })
        .collect()
}

pub(super) fn credentials() -> Vec<CompletionCandidate> {
    candidates(environment().map(|environment| environment.credentials()).unwrap_or_default())
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
    args::early_value(&arguments, option)
}
