//! Where a manifest may write, and what may lie there already.

use std::os::unix::fs::symlink;

use super::{HEAD, both_refuse, server};
use crate::apply::{applied, workspace};
use crate::harness::Workspace;
use crate::hostile_input::{refuses, snapshot};

#[test]
fn no_file_leaves_the_directory_of_the_manifest() {
    let below = "a relative path without `..`";
    let long = "a".repeat(256);
    let mistakes = [
        ("../x", "\"../x\" leads out of the manifest's directory", below),
        ("/etc/x", "\"/etc/x\" leads out of the manifest's directory", below),
        ("a/../../b", "\"a/../../b\" leads out of the manifest's directory", below),
        (".", "\".\" names nothing below the manifest's directory", below),
        ("x\\u0000y", "\"x\\0y\" holds a control character", below),
        (
            &long,
            "the name that starts with \"aaaaaaaaaaaaaaaaaaaa\" has 256 bytes",
            "at most 255 bytes between two `/`",
        ),
    ];
    for (path, message, expected) in mistakes {
        both_refuse(
            &server(&format!("files = {{ certificate = \"{path}\" }}")),
            &format!("error: pkictl.toml:5:25: {message}\n  expected: {expected}"),
        );
        both_refuse(
            &server(&format!("emit = [{{ target = \"k8s-secret\", to = \"{path}\" }}]")),
            &format!("error: pkictl.toml:5:9: {message}\n  expected: {expected}"),
        );
    }
    let workspace = server("files = { certificate = \"./certs//web.crt\" }");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(workspace.file("certs/web.crt").exists());
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn two_files_never_have_one_place() {
    let own = "a path of its own, such as one with `{{ env }}` or `{{ service }}` in it";
    let of = "service \"web\" in environment \"test\"";
    for (files, column, message) in [
        ("certificate = \"a/x\", key = \"a/./x\"", 38, format!("\"a/x\" is already written by {of}")),
        ("certificate = \"a\", key = \"a/x\"", 36, format!("\"a\" is already a file written by {of}")),
        (
            "certificate = \"a/x\", key = \"a\"",
            38,
            format!("\"a\" is already a directory: {of} writes \"a/x\""),
        ),
    ] {
        both_refuse(
            &server(&format!("files = {{ {files} }}")),
            &format!("error: pkictl.toml:5:{column}: {message}\n  expected: {own}"),
        );
    }
    // What is written for one environment is never overwritten for the next one.
    let two = |more: &str| {
        workspace(&format!(
            "version = 1\nenvironments = [\"test\", \"prod\"]\n[service.web]\nnames = [\"web.example.com\"]\n{more}\n"
        ))
    };
    both_refuse(
        &two("files = { certificate = \"a.crt\" }"),
        &format!("error: pkictl.toml:5:25: \"a.crt\" is already written by {of}\n  expected: {own}"),
    );
    both_refuse(
        &two("emit = [{ target = \"k8s-secret\", to = \"out\" }]"),
        &format!("error: pkictl.toml:5:9: {of} already writes the same files to \"out\"\n  expected: {own}"),
    );
    let workspace = two("emit = [{ target = \"k8s-secret\", to = \"out\", name = \"web-{{ env }}\" }]");
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    // Only the emitter knows that these options lead to one file.
    let workspace =
        two("emit = [{ target = \"k8s-secret\", to = \"out\", name = \"web\", namespace = \"{{ env }}\" }]");
    let run = workspace.pkictl(&["apply"]).exits_with(1);
    assert!(
        run.stderr.starts_with(
            "error: k8s-secret of web in test and k8s-secret of web in prod both write \"out/web-secret.yaml\"\n"
        ),
        "{}",
        run.stderr
    );
    assert!(
        workspace.read("out/web-secret.yaml").contains("namespace: test")
            || workspace.read("out/web-secret.yaml").contains("namespace: \"test\"")
    );
    let run = workspace.pkictl(&["plan"]).exits_with(1);
    assert!(run.stderr.contains("both write"), "{}", run.stderr);
}

#[test]
fn nothing_is_written_over_the_manifest_or_into_the_pki_directory() {
    let pki = "is inside the PKI directory, where CA keys are kept";
    for path in ["pki/test/ca/root/ca.key", "pki/test/certs/web/tls.key", "pki/x"] {
        both_refuse(
            &server(&format!("files = {{ key = \"{path}\" }}")),
            &format!("error: {path} {pki}\n  expected: a place beside it\n  found:    [HERE]/{path}"),
        );
    }
    both_refuse(
        &server("emit = [{ target = \"k8s-secret\", to = \"pki/test/certs/web\" }]"),
        &format!(
            "error: pki/test/certs/web {pki}\n  expected: a place beside it\n  found:    [HERE]/pki/test/certs/web"
        ),
    );
    both_refuse(
        &server("files = { ca = \"pkictl.toml\" }"),
        "error: pkictl.toml is the manifest itself\n  expected: another file\n  found:    [HERE]/pkictl.toml",
    );
    // By another way to the same place.
    let workspace = server("files = { key = \"way/test/ca/root/ca.key\" }");
    symlink("pki", workspace.file("way")).expect("a link");
    workspace.pkictl(&["init", "--env", "test"]).succeeds();
    both_refuse(
        &workspace,
        &format!(
            "error: way/test/ca/root/ca.key {pki}\n  expected: a place beside it\n  found:    [HERE]/pki/test/ca/root/ca.key"
        ),
    );
    // A manifest inside of the PKI directory has its files there.
    let workspace = server("files = { certificate = \"certs/web.crt\" }");
    workspace.pkictl(&["apply", "--pki", "."]).succeeds();
    workspace
        .write("pkictl.toml", workspace.read("pkictl.toml").replace("certs/web.crt", "test/ca/root/ca.key"));
    refuses(
        &workspace,
        &["apply", "--pki", "."],
        1,
        &format!(
            "error: test/ca/root/ca.key {pki}\n  expected: a place beside it\n  found:    [HERE]/test/ca/root/ca.key"
        ),
    );
}

#[test]
fn a_link_that_leads_out_is_not_followed_and_one_that_stays_inside_is() {
    let elsewhere = Workspace::new();
    for more in [
        "emit = [{ target = \"k8s-secret\" }]",
        "files = { certificate = \"deploy/test/web/authorized_keys\" }",
    ] {
        let workspace = server(more);
        symlink(elsewhere.path(), workspace.file("deploy")).expect("a link");
        let run = workspace.pkictl(&["apply"]).exits_with(1);
        assert!(
            run.stderr.contains(" leads out of the manifest's directory\n  expected: a place below it\n"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(&elsewhere.path().display().to_string()), "{}", run.stderr);
        assert!(!workspace.file("pki").exists(), "something was made");
        workspace.pkictl(&["plan"]).exits_with(1);
        assert_eq!(snapshot(elsewhere.path()).len(), 0);
    }
    let workspace = server("emit = [{ target = \"k8s-secret\" }]\nfiles = { certificate = \"web.crt\" }");
    std::fs::create_dir(workspace.file("inside")).expect("a directory");
    symlink("inside", workspace.file("deploy")).expect("a link");
    // The link itself gives way to the file; what it leads to stays.
    elsewhere.write("theirs", "theirs");
    symlink(elsewhere.file("theirs"), workspace.file("web.crt")).expect("a link");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(workspace.file("inside/test/web").is_dir());
    assert_eq!(elsewhere.read("theirs"), "theirs");
    assert!(workspace.read("web.crt").starts_with("-----BEGIN CERTIFICATE"));
}

#[test]
fn what_stands_in_the_way_of_a_file_is_named_before_anything_is_made() {
    let emit = "emit = [{ target = \"k8s-secret\" }]";
    let no_directory = |place: &str, found: &str| {
        format!(
            "error: {place}: this is not a directory\n  expected: a directory, or nothing\n  found:    {found}"
        )
    };
    let workspace = server(emit);
    workspace.write("deploy", "a file");
    both_refuse(&workspace, &no_directory("deploy", "a file"));
    let workspace = server(emit);
    symlink("nowhere", workspace.file("deploy")).expect("a link");
    both_refuse(&workspace, &no_directory("deploy", "a dangling symbolic link"));
    let workspace = server("files = { key = \"certs/web.key\" }");
    std::fs::create_dir_all(workspace.file("certs/web.key")).expect("a directory");
    both_refuse(&workspace, "error: cannot replace certs/web.key\n  caused by: is a directory");
    // The name of an emitter's file is known when it is rendered.
    let workspace = applied(&format!("{HEAD}[service.web]\nnames = [\"web.example.com\"]\n{emit}\n"));
    let file = "deploy/test/web/web-tls-secret.yaml";
    std::fs::remove_file(workspace.file(file)).expect("the file");
    std::fs::create_dir(workspace.file(file)).expect("a directory");
    both_refuse(&workspace, &format!("error: cannot replace {file}\n  caused by: is a directory"));
    std::fs::remove_dir(workspace.file(file)).expect("the directory");
    // No file ends here: it is replaced, not read.
    symlink("/dev/zero", workspace.file(file)).expect("a link");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(workspace.read(file).contains("kind: Secret"));
}
