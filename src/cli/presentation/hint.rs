//! What to try next: the recommendation that belongs to each error.

use std::ffi::OsStr;
use std::path::Path;

use crate::cli::args::{DIRECTORY, ENVIRONMENT, Global, early_value};
use crate::cli::environment::{arguments, usual, variable};
use crate::cli::passphrase::VARIABLE as PASSPHRASE;
use crate::error::Error;
use crate::manifest::FILE_NAME;
use crate::template::shell_word;

/// The next step after `error`, with the options that lead back to the same PKI directory and environment.
pub(in crate::cli) fn for_error(error: &Error, global: &Global) -> Option<String> {
    if let Error::NotFound { name, known, .. } = error
        && let Some(meant) = alike(name, known)
    {
        return Some(format!("did you mean `{meant}`?"));
    }
    let here = location(global);
    Some(match error {
        Error::NoAuthority { .. } => no_authority(global, &here),
        Error::NoAuthorityKey { path, .. } => {
            format!(
                "put the key back at {}, or make a new CA with `pkictl init --force{here}`",
                path.display()
            )
        }
        Error::NotFound { what: "credential", known, .. } if known.is_empty() => {
            format!("make one with `pkictl issue server NAME{here}`")
        }
        Error::NotFound { what: "credential" | "credential or authority", .. } => format!("`pkictl list{here}` shows what there is"),
        Error::NotFound { what: "profile", .. } => "`pkictl profile list` shows what there is".into(),
        Error::NotFound { what: "emitter", .. } => "`pkictl emit --list` shows what there is".into(),
        Error::NotFound { what: "variable", .. } => {
            "`pkictl profile show NAME` shows the profile's variables".into()
        }
        Error::NotFound { what: "authority", .. } => format!("`pkictl list{here}` shows the authorities"),
        Error::AlreadyExists { what: "authority", name, .. } if name == "root" => {
            "use `--if-missing` to keep it, or `--force` to make a new one: what the old one signed is no longer \
             trusted then, and has to be issued again"
                .into()
        }
        Error::AlreadyExists { .. } => "use `--force` to replace it".into(),
        Error::PassphraseNeeded { .. } => {
            "give it with `--passphrase-file FILE` or in the variable PKICTL_PASSPHRASE".into()
        }
        Error::PassphraseWrong { .. } => wrong_passphrase(),
        Error::LaxMode { path, .. } => format!("run `chmod 600 {}`", shell_word(&path.display().to_string())),
        Error::WildcardTooWide { .. } => {
            "use a wildcard below a domain of your own, or insist with `--force`".into()
        }
        Error::OutsideConstraints { .. } => {
            "ask for a name inside, or make a CA that permits it with `--permit-dns` or `--permit-ip`".into()
        }
        Error::NoRoomBelow { .. } => {
            format!(
                "sign it with an authority nearer to the root: `--ca root`; `pkictl list{here}` shows them"
            )
        }
        Error::KeyTypeUnavailable { .. } => "use ec-p256, or build pkictl with its feature `rsa`".into(),
        Error::KeyMismatch { key, .. } if key.ends_with("ca.key") => {
            format!("put the CA's own key back, or make a new CA with `pkictl init --force{here}`")
        }
        Error::KeyMismatch { .. } => {
            "use the key that the certificate was made for, or issue it again with `--force`".into()
        }
        Error::Encoding { found, place, .. } if place.ends_with("applied.json") => {
            match found.starts_with("schema ") {
                true => "a newer pkictl wrote it: use that one".into(),
                false => format!(
                    "move it away with `mv {0} {0}.damaged`; the next `pkictl apply` writes it anew",
                    shell_word(place)
                ),
            }
        }
        Error::Encoding { found, place, .. } if found.starts_with("DER") => {
            let kind = if found.ends_with("key") { "pkey" } else { "x509" };
            format!("convert it with `openssl {kind} -inform der -in {} -out FILE.pem`", shell_word(place))
        }
        Error::Missing { what: "profile", need, .. } => match need.split('"').nth(1) {
            Some(key) => format!("add `--set {key}=VALUE`"),
            None => return None,
        },
        Error::Missing { what: "certificate", .. } => "add one with `--san NAME`".into(),
        Error::Refused { advice, .. } => advice.clone()?,
        Error::Locked { .. } => "wait for the other pkictl, or end it; its lock goes with it".into(),
        Error::BadArtifact { .. } => {
            "this is a defect of the emitter; pass other values, or mend its template".into()
        }
        _ => return None,
    })
}

/// Where the passphrase came from that did not open the key.
fn wrong_passphrase() -> String {
    let arguments = arguments();
    let file = ["--passphrase-file", "--password-file"].map(|option| early_value(&arguments, option));
    match (file.into_iter().flatten().next(), variable(PASSPHRASE)) {
        (Some(file), _) => format!("check the first line of {}", Path::new(&file).display()),
        (None, Some(_)) => format!("check the variable {PASSPHRASE}"),
        (None, None) => "it is the one that the key was encrypted with; nobody can open it without".into(),
    }
}

/// The known name that was most likely meant: at most two letters differ, and most letters are right.
fn alike<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let near = known.iter().map(|one| (distance(name, one), one));
    let near = near.filter(|(distance, one)| *distance <= 2 && distance * 3 <= one.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, one)| one)
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, wanted) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Whoever has other environments has more likely forgotten to name one; whoever has a manifest, to apply it.
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

/// The command that makes the first authority: of a manifest, if one lies here.
pub(in crate::cli) fn beginning(global: &Global) -> String {
    match !global.given.pki && Path::new(FILE_NAME).is_file() {
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
        global.given.pki && differs(DIRECTORY, global.pki.as_os_str()),
        global.given.env && differs(ENVIRONMENT, global.env.as_ref()),
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
