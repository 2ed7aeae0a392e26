//! A kill, or an error, at every single system call.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use super::environment;
use crate::harness::{Judge, Workspace, judge};
use crate::hostile_input::disk::{is_whole, litter, pass_over};
use crate::hostile_input::snapshot;

/// System calls by which the program changes the disk or looks at it.
const CALLS: [&str; 9] =
    ["mkdir", "openat", "write", "fsync", "fdatasync", "flock", "rename", "renameat2", "unlinkat"];

/// Runs the program once for every system call it makes, each time with `fault` at another one.
fn at_every_call(
    strace: &Judge,
    workspace: &Workspace,
    arguments: &[&str],
    fault: &str,
    check: impl Fn(&str),
) -> usize {
    let mut faults = 0;
    for call in CALLS {
        for number in 1.. {
            let inject = format!("inject={call}:{fault}:when={number}");
            let mut command = strace.command();
            command.args(["-f", "-qq", "-o"]).arg(workspace.file("trace")).args([
                "-e",
                &format!("trace={call}"),
                "-e",
                &inject,
            ]);
            command.arg(env!("CARGO_BIN_EXE_pkictl")).args(arguments).current_dir(workspace.path());
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            let output = command.output().expect("strace runs");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(!stderr.contains("panicked"), "{inject}: {stderr}");
            let hit = output.status.signal() == Some(9) || workspace.read("trace").contains("(INJECTED)");
            check(&format!("{inject}: {stderr}"));
            faults += usize::from(hit);
            if !hit {
                break;
            }
        }
    }
    faults
}

/// strace, if programs can be traced here.
pub fn strace() -> Option<Judge> {
    let strace = judge("strace")?;
    let probe = strace.command().args(["-qq", "-o", "/dev/null", "true"]).status();
    if probe.is_ok_and(|status| status.success()) {
        return Some(strace);
    }
    pass_over("strace may not trace here");
    None
}

#[test]
fn a_kill_at_every_single_system_call_leaves_the_old_set_or_the_new_one() {
    let Some(strace) = strace() else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    let old = std::cell::RefCell::new(workspace.read("pki/dev/certs/web/tls.crt"));
    let replaced = std::cell::Cell::new(0);
    let kills =
        at_every_call(&strace, &workspace, &["issue", "server", "web", "--force"], "signal=KILL", |_| {
            is_whole(workspace.path(), "web");
            let now = workspace.read("pki/dev/certs/web/tls.crt");
            replaced.set(replaced.get() + usize::from(old.replace(now.clone()) != now));
        });
    assert!(
        kills >= 30 && (1..kills).contains(&replaced.get()),
        "{kills} kills, {} replaced",
        replaced.get()
    );
    workspace.pkictl(&["issue", "client", "next"]).succeeds();
    assert_eq!(litter(workspace.path()), Vec::<String>::new());
    let log = environment(&workspace).log().expect("the log");
    assert_eq!(log.last().map(|entry| entry.name.as_str()), Some("next"));
}

#[test]
fn a_kill_at_every_single_system_call_of_a_new_authority_loses_neither_the_old_nor_the_new_one() {
    let Some(strace) = strace() else { return };
    let workspace = Workspace::with_ca();
    let roots = || {
        let replaced = workspace.file("pki/dev/replaced");
        let aside = std::fs::read_dir(replaced).into_iter().flatten().flatten().map(|entry| entry.path());
        let all = aside.chain([workspace.file("pki/dev/ca")]);
        all.map(|place| std::fs::read(place.join("root/ca.key")).expect("a key")).collect::<Vec<_>>()
    };
    let known = std::cell::RefCell::new(roots());
    let kills = at_every_call(&strace, &workspace, &["init", "--force"], "signal=KILL", |inject| {
        environment(&workspace).authority("root", None).unwrap_or_else(|error| panic!("{inject}{error}"));
        let now = roots();
        assert!(known.borrow().iter().all(|key| now.contains(key)), "{inject}lost a key that was in use");
        known.replace(now);
    });
    assert!(kills >= 30, "{kills} kills");
}

#[test]
fn an_error_at_every_single_system_call_is_reported_and_leaves_no_litter() {
    let Some(strace) = strace() else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    for call in ["mkdir", "write", "fsync", "fdatasync", "renameat2", "flock"] {
        for number in 1.. {
            let before = snapshot(&workspace.file("pki/dev/certs"));
            let inject = format!("inject={call}:error=ENOSPC:when={number}");
            let mut command = strace.command();
            command.args(["-f", "-qq", "-o", "trace", "-e", &format!("trace={call}"), "-e", &inject]);
            command.arg(env!("CARGO_BIN_EXE_pkictl")).args(["issue", "server", "web", "--force", "--quiet"]);
            let output =
                command.current_dir(workspace.path()).stdout(Stdio::null()).output().expect("strace runs");
            let stderr = String::from_utf8_lossy(&output.stderr);
            is_whole(workspace.path(), "web");
            assert_eq!(litter(workspace.path()), Vec::<String>::new(), "{inject}");
            if !workspace.read("trace").contains("(INJECTED)") {
                assert_eq!(output.status.code(), Some(0), "{inject}: {stderr}");
                break;
            }
            assert_eq!(output.status.code(), Some(1), "{inject}: {stderr}");
            assert!(
                stderr.ends_with("caused by: No space left on device (os error 28)\n"),
                "{inject}: {stderr}"
            );
            // After the swap, only the wait for the disk can still fail.
            assert!(call == "fsync" || snapshot(&workspace.file("pki/dev/certs")) == before, "{inject}");
        }
    }
}
