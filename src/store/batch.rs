//! Many credentials at once: each takes its place whole, and the disk is waited for once, not once for each.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::log::{LogAction, LogEntry};
use super::{Environment, Lock, artifacts};
use crate::artifact::{self, Existing, StagedDirectory};
use crate::error::Result;
use crate::parallel::try_map;
use crate::pki::{Credential, Label};

/// What `certs/<name>/` will hold.
#[derive(Debug)]
pub struct NewCredential<'a> {
    /// The credential.
    pub credential: &'a Credential,
    /// The profile that it was made by.
    pub profile: &'a str,
}

impl Environment {
    /// Keeps credentials: for each, the whole new set takes the place of the whole old one. When it returns, all of
    /// them are on disk; killed before, some are new and the others as they were.
    pub fn put_all(&self, _lock: &Lock, all: &[NewCredential<'_>], now: OffsetDateTime) -> Result<()> {
        let certs = self.path.join("certs");
        artifact::create_directory(&certs, 0o700)?.keep();
        let staged = self.stage(all)?;
        let files: Vec<PathBuf> = staged.iter().flat_map(|(_, files)| files.iter().cloned()).collect();
        artifact::sync_below(&self.path, &files)?;
        // Logged before they take their place: no certificate is in use that the log does not know.
        let entry = |new: &NewCredential<'_>| {
            let name = new.credential.name.as_str();
            LogEntry::new(LogAction::Issue, name, new.profile, &new.credential.certificate, now)
        };
        self.start_log(&all.iter().map(entry).collect::<Vec<_>>())?.keep()?;
        for (new, (directory, _)) in all.iter().zip(staged) {
            let target = self.credential_path(&new.credential.name);
            directory.publish_unsynced(&target, Existing::Replace)?;
        }
        artifact::sync_names(&certs)
    }

    /// Writes every set out of sight, on all processors; the order stays.
    fn stage(&self, all: &[NewCredential<'_>]) -> Result<Vec<(StagedDirectory, Vec<PathBuf>)>> {
        try_map(all, |new| self.stage_one(new.credential))
    }

    fn stage_one(&self, credential: &Credential) -> Result<(StagedDirectory, Vec<PathBuf>)> {
        let staged = StagedDirectory::new(&self.path)?;
        let files = staged.fill_unsynced(&artifacts(credential))?;
        Ok((staged, files.into_iter().map(|(_, path)| path).collect()))
    }

    /// Moves a credential out of use, to the returned directory: nothing is deleted.
    pub fn put_aside(&self, _lock: &Lock, name: &Label, now: OffsetDateTime) -> Result<PathBuf> {
        let aside = self.free_place_aside(&name.directory(), now);
        artifact::move_aside(&self.credential_path(name), &aside)?;
        Ok(aside)
    }

    /// Makes it readable by its owner only.
    pub fn make_key_private(&self, _lock: &Lock, name: &Label) -> Result<()> {
        artifact::make_private(&self.credential_path(name).join("tls.key"))
    }
}
