//! File systems that are full or read-only.

use std::path::Path;

use pkictl::store::Store;

use super::disk::{is_whole, litter};
use crate::harness::{Workspace, with_mounts};

/// A workspace with a place to mount.
fn place() -> Workspace {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.file("mnt")).expect("a place to mount");
    workspace
}

/// A small file system with a PKI in it, on which each command of the file `commands` is run after `change`: exit codes
/// in the file `codes`, errors in one of their own for each.
fn each_command(workspace: &Workspace, change: &str, commands: &[&str]) -> Option<Vec<(String, String)>> {
    workspace.write("commands", commands.join("\n") + "\n");
    let script = r#"
        here=$PWD number=0
        mount -t tmpfs -o size=200k none mnt || { echo "no mount"; exit 9; }
        cd mnt && mkdir out && "$0" init --org Example -q && "$0" issue server web -q || exit 8
        "$0" emit k8s-secret --cert web -d out -q || exit 7
        CHANGE || exit 6
        while read -r command; do
            "$0" $command 2>"$here/$number.err" >"$here/$number.out" </dev/null
            echo "$?" >> "$here/codes"
            number=$((number + 1))
        done < "$here/commands"
        rm -f filler 2>/dev/null
        mkdir "$here/after" && cp -a . "$here/after/"
    "#;
    with_mounts(workspace, &script.replace("CHANGE", change))?;
    let codes = workspace.read("codes");
    let said = |number: usize| workspace.read(format!("{number}.err"));
    Some(codes.lines().enumerate().map(|(number, code)| (code.to_owned(), said(number))).collect())
}

/// A file system of a few blocks, filled up to a different one each time, so that each write is once the first to fail.
#[test]
fn a_full_disk_leaves_the_old_credential_or_the_new_one_and_no_litter() {
    let script = r#"
        here=$PWD
        mount -t tmpfs -o size=80k none mnt || { echo "no mount"; exit 9; }
        cd mnt && "$0" init --org Example -q && "$0" issue server web -q || exit 8
        for free in $(seq 0 12); do
            rm -f filler
            blocks=$(( $(stat -f -c %f .) - free ))
            dd if=/dev/zero of=filler bs=$(stat -f -c %S .) count=$blocks status=none
            for command in "issue server web --force" "issue server new-$free" "init --env env-$free"; do
                name="$free-${command%% *}-${command##* }"
                "$0" $command 2>"$here/$name.err" >/dev/null
                echo "$? $name" >> "$here/codes"
            done
            rm filler
            mkdir "$here/after-$free" && cp -a pki "$here/after-$free/"
            rm -rf pki/env-* pki/dev/certs/new-*
        done
    "#;
    let workspace = place();
    let Some(_) = with_mounts(&workspace, script) else { return };
    let codes = workspace.read("codes");
    assert!(codes.contains("\n0 ") && codes.starts_with("1 0-issue---force\n"), "{codes}");
    for line in codes.lines() {
        let (code, name) = line.split_once(' ').expect("a code and a name");
        let stderr = workspace.read(format!("{name}.err"));
        match code {
            "0" => assert!(!stderr.contains("error"), "{name}: {stderr}"),
            _ => assert!(
                code == "1" && stderr.contains("caused by: No space left on device"),
                "{name}: {code} {stderr}"
            ),
        }
    }
    for free in 0..=12 {
        let place = workspace.file(format!("after-{free}"));
        assert_eq!(litter(&place), Vec::<String>::new());
        is_whole(&place, "web");
        let environment = Store::new(place.join("pki")).environment("dev").expect("a name");
        environment.credentials().iter().for_each(|name| is_whole(&place, name.as_str()));
        let log = std::fs::read_to_string(place.join("pki/dev/log.jsonl")).expect("the log");
        assert!(log.ends_with("}\n"), "with {free} free blocks the log ends in {log:?}");
    }
}

#[test]
fn emitted_files_on_a_full_disk_are_the_old_ones_or_none() {
    let workspace = place();
    let full = "dd if=/dev/zero of=filler bs=4096 count=$(stat -f -c %f .) status=none";
    let commands = [
        "emit k8s-secret --cert web -o out.yaml",
        "emit k8s-secret --cert web -d new",
        "emit k8s-secret --cert web -d out --force",
        "emit nginx --cert web -d new/deep",
        "show web",
    ];
    let Some(said) = each_command(&workspace, full, &commands) else { return };
    let no_space = |place: &str| {
        let stderr =
            format!("error: cannot write into {place}\n  caused by: No space left on device (os error 28)\n");
        ("1".to_owned(), stderr)
    };
    let places = [".", "new", "out", "new/deep"].map(no_space);
    assert_eq!(said, [&places[..], &[("0".to_owned(), String::new())]].concat());
    let after = workspace.file("after");
    assert_eq!(litter(&after), Vec::<String>::new());
    assert_eq!(names(&after), ["out", "pki"], "something new was left");
    let secret = workspace.read("after/out/web-tls-secret.yaml");
    assert!(secret.contains("kind: Secret") && secret.ends_with('\n'), "{secret}");
    is_whole(&after, "web");
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn on_a_read_only_file_system_everything_is_read_and_what_would_write_says_where_it_could_not() {
    let workspace = place();
    let [open, create] = ["open pki/dev/.lock", "create"].map(String::from);
    let cases = [
        ("list", None),
        ("show web", None),
        ("verify --quiet", None),
        ("emit k8s-secret --cert web", None),
        ("init --if-missing --quiet", None),
        ("init --force", Some(open.clone())),
        ("init --env x", Some(format!("{create} pki/x"))),
        ("issue server new", Some(open.clone())),
        ("issue server web --force", Some(open.clone())),
        ("issue server new -d away", Some(open)),
        ("emit k8s-secret --cert web -o out.yaml", Some(format!("{create} a file in ."))),
        ("emit k8s-secret --cert web -d new", Some(format!("{create} new"))),
        ("emit k8s-secret --cert web -d out --force", Some(format!("{create} a file in out"))),
        ("man -d man", Some(format!("{create} man"))),
    ];
    let commands = cases.each_ref().map(|(command, _)| *command);
    let read_only = "mount -o remount,ro \"$here/mnt\"";
    let Some(said) = each_command(&workspace, read_only, &commands) else { return };
    for ((command, action), (code, stderr)) in cases.iter().zip(&said) {
        let expected = action.as_ref().map_or(String::new(), |action| {
            format!("error: cannot {action}\n  caused by: Read-only file system (os error 30)\n")
        });
        let wanted = if action.is_some() { "1" } else { "0" };
        assert_eq!((code.as_str(), stderr), (wanted, &expected), "{command}");
    }
    assert_eq!(said.len(), cases.len());
    assert_eq!(names(&workspace.file("after")), ["out", "pki"]);
}
