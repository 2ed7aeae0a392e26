//! Where `-o` leads: what is no file is written to and never replaced.

use std::process::{Command, Stdio};

use super::workspace;
use crate::harness::{Terminal, Workspace, judge};

const EDGE: [&str; 6] = ["emit", "route", "edge", "--service", "web", "--cert"];

/// Runs `emit route edge` with a key in it and these words.
#[track_caller]
fn edge(workspace: &Workspace, words: &[&str]) -> crate::harness::Run {
    workspace.pkictl(&[&EDGE[..], &["*.apps.example.com"], words].concat())
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;
    let workspace = workspace();
    for words in [&["-o", "/dev/null"][..], &["-o", "/dev/null", "--force"]] {
        let run = edge(&workspace, words).succeeds();
        assert_eq!(run.stdout, "");
        assert!(std::fs::metadata("/dev/null").expect("it is there").file_type().is_char_device());
    }
    let printed = edge(&workspace, &["-o", "/dev/stdout", "--force"]).succeeds();
    assert!(printed.stdout.contains("BEGIN PRIVATE KEY"));
}

#[cfg(unix)]
#[test]
fn a_pipe_gets_the_file_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let workspace = workspace();
    let pipe = workspace.file("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    for words in [&["-o", "pipe"][..], &["-o", "pipe", "--force"]] {
        let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().expect("cat runs");
        edge(&workspace, words).succeeds();
        let read = reader.wait_with_output().expect("cat ends").stdout;
        assert!(String::from_utf8_lossy(&read).contains("BEGIN PRIVATE KEY"));
        assert!(pipe.symlink_metadata().expect("it is there").file_type().is_fifo());
    }
}

#[cfg(unix)]
#[test]
fn what_the_shell_has_opened_is_written_to() {
    let workspace = workspace();
    let line = format!(
        "{} {} plain web --service web -o /dev/fd/3 3> out.yaml",
        env!("CARGO_BIN_EXE_pkictl"),
        "emit route"
    );
    let status = Command::new("sh").args(["-c", &line]).current_dir(workspace.path()).status();
    assert!(status.expect("a shell").success());
    assert!(workspace.read("out.yaml").contains("kind: Route"));
}

#[test]
fn a_private_key_is_not_written_to_a_terminal_by_its_device() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = workspace();
    let line = "pkictl emit route edge --service web --cert '*.apps.example.com' -o /dev/tty; echo exit=$?; sleep 60";
    let terminal = Terminal::open(&tmux, &workspace, line);
    let screen = terminal.shows("exit=2");
    assert!(screen.contains("would be printed on this terminal"), "{screen}");
    assert!(!screen.contains("BEGIN PRIVATE KEY"), "{screen}");
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through_when_files_may_be_replaced_and_stays_a_link() {
    let workspace = workspace();
    workspace.write("deploy/real.yaml", "old");
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, workspace.file(name)).expect("a link");
    };
    link("deploy/real.yaml", "link.yaml");
    link("nowhere.yaml", "dangling.yaml");
    for name in ["link.yaml", "dangling.yaml"] {
        let run = edge(&workspace, &["-o", name]).exits_with(1);
        assert!(run.stderr.contains("already exists") && run.stderr.contains("--force"), "{}", run.stderr);
    }
    assert_eq!(workspace.read("deploy/real.yaml"), "old");
    edge(&workspace, &["-o", "link.yaml", "--force"]).succeeds();
    assert!(workspace.read("deploy/real.yaml").contains("kind: Route"));
    assert!(workspace.file("link.yaml").is_symlink());
    edge(&workspace, &["-o", "dangling.yaml", "--force"]).succeeds();
    assert!(!workspace.file("dangling.yaml").is_symlink() && !workspace.file("nowhere.yaml").exists());
}

#[test]
fn a_directory_is_no_file_to_write() {
    let workspace = workspace();
    std::fs::create_dir(workspace.file("deploy")).expect("a directory");
    for name in ["new/", "deploy", "..", ".", "deploy/"] {
        edge(&workspace, &["-o", name]).fails(
            2,
            &format!("error: {name} is a directory, but `-o` expects a file\n\nhint: use `-d` to write all files to it, or name a file in it"),
        );
    }
}

#[test]
fn a_format_of_oc_is_not_taken_for_a_file() {
    let workspace = workspace();
    edge(&workspace, &["-o", "yaml"]).fails(
        2,
        "error: `-o yaml` would write a file named \"yaml\": `-o` does not select a format\n\nhint: omit it to print the file, or use `-o ./yaml` to write a file of that name",
    );
    edge(&workspace, &["-o", "./yaml"]).succeeds();
    assert!(workspace.read("yaml").contains("kind: Route"));
    // Now it is plain what is meant.
    edge(&workspace, &["-o", "yaml", "--force"]).succeeds();
}

#[test]
fn to_replace_a_file_is_not_to_insist_and_the_other_way_round() {
    let workspace = workspace();
    let words = ["--hostname", "web.other.example.com", "-o", "route.yaml"];
    let run = edge(&workspace, &[&words[..], &["--force"]].concat()).exits_with(1);
    assert!(
        run.stderr.contains("hint: the cluster would accept it as it is: write it anyway with `--insist`"),
        "{}",
        run.stderr
    );
    edge(&workspace, &[&words[..], &["--insist"]].concat()).succeeds();
    let run = edge(&workspace, &[&words[..], &["--insist"]].concat()).exits_with(1);
    assert!(run.stderr.contains("already exists"), "{}", run.stderr);
    edge(&workspace, &[&words[..], &["--insist", "--force"]].concat()).succeeds();
}
