//! Servers that refuse to run as root, and their clients: in a workspace that an unprivileged user owns.

use std::path::Path;
use std::process::Command;

use super::deep;
use crate::harness::{Judge, Workspace, deadline, is_root};

/// The system's user without rights: the same number everywhere.
const NOBODY: &str = "65534";

/// A client that needs longer, in seconds on an idle machine, hangs.
const TIME_LIMIT: u64 = 60;

/// What a program did.
#[derive(Debug)]
pub(super) struct Outcome {
    success: bool,
    /// Both of its streams.
    pub(super) text: String,
}

/// The workspace with the environments `dev` and `foreign`: a server's certificate of each profile and name, and the
/// clients `backend`, `intruder`, `deep` (all of `dev`) and `backend` (of `foreign`, with the same names).
pub(super) fn workspace_with(server_profile: &str, server: &str) -> Workspace {
    let workspace = Workspace::new();
    deep::prepare(&workspace);
    let run = |arguments: &[&str]| {
        let _ = workspace.pkictl(arguments).succeeds();
    };
    for environment in ["dev", "foreign"] {
        run(&["init", "--org", "Example", "--intermediate", "--env", environment]);
        run(&["issue", "client", "backend", "--env", environment]);
    }
    deep::client(&workspace, "dev");
    run(&["issue", "client", "intruder"]);
    run(&["issue", server_profile, server, "--san", "localhost", "--san", "127.0.0.1"]);
    workspace
}

/// What an emitter writes into `deploy/`, the workspace's paths being real.
#[track_caller]
pub(super) fn emit(workspace: &Workspace, arguments: &[&str]) {
    let _ = workspace.pkictl(&[&["emit"], arguments, &["--local", "-d", "deploy"]].concat()).succeeds();
}

/// Gives everything in the workspace to the user that [`program`] runs as.
pub(super) fn hand_over(workspace: &Workspace) {
    if is_root() {
        let owner = format!("{NOBODY}:{NOBODY}");
        let status = Command::new("chown").args(["-R", &owner]).arg(workspace.path()).status();
        assert!(status.expect("chown runs").success());
    }
}

/// A judge as an unprivileged user, in the workspace, with nothing of this machine's environment but where programs are.
pub(super) fn program(workspace: &Workspace, judge: &Judge) -> Command {
    run_as_nobody(workspace, judge.path())
}

/// A POSIX shell that reads a file of `deploy/` and then runs what `script` says.
pub(super) fn shell(workspace: &Workspace, script: &str) -> Command {
    let mut command = run_as_nobody(workspace, Path::new("/bin/sh"));
    command.args(["-euc", script]);
    command
}

/// The same as this test's own user, whose interpreters an unprivileged one may not reach.
pub(super) fn own_shell(workspace: &Workspace, script: &str) -> Command {
    let mut command = bare(workspace, Command::new("/bin/sh"));
    command.args(["-euc", script]);
    command
}

fn run_as_nobody(workspace: &Workspace, path: &Path) -> Command {
    if !is_root() {
        return bare(workspace, Command::new(path));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(path);
    bare(workspace, command)
}

/// With nothing of this machine's environment but where programs are.
fn bare(workspace: &Workspace, mut command: Command) -> Command {
    let search = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", search).env("HOME", workspace.path()).env("LC_ALL", "C.UTF-8");
    command.current_dir(workspace.path());
    command
}

/// Runs a program to its end, for bounded time.
pub(super) fn outcome(command: Command, input: &str) -> Outcome {
    let output = assert_cmd::Command::from_std(command)
        .timeout(deadline(TIME_LIMIT))
        .write_stdin(input)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { success: output.status.success(), text: text(&output.stdout) + &text(&output.stderr) }
}

impl Outcome {
    /// It ended well.
    #[track_caller]
    pub(super) fn succeeds(&self) {
        assert!(self.success, "{self:#?}");
    }

    /// It ended well, and its output holds `text`.
    #[track_caller]
    pub(super) fn says(&self, text: &str) {
        assert!(self.success && self.text.contains(text), "{text:?} is not there: {self:#?}");
    }

    /// It failed; only the server's log knows the reason, for the client may lose the alert with the connection.
    #[track_caller]
    pub(super) fn fails(&self) {
        assert!(!self.success, "{self:#?}");
    }

    /// It failed, for this reason.
    #[track_caller]
    pub(super) fn is_refused(&self, reason: &str) {
        assert!(!self.success && self.text.contains(reason), "the reason is not {reason:?}: {self:#?}");
    }
}
