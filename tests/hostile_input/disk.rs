//! Files that may not grow and directories that may not be written.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pkictl::pki::Label;
use pkictl::store::Store;

use super::workspace;
use crate::harness::{Nobody, Workspace};

/// Names of unfinished files and directories, anywhere below `directory`.
pub fn litter(directory: &Path) -> Vec<String> {
    let all = super::snapshot(directory).into_keys().map(|path| path.display().to_string());
    all.filter(|path| ["/.tmp-", "/.old-", "/.keep-"].iter().any(|mark| path.contains(mark))).collect()
}

/// A credential is there as a whole: chain, key that belongs to it, and the root that signed it.
#[track_caller]
pub fn is_whole(workspace: &Path, name: &str) {
    let environment = Store::new(workspace.join("pki")).environment("dev").expect("a name");
    let name: Label = name.parse().expect("a name");
    // Reading it compares the key with the certificate.
    let credential = environment.credential(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(credential.certificate.is_signed_by(&credential.anchor), "{name} was signed by another root");
}

fn shell(workspace: &Workspace, script: &str, arguments: &[&str]) -> Output {
    Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_pkictl")])
        .args(arguments)
        .current_dir(workspace.path())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
}

#[track_caller]
fn failed_in_words(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.status.signal()), (Some(1), None), "{stderr}");
    assert!(stderr.starts_with("error: cannot ") && stderr.contains("\n  caused by: "), "{stderr}");
}

/// Files may grow to a number of blocks of 1024 bytes and no further: the first write that does not fit fails, some
/// in the middle of a file. The signal that would end the program is ignored, as on a disk that is really full.
#[test]
fn a_file_that_cannot_grow_leaves_the_old_credential_and_no_litter() {
    let workspace = workspace();
    let limited = |blocks: u32, arguments: &[&str]| {
        shell(&workspace, &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""), arguments)
    };
    let before = super::snapshot(&workspace.file("pki"));
    // So many names that the certificate outgrows one block, and the private key does not.
    let sans: Vec<String> = (0..12).map(|count| format!("{}{count}.example.com", "x".repeat(60))).collect();
    let sans = sans.join(",");
    for blocks in [0, 1] {
        for arguments in [
            &["issue", "server", "web", "--force", "--san", &sans][..],
            &["issue", "server", "new", "--san", &sans],
            &["issue", "server", "new", "--san", &sans, "-d", "out/deep"],
            &["init", "--force"],
        ] {
            if blocks == 1 && arguments[0] == "init" {
                continue;
            }
            let output = limited(blocks, arguments);
            failed_in_words(&output);
            assert!(String::from_utf8_lossy(&output.stderr).contains("File too large"), "{arguments:?}");
            assert_eq!(super::snapshot(&workspace.file("pki")), before, "{arguments:?} changed something");
            assert!(!workspace.file("out").exists(), "{arguments:?} left a directory");
        }
    }
    let output = limited(0, &["init", "--env", "other"]);
    failed_in_words(&output);
    assert_eq!(litter(workspace.path()), Vec::<String>::new());
    workspace.pkictl(&["init", "--env", "other"]).succeeds();
    workspace.pkictl(&["issue", "server", "web", "--force"]).succeeds();
}

#[test]
fn who_may_not_read_or_write_is_told_so() {
    let workspace = workspace();
    let Some(nobody) = Nobody::enters(&workspace) else { return };
    let run = |arguments: &[&str]| nobody.run(arguments);
    let before = super::snapshot(workspace.path());
    let denied = "  caused by: Permission denied (os error 13)\n";
    for (arguments, action) in [
        (&["list"][..], "read pki/dev/ca/root/ca.crt"),
        (&["issue", "server", "other"], "read pki/profiles/server.toml"),
        (&["init"], "read pki/profiles/root-ca.toml"),
        (&["init", "--pki", "new"], "create new"),
        (&["show", "pki/dev/certs/web/tls.key"], "read pki/dev/certs/web/tls.key"),
        (&["man", "-d", "man"], "create man"),
    ] {
        assert_eq!(run(arguments), (Some(1), format!("error: cannot {action}\n{denied}")), "{arguments:?}");
    }
    // Readable, but not to be written: the directories of a colleague.
    for directory in ["pki", "pki/dev", "pki/dev/certs", "pki/dev/ca", "pki/dev/ca/root", "pki/dev/certs/web"]
    {
        std::fs::set_permissions(workspace.file(directory), PermissionsExt::from_mode(0o755))
            .expect("a mode");
    }
    let key = "pki/dev/ca/root/ca.key";
    assert_eq!(run(&["list"]).0, Some(0));
    assert_eq!(
        run(&["issue", "server", "other"]),
        (Some(1), format!("error: cannot open pki/dev/.lock\n{denied}"))
    );
    std::fs::set_permissions(workspace.file("pki/dev/.lock"), PermissionsExt::from_mode(0o666))
        .expect("a mode");
    assert_eq!(run(&["issue", "server", "other"]), (Some(1), format!("error: cannot read {key}\n{denied}")));
    std::os::unix::fs::chown(workspace.file(key), Some(Nobody::ID), None).expect("an owner");
    assert_eq!(
        run(&["issue", "server", "other"]),
        (Some(1), format!("error: cannot create a directory in pki/dev\n{denied}"))
    );
    let names = |all: std::collections::BTreeMap<std::path::PathBuf, _>| all.into_keys().collect::<Vec<_>>();
    assert_eq!(names(super::snapshot(workspace.path())), names(before));
}
