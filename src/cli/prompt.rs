//! Questions to a person at a terminal. Every answer has an option; without a terminal nothing is ever asked.

use std::io::IsTerminal;

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Password, Select};

use super::args::Global;
use super::failure::Failure;
use crate::error::Error;
use crate::pki::{Label, Passphrase, SubjectAltName};
use crate::profile::Profiles;

/// Whether somebody is there to be asked.
pub(super) fn possible(global: &Global) -> bool {
    !global.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// The answers that `init` needs.
pub(super) struct InitAnswers {
    pub(super) organization: Option<String>,
    pub(super) intermediate: bool,
    pub(super) encrypt: bool,
}

/// Asks what `init` would be told by `--org`, `--intermediate` and `--encrypt-key`.
pub(super) fn init() -> Result<InitAnswers, Failure> {
    let theme = ColorfulTheme::default();
    let organization: String = Input::with_theme(&theme)
        .with_prompt("Organization, as certificates will show it (--org; may be empty)")
        .allow_empty(true)
        .interact_text()
        .map_err(interrupted)?;
    let intermediate = Confirm::with_theme(&theme)
        .with_prompt("Make an issuing CA under the root (--intermediate)?")
        .default(false)
        .interact()
        .map_err(interrupted)?;
    let encrypt = Confirm::with_theme(&theme)
        .with_prompt("Encrypt the CA keys with a passphrase (--encrypt-key)?")
        .default(false)
        .interact()
        .map_err(interrupted)?;
    Ok(InitAnswers {
        organization: Some(organization).filter(|text| !text.trim().is_empty()),
        intermediate,
        encrypt,
    })
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
    let lines: Vec<String> = leaves.iter().map(|(name, summary)| format!("{name}: {summary}")).collect();
    let chosen = Select::with_theme(&ColorfulTheme::default())
        .with_prompt("Profile")
        .items(&lines)
        .default(0)
        .interact()
        .map_err(interrupted)?;
    Ok(leaves.swap_remove(chosen).0)
}

/// Asks for the name of a credential until it is one.
pub(super) fn name() -> Result<String, Failure> {
    Input::<String>::with_theme(&ColorfulTheme::default())
        .with_prompt("Name, such as web, web.example.com or backend-1")
        .validate_with(|text: &String| text.parse::<Label>().map(|_| ()).map_err(|error| error.to_string()))
        .interact_text()
        .map_err(interrupted)
}

/// Asks for more names, separated by commas, until all of them are names.
pub(super) fn sans() -> Result<Vec<SubjectAltName>, Failure> {
    let read = |text: &str| -> Result<Vec<SubjectAltName>, Error> {
        text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse).collect()
    };
    let text: String = Input::with_theme(&ColorfulTheme::default())
        .with_prompt("More host names and addresses (--san; separated by commas, may be empty)")
        .allow_empty(true)
        .validate_with(|text: &String| read(text).map(|_| ()).map_err(|error| error.to_string()))
        .interact_text()
        .map_err(interrupted)?;
    Ok(read(&text)?)
}

/// Asks for a passphrase, twice if it will close something.
pub(super) fn passphrase(place: &str, twice: bool) -> Result<Passphrase, Failure> {
    let theme = ColorfulTheme::default();
    let mut question = Password::with_theme(&theme).with_prompt(format!("Passphrase for {place}"));
    if twice {
        question = question.with_confirmation("The same again", "They differ; once more");
    }
    question.interact().map(Passphrase::new).map_err(interrupted)
}

fn interrupted(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(source) = error;
    Error::io("read an answer from", "the terminal", source).into()
}
