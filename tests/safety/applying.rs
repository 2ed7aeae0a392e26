//! `apply` when the disk is full, at every kind of fault, and beside others: what there was or what is wanted, never a
//! part of it, and the next run finishes the work.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

use pkictl::store::{Environment, Store};

use super::calls::{Faulty, Traced};
use super::program;
use crate::apply::workspace;
use crate::harness::{Nobody, Workspace, with_mounts};
use crate::hostile_input::disk::litter;
use crate::hostile_input::snapshot;

/// A file with a key in it, a copy of a key, and a file without one.
const MANIFEST: &str = r#"version = 1
environments = ["test"]
[authority]
intermediate = true
[service.api]
names = ["api.example.com"]
callers = ["job"]
emit = [{ target = "nginx", upstream = "http://127.0.0.1:9000" }, { target = "k8s-secret" }]
files = { certificate = "copies/api.crt", key = "copies/api.key" }
[service.job]
"#;

fn environment(workspace: &Workspace) -> Environment {
    Store::new(workspace.file("pki")).environment("test").expect("a name")
}

/// Every credential and every emitted file is whole.
#[track_caller]
fn is_whole(workspace: &Workspace, said: &str) {
    let environment = environment(workspace);
    for name in environment.credentials() {
        // Reading it compares the key with the certificate.
        let found = environment.credential(&name).unwrap_or_else(|error| panic!("{said}{name}: {error}"));
        assert!(found.intermediates[0].is_signed_by(&found.anchor), "{said}{name}");
    }
    for directory in ["deploy/test/api", "copies"] {
        for entry in std::fs::read_dir(workspace.file(directory)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(".tmp-") {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            let end = match name.as_str() {
                "api.crt" => "-----END CERTIFICATE-----\n",
                "api.key" => "-----END PRIVATE KEY-----\n",
                _ => "\n",
            };
            assert!(text.ends_with(end), "{said}{name} is {text:?}");
        }
    }
}

/// Takes away a credential, a copy and a file, so that there is work of every kind.
fn damage(workspace: &Workspace) {
    std::fs::remove_dir_all(workspace.file("pki/test/certs/api")).expect("a credential");
    std::fs::remove_file(workspace.file("copies/api.key")).expect("a copy");
    let conf = workspace.file("deploy/test/api/nginx-site.conf");
    std::fs::write(conf, "edited\n").expect("a file");
}

/// Runs `apply` once for each of many system calls, with a fault at another one each time; `check` is told what
/// happened, and then `apply` finishes the work. Returns the number of faults.
fn at_many_calls(fault: &str, spared: &[&str], check: impl Fn(&Workspace, &Faulty)) -> Option<usize> {
    let workspace = workspace(MANIFEST);
    workspace.pkictl(&["apply"]).succeeds();
    damage(&workspace);
    let traced = Traced::new(&workspace, &["apply", "--quiet"])?;
    let mut faults = 0;
    for call in traced.calls.iter().filter(|call| !spared.contains(call)) {
        // Most of what is opened is only read.
        let step = if *call == "openat" { 7 } else { 1 };
        for number in (1..).step_by(step) {
            damage(&workspace);
            let run = traced.run(call, fault, number);
            is_whole(&workspace, &run.said);
            if run.hit {
                check(&workspace, &run);
            }
            workspace.pkictl(&["apply", "--quiet"]).succeeds();
            workspace.pkictl(&["plan", "--check", "--quiet"]).succeeds();
            assert_eq!(litter(&workspace.file("pki")), Vec::<String>::new(), "{}", run.said);
            if !run.hit {
                break;
            }
            faults += 1;
        }
    }
    is_whole(&workspace, "");
    let log = environment(&workspace).log().expect("the log");
    for name in environment(&workspace).credentials() {
        let found = environment(&workspace).credential(&name).expect("a credential").certificate;
        assert!(
            log.iter().any(|entry| entry.serial == found.details.serial.to_string()),
            "{name} is not in the log"
        );
    }
    Some(faults)
}

#[test]
fn a_kill_at_any_system_call_leaves_whole_sets_and_the_next_run_finishes() {
    let Some(faults) = at_many_calls("signal=KILL", &[], |_, _| {}) else { return };
    assert!(faults >= 25, "{faults} kills");
}

#[test]
fn an_error_at_any_system_call_is_said_and_leaves_no_litter() {
    let said_all = Cell::new(0);
    // What cannot be opened is another story, what cannot be removed stays, and a lock is not on the disk.
    let spared = ["openat", "unlink", "unlinkat", "flock"];
    let faults = at_many_calls("error=ENOSPC", &spared, |workspace, run| {
        let said = &run.said;
        assert_eq!(run.code, Some(1), "{said}");
        // strace counts in each thread: where a write fails in one, that of the message may fail in another.
        let is_said = said.ends_with("caused by: No space left on device (os error 28)\n");
        assert!(is_said || said.starts_with("inject=write:"), "{said}");
        assert_eq!(litter(workspace.path()), Vec::<String>::new(), "{said}");
        said_all.set(said_all.get() + usize::from(is_said));
    });
    let Some(faults) = faults else { return };
    assert!(faults >= 15 && said_all.get() >= 12, "{faults} faults");
}

/// A file system that is filled up to another block each time.
#[test]
fn a_full_disk_stops_it_without_a_part_of_anything_and_with_space_it_finishes() {
    let script = r#"
        here=$PWD
        mount -t tmpfs -o size=160k none mnt || { echo "no mount"; exit 9; }
        cp pkictl.toml mnt/ && cd mnt || exit 8
        for free in 0 1 2 3 5 8 11 14 17 20; do
            rm -rf pki deploy copies
            blocks=$(( $(stat -f -c %f .) - free ))
            dd if=/dev/zero of=filler bs=$(stat -f -c %S .) count=$blocks status=none
            "$0" apply -q 2>"$here/$free.err"
            echo "$? $free" >> "$here/codes"
            mkdir "$here/after-$free" && cp -a . "$here/after-$free/" && rm "$here/after-$free/filler" filler
            "$0" apply -q && "$0" plan --check -q || { echo "does not finish after $free"; exit 7; }
        done
    "#;
    let workspace = workspace(MANIFEST);
    std::fs::create_dir(workspace.file("mnt")).expect("a place to mount");
    let Some(_) = with_mounts(&workspace, script) else { return };
    let codes = workspace.read("codes");
    assert!(
        codes.starts_with("1 0\n") && codes.lines().filter(|line| line.starts_with('1')).count() >= 5,
        "{codes}"
    );
    for line in codes.lines() {
        let (code, free) = line.split_once(' ').expect("a code and a number");
        let stderr = workspace.read(format!("{free}.err"));
        match code {
            "0" => assert_eq!(stderr, ""),
            _ => assert!(
                code == "1" && stderr.ends_with("caused by: No space left on device (os error 28)\n"),
                "{line}: {stderr}"
            ),
        }
        let after = workspace.file(format!("after-{free}"));
        assert_eq!(litter(&after), Vec::<String>::new(), "with {free} free blocks");
        let environment = Store::new(after.join("pki")).environment("test").expect("a name");
        for name in environment.credentials() {
            environment.credential(&name).unwrap_or_else(|error| panic!("{free}: {name}: {error}"));
        }
    }
}

#[test]
fn a_directory_that_may_not_be_written_is_named_and_everything_else_is_finished_later() {
    let workspace = workspace(MANIFEST);
    let Some(user) = Nobody::enters(&workspace) else { return };
    let nobody = Some(Nobody::ID);
    let mode = |path: &str, mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(workspace.file(path), mode).expect("a mode");
    };
    std::fs::create_dir(workspace.file("pki")).expect("a directory");
    std::os::unix::fs::chown(workspace.file("pki"), nobody, nobody).expect("an owner");
    mode("pki", 0o700);
    let run = |arguments: &[&str]| user.run(arguments);
    let denied = "  caused by: Permission denied (os error 13)\n";
    assert_eq!(run(&["apply", "-q"]), (Some(1), format!("error: cannot create copies\n{denied}")));
    for directory in ["copies", "deploy"] {
        std::fs::create_dir(workspace.file(directory)).expect("a directory");
        std::os::unix::fs::chown(workspace.file(directory), nobody, nobody).expect("an owner");
    }
    let certificate = workspace.read("pki/test/certs/api/tls.crt");
    assert_eq!(run(&["apply", "-q"]), (Some(0), String::new()));
    assert_eq!(workspace.read("copies/api.crt"), certificate, "made once");
    // The PKI of somebody else.
    std::os::unix::fs::chown(workspace.file("pki"), Some(0), Some(0)).expect("an owner");
    let before = snapshot(workspace.path());
    for command in ["plan", "apply", "verify"] {
        let (code, stderr) = run(&[command, "-f", "pkictl.toml"]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.starts_with("error: pkictl.toml:5:10: cannot read pki/profiles/server.toml: Permission denied (os error 13)\n"), "{stderr}");
    }
    mode("pki", 0o755);
    std::os::unix::fs::chown(workspace.file("pki/test"), Some(0), Some(0)).expect("an owner");
    for (command, stderr) in [
        ("plan", format!("error: cannot read pki/test/ca\n{denied}")),
        ("apply", format!("error: cannot open pki/test/.lock\n{denied}")),
    ] {
        assert_eq!(run(&[command]), (Some(1), stderr));
    }
    assert_eq!(run(&["verify", "-f", "pkictl.toml"]).0, Some(3), "nothing can be proven");
    let names = |all: std::collections::BTreeMap<std::path::PathBuf, _>| all.into_keys().collect::<Vec<_>>();
    assert_eq!(names(snapshot(workspace.path())), names(before));
}

