//! Where a passphrase comes from: a file, an environment variable or a prompt; never the command line.

use std::ffi::OsString;
use std::path::Path;

use super::environment::{PASSPHRASE, variable};
use super::failure::{Failure, Kind};
use super::global::Global;
use super::prompt;
use crate::error::Error;
use crate::pki::Passphrase;
use crate::store;

/// Whether one is in the variable.
pub(super) fn is_in_variable() -> bool {
    variable(PASSPHRASE).is_some()
}

/// Whether the passphrase decrypts or will encrypt a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// ResolvedArgs for once.
    Open,
    /// ResolvedArgs for twice.
    Close,
}

/// The passphrase for `place`; where no prompt is possible, an error that says how to give it.
pub(super) fn find(
    file: Option<&Path>,
    purpose: Purpose,
    place: &str,
    global: &Global,
) -> Result<Passphrase, Failure> {
    find_checked(file, purpose, place, global, &|_| true)
}

/// The passphrase that was given, if one was; never prompts. One that was given and cannot be read is an error.
pub(super) fn given(file: Option<&Path>, global: &Global) -> Result<Option<Passphrase>, Failure> {
    let silent = Global { no_input: true, ..global.clone() };
    match find(file, Purpose::Open, "the CA key", &silent) {
        Ok(passphrase) => Ok(Some(passphrase)),
        Err(Failure { kind: Kind::Library(error), .. })
            if matches!(*error, Error::PassphraseNeeded { .. }) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The passphrase that decrypts `place`; the prompt is repeated after a wrong one.
pub(super) fn that_opens(
    file: Option<&Path>,
    place: &str,
    global: &Global,
    opens: &dyn Fn(&Passphrase) -> bool,
) -> Result<Passphrase, Failure> {
    find_checked(file, Purpose::Open, place, global, opens)
}

fn find_checked(
    file: Option<&Path>,
    purpose: Purpose,
    place: &str,
    global: &Global,
    opens: &dyn Fn(&Passphrase) -> bool,
) -> Result<Passphrase, Failure> {
    let (passphrase, source) = match (file, variable(PASSPHRASE).map(OsString::into_string)) {
        (Some(file), _) => (from_file(file)?, format!("in {}", file.display())),
        (None, Some(Ok(text))) => (Passphrase::new(text), format!("in the variable {PASSPHRASE}")),
        (None, Some(Err(_))) => {
            let message = format!("the passphrase in the variable {PASSPHRASE} is not UTF-8 text");
            return Err(Failure::usage(message, None));
        }
        (None, None) if prompt::possible(global) => {
            let typed = match purpose {
                Purpose::Open => prompt::passphrase(place, opens)?,
                Purpose::Close => prompt::new_passphrase(place)?,
            };
            (typed, "that was typed".into())
        }
        (None, None) if purpose == Purpose::Close => {
            let hint = format!("give one with `--passphrase-file FILE` or in the variable {PASSPHRASE}");
            let message = format!("no passphrase to encrypt {place} with");
            return Err(Failure::usage(message, Some(hint)));
        }
        (None, None) => return Err(Error::PassphraseNeeded { place: place.to_owned() }.into()),
    };
    if passphrase.is_empty() {
        return Err(Failure::usage(
            format!("the passphrase {source} is empty"),
            Some("use a passphrase of at least one character".into()),
        ));
    }
    Ok(passphrase)
}

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let bytes = zeroize::Zeroizing::new(store::read_file(path)?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => Ok(Passphrase::new(text.to_owned())),
        Err(_) => {
            Err(Failure::usage(format!("the passphrase in {} is not UTF-8 text", path.display()), None))
        }
    }
}
