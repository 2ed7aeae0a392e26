//! Files that mean no good, through every option that takes a path.

use super::{NOT_PEM, der, refuses, workspace};
use crate::harness::Workspace;

/// What stands in a command where the file goes.
const FILE: &str = "FILE";

const EMIT: &str = "emit route edge web --service web --hostname web.example.com";

/// Commands that read certificates from a file.
const CERTIFICATES: [&str; 5] = [
    "--cert FILE --key good.key --ca-cert root.crt",
    "--cert good.crt --key good.key --ca-cert FILE",
    "verify --server-cert FILE --server-key good.key --roots root.crt",
    "verify --server-cert good.crt --server-key good.key --roots FILE",
    "verify --server-cert good.crt --server-key good.key --roots root.crt --client-cert FILE --client-key good.key",
];

/// Commands that read a private key from a file.
const KEYS: [&str; 2] = [
    "--cert good.crt --key FILE --ca-cert root.crt",
    "verify --server-cert good.crt --server-key FILE --roots root.crt",
];

/// A good certificate and its key, and every bad file.
fn prepared() -> Workspace {
    let workspace = workspace();
    workspace.pkictl(&["issue", "peer", "good", "--san", "web.example.com", "-q"]).succeeds();
    for (from, to) in [("tls.crt", "good.crt"), ("tls.key", "good.key"), ("ca.crt", "root.crt")] {
        // Copied, for a key must keep its mode.
        std::fs::copy(workspace.credential("good", from), workspace.file(to)).expect("a copy");
    }
    let pem = workspace.read("good.crt");
    let key = workspace.read("good.key");
    let key = pkictl::pki::pem::private_key(key.as_bytes(), None, "a test").expect("a key");
    workspace.write("der.key", key.pkcs8_der().as_slice());
    workspace.write("empty", "");
    workspace.write("truncated", &pem[..300]);
    workspace.write("der.crt", der(&pem));
    workspace.write("noise", [0xff, 0x00, 0xfe, 0x80, 0x1b].repeat(800));
    let big = std::fs::File::create(workspace.file("big")).expect("a file");
    big.set_len(100 << 20).expect("a sparse file of 100 MB");
    std::fs::create_dir(workspace.file("directory")).expect("a directory");
    workspace
}

/// Every bad file, what is said of it, and how to go on.
fn bad_files() -> Vec<(&'static str, String)> {
    let not_pem =
        |file: &str, found: &str| format!("./{file}: this is not PEM\n{NOT_PEM}\n  found:    {found}");
    let convert = |file: &str, found: &str, program: &str| {
        let hint = format!("convert it with `openssl {program} -inform der -in ./{file} -out FILE.pem`");
        format!("{}\n\nhint: {hint}", not_pem(file, found))
    };
    let too_large = "the file is too large for certificates or keys\n  expected: at most 1 MiB\n  found:    104857600 bytes";
    vec![
        ("empty", not_pem("empty", "an empty file")),
        ("truncated", "./truncated: the section CERTIFICATE has no end\n  expected: a line `-----END CERTIFICATE-----`\n  found:    the end of the file".into()),
        ("der.crt", convert("der.crt", "DER (binary)", "x509")),
        ("der.key", convert("der.key", "DER (binary) of a private key", "pkey")),
        ("noise", not_pem("noise", "4000 bytes that are not text")),
        ("big", format!("./big: {too_large}")),
        ("directory", "./directory: not a file\n  expected: a file\n  found:    a directory".into()),
        ("missing", "cannot read ./missing\n  caused by: No such file or directory (os error 2)".into()),
    ]
}

/// `verify` judges what it is given: a bad file is a failed check, and the others are looked at all the same. Only what
/// cannot be read at all, and roots without which nothing can be proven, end it.
fn is_judged(command: &str, file: &str) -> bool {
    command.starts_with("verify")
        && !command.contains("--roots FILE")
        && !["missing", "big", "directory"].contains(&file)
}

/// The command reports a failed check that holds these words.
#[track_caller]
fn fails_a_check(workspace: &Workspace, words: &[&str], said: &str) {
    let run = workspace.pkictl(words).exits_with(3);
    assert!(run.stdout.contains(said) && run.stdout.contains("[readable]"), "{words:?}\n{}", run.stdout);
    assert_eq!(run.stderr, "");
}

/// The words of a command in which the file stands at its place.
fn words<'a>(command: &'a str, file: &'a str) -> Vec<&'a str> {
    let start = if command.starts_with("--") { EMIT } else { "" };
    let all = start.split_whitespace().chain(command.split(' '));
    all.map(|word| if word == FILE { file } else { word }).collect()
}

#[test]
fn a_bad_file_is_refused_by_every_option_that_takes_a_path() {
    let workspace = prepared();
    for command in CERTIFICATES.iter().chain(&KEYS) {
        for (file, said) in bad_files() {
            if command.starts_with("verify") && file.starts_with("der.") {
                // It reads DER as well.
                continue;
            }
            let path = format!("./{file}");
            let words = words(command, &path);
            match is_judged(command, file) {
                true => fails_a_check(&workspace, &words, said.lines().next().unwrap_or_default()),
                false => refuses(&workspace, &words, 1, &format!("error: {said}")),
            }
        }
    }
    // Nothing but the file was wrong.
    for command in CERTIFICATES.iter().chain(&KEYS) {
        let good = match command.split(' ').take_while(|word| *word != FILE).last() {
            Some("--key" | "--server-key") => "good.key",
            Some("--ca-cert" | "--roots") => "root.crt",
            _ => "good.crt",
        };
        workspace.pkictl(&words(command, good)).succeeds();
    }
}

#[test]
fn a_key_is_no_certificate_and_a_certificate_no_key() {
    let workspace = prepared();
    for command in CERTIFICATES {
        let said = "./good.key: it holds no certificate";
        let rest = "\n  expected: a section `-----BEGIN CERTIFICATE-----`\n  found:    PRIVATE KEY";
        let words = words(command, "./good.key");
        match is_judged(command, "good.key") {
            true => fails_a_check(&workspace, &words, said),
            false => refuses(&workspace, &words, 1, &format!("error: {said}{rest}")),
        }
    }
    for command in KEYS {
        let said = "./good.crt: it holds no private key";
        let rest = "\n  expected: one section `-----BEGIN PRIVATE KEY-----`\n  found:    CERTIFICATE";
        let words = words(command, "./good.crt");
        match is_judged(command, "good.crt") {
            true => fails_a_check(&workspace, &words, said),
            false => refuses(&workspace, &words, 1, &format!("error: {said}{rest}")),
        }
    }
}

#[test]
fn a_bad_passphrase_file_makes_no_authority() {
    let workspace = prepared();
    let binary = |file: &str| format!("the passphrase in ./{file} is not UTF-8 text");
    let empty = "the passphrase in ./empty is empty\n\nhint: use a passphrase of at least one character";
    for (file, said) in bad_files() {
        let (code, said) = match file {
            "empty" => (2, empty.to_owned()),
            "der.crt" | "der.key" | "noise" => (2, binary(file)),
            // A part of a certificate is as good a passphrase as another.
            "truncated" => continue,
            _ => (1, said),
        };
        let path = format!("./{file}");
        let init = ["init", "--env", "sealed", "--encrypt-key", "--passphrase-file", &path];
        refuses(&workspace, &init, code, &format!("error: {said}"));
    }
}
