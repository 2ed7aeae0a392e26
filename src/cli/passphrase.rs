//! Where a passphrase comes from: a file, the environment, or a person; never the command line.

use std::path::Path;

use super::args::Global;
use super::failure::Failure;
use super::prompt;
use crate::error::Error;
use crate::pki::Passphrase;
use crate::store;

/// Whether the passphrase opens something or will close it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Asked for once.
    Open,
    /// Asked for twice.
    Close,
}

/// The passphrase for `place`; an error that says how to give it where nobody can be asked.
pub(super) fn find(
    file: Option<&Path>,
    purpose: Purpose,
    place: &str,
    global: &Global,
) -> Result<Passphrase, Failure> {
    let passphrase = match (file, std::env::var("PKICTL_PASSPHRASE")) {
        (Some(file), _) => from_file(file)?,
        (None, Ok(text)) => Passphrase::new(text),
        (None, Err(_)) if prompt::possible(global) => prompt::passphrase(place, purpose == Purpose::Close)?,
        (None, Err(_)) => return Err(Error::PassphraseNeeded { place: place.to_owned() }.into()),
    };
    if passphrase.is_empty() {
        return Err(Failure::usage(
            "the passphrase is empty",
            Some("an empty passphrase protects nothing".into()),
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
        Err(_) => Err(Failure::usage(format!("the passphrase in {} is no UTF-8 text", path.display()), None)),
    }
}
