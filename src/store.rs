//! The PKI directory: one environment a directory, nothing shared between two.
//!
//! ```text
//! pki/                     0700, with a .gitignore that ignores everything
//!   dev/                   an environment
//!     ca/root/             ca.crt, ca.key; further authorities beside it (ca/issuing, ...)
//!     certs/web/           tls.crt (leaf and intermediates), tls.key, ca.crt (the root)
//!     log.jsonl            append-only: one line for every certificate that was ever signed
//!     .lock
//! ```

mod log;
mod read;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::artifact::{self, Artifact, Existing, StagedDirectory};
use crate::error::{Error, Result};
use crate::pki::{Authority, Certificate, Credential, Label, Passphrase, PrivateKey};

pub use log::{Action, Entry};
pub use read::{MAX_FILE, read_file};

/// The authority that every environment has.
pub const ROOT: &str = "root";
/// The authority that signs leaves where there is an intermediate.
pub const ISSUING: &str = "issuing";

/// How long another process may keep the lock. It holds it for milliseconds, so this is long.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A PKI directory.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

impl Store {
    /// The directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the environments that have an authority, sorted.
    pub fn environments(&self) -> Vec<String> {
        read::directories(&self.path)
            .into_iter()
            .filter(|name| self.path.join(name).join("ca").is_dir())
            .collect()
    }

    /// One environment, which need not exist yet.
    pub fn environment(&self, name: &str) -> Result<Environment> {
        let label: Label = name.parse().map_err(|error| match error {
            Error::Invalid { value, reason, expected, .. } => {
                Error::Invalid { what: "environment", value, reason, expected }
            }
            other => other,
        })?;
        if ["profiles", "emit"].contains(&name) {
            return Err(Error::invalid(
                "environment",
                name,
                "the PKI directory keeps templates under this name",
            ));
        }
        Ok(Environment {
            pki: self.path.clone(),
            path: self.path.join(label.directory()),
            name: label.to_string(),
        })
    }
}

/// An isolation boundary with authorities of its own.
#[derive(Debug, Clone)]
pub struct Environment {
    pki: PathBuf,
    path: PathBuf,
    name: String,
}

/// What `ca/<name>/` will hold.
#[derive(Debug)]
pub struct NewAuthority<'a> {
    /// `root`, `issuing`, or another name.
    pub name: &'a str,
    /// The authority.
    pub authority: &'a Authority,
    /// The profile that it was made by.
    pub profile: &'a str,
}

impl Environment {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The PKI directory that it lies in.
    pub fn pki(&self) -> &Path {
        &self.pki
    }

    /// Where a credential is kept.
    pub fn credential_path(&self, name: &Label) -> PathBuf {
        self.path.join("certs").join(name.directory())
    }

    /// Where an authority is kept.
    pub fn authority_path(&self, name: &str) -> PathBuf {
        self.path.join("ca").join(name)
    }

    /// Whether it has a root.
    pub fn has_authority(&self) -> bool {
        self.authority_path(ROOT).join("ca.crt").is_file()
    }

