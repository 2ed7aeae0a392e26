//! What only root may do: mount, be another user, trace. Who is not root lacks it whatever is installed, so such a test
//! is skipped, by name; root lacks it in a container that was started without it, which `PKICTL_REQUIRE_PEERS=1` does
//! not let pass, and neither does it where `CI` is set.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use super::Workspace;
use super::judge::{Judge, judge, required, tell_skipped};

/// Whether the tests run as root.
pub fn is_root() -> bool {
    let own = tempfile::tempdir().and_then(|directory| directory.path().metadata());
    own.is_ok_and(|metadata| metadata.uid() == 0)
}

/// Skips a test for want of a right.
#[track_caller]
pub fn lacks_right<T>(reason: &str) -> Option<T> {
    let must = required() && (is_root() || std::env::var_os("CI").is_some());
    assert!(!must, "{reason}, and PKICTL_REQUIRE_PEERS=1 requires it");
    tell_skipped(reason)
}

/// Skips a test unless root runs it.
#[track_caller]
pub fn root() -> Option<()> {
    if is_root() { Some(()) } else { lacks_right("only root can do this") }
}

/// Runs a script of bash in the workspace with mounts of its own, `$0` being the program; what it printed, both streams.
/// It must succeed, unless it says `no mount`.
#[track_caller]
pub fn with_mounts(workspace: &Workspace, script: &str) -> Option<String> {
    let unshare = judge("unshare")?;
    root()?;
    let mut command = unshare.command();
    command.args(["--mount", "bash", "-c", script, env!("CARGO_BIN_EXE_pkictl")]);
    let output = command.current_dir(workspace.path()).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if text.contains("no mount") || text.contains("unshare failed") {
        return lacks_right(&format!("no file system can be mounted here: {}", text.trim_end()));
    }
    assert!(output.status.success(), "{text}");
    Some(text)
}

/// The system's user without rights, who runs a copy of the program in a workspace of somebody else.
pub struct Nobody<'a> {
    workspace: &'a Workspace,
    setpriv: Judge,
    program: PathBuf,
}

impl<'a> Nobody<'a> {
    /// Its number, the same everywhere.
    pub const ID: u32 = 65534;

    /// Lets everybody into the workspace itself.
    #[track_caller]
    pub fn enters(workspace: &'a Workspace) -> Option<Self> {
        let setpriv = judge("setpriv")?;
        root()?;
        let program = workspace.file("program");
        std::fs::copy(env!("CARGO_BIN_EXE_pkictl"), &program).expect("a copy that everybody may run");
        std::fs::set_permissions(workspace.path(), PermissionsExt::from_mode(0o755)).expect("a mode");
        let nobody = Self { workspace, setpriv, program };
        match nobody.run(&["--version"]) {
            (Some(0), _) => Some(nobody),
            (_, stderr) => lacks_right(&format!("another user cannot be tried here: {}", stderr.trim_end())),
        }
    }

    /// Exit code and standard error.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = self.setpriv.command();
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&self.program).args(arguments);
        let output = command.current_dir(self.workspace.path()).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
