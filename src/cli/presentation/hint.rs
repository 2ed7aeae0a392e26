//! What to try next: the recommendation that belongs to each error.

use std::ffi::OsStr;
use std::path::Path;

use crate::cli::environment::{PASSPHRASE, arguments, early_value, usual, variable};
use crate::cli::global::{DIRECTORY, ENVIRONMENT, Global};
use crate::error::{Error, NotPem, ThingKind};
use crate::manifest::FILE_NAME;
use crate::store::ROOT;
use crate::suggestion::closest;
use crate::template::shell_word;

/// The next step after `error`, with the options that lead back to the same PKI directory and environment.
pub(in crate::cli) fn for_error(error: &Error, global: &Global) -> Option<String> {
    let error = error.innermost();
    if let Error::NotFound { name, known, .. } = error
        && let Some(meant) = closest(name, known)
    {
        return Some(format!("did you mean `{meant}`?"));
    }
    let here = location(global);
    Some(match error {
        Error::NoAuthority { .. } => no_authority(global, &here),
        Error::NoAuthorityKey { path, .. } => {
            format!("restore the key at {}, or make a new CA with `pkictl init --force{here}`", path.display())
        }
        Error::NotFound { what, known, .. } => return unknown(*what, known, &here),
        Error::AlreadyExists { what: ThingKind::Authority, name, .. } if name == ROOT => {
            "use `--if-missing` to keep it, or `--force` to replace it: certificates that the old one signed are no \
             longer trusted then, and have to be issued again"
                .into()
        }
        Error::AlreadyExists { .. } => "use `--force` to replace it".into(),
        Error::PassphraseNeeded { .. } => {
            format!("give it with `--passphrase-file FILE` or in the variable {PASSPHRASE}")
        }
        Error::PassphraseWrong { .. } => wrong_passphrase(),
        Error::LaxMode { path, .. } => format!("run `chmod 600 {}`", shell_word(&path.display().to_string())),
        Error::WildcardTooWide { .. } => {
            "use a wildcard under a domain of your own, or allow it with `--force`".into()
        }
        Error::OutsideConstraints { .. } => {
            "use a name inside them, or make a CA that permits it with `--permit-dns` or `--permit-ip`".into()
        }
        Error::NoRoomBelow { .. } => {
            format!("sign it with an authority nearer to the root: `--ca root`; `pkictl list{here}` shows them")
        }
        Error::KeyTypeUnavailable { .. } => "use ec-p256, or build pkictl with its feature `rsa`".into(),
        Error::KeyMismatch { is_authority: true, .. } => {
            format!("restore the CA's own key, or make a new CA with `pkictl init --force{here}`")
        }
        Error::KeyMismatch { .. } => {
            "use the key that the certificate was made for, or issue it again with `--force`".into()
        }
        Error::AppliedState { is_newer: true, .. } => "a newer pkictl wrote it: use that version".into(),
        Error::AppliedState { path, .. } => format!(
            "move it away with `mv {0} {0}.damaged`; the next `pkictl apply` writes a new one",
            shell_word(&path.display().to_string())
        ),
        Error::NotPem { place, found } => match found {
            NotPem::DerKey => convert("pkey", place),
            NotPem::Der => convert("x509", place),
            _ => return None,
        },
        Error::MissingValue { what: ThingKind::Profile, key, .. } => format!("add `--set {key}=VALUE`"),
        Error::MissingName { .. } => "add one with `--san NAME`".into(),
        Error::Refused { advice, .. } => advice.clone()?,
        Error::Locked { .. } => "wait for the other pkictl, or end it; that releases the lock".into(),
        Error::BadArtifact { .. } => {
            "this is a defect of the emitter; pass other values, or fix its template".into()
        }
        _ => return None,
    })
}

/// What to do about a name that nothing has.
fn unknown(what: ThingKind, known: &[String], here: &str) -> Option<String> {
    Some(match what {
        ThingKind::Credential if known.is_empty() => {
            format!("make one with `pkictl issue server NAME{here}`")
        }
        ThingKind::Credential | ThingKind::CredentialOrAuthority => {
            format!("`pkictl list{here}` shows what exists")
        }
        ThingKind::Profile => "`pkictl profile list` shows what exists".into(),
        ThingKind::Emitter => "`pkictl emit --list` shows what exists".into(),
        ThingKind::Variable => "`pkictl profile show NAME` shows the profile's variables".into(),
        ThingKind::Authority => format!("`pkictl list{here}` shows the authorities"),
        _ => return None,
    })
}

fn convert(kind: &str, file: &str) -> String {
    format!("convert it with `openssl {kind} -inform der -in {} -out FILE.pem`", shell_word(file))
}

/// Where the wrong passphrase came from.
fn wrong_passphrase() -> String {
    let arguments = arguments();
    let file = ["--passphrase-file", "--password-file"].map(|option| early_value(&arguments, option));
    match (file.into_iter().flatten().next(), variable(PASSPHRASE)) {
        (Some(file), _) => format!("check the first line of {}", Path::new(&file).display()),
        (None, Some(_)) => format!("check the variable {PASSPHRASE}"),
        (None, None) => {
            "use the passphrase that the key was encrypted with; it cannot be decrypted without it".into()
        }
    }
}

/// Where other environments exist, one of them was more likely meant; where a manifest exists, it was not applied yet.
fn no_authority(global: &Global, here: &str) -> String {
    let mut others = global.store().environments();
    others.retain(|name| *name != global.env);
    if !others.is_empty() {
        let others = others.join(", ");
        return format!(
            "name one of these with `--env NAME`: {others}; or make this one with `pkictl init{here}`"
        );
    }
    format!("run `{}` first", beginning(global))
}

/// The command that makes the first authority: that of a manifest, if there is one here.
pub(in crate::cli) fn beginning(global: &Global) -> String {
    match !global.explicit.pki && Path::new(FILE_NAME).is_file() {
        true => "pkictl apply".into(),
        false => format!("pkictl init{}", location(global)),
    }
}

/// The options that lead to the same PKI directory and environment, with a leading space.
pub(in crate::cli) fn location(global: &Global) -> String {
    options(*global.pki != *usual(DIRECTORY, "pki"), *global.env != *usual(ENVIRONMENT, "dev"), global)
}

/// The options that were given on the command line and matter again, where a manifest has the usual values.
pub(in crate::cli) fn given(global: &Global) -> String {
    let differs = |name: &str, value: &OsStr| variable(name).is_none_or(|usual| usual != value);
    options(
        global.explicit.pki && differs(DIRECTORY, global.pki.as_os_str()),
        global.explicit.env && differs(ENVIRONMENT, global.env.as_ref()),
        global,
    )
}

fn options(pki: bool, env: bool, global: &Global) -> String {
    let mut text = String::new();
    if pki {
        text += &format!(" --pki {}", shell_word(&global.pki.display().to_string()));
    }
    if env {
        text += &format!(" --env {}", shell_word(&global.env));
    }
    text
}
