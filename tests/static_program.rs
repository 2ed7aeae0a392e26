//! The program that `cargo static` makes needs nothing but a kernel.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Workspace, free_port, judge, skip};

/// The static program, built by `tests/run.sh`, which takes longer than a test may.
fn program() -> Option<PathBuf> {
    match std::env::var_os("PKICTL_STATIC") {
        Some(program) => Some(std::path::absolute(program).expect("a path")),
        None => skip("PKICTL_STATIC does not name a static program"),
    }
}

#[test]
fn it_issues_and_proves_where_there_is_nothing_else() {
    let (Some(program), Some(unshare)) = (program(), judge("unshare")) else { return };
    let root = Workspace::new();
    std::fs::copy(program, root.file("pkictl")).expect("a copy");
    let pkictl = |arguments: &[&str]| {
        let mut command = unshare.command();
        command.arg("--map-root-user").arg("--root").arg(root.path()).arg("--wd").arg("/");
        let output = command.arg("/pkictl").args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    pkictl(&["init", "--org", "Example"]);
    pkictl(&["issue", "server", "localhost"]);
    pkictl(&["issue", "client", "backend"]);
    pkictl(&["issue", "server", "rsa", "--key-type", "rsa-2048"]);
    let report = pkictl(&["verify"]);
    assert!(report.contains(" 0 failed, 0 skipped in "), "{report}");
    let entries = std::fs::read_dir(root.path()).expect("the root").count();
    assert_eq!(entries, 2, "there was more than the program and what it made");
}

#[test]
fn it_looks_names_of_hosts_up() {
    let Some(program) = program() else { return };
    let workspace = Workspace::with_ca();
    let endpoint = format!("localhost:{}", free_port());
    let output = Command::new(program)
        .args(["verify", "--connect", &endpoint])
        .current_dir(workspace.path())
        .env_remove("PKICTL_DIR")
        .output()
        .expect("it runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{report}");
    assert!(report.contains("nothing listens on 127.0.0.1:"), "{report}");
}
