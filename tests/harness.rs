//! What every test needs: an empty place with a PKI in it, the program, and judges that nobody here wrote.

mod judge;
mod patience;
mod random;
#[cfg(unix)]
mod rights;
mod server;
mod terminal;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

pub use judge::{Judge, judge, packages, peers, python_with, skip};
pub use patience::{deadline, wait_for};
pub use random::{Random, property};
#[cfg(unix)]
pub use rights::{Nobody, is_root, lacks_right, root, with_mounts};
pub use server::{Server, free_port};
pub use terminal::{Terminal, path_with_program};

/// Variables of the build machine that would change whom a client trusts.
pub const TRUST_VARIABLES: &[&str] = &[
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
];

/// An empty directory in which the program runs.
pub struct Workspace {
    directory: TempDir,
}

impl Workspace {
    /// An empty directory.
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// A directory that the tests of one run share. A static value is never dropped, so the directory stays in the
    /// build directory, where a later run clears it away.
    pub fn shared(name: &str) -> Self {
        const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let prefix = format!("{name}-");
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let age =
                entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
            if entry.file_name().to_string_lossy().starts_with(&prefix) && age.is_some_and(|age| age > HOUR) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent);
        Self { directory: directory.expect("a temporary directory") }
    }

    /// A directory with an environment `dev` in it.
    pub fn with_ca() -> Self {
        let workspace = Self::new();
        workspace.pkictl(&["init", "--org", "Example"]).succeeds();
        workspace
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A file below it.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file below it and returns its path.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(&path, contents).expect("a file of the test");
        path
    }

    /// Reads a file below it.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.file(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A file of a credential in environment `dev`.
    pub fn credential(&self, name: &str, file: &str) -> PathBuf {
        self.file("pki/dev/certs").join(name).join(file)
    }

    /// Runs the program here, without a terminal and without settings of the machine.
    #[must_use]
    pub fn pkictl(&self, arguments: &[&str]) -> Run {
        self.command(arguments).run()
    }

    /// The program with arguments, to set more before it runs.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Invocation {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
        command.current_dir(self.path()).args(arguments).timeout(deadline(120));
        for variable in [
            "PKICTL_DIR",
            "PKICTL_ENV",
            "PKICTL_PASSPHRASE",
            "SOURCE_DATE_EPOCH",
            "NO_COLOR",
            "CLICOLOR_FORCE",
        ] {
            command.env_remove(variable);
        }
        Invocation { command, directory: self.path().to_owned(), line: arguments.join(" ") }
    }
}

/// The program, about to run.
pub struct Invocation {
    command: Command,
    directory: PathBuf,
    line: String,
}

impl Invocation {
    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it something to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.command.write_stdin(bytes);
        self
    }

    /// Runs it.
    #[must_use]
    pub fn run(mut self) -> Run {
        let output = self.command.output().expect("the program runs");
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(&self.directory.display().to_string(), "[HERE]")
        };
        let run = Run {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            line: self.line,
        };
        run.hold_error_against_schema();
        run
    }
}

/// What the program did.
#[derive(Debug)]
pub struct Run {
    /// Exit code; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Standard output; the workspace is `[HERE]`.
    pub stdout: String,
    /// Standard error; the workspace is `[HERE]`.
    pub stderr: String,
    line: String,
}

impl Run {
    /// Whatever a command says as JSON when it fails has the form of `schemas/error.schema.json`.
    #[track_caller]
    fn hold_error_against_schema(&self) {
        let Ok(document) = serde_json::from_str::<serde_json::Value>(&self.stderr) else { return };
        let errors = crate::own_schemas::ERROR.errors(&document);
        assert!(errors.is_empty(), "pkictl {}: {errors:#?}\n{}", self.line, self.stderr);
        assert_eq!(
            document["error"]["exit_code"].as_i64(),
            self.status.map(i64::from),
            "pkictl {}",
            self.line
        );
    }

    /// It exits with 0.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    /// It exits with `code`.
    #[track_caller]
    pub fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.status, Some(code), "pkictl {}\n{}{}", self.line, self.stdout, self.stderr);
        self
    }

    /// It exits with `code` and says exactly this on stderr.
    #[track_caller]
    pub fn fails(self, code: i32, stderr: &str) -> Self {
        assert!(!self.stderr.contains("panicked"), "pkictl {}\n{}", self.line, self.stderr);
        let run = self.exits_with(code);
        assert_eq!(run.stderr.trim_end(), stderr.trim_end(), "pkictl {}", run.line);
        run
    }

    /// Its standard output as JSON. Every report of `verify` is held against its schema.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let document: serde_json::Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("pkictl {}: {error}\n{}", self.line, self.stdout));
        if document["counts"]["passed"].is_number() {
            let errors = crate::own_schemas::VERIFY.errors(&document);
            assert!(errors.is_empty(), "pkictl {}: {errors:#?}\n{}", self.line, self.stdout);
        }
        document
    }
}
