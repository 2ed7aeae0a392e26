//! Where files may go, looked at before anything is made: below the manifest's directory as the disk has it, and never
//! into the PKI directory or over the manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Reconciler;
use crate::artifact;
use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::manifest::DeclaredEnvironment;

/// Which emitter writes which file, over all environments.
pub(super) type Owners = BTreeMap<String, String>;

/// Notes that `who` writes a file; refuses a second writer.
pub(super) fn one_owner(owners: &mut Owners, path: &str, who: String) -> Result<()> {
    match owners.get(path) {
        None => drop(owners.insert(path.to_owned(), who)),
        Some(other) => {
            return Err(Error::Contradiction {
                reason: format!("{other} and {who} both write {path:?}"),
                explanation: Explanation::expected("a directory for each (`to`)"),
            });
        }
    }
    Ok(())
}

impl Reconciler<'_> {
    /// Refuses every place that a file must not have. A symbolic link counts as the place that it leads to: anyone who
    /// takes over a directory from others does not expect it to write somewhere else.
    pub(super) fn check_places(&self, environment: &DeclaredEnvironment) -> Result<()> {
        let guard =
            Guard { base: resolve(self.base)?, kept: self.kept(environment)?, manifest: resolve(self.file)? };
        let mut looked_at = BTreeSet::new();
        for service in &environment.services {
            for emit in &service.emits {
                if looked_at.insert(emit.to.as_str()) {
                    let to = self.base.join(&emit.to);
                    artifact::require_directory(&to)?;
                    guard.check(&to, &resolve(&to)?)?;
                }
            }
            let copies = &service.files;
            for copy in [&copies.certificate, &copies.key, &copies.ca].into_iter().flatten() {
                let path = self.base.join(copy);
                let parent = path.parent().unwrap_or(self.base);
                if looked_at.insert(copy.rsplit_once('/').map_or("", |(parent, _)| parent)) {
                    artifact::require_directory(parent)?;
                }
                // The file takes the place of a link; it does not follow it.
                let place = resolve(parent)?.join(path.file_name().unwrap_or_default());
                guard.check(&path, &place)?;
                if guard.kept.iter().any(|kept| kept.starts_with(&place))
                    || path.symlink_metadata().is_ok_and(|found| found.is_dir())
                {
                    return Err(Error::io("replace", path, ErrorKind::IsADirectory.into()));
                }
            }
        }
        Ok(())
    }

    /// The directories in which keys and templates lie: all of the PKI directory, unless the manifest itself is in it.
    fn kept(&self, environment: &DeclaredEnvironment) -> Result<Vec<PathBuf>> {
        let pki = resolve(self.store.path())?;
        if !resolve(self.base)?.starts_with(&pki) {
            return Ok(vec![pki]);
        }
        let domains = environment.authorities.iter().map(|authority| authority.domain.clone());
        let names = self.store.environments().into_iter().chain(domains);
        let templates = ["profiles", "emit"].map(str::to_owned);
        Ok(names.chain(templates).map(|name| pki.join(name)).collect())
    }
}

/// The places, without symbolic links.
struct Guard {
    base: PathBuf,
    kept: Vec<PathBuf>,
    manifest: PathBuf,
}

impl Guard {
    fn check(&self, asked: &Path, place: &Path) -> Result<()> {
        let (why, expected) = if !place.starts_with(&self.base) {
            ("leads out of the manifest's directory", "a place below it")
        } else if self.kept.iter().any(|kept| place.starts_with(kept)) {
            ("is inside the PKI directory, where CA keys are kept", "a place beside it")
        } else if place == self.manifest {
            ("is the manifest itself", "another file")
        } else {
            return Ok(());
        };
        Err(Error::Contradiction {
            reason: format!("{} {why}", asked.display()),
            explanation: Explanation::new(expected, place.display().to_string()),
        })
    }
}

/// A path without symbolic links, as far as it exists.
fn resolve(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(found), _, _) => Ok(found),
        (Err(error), Some(parent), Some(name)) if error.kind() == ErrorKind::NotFound => {
            Ok(resolve(parent)?.join(name))
        }
        (Err(error), _, _) => Err(Error::io("read", path, error)),
    }
}
