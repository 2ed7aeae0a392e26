//! Outputs that nobody reads, or that take nothing more.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Command, Stdio};

use super::workspace;
use crate::harness::Workspace;

const COMMANDS: &[&[&str]] = &[
    &["list"],
    &["list", "--format", "json"],
    &["show", "web"],
    &["show", "web", "--pem"],
    &["profile", "list"],
    &["profile", "show", "server"],
    &["completions", "bash"],
    &["man"],
];

fn program(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
    command.current_dir(workspace.path()).env_clear().args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let workspace = workspace();
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output =
            program(&workspace, arguments).stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("error") && !stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn data_that_cannot_be_written_is_an_error() {
    let workspace = workspace();
    for arguments in COMMANDS {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output =
            program(&workspace, arguments).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for part in ["cannot write to standard output", "No space left on device (os error 28)"] {
            assert!(stderr.contains(part), "{arguments:?}: {stderr}");
        }
    }
}

#[test]
fn nobody_is_told_when_stderr_is_full_but_the_work_is_done() {
    let workspace = workspace();
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let status = program(&workspace, &["issue", "server", "other"]).stderr(full).status().expect("it runs");
    assert_eq!(status.code(), Some(0));
    assert!(workspace.credential("other", "tls.key").is_file());
}

#[test]
fn closed_streams_are_no_way_to_write_into_a_file_of_the_store() {
    let workspace = workspace();
    // With descriptors 1 and 2 closed, the first files that are opened would get their numbers.
    let issue = "exec \"$0\" issue server other --format json <&- >&- 2>&-";
    let status = Command::new("sh")
        .args(["-c", issue, env!("CARGO_BIN_EXE_pkictl")])
        .current_dir(workspace.path())
        .env_clear()
        .status()
        .expect("a shell");
    assert_eq!(status.code(), Some(0));
    workspace.pkictl(&["show", "other"]).succeeds();
    for file in ["pki/dev/.lock", "pki/dev/certs/other/tls.crt"] {
        let mut text = String::new();
        File::open(workspace.file(file)).expect(file).read_to_string(&mut text).expect(file);
        assert!(!text.contains("schema"), "{file}: {text}");
    }
}
