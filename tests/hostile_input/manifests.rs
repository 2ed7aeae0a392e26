//! Manifests that mean no good, and what lies where `apply` is to work: refused in words before anything is made.

mod places;

use std::fs::File;
use std::os::unix::fs::symlink;

use super::refuses;
use crate::apply::{PAIR, applied, workspace};
use crate::harness::Workspace;

const HEAD: &str = "version = 1\nenvironments = [\"test\"]\n";

/// A manifest of one server with `more` in its table.
fn server(more: &str) -> Workspace {
    workspace(&format!("{HEAD}[service.web]\nnames = [\"web.example.com\"]\n{more}\n"))
}

/// `plan` and `apply` refuse it with the same words, and change nothing.
#[track_caller]
fn both_refuse(workspace: &Workspace, stderr: &str) {
    for command in ["plan", "apply"] {
        refuses(workspace, &[command], 1, stderr);
    }
}

#[test]
fn a_file_that_is_no_manifest_is_named_for_what_it_is() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.file("directory")).expect("a directory");
    workspace.write("binary", [0x7f, b'E', b'L', b'F', 0xff, 0xfe, 0x00].repeat(500));
    workspace.write("text", b"version = 1\n# \xff\n");
    File::create(workspace.file("big")).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
    let too_large = |file: &str, most: u32| {
        format!("error: {file}: the file is too large\n  expected: at most {most} MiB\n  found:    more")
    };
    for (file, stderr) in [
        ("directory", "error: cannot read directory\n  caused by: Is a directory (os error 21)".to_owned()),
        ("binary", "error: binary: byte 5 is not UTF-8 text".to_owned()),
        ("text", "error: text: byte 15 is not UTF-8 text".to_owned()),
        ("big", too_large("big", 64)),
        ("/dev/zero", too_large("/dev/zero", 64)),
    ] {
        for command in ["plan", "apply", "verify"] {
            refuses(&workspace, &[command, "-f", file], 1, &stderr);
        }
    }
    // A draft of the first two mebibytes of a file would look like one of all of it.
    workspace.write("compose.yml", format!("services:\n{}", "  a: {image: x}\n".repeat(200_000)));
    for file in ["compose.yml", "big", "/dev/zero"] {
        refuses(&workspace, &["manifest", "import", "compose", file], 1, &too_large(file, 2));
    }
}

#[test]
fn nesting_without_end_is_refused_and_no_stack_overflows() {
    for (text, said) in [
        (format!("{HEAD}x = {}{}", "[".repeat(100_000), "]".repeat(100_000)), "max recursion depth"),
        (format!("{HEAD}{} = 1", vec!["a"; 100_000].join(".")), "recursion limit"),
        (format!("{HEAD}[{}]", vec!["a"; 100_000].join(".")), "recursion limit"),
        (format!("{HEAD}x = {}", "{a = ".repeat(100_000)), "max recursion depth"),
    ] {
        let run = workspace(&text).pkictl(&["plan"]).exits_with(1);
        assert!(run.stderr.contains(said) && !run.stderr.contains("panicked"), "{}", run.stderr);
    }
}

#[test]
fn a_hundred_thousand_services_are_read_within_the_time_that_a_test_gives_the_program() {
    // An unknown key keeps the rest of a plan away.
    let services: String =
        (0..100_000).map(|n| format!("[service.s{n}]\nnames = [\"s{n}.com\"]\n")).collect();
    let workspace = workspace(&format!("{HEAD}unknown = 1\n{services}"));
    workspace.pkictl(&["plan"]).fails(
        1,
        "error: pkictl.toml:3:1: the manifest has no key `unknown`\n  expected: one of version, environments, defaults, authority, service",
    );
}

#[test]
fn a_service_has_no_name_that_would_surprise() {
    let form = "a host name, a wildcard, an address, or a word of letters, digits, `-`, `_`, `.`, `@`";
    let long = "a".repeat(300);
    let no_path = "it would be a path";
    for (name, shown, reason) in [
        ("../x", "../x", no_path),
        ("-x", "-x", "it starts with `-`, so every command would take it for an option"),
        ("w\u{1f600}/b", "w\u{1f600}/b", no_path),
        (&long, &format!("{}...", "a".repeat(77)), "it is 300 characters long, at most 253 are allowed"),
    ] {
        let manifest = format!("{HEAD}[service.\"{name}\"]\nnames = [\"localhost\"]\n");
        both_refuse(
            &workspace(&manifest),
            &format!("error: pkictl.toml:3:10: invalid name {shown:?}: {reason}\n  expected: {form}"),
        );
    }
}

