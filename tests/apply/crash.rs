//! Killed at any moment, `apply` leaves whole credentials, and the next run finishes the work.

use std::cell::Cell;
use std::process::{Command, Stdio};

use pkictl::store::Store;

use super::workspace;
use crate::safety::kills::at_random_moments;

#[test]
fn after_a_kill_at_any_moment_the_next_run_finishes_the_work() {
    let services: String = (0..60)
        .map(|n| {
            format!(
                "[service.s{n}]\nnames = [\"s{n}.example.com\"]\nemit = [{{ target = \"k8s-secret\" }}]\n"
            )
        })
        .collect();
    let workspace = workspace(&format!("version = 1\nenvironments = [\"test\"]\n{services}"));
    let rounds = Cell::new(0);
    let apply = || {
        // A run that has nothing to do any more would be over too soon.
        if rounds.replace(rounds.get() + 1) % 3 == 0 {
            for made in ["pki", "deploy"] {
                let _ = std::fs::remove_dir_all(workspace.file(made));
            }
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
        command.current_dir(workspace.path()).env_clear().args(["apply", "--prune"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    at_random_moments(20, apply, || {
        let environment = Store::new(workspace.file("pki")).environment("test").expect("a name");
        for name in environment.credentials() {
            environment.credential(&name).expect("a whole credential whose parts belong together");
        }
    });
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    for place in ["pki/test", "pki/test/certs", "pki/test/ca"] {
        let left = std::fs::read_dir(workspace.file(place)).expect("a directory").flatten();
        let litter: Vec<_> =
            left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".tmp-")).collect();
        assert!(litter.is_empty(), "{litter:?}");
    }
}

#[test]
fn two_runs_at_once_make_each_certificate_once() {
    let services: String =
        (0..20).map(|n| format!("[service.s{n}]\nnames = [\"s{n}.example.com\"]\n")).collect();
    let workspace = workspace(&format!("version = 1\nenvironments = [\"test\"]\n{services}"));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| workspace.pkictl(&["apply"]).succeeds());
        }
    });
    let log = workspace.read("pki/test/log.jsonl");
    assert_eq!(log.lines().count(), 21, "a root and twenty certificates:\n{log}");
}
