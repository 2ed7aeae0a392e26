//! The roots that are trusted, and the CA that signs expired certificates.

use time::OffsetDateTime;

use super::subjects::Subjects;
use super::{files, unreadable, words};
use crate::bundle::Trust;
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::global::Global;
use crate::cli::material;
use crate::cli::passphrase;
use crate::error::{Error, Result};
use crate::pki::{Authority, Certificate, Passphrase};
use crate::report::Check;
use crate::store::{Environment, ROOT};
use crate::verify;

/// The roots of a file, or of the environment; and a failed check for each authority that cannot be read.
pub(super) fn trust(args: &VerifyArgs, environment: &Environment) -> Result<(Trust, Vec<Check>), Failure> {
    let Some(path) = &args.roots else { return Ok(of_environment(environment)?) };
    let trust = files::trust(path)?;
    material::require_root(path, &trust)?;
    Ok((trust, vec![]))
}

/// What the services of the environment trust. Only a missing root is an error: nothing could be proven.
pub(super) fn of_environment(environment: &Environment) -> Result<(Trust, Vec<Check>)> {
    let mut trust = Trust { anchors: environment.authority_chain(ROOT)?, intermediates: vec![] };
    let mut troubles = Vec::new();
    for name in environment.authorities().iter().filter(|name| *name != ROOT) {
        match environment.authority_chain(name) {
            Ok(mut chain) => trust.intermediates.push(chain.swap_remove(0)),
            Err(error) => troubles.push(damaged(name, &error)),
        }
    }
    Ok((trust, troubles))
}

/// The authority that makes expired certificates, or why there is none; and a failed check for each authority whose key
/// is there and not its own. A key that is kept elsewhere, or stays encrypted, is not a failure.
pub(super) fn signer(
    args: &VerifyArgs,
    environment: &Environment,
    trust: &Trust,
    global: &Global,
) -> Result<(Result<Authority, String>, Vec<Check>), Failure> {
    if args.is_by_path() {
        return Ok((Err("only an environment has the CA key that could sign one".into()), vec![]));
    }
    let name = environment.default_authority();
    let passphrase = passphrase(args, environment, name, global)?;
    let mut troubles = Vec::new();
    for other in environment.authorities().iter().filter(|other| *other != name) {
        troubles.extend(
            open(environment, other, None).err().and_then(|error| trouble(environment, other, &error)),
        );
    }
    let signer = match open(environment, name, passphrase.as_ref()) {
        Err(error @ Error::PassphraseWrong { .. }) => return Err(error.into()),
        Err(error) => {
            troubles.extend(trouble(environment, name, &error));
            Err(match error {
                Error::PassphraseNeeded { .. } => {
                    "the CA key is encrypted and no passphrase was given".into()
                }
                error => words(&error),
            })
        }
        Ok(signer) => Ok(signer),
    };
    match &args.roots {
        None => Ok((signer, troubles)),
        Some(path) => Ok((under(signer, trust, environment, path), vec![])),
    }
}

fn open(environment: &Environment, name: &str, passphrase: Option<&Passphrase>) -> Result<Authority> {
    environment.authority(name, passphrase)
}

/// A passphrase that was given must be readable; a missing one is not an error here.
fn passphrase(
    args: &VerifyArgs,
    environment: &Environment,
    name: &str,
    global: &Global,
) -> Result<Option<Passphrase>, Failure> {
    let file = args.passphrase_file.as_deref();
    if file.is_none() && !environment.authority_key_is_encrypted(name) {
        return Ok(None);
    }
    passphrase::given(file, global)
}

/// What is wrong with an existing key. An unreadable certificate was reported before.
fn trouble(environment: &Environment, name: &str, error: &Error) -> Option<Check> {
    let is_away = matches!(error, Error::NoAuthorityKey { .. } | Error::PassphraseNeeded { .. });
    let wrong = !is_away && environment.authority_chain(name).is_ok();
    wrong.then(|| damaged(name, error))
}

/// Other roots may be trusted than the one above the environment's own CA.
fn under(
    signer: Result<Authority, String>,
    trust: &Trust,
    environment: &Environment,
    roots: &std::path::Path,
) -> Result<Authority, String> {
    let signer = signer?;
    if trust.anchors.contains(signer.anchor()) {
        return Ok(signer);
    }
    Err(format!(
        "the root of environment {} is not in {}, so its CA cannot sign certificates for this test",
        environment.name(),
        roots.display()
    ))
}

/// The dates of CAs that issued none of the certificates; the others are checked with the chains below them.
pub(super) fn idle(environment: &Environment, subjects: &Subjects, now: OffsetDateTime) -> Vec<Check> {
    let chains = || subjects.servers.iter().chain(&subjects.clients).map(|identity| &identity.chain);
    let is_idle = |authority: &Certificate| !chains().any(|chain| chain.contains(authority));
    let others = environment.authorities().into_iter().filter(|name| name != ROOT);
    let others =
        others.filter_map(|name| Some((environment.authority_chain(&name).ok()?.swap_remove(0), name)));
    let idle = others.filter(|(authority, _)| is_idle(authority));
    idle.map(|(authority, name)| verify::dates(subject(&name), &authority, now)).collect()
}

/// Without a backup, a CA has to be replaced, which costs more than a new credential.
fn damaged(name: &str, error: &Error) -> Check {
    let check = unreadable(subject(name), error);
    if matches!(error, Error::LaxMode { .. }) {
        return check;
    }
    let fix = "restore the CA's file from a backup; without one, create a new CA and re-issue everything";
    Check { outcome: check.outcome.with_fix(fix), ..check }
}

fn subject(name: &str) -> String {
    format!("CA {name}")
}