    /// Takes the lock, and makes the directories if need be. Everything that writes needs it.
    pub fn lock(&self) -> Result<Lock> {
        let is_new = !self.pki.is_dir();
        artifact::create_directory(&self.pki, 0o700)?;
        if is_new || !self.pki.join(".gitignore").exists() {
            artifact::create_file(
                &self.pki.join(".gitignore"),
                b"# private keys: never commit them\n*\n",
                0o644,
            )?;
        }
        artifact::create_directory(&self.path, 0o700)?;
        let path = self.path.join(".lock");
        let file = artifact::open_lock(&path)?;
        let start = Instant::now();
        let mut pause = Duration::from_micros(500);
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::Error(error)) => return Err(Error::io("lock", &path, error)),
                Err(std::fs::TryLockError::WouldBlock) if start.elapsed() > LOCK_TIMEOUT => {
                    return Err(Error::Locked { path, seconds: LOCK_TIMEOUT.as_secs() });
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
            }
        }
        for directory in [self.path.clone(), self.path.join("certs"), self.path.join("ca")] {
            artifact::remove_litter(&directory);
        }
        Ok(Lock { _file: file })
    }

    /// Makes the environment's authorities, all at once. With [`Existing::Replace`] the old ones are moved aside, to
    /// the returned directory: what they signed cannot be checked without them.
    pub fn create_authorities(
        &self,
        _lock: &Lock,
        authorities: &[NewAuthority<'_>],
        passphrase: Option<&Passphrase>,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<Option<PathBuf>> {
        let target = self.path.join("ca");
        if existing == Existing::Keep && self.has_authority() {
            return Err(Error::AlreadyExists { what: "authority", name: ROOT.into(), place: target });
        }
        let staged = StagedDirectory::new(&self.path)?;
        let mut files = Vec::new();
        for new in authorities {
            files.extend(authority_files(&format!("{}/", new.name), new.authority, passphrase)?);
        }
        staged.fill(&files)?;
        for new in authorities {
            self.append_log(&Entry::new(
                Action::Init,
                new.name,
                new.profile,
                new.authority.certificate(),
                now,
            ))?;
        }
        let aside = target.exists().then(|| {
            self.path
                .join("replaced")
                .join(format!("ca-{}", &crate::pki::validity::machine_time(now).replace(':', "")))
        });
        staged.publish(&target, existing, aside.as_deref())?;
        Ok(aside)
    }

    /// Adds an authority under one that exists.
    pub fn add_authority(
        &self,
        _lock: &Lock,
        new: &NewAuthority<'_>,
        passphrase: Option<&Passphrase>,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<PathBuf> {
        let target = self.authority_path(new.name);
        if existing == Existing::Keep && target.exists() {
            return Err(Error::AlreadyExists {
                what: "authority",
                name: new.name.into(),
                place: self.path.join("ca"),
            });
        }
        let staged = StagedDirectory::new(&self.path)?;
        staged.fill(&authority_files("", new.authority, passphrase)?)?;
        self.append_log(&Entry::new(Action::Init, new.name, new.profile, new.authority.certificate(), now))?;
        staged.publish(&target, existing, None)?;
        Ok(target)
    }

    /// Keeps a credential: the whole new set takes the place of the whole old one.
    pub fn put(
        &self,
        _lock: &Lock,
        credential: &Credential,
        profile: &str,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<PathBuf> {
        let target = self.credential_path(&credential.name);
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            return Err(self.credential_exists(&credential.name));
        }
        artifact::create_directory(&self.path.join("certs"), 0o700)?;
        let staged = StagedDirectory::new(&self.path)?;
        staged.fill(&[
            Artifact::public("tls.crt", credential.chain_pem()),
            Artifact::secret("tls.key", &credential.key_pem()),
            Artifact::public("ca.crt", credential.anchor_pem()),
        ])?;
        // Logged before it takes its place: no certificate is in use that the log does not know.
        self.append_log(&Entry::new(
            Action::Issue,
            credential.name.as_str(),
            profile,
            &credential.certificate,
            now,
        ))?;
        staged.publish(&target, existing, None)?;
        Ok(target)
    }

    /// The error for a credential that is already there.
    pub fn credential_exists(&self, name: &Label) -> Error {
        Error::AlreadyExists { what: "credential", name: name.to_string(), place: self.path.join("certs") }
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

    /// The names of all authorities; the root first.
    pub fn authorities(&self) -> Vec<String> {
        let mut names = read::directories(&self.path.join("ca"));
        names.sort_by_key(|name| (name != ROOT, name != ISSUING, name.clone()));
        names
    }

    /// The authority that signs when none is named: the intermediate if there is one.
    pub fn default_authority(&self) -> &'static str {
        if self.authority_path(ISSUING).is_dir() { ISSUING } else { ROOT }
    }

    /// An authority's certificate and those above it, the root last.
    pub fn authority_chain(&self, name: &str) -> Result<Vec<Certificate>> {
        if !self.has_authority() {
            return Err(Error::NoAuthority { environment: self.name.clone(), place: self.pki.clone() });
        }
        if name.parse::<Label>().is_err() || !self.authority_path(name).is_dir() {
            return Err(Error::NotFound {
                what: "authority",
                name: name.to_owned(),
                place: format!("environment {:?}", self.name),
                known: self.authorities(),
            });
        }
        let mut chain = vec![read::certificate(&self.authority_path(name).join("ca.crt"))?];
        let others = self.authorities().into_iter().filter(|other| other != name).collect::<Vec<_>>();
        while let Some(last) = chain.last()
            && !last.is_self_issued()
        {
            let mut candidates =
                others.iter().map(|other| read::certificate(&self.authority_path(other).join("ca.crt")));
            let issuer = candidates.find_map(|candidate| {
                candidate.ok().filter(|candidate| candidate.is_authority() && last.is_signed_by(candidate))
            });
            match issuer {
                Some(issuer) if !chain.contains(&issuer) => chain.push(issuer),
                _ => {
                    return Err(Error::Contradiction {
                        reason: format!(
                            "the chain of authority {name:?} in environment {:?} does not end at a root",
                            self.name
                        ),
                        expected: Some(format!(
                            "the authority {:?} in {}",
                            last.details.issuer,
                            self.path.join("ca").display()
                        )),
                        found: None,
                    });
                }
            }
        }
        Ok(chain)
    }

    /// An authority with its key, ready to sign.
    pub fn authority(&self, name: &str, passphrase: Option<&Passphrase>) -> Result<Authority> {
        let mut chain = self.authority_chain(name)?;
        let path = self.authority_path(name).join("ca.key");
        if !path.exists() {
            return Err(Error::NoAuthorityKey { name: name.to_owned(), path });
        }
        let key = read::private_key(&path, passphrase)?;
        let certificate = chain.remove(0);
        certificate.require_key(
            &key,
            &self.authority_path(name).join("ca.crt").display().to_string(),
            &path.display().to_string(),
        )?;
        Authority::from_parts(certificate, chain, key)
    }

    /// Whether an authority's key is encrypted.
    pub fn authority_key_is_encrypted(&self, name: &str) -> bool {
        read_file(&self.authority_path(name).join("ca.key"))
            .is_ok_and(|bytes| crate::pki::pem::holds_encrypted_key(&bytes))
    }

    /// A credential with its key.
    pub fn credential(&self, name: &Label) -> Result<Credential> {
        let path = self.credential_path(name);
        if !path.is_dir() {
            return Err(Error::NotFound {
                what: "credential",
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
        Ok((read::certificates(&path.join("tls.crt"))?, read::certificate(&path.join("ca.crt"))?))
    }

    /// All that was ever signed here, oldest first.
    pub fn log(&self) -> Result<Vec<Entry>> {
        log::read(&self.path.join("log.jsonl"))
    }

    fn append_log(&self, entry: &Entry) -> Result<()> {
        artifact::append(&self.path.join("log.jsonl"), entry.line().as_bytes(), 0o600)
    }
}

/// Held by whoever changes an environment; other processes wait. Dropping it, or dying, releases it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

fn authority_files(
    prefix: &str,
    authority: &Authority,
    passphrase: Option<&Passphrase>,
) -> Result<Vec<Artifact>> {
    let key = match passphrase {
        Some(passphrase) => authority.key().encrypted_pkcs8_pem(passphrase)?,
        None => authority.key().pkcs8_pem(),
    };
    Ok(vec![
        Artifact::public(format!("{prefix}ca.crt"), authority.certificate().pem()),
        Artifact::secret(format!("{prefix}ca.key"), &key),
    ])
}
