//! Input that means no good: whatever can be wrong is wrong once, is refused in words that say what, where and how to
//! go on, and changes nothing.

mod arguments;
mod bounds;
mod by_path;
mod corpora;
pub mod disk;
mod manifests;
mod mounts;
mod mutations;
mod names;
mod profiles;
mod streams;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::harness::Workspace;

/// Everything below a directory: kind and mode of each entry, and the bytes of each file.
pub fn snapshot(directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory of the test").flatten() {
            let path = entry.path();
            let metadata = path.symlink_metadata().expect("its metadata");
            let bytes = if metadata.is_file() { std::fs::read(&path).expect("its bytes") } else { vec![] };
            if metadata.is_dir() {
                left.push(path.clone());
            }
            found.insert(path, (metadata.permissions().mode(), bytes));
        }
    }
    found
}

/// Runs the program; it fails with exactly these words, and no file is other than it was.
#[track_caller]
fn refuses(workspace: &Workspace, arguments: &[&str], code: i32, stderr: &str) {
    let before = snapshot(workspace.path());
    let run = workspace.pkictl(arguments);
    assert_eq!(run.stdout, "", "pkictl {}: data of a failed command", arguments.join(" "));
    run.fails(code, stderr);
    let after = snapshot(workspace.path());
    let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
    let changed: Vec<&PathBuf> = before.keys().chain(after.keys()).filter(differs).collect();
    assert!(changed.is_empty(), "pkictl {} changed {changed:?}", arguments.join(" "));
}

/// An environment with a server `web`.
fn workspace() -> Workspace {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web", "--quiet"]).succeeds();
    workspace
}

/// The DER in the first section of a PEM file.
fn der(pem: &str) -> Vec<u8> {
    let certificates = pkictl::pki::pem::certificates(pem.as_bytes(), "a test").expect("certificates");
    certificates[0].der().to_vec()
}

const NOT_PEM: &str = "  expected: text with `-----BEGIN ...-----` and `-----END ...-----` lines";

