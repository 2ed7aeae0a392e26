//! Prompts at a terminal. Every prompt has an option that replaces it; without a terminal nothing is ever asked.

mod terminal;

use std::cell::Cell;
use std::io::{ErrorKind, IsTerminal};

use dialoguer::console;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Password, Select};

use super::environment::is_dumb_terminal;
use super::failure::Failure;
use super::global::{Color, Global};
use super::presentation::style::visible;
use crate::error::Error;
use crate::pki::{Label, Passphrase, SubjectAltName};
use crate::profile::Profiles;
use terminal::terminal;

/// How often a wrong passphrase is asked for again.
const TRIES: usize = 3;

/// Whether there is a terminal that prompts can be drawn on.
pub(super) fn possible(global: &Global) -> bool {
    !global.no_input
        && std::io::stdin().is_terminal()
        && std::io::stderr().is_terminal()
        && !is_dumb_terminal()
}

/// Prompts follow `--color` as all output does.
pub(super) fn set_color(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => console::set_colors_enabled_stderr(true),
        Color::Never => console::set_colors_enabled_stderr(false),
    }
}

/// The answers that `init` needs.
pub(super) struct InitAnswers {
    pub(super) organization: Option<String>,
    pub(super) intermediate: bool,
    pub(super) encrypt: bool,
}

/// Asks for what `init` otherwise gets from `--org`, `--intermediate` and `--encrypt-key`.
pub(super) fn init() -> Result<InitAnswers, Failure> {
    let organization: String = Input::with_theme(&ColorfulTheme::default())
        .with_prompt("Organization name in the certificates (--org; may be empty)")
        .allow_empty(true)
        .interact_text_on(&terminal())
        .map_err(interrupted)?;
    Ok(InitAnswers {
        organization: Some(organization).filter(|text| !text.trim().is_empty()),
        intermediate: confirm("Create an issuing CA under the root (--intermediate)?")?,
        encrypt: confirm("Encrypt the CA keys with a passphrase (--encrypt-key)?")?,
    })
}

fn confirm(question: &str) -> Result<bool, Failure> {
    let answer = Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(question)
        .default(false)
        .interact_on_opt(&terminal())
        .map_err(interrupted)?;
    answer.ok_or_else(escaped)
}

/// Asks for a profile of leaves.
pub(super) fn profile(profiles: &Profiles) -> Result<String, Failure> {
    let mut leaves = Vec::new();
    for name in profiles.names() {
        match profiles.load(&name) {
            Ok(profile) if !profile.role.is_authority() => leaves.push((name, profile.summary)),
            _ => {}
        }
    }
    let usual = |name: &str| ["server", "client", "peer", "wildcard"].iter().position(|known| *known == name);
    leaves.sort_by_key(|(name, _)| (usual(name).unwrap_or(usize::MAX), name.clone()));
    let lines: Vec<String> =
        leaves.iter().map(|(name, summary)| visible(&format!("{name}: {summary}"))).collect();
    let chosen = Select::with_theme(&ColorfulTheme::default())
        .with_prompt("Profile")
        .items(&lines)
        .default(0)
        .interact_on_opt(&terminal())
        .map_err(interrupted)?;
    Ok(leaves.swap_remove(chosen.ok_or_else(escaped)?).0)
}

/// Asks for the name of a credential until it is valid and not taken.
pub(super) fn name(refuse: impl Fn(&Label) -> Option<String>) -> Result<String, Failure> {
    let check = |text: &String| match text.parse::<Label>() {
        Ok(name) => refuse(&name).map_or(Ok(()), Err),
        Err(error) => Err(error.to_string()),
    };
    Input::<String>::with_theme(&ColorfulTheme::default())
        .with_prompt("Name, such as web, web.example.com or backend-1")
        // An empty answer gets an error message as well.
        .allow_empty(true)
        .validate_with(check)
        .interact_text_on(&terminal())
        .map_err(interrupted)
}

/// Asks for additional names, separated by commas, until all are valid.
pub(super) fn sans() -> Result<Vec<SubjectAltName>, Failure> {
    let read = |text: &str| -> Result<Vec<SubjectAltName>, Error> {
        text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse).collect()
    };
    let text: String = Input::with_theme(&ColorfulTheme::default())
        .with_prompt("Additional host names and addresses (--san; comma-separated, may be empty)")
        .allow_empty(true)
        .validate_with(|text: &String| read(text).map(|_| ()).map_err(|error| error.to_string()))
        .interact_text_on(&terminal())
        .map_err(interrupted)?;
    Ok(read(&text)?)
}

/// Asks for the passphrase of an encrypted key, and again if it is wrong; the last answer is returned unchecked.
pub(super) fn passphrase(place: &str, opens: &dyn Fn(&Passphrase) -> bool) -> Result<Passphrase, Failure> {
    let tries = Cell::new(0);
    let check = |text: &String| {
        tries.set(tries.get() + 1);
        match tries.get() >= TRIES || opens(&Passphrase::new(text.clone())) {
            true => Ok(()),
            false => Err("wrong passphrase, try again"),
        }
    };
    Password::with_theme(&ColorfulTheme::default())
        .with_prompt(format!("Passphrase for {}", visible(place)))
        .validate_with(check)
        .interact_on(&terminal())
        .map(Passphrase::new)
        .map_err(interrupted)
}

/// Asks twice for a new passphrase.
pub(super) fn new_passphrase(place: &str) -> Result<Passphrase, Failure> {
    Password::with_theme(&ColorfulTheme::default())
        .with_prompt(format!("Passphrase for {}", visible(place)))
        .with_confirmation("Repeat the passphrase", "The passphrases differ, try again")
        .interact_on(&terminal())
        .map(Passphrase::new)
        .map_err(interrupted)
}

fn interrupted(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(source) = error;
    Error::io("read an answer from", "the terminal", source).into()
}

/// Escape cancels the prompt.
fn escaped() -> Failure {
    let source = std::io::Error::new(ErrorKind::Interrupted, "the prompt was cancelled");
    Error::io("read an answer from", "the terminal", source).into()
}