#[test]
fn beside_others_who_issue_and_who_make_authorities_anew_nothing_is_mixed_or_lost() {
    let workspace = workspace(&MANIFEST.replace("intermediate = true", "intermediate = false"));
    workspace.pkictl(&["apply"]).succeeds();
    let start = Instant::now();
    let again = |arguments: &[&str]| {
        let mut runs = 0;
        // Each several times, however slow the machine is.
        while start.elapsed() < Duration::from_secs(4) || runs < 4 {
            // Whoever comes between two others may be told so.
            let status = program(&workspace, arguments).status().expect("it runs");
            assert!(matches!(status.code(), Some(0 | 1)), "{arguments:?}: {status}");
            runs += 1;
        }
    };
    std::thread::scope(|scope| {
        for arguments in [
            &["apply"][..],
            &["apply"],
            &["issue", "server", "api", "--env", "test", "--force"],
            &["issue", "client", "more", "--env", "test", "--force"],
            &["init", "--env", "test", "--force"],
        ] {
            scope.spawn(move || again(arguments));
        }
    });
    let environment = environment(&workspace);
    let log = environment.log().expect("the log");
    for name in environment.credentials() {
        let found = environment.credential(&name).expect("a whole credential");
        assert!(found.certificate.is_signed_by(&found.anchor), "{name}");
        assert!(
            log.iter().any(|entry| entry.serial == found.certificate.details.serial.to_string()),
            "{name}"
        );
    }
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    workspace.pkictl(&["verify", "-f", "pkictl.toml"]).succeeds();
    assert_eq!(litter(workspace.path()), Vec::<String>::new());
}

#[test]
fn what_a_killed_run_left_among_the_files_of_users_goes_when_it_is_old_and_nothing_else_does() {
    let workspace = workspace(MANIFEST);
    workspace.pkictl(&["apply"]).succeeds();
    let names = [".tmp-0123456789abcdef", ".tmp-fedcba9876543210", ".tmp-mine", ".tmp-0123456789abcdefg"];
    for directory in ["copies", "deploy/test/api"] {
        for name in names {
            let path = workspace.write(&format!("{directory}/{name}"), "half of a key");
            if name != names[1] {
                let hour_ago = SystemTime::now() - Duration::from_secs(3600);
                let file = std::fs::File::options().write(true).open(path).expect("the file");
                file.set_modified(hour_ago).expect("a time");
            }
        }
    }
    workspace.pkictl(&["plan"]).succeeds();
    assert!(workspace.file("copies").join(names[0]).exists(), "a plan changes nothing");
    workspace.pkictl(&["apply"]).succeeds();
    for directory in ["copies", "deploy/test/api"] {
        let left = names.map(|name| workspace.file(directory).join(name).exists());
        assert_eq!(left, [false, true, true, true]);
    }
}
