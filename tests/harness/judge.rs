//! Programs that nobody here wrote, and that say what a certificate is worth.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{TRUST_VARIABLES, deadline};

/// A judge that needs longer, in seconds on an idle machine, hangs.
const TIME_LIMIT: u64 = 300;

/// A program that is installed.
pub struct Judge {
    program: PathBuf,
}

/// The directory of judges that are no system packages: `PKICTL_PEERS`, or `.peers` in the project.
pub fn peers() -> PathBuf {
    std::env::var_os("PKICTL_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers"), PathBuf::from)
}

/// Finds a judge. On a machine without it the test is skipped, by name, in the output; under `PKICTL_REQUIRE_PEERS=1`
/// it fails.
#[track_caller]
pub fn judge(name: &str) -> Option<Judge> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = [peers().join("bin")].into_iter().chain(servers_directories());
    let directories = directories.chain(std::env::split_paths(&path)).chain(["/usr/sbin".into()]);
    let found = directories.map(|directory| directory.join(name)).find(|program| program.is_file());
    match found {
        Some(program) => Some(Judge { program }),
        None => skip(&format!("{name} is not installed")),
    }
}

/// Python, if it has this module; otherwise the test is skipped as in [`judge`].
#[track_caller]
pub fn python_with(module: &str) -> Option<Judge> {
    let python = judge("python3")?;
    match python.run(["-c", &format!("import {module}")], "") {
        (true, _) => Some(python),
        (false, _) => skip(&format!("{module} of Python is not installed")),
    }
}

/// The directory into which `tests/run.sh` puts what tests/package.json names: programs in it find their packages below
/// `node_modules`. Without it the test is skipped as in [`judge`].
#[track_caller]
pub fn packages() -> Option<PathBuf> {
    let directory = peers().join("npm");
    match directory.join("node_modules").is_dir() {
        true => Some(directory),
        false => skip("the npm packages of the tests are not installed"),
    }
}

/// Where servers are that are on nobody's PATH: Debian keeps each version of PostgreSQL in a directory of its own, and
/// before RabbitMQ's script puts one that insists on RabbitMQ's user.
fn servers_directories() -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let postgres = versions.map(|version| version.path().join("bin"));
    std::iter::once("/usr/lib/rabbitmq/bin".into()).chain(postgres)
}

/// Skips a test, by name, in the output; under `PKICTL_REQUIRE_PEERS=1` it fails.
#[track_caller]
pub fn skip<T>(reason: &str) -> Option<T> {
    assert!(!required(), "{reason}, and PKICTL_REQUIRE_PEERS=1 requires it");
    tell_skipped(reason)
}

/// Whether whoever runs the tests says that nothing is missing.
pub(super) fn required() -> bool {
    std::env::var("PKICTL_REQUIRE_PEERS").is_ok_and(|value| value == "1")
}

/// Names the test that is skipped.
pub(super) fn tell_skipped<T>(reason: &str) -> Option<T> {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    // Written past the test runner's capture: a skipped test must be seen.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {reason}");
    None
}

impl Judge {
    /// Where the program is.
    pub fn path(&self) -> &Path {
        &self.program
    }

    /// The program, without variables of this machine that change whom it trusts.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for variable in TRUST_VARIABLES {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs it and returns what it printed, both streams; it must exit with 0.
    #[track_caller]
    pub fn accepts<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, arguments: I) -> String {
        let (success, text) = self.run(arguments, "");
        assert!(success, "{} does not accept it\n{text}", self.program.display());
        text
    }

    /// Runs it and returns what it printed, both streams; it must not exit with 0.
    #[track_caller]
    pub fn refuses<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, arguments: I) -> String {
        let (success, text) = self.run(arguments, "");
        assert!(!success, "{} accepted it\n{text}", self.program.display());
        text
    }

    /// Runs it with something to read; whether it exits with 0, and what it printed, both streams.
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: I,
        input: &str,
    ) -> (bool, String) {
        let mut command = self.command();
        command.args(arguments);
        let output = assert_cmd::Command::from_std(command)
            .timeout(deadline(TIME_LIMIT))
            .write_stdin(input)
            .output()
            .expect("the judge runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }
}