#[test]
fn a_file_that_holds_no_certificate_is_named_for_what_it_is() {
    let workspace = workspace();
    let pem = workspace.read("pki/dev/certs/web/tls.crt");
    let der = der(&pem);
    let big = std::fs::File::create(workspace.file("big")).expect("a file");
    big.set_len(100 << 20).expect("a sparse file of 100 MB");
    workspace.write("empty", "");
    workspace.write("truncated.pem", &pem[..300]);
    workspace.write("noise", [0xff, 0x00, 0xfe, 0x80, 0x1b].repeat(800));
    workspace.write("truncated.der", &der[..200]);
    workspace.write("long.der", [&der[..], b"xy"].concat());
    workspace.write("base64.pem", pem.replacen("\nMII", "\nM!I", 1));
    workspace.write("tag.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    workspace.write("escape.pem", "-----BEGIN \x1b[31m-----\nAAAA\n-----END \x1b[31m-----\n");
    let damaged = |file: &str, found: &str| {
        format!(
            "error: {file}: the certificate cannot be read\n  expected: an X.509 certificate in DER (RFC 5280)\n  found:    {found}"
        )
    };
    let not_pem =
        |file: &str, found: &str| format!("error: {file}: this is not PEM\n{NOT_PEM}\n  found:    {found}");
    for (file, stderr) in [
        ("./empty", not_pem("./empty", "an empty file")),
        ("/dev/null", not_pem("/dev/null", "an empty file")),
        ("./noise", not_pem("./noise", "4000 bytes that are not text")),
        ("escape.pem", not_pem("escape.pem", "text without any section")),
        (
            "truncated.pem",
            "error: truncated.pem: the section CERTIFICATE has no end\n  expected: a line `-----END CERTIFICATE-----`\n  found:    the end of the file".into(),
        ),
        ("truncated.der", damaged("truncated.der", "Parsing Error: NomError(Eof)")),
        ("long.der", damaged("long.der", "2 bytes after the certificate")),
        (
            "tag.pem",
            damaged("tag.pem", "Parsing Error: Der(UnexpectedTag { expected: Some(Tag(16)), actual: Tag(0) })"),
        ),
        (
            "base64.pem",
            "error: base64.pem: the section CERTIFICATE is damaged\n  expected: base64 between its BEGIN and END lines\n  found:    Base64Decode(\"InvalidCharacter(33)\")".into(),
        ),
        ("pki", "error: pki: not a file\n  expected: a file\n  found:    a directory".into()),
        (
            "./big",
            "error: ./big: the file is too large for certificates or keys\n  expected: at most 1 MiB\n  found:    104857600 bytes".into(),
        ),
        (
            "/dev/zero",
            "error: /dev/zero: the file is too large for certificates or keys\n  expected: at most 1 MiB\n  found:    1048577 bytes".into(),
        ),
        (
            "./missing.pem",
            "error: cannot read ./missing.pem\n  caused by: No such file or directory (os error 2)".into(),
        ),
        (
            "missing.pem",
            "error: no credential or authority named \"missing.pem\" in environment \"dev\"\n  expected: one of root, web\n\nhint: `pkictl list` shows what exists".into(),
        ),
    ] {
        refuses(&workspace, &["show", file], 1, &stderr);
    }
}

#[test]
fn der_where_pem_is_expected_comes_with_the_command_that_converts_it() {
    let workspace = workspace();
    let der = der(&workspace.read("pki/dev/certs/web/tls.crt"));
    workspace.write("pki/dev/certs/web/tls.crt", der);
    refuses(
        &workspace,
        &["show", "web"],
        1,
        &format!(
            "error: pki/dev/certs/web/tls.crt: this is not PEM\n{NOT_PEM}\n  found:    DER (binary)\n\nhint: convert it with `openssl x509 -inform der -in pki/dev/certs/web/tls.crt -out FILE.pem`"
        ),
    );
}

/// Damages the authority, asks for a certificate, and mends it again.
#[track_caller]
fn damaged(workspace: &Workspace, damage: impl Fn(&Path), stderr: &str) {
    let root = workspace.file("pki/dev/ca/root");
    let before = snapshot(&root);
    damage(&root);
    refuses(workspace, &["issue", "server", "other"], 1, stderr);
    for path in ["ca.crt", "ca.key"].map(|name| root.join(name)) {
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_dir(&path);
        let (mode, bytes) = &before[&path];
        std::fs::write(&path, bytes).expect("mended");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(*mode)).expect("mended");
    }
    workspace.pkictl(&["issue", "server", "other", "--force"]).succeeds();
    std::fs::remove_dir_all(workspace.file("pki/dev/certs/other")).expect("it was issued");
}

#[test]
fn a_damaged_authority_signs_nothing_and_says_which_file_is_at_fault() {
    let workspace = workspace();
    let leaf = workspace.file("pki/dev/certs/web/tls.crt");
    let leaf_key = workspace.file("pki/dev/certs/web/tls.key");
    let key = "pki/dev/ca/root/ca.key";
    let write = |path: PathBuf, bytes: &[u8]| std::fs::write(path, bytes).expect("damaged");
    let copy = |from: &Path, to: PathBuf| assert!(std::fs::copy(from, to).is_ok());
    let chmod =
        |path: PathBuf| std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).expect("damaged");
    damaged(
        &workspace,
        |root| copy(&leaf, root.join("ca.crt")),
        "error: pki/dev/ca/root/ca.crt: \"web\" is not a CA\n  expected: a certificate that may sign others (basicConstraints with cA TRUE)\n  found:    a certificate that may not",
    );
    damaged(
        &workspace,
        |root| write(root.join("ca.crt"), b""),
        &format!("error: pki/dev/ca/root/ca.crt: this is not PEM\n{NOT_PEM}\n  found:    an empty file"),
    );
    damaged(
        &workspace,
        |root| write(root.join("ca.key"), b"-----BEGIN PRIVATE KEY-----\nMIGH\n"),
        &format!(
            "error: {key}: the section PRIVATE KEY has no end\n  expected: a line `-----END PRIVATE KEY-----`\n  found:    the end of the file"
        ),
    );
    damaged(
        &workspace,
        |root| write(root.join("ca.key"), &std::fs::read(&leaf).expect("the leaf")),
        &format!(
            "error: {key}: it holds no private key\n  expected: one section `-----BEGIN PRIVATE KEY-----`\n  found:    CERTIFICATE"
        ),
    );
    damaged(
        &workspace,
        |root| chmod(root.join("ca.key")),
        &format!(
            "error: {key} can be read by other users\n  expected: mode 0600\n  found:    mode 0644\n\nhint: run `chmod 600 {key}`"
        ),
    );
    damaged(
        &workspace,
        |root| std::fs::remove_file(root.join("ca.key")).expect("damaged"),
        &format!(
            "error: authority \"root\" has no private key at {key}\n\nhint: restore the key at {key}, or make a new CA with `pkictl init --force`"
        ),
    );
    damaged(
        &workspace,
        |root| {
            std::fs::remove_file(root.join("ca.key")).expect("damaged");
            std::fs::create_dir(root.join("ca.key")).expect("damaged");
        },
        &format!("error: {key}: not a file\n  expected: a file\n  found:    a directory"),
    );
    let spki = |pem: &str| {
        let certificate =
            pkictl::pki::pem::certificates(pem.as_bytes(), "a test").expect("certificates").swap_remove(0);
        certificate.details.spki_sha256[..16].to_owned()
    };
    let own = spki(&workspace.read("pki/dev/ca/root/ca.crt"));
    let other = spki(&workspace.read("pki/dev/certs/web/tls.crt"));
    damaged(
        &workspace,
        |root| copy(&leaf_key, root.join("ca.key")),
        &format!(
            "error: {key} does not belong to pki/dev/ca/root/ca.crt\n  expected: the key with the public key sha256:{own}\n  found:    sha256:{other}\n\nhint: restore the CA's own key, or make a new CA with `pkictl init --force`"
        ),
    );
}

#[test]
fn a_credential_that_cannot_be_read_does_not_hide_the_others_and_can_be_replaced() {
    let workspace = workspace();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    workspace.write("pki/dev/certs/web/tls.crt", "junk");
    let list = workspace.pkictl(&["list"]).succeeds();
    assert!(
        list.stdout.contains("unreadable: pki/dev/certs/web/tls.crt: this is not PEM\n"),
        "{}",
        list.stdout
    );
    assert!(list.stdout.contains("\nbackend  client  ec-p256"), "{}", list.stdout);
    refuses(
        &workspace,
        &["issue", "server", "web"],
        1,
        "error: credential \"web\" already exists in pki/dev/certs\n\nhint: use `--force` to replace it",
    );
    workspace.pkictl(&["issue", "server", "web", "--force"]).succeeds();
    // A file where the directory of a credential should be goes the same way, and leaves nothing behind.
    std::fs::remove_dir_all(workspace.file("pki/dev/certs/web")).expect("a directory");
    workspace.write("pki/dev/certs/web", "junk");
    workspace.pkictl(&["issue", "server", "web", "--force"]).succeeds();
    let names: Vec<_> =
        std::fs::read_dir(workspace.file("pki/dev")).expect("a directory").flatten().collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn places_that_are_no_directories_are_named() {
    let workspace = Workspace::new();
    workspace.write("pki", "a file");
    let place = "  expected: a directory, or nothing\n  found:   ";
    refuses(&workspace, &["init"], 1, &format!("error: pki: this is not a directory\n{place} a file"));
    std::fs::remove_file(workspace.file("pki")).expect("the file");
    std::os::unix::fs::symlink("nowhere", workspace.file("pki")).expect("a link");
    let dangling = format!("error: pki: this is not a directory\n{place} a dangling symbolic link");
    refuses(&workspace, &["init"], 1, &dangling);
    std::fs::remove_file(workspace.file("pki")).expect("the link");
    workspace.pkictl(&["init", "--env", "other"]).succeeds();
    std::os::unix::fs::symlink("nowhere", workspace.file("pki/dev")).expect("a link");
    refuses(&workspace, &["init"], 1, &dangling.replace("pki", "pki/dev"));
    std::fs::remove_file(workspace.file("pki/dev")).expect("the link");
    std::fs::remove_file(workspace.file("pki/other/.lock")).expect("the lock");
    std::fs::create_dir(workspace.file("pki/other/.lock")).expect("a directory in its place");
    refuses(
        &workspace,
        &["issue", "server", "web", "--env", "other"],
        1,
        "error: cannot open pki/other/.lock\n  caused by: Is a directory (os error 21)",
    );
}

#[test]
fn the_log_survives_a_line_that_a_crash_tore_off() {
    let workspace = workspace();
    let log = workspace.read("pki/dev/log.jsonl");
    let torn = &log[..log.len() - 40];
    workspace.write("pki/dev/log.jsonl", [torn.as_bytes(), b"\xff"].concat());
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    let environment = pkictl::store::Store::new(workspace.file("pki")).environment("dev").expect("a name");
    let names: Vec<String> = environment.log().expect("a log").into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["root", "backend"]);
}
