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

mod applied;
mod authorities;
mod batch;
mod credentials;
mod log;
mod read;
mod stored;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::artifact;
use crate::error::{Error, Result, ValueKind};
use crate::pki::Label;

pub use applied::{Applied, AppliedService};
pub use authorities::NewAuthority;
pub use batch::NewCredential;
pub use credentials::artifacts;
pub use log::{LogAction, LogEntry};
pub use read::{MAX_FILE, read_file};
pub use stored::{StoredCredential, StoredFile};

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
        let directories = read::directories(&self.path).into_iter();
        let mut names: Vec<String> = directories
            .filter(|directory| self.path.join(directory).join("ca").is_dir())
            .filter_map(|directory| Label::from_directory(&directory).ok())
            .map(|label| label.to_string())
            .collect();
        names.sort();
        names
    }

    /// One environment, which need not exist yet.
    pub fn environment(&self, name: &str) -> Result<Environment> {
        let label: Label = name.parse().map_err(|error: Error| error.about(ValueKind::Environment))?;
        // In any case of letters: not every file system tells them apart.
        if ["profiles", "emit"].iter().any(|taken| label.as_str().eq_ignore_ascii_case(taken)) {
            return Err(Error::invalid(ValueKind::Environment, name, "this name is reserved for templates"));
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

impl Environment {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mode of the PKI directory, if others may write there: one that was made by hand before.
    #[cfg(unix)]
    pub fn lax_mode(&self) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt;
        let mode = self.pki.metadata().ok()?.permissions().mode() & 0o7777;
        (mode & 0o022 != 0).then_some(mode)
    }

    /// Modes do not exist here.
    #[cfg(not(unix))]
    pub fn lax_mode(&self) -> Option<u32> {
        None
    }

    /// The PKI directory that it is in.
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
        artifact::create_directory(&self.pki, 0o700)?.keep();
        artifact::create_directory(&self.path, 0o700)?.keep();
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
            artifact::remove_stale(&directory);
        }
        for name in self.authorities() {
            artifact::remove_stale(&self.authority_path(&name));
        }
        // Before the first key is written. The name is the environment's own: its lock keeps others away from it.
        artifact::create_file(
            &self.pki.join(".gitignore"),
            self.pki.join(format!(".tmp-gitignore-{}", self.name.replace(':', "-"))),
            b"# private keys: never commit them\n*\n",
            0o644,
        )?;
        Ok(Lock { _file: file })
    }

    /// All that was ever signed here, oldest first.
    pub fn log(&self) -> Result<Vec<LogEntry>> {
        log::read(&self.path.join("log.jsonl"))
    }

    /// Writes lines of the log that go away again unless they are kept.
    fn start_log(&self, entries: &[LogEntry]) -> Result<artifact::AppendedLine> {
        let lines: Vec<String> = entries.iter().map(LogEntry::line).collect();
        artifact::AppendedLine::write(&self.path.join("log.jsonl"), &lines.join("\n"), 0o600)
    }
}

/// Held by anyone who changes an environment; other processes wait. Dropping it, or dying, releases it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}
