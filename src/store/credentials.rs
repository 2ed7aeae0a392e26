//! The credentials of an environment.

use std::collections::BTreeSet;
use std::path::PathBuf;

use time::OffsetDateTime;

use super::log::{LogAction, LogEntry};
use super::{Environment, Lock, read};
use crate::artifact::{self, Artifact, Existing, StagedDirectory};
use crate::error::{Error, Result, ThingKind};
use crate::explanation::Explanation;
use crate::pki::{Certificate, Credential, Label, PrivateKey};

/// The files of a credential, wherever it is kept: the chain from the leaf up, the key, the root.
pub fn artifacts(credential: &Credential) -> [Artifact; 3] {
    [
        Artifact::public("tls.crt", credential.chain_pem()),
        Artifact::secret("tls.key", &credential.key_pem()),
        Artifact::public("ca.crt", credential.anchor_pem()),
    ]
}

impl Environment {
    /// Keeps a credential: the whole new set takes the place of the whole old one.
    pub fn put(
        &self,
        _lock: &Lock,
        credential: &Credential,
        profile: &str,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<PathBuf> {
        let target = self.place_of_new(&credential.name, existing)?;
        artifact::create_directory(&self.path.join("certs"), 0o700)?.keep();
        let staged = StagedDirectory::new(&self.path)?;
        // Before the files, so that the disk takes all of it in one go.
        let entry =
            LogEntry::new(LogAction::Issue, credential.name.as_str(), profile, &credential.certificate, now);
        let logged = self.start_log(&[entry])?;
        staged.fill(&artifacts(credential))?;
        // On disk before it takes its place: no certificate is in use that the log does not know.
        logged.keep()?;
        staged.publish(&target, existing)?;
        Ok(target)
    }

    /// Where a new credential will be kept; refuses to take the place of another one unasked, and a name that some file
    /// systems take for another's.
    pub fn place_of_new(&self, name: &Label, existing: Existing) -> Result<PathBuf> {
        let (target, certs) = (self.credential_path(name), self.path.join("certs"));
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            let name = name.to_string();
            return Err(Error::AlreadyExists { what: ThingKind::Credential, name, place: certs });
        }
        match read::twin(&certs, &name.directory()) {
            None => Ok(target),
            Some(twin) => Err(Error::Contradiction {
                reason: format!(
                    "the credential {:?} conflicts with {twin:?}: names that differ only in case are not allowed",
                    name.as_str(),
                ),
                explanation: Explanation::new(format!("{twin}, or another name"), name.to_string()),
            }),
        }
    }

    /// The names of all credentials, sorted.
    pub fn credentials(&self) -> Vec<Label> {
        let names = read::directories(&self.path.join("certs"));
        names
            .iter()
            .filter_map(|name| Label::from_directory(name).ok())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// A credential with its key.
    pub fn credential(&self, name: &Label) -> Result<Credential> {
        let path = self.credential_path(name);
        if !path.is_dir() {
            return Err(Error::NotFound {
                what: ThingKind::Credential,
                name: name.to_string(),
                place: format!("environment {:?}", self.name),
                known: self.credentials().iter().map(ToString::to_string).collect(),
            });
        }
        read::credential(&path, name)
    }

    /// A credential's private key, whether or not it belongs to the certificate beside it.
    pub fn key(&self, name: &Label) -> Result<PrivateKey> {
        read::private_key(&self.credential_path(name).join("tls.key"), None)
    }

    /// A credential's chain, leaf first, and its anchor, without touching the key.
    pub fn chain(&self, name: &Label) -> Result<(Vec<Certificate>, Certificate)> {
        let path = self.credential_path(name);
        read::chain(&path)
    }
}
