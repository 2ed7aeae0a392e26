//! A manifest on its way in: read, held against profiles and emitters, with every mistake at once.

use std::path::{Path, PathBuf};

use super::failure::{Failure, Problem};
use super::global::Global;
use super::presentation::findings;
use super::presentation::output::Output;
use super::{clock, passphrase, text};
use crate::artifact::Artifact;
use crate::error::{Error, Result, ThingKind};
use crate::manifest::{DeclaredEnvironment, Diagnostic, FILE_NAME, Manifest};
use crate::pki::Passphrase;
use crate::reconcile::Reconciler;
use crate::store::{ISSUING, ROOT, Store};
use crate::template::shell_word;

/// A manifest of a hundred thousand services has a fifth of this, in bytes.
const MAX_FILE: u64 = 1 << 26;

/// A manifest with everything that it is held against.
pub(super) struct ManifestContext {
    pub(super) manifest: Manifest,
    pub(super) global: Global,
    /// The manifest's directory.
    pub(super) base: PathBuf,
    file: PathBuf,
    store: Store,
    profiles: crate::profile::Profiles,
    emitters: crate::emit::Emitters,
    passphrase: Option<Passphrase>,
    only: Option<String>,
}

impl ManifestContext {
    /// Reads a manifest. The PKI directory is next to it, unless the command line names one.
    pub(super) fn read(file: &Path, global: &Global) -> Result<Self, Failure> {
        let text = text::read(file, MAX_FILE).map_err(|error| missing(file, error))?;
        let base = file.parent().map(Path::to_owned).unwrap_or_default();
        let mut global = global.clone();
        if !global.explicit.pki {
            global.pki = base.join(&global.pki);
        }
        let (profiles, emitters) = (global.profile_library(), global.emitters());
        let manifest = Manifest::read(&text, &profiles, &emitters)
            .map_err(|mistakes| Failure::manifest(problems(file, mistakes)))?;
        let only = only(&manifest, &global)?;
        let store = global.store();
        let file = file.to_owned();
        Ok(Self { manifest, base, file, store, profiles, emitters, passphrase: None, only, global })
    }

    /// Finds the passphrase of encrypted CA keys, if one of them is encrypted. Without `asked`, a missing one is
    /// not an error: what needs it will fail. Returns whether one is missing.
    pub(super) fn open_keys(&mut self, file: Option<&Path>, asked: bool) -> Result<bool, Failure> {
        let environments = self.manifest.environments.iter().filter(|one| self.wants(one));
        let domains = environments.flat_map(|one| &one.authorities).map(|authority| &authority.domain);
        for domain in domains {
            let store = self.store.environment(domain)?;
            let encrypted = [ROOT, ISSUING].into_iter().find(|name| store.authority_key_is_encrypted(name));
            let Some(name) = encrypted else { continue };
            let place = store.authority_path(name).join("ca.key").display().to_string();
            self.passphrase = match asked {
                true => Some(passphrase::find(file, passphrase::Purpose::Open, &place, &self.global)?),
                false => passphrase::given(file, &self.global)?,
            };
            return Ok(self.passphrase.is_none());
        }
        Ok(false)
    }

    fn wants(&self, environment: &DeclaredEnvironment) -> bool {
        self.only.as_ref().is_none_or(|only| environment.name == *only)
    }

    /// Hands over what is needed to plan, to apply and to prove.
    pub(super) fn reconcile<T>(
        &self,
        (prune, remake_authorities): (bool, bool),
        output: &Output,
        progress: &(dyn Fn(usize, usize) + Sync),
        act: impl FnOnce(&Reconciler<'_>) -> Result<T>,
    ) -> Result<T, Failure> {
        let now = clock::now()?;
        let judge = |artifacts: &[Artifact]| {
            findings::check(artifacts, false, now, output).map_err(|findings| Error::Findings { findings })
        };
        let reconciler = Reconciler {
            manifest: &self.manifest,
            store: &self.store,
            profiles: &self.profiles,
            emitters: &self.emitters,
            base: &self.base,
            file: &self.file,
            only: self.only.as_deref(),
            prune,
            remake_authorities,
            passphrase: self.passphrase.as_ref(),
            now,
            judge: &judge,
            progress,
        };
        act(&reconciler).map_err(hinted)
    }
}

/// A CA that cannot sign is not the one that the global options name.
fn hinted(error: Error) -> Failure {
    let lost = matches!(
        error.innermost(),
        Error::NoAuthorityKey { .. } | Error::KeyMismatch { is_authority: true, .. }
    );
    let hint = "restore the CA's own key, or make a new CA with `pkictl apply --remake-authorities`";
    Failure { hint: lost.then(|| hint.into()), ..error.into() }
}

/// The environment that was asked for, if one was.
fn only(manifest: &Manifest, global: &Global) -> Result<Option<String>, Failure> {
    if !global.explicit.env {
        return Ok(None);
    }
    if manifest.environments.iter().any(|one| one.name == global.env) {
        return Ok(Some(global.env.clone()));
    }
    Err(Error::NotFound {
        what: ThingKind::Environment,
        name: global.env.clone(),
        place: "the manifest".into(),
        known: manifest.environments.iter().map(|one| one.name.clone()).collect(),
    }
    .into())
}

fn missing(file: &Path, error: Error) -> Failure {
    let is_missing =
        matches!(&error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound);
    let hint = match is_missing {
        true if file == Path::new(FILE_NAME) => {
            Some("write one with `pkictl manifest init`, or name it with `-f FILE`".into())
        }
        true => Some(format!(
            "write one with `pkictl manifest init -o {}`",
            shell_word(&file.display().to_string())
        )),
        false => None,
    };
    Failure { hint, ..error.into() }
}

fn problems(file: &Path, mistakes: Vec<Diagnostic>) -> Vec<Problem> {
    let file = file.display().to_string();
    let problem = |Diagnostic { line, column, message, expected }: Diagnostic| Problem {
        file: file.clone(),
        line,
        column,
        message,
        expected,
    };
    mistakes.into_iter().map(problem).collect()
}