#[test]
fn what_was_applied_is_never_guessed() {
    let workspace = applied(PAIR);
    std::fs::remove_dir_all(workspace.file("pki/test/certs/job")).expect("a credential");
    let good = workspace.read("pki/test/applied.json");
    let damaged = |found: &str, hint: &str| {
        format!(
            "error: pki/test/applied.json: not a record of what was applied\n  expected: JSON as pkictl writes it, with schema 1\n  found:    {found}\n\nhint: {hint}"
        )
    };
    let away = "move it away with `mv pki/test/applied.json pki/test/applied.json.damaged`; the next `pkictl apply` writes a new one";
    let newer = "a newer pkictl wrote it: use that version";
    for (text, found, hint) in [
        ("", "EOF while parsing a value at line 1 column 0", away),
        ("{\"schema\": 1, \"serv", "EOF while parsing a string at line 1 column 19", away),
        ("{\"schema\": 1}", "missing field `services` at line 1 column 13", away),
        ("{\"schema\": 2, \"services\": {}}", "schema 2", newer),
        ("{\"schema\": 2, \"everything\": \"else\"}", "schema 2", newer),
    ] {
        workspace.write("pki/test/applied.json", text);
        both_refuse(&workspace, &damaged(found, hint));
        // Nothing is proven either.
        let run = workspace.pkictl(&["verify", "-f", "pkictl.toml"]).exits_with(3);
        assert!(run.stdout.contains("not a record of what was applied"), "{}", run.stdout);
    }
    std::fs::remove_file(workspace.file("pki/test/applied.json")).expect("the file");
    std::fs::create_dir(workspace.file("pki/test/applied.json")).expect("a directory");
    both_refuse(
        &workspace,
        "error: cannot read pki/test/applied.json\n  caused by: Is a directory (os error 21)",
    );
    std::fs::remove_dir(workspace.file("pki/test/applied.json")).expect("the directory");
    workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(workspace.read("pki/test/applied.json"), good);
}

#[test]
fn what_is_no_credential_is_not_replaced_by_one() {
    let workspace = applied(PAIR);
    let job = workspace.file("pki/test/certs/job");
    let kept = workspace.file("kept");
    std::fs::rename(&job, &kept).expect("moved");
    workspace.write("pki/test/certs/job", "precious");
    let refusal = |found: &str| {
        format!(
            "error: pki/test/certs/job: this is not a directory\n  expected: a directory, or nothing\n  found:    {found}"
        )
    };
    both_refuse(&workspace, &refusal("a file"));
    let run = workspace.pkictl(&["verify", "-f", "pkictl.toml"]).exits_with(3);
    assert!(run.stdout.contains("pki/test/certs/job: this is not a directory"), "{}", run.stdout);
    std::fs::remove_file(&job).expect("the file");
    symlink("nowhere", &job).expect("a link");
    both_refuse(&workspace, &refusal("a dangling symbolic link"));
    // A link to a whole credential is one; when it is made anew, what the link leads to stays.
    std::fs::remove_file(&job).expect("the link");
    symlink(&kept, &job).expect("a link");
    workspace.pkictl(&["plan", "--check"]).succeeds();
    let key = workspace.read("kept/tls.key");
    workspace.write("kept/tls.crt", workspace.read("kept/tls.crt") + "more\n");
    workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(workspace.read("kept/tls.key"), key);
    assert!(job.symlink_metadata().expect("a directory").is_dir());
    // A pipe has no end and perhaps no beginning.
    let pipe = job.join("tls.key");
    std::fs::remove_file(&pipe).expect("the key");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let run = workspace.pkictl(&["apply"]).succeeds();
    assert!(run.stderr.contains("tls.key is damaged (neither a file nor a directory)"), "{}", run.stderr);
}

#[test]
fn an_authority_of_which_a_part_is_lost_is_not_made_anew_unasked() {
    let workspace = applied(PAIR);
    let key = workspace.read("pki/test/ca/root/ca.key");
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.crt")).expect("the certificate");
    both_refuse(
        &workspace,
        "error: pki/test/ca is there, but the root's certificate pki/test/ca/root/ca.crt is missing or cannot be read\n\nhint: put the certificate back, or move pki/test/ca away: then a new CA is made",
    );
    workspace.pkictl(&["apply", "--remake-authorities"]).succeeds();
    let aside: Vec<_> =
        std::fs::read_dir(workspace.file("pki/test/replaced")).expect("a directory").flatten().collect();
    assert_eq!(std::fs::read_to_string(aside[0].path().join("root/ca.key")).expect("the key"), key);
    workspace.pkictl(&["plan", "--check"]).succeeds();

    let hint =
        "\n\nhint: restore the CA's own key, or make a new CA with `pkictl apply --remake-authorities`";
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.key")).expect("the key");
    // Nothing is to be signed, so nobody needs it.
    workspace.pkictl(&["apply"]).succeeds();
    std::fs::remove_dir_all(workspace.file("pki/test/certs/job")).expect("a credential");
    refuses(
        &workspace,
        &["apply"],
        1,
        &format!("error: authority \"root\" has no private key at pki/test/ca/root/ca.key{hint}"),
    );
    std::fs::copy(workspace.file("pki/test/certs/api/tls.key"), workspace.file("pki/test/ca/root/ca.key"))
        .expect("a copy");
    let run = workspace.pkictl(&["apply"]).exits_with(1);
    assert!(run.stderr.trim_end().ends_with(hint), "{}", run.stderr);
    workspace.pkictl(&["apply", "--remake-authorities"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    workspace.pkictl(&["verify", "-f", "pkictl.toml"]).succeeds();
}

#[test]
fn the_log_of_an_environment_survives_a_line_that_a_crash_tore_off() {
    let workspace = applied(PAIR);
    let log = workspace.file("pki/test/log.jsonl");
    let file = File::options().write(true).open(&log).expect("the log");
    file.set_len(file.metadata().expect("its size").len() - 20).expect("cut off");
    std::fs::remove_dir_all(workspace.file("pki/test/certs/job")).expect("a credential");
    workspace.pkictl(&["apply"]).succeeds();
    let environment = pkictl::store::Store::new(workspace.file("pki")).environment("test").expect("a name");
    let entries = environment.log().expect("the log");
    assert_eq!(entries.len(), 3, "the root, one whole line, and the new one");
    assert_eq!(entries[2].name, "job");
}
