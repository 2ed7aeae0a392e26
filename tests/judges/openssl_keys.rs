//! Keys: openssl reads ours, we read openssl's.

use super::table::table;
use super::words;
use crate::harness::{Workspace, judge};

/// How openssl makes a key, in which form, and what we call it.
const FOREIGN: &[(&str, &str, &[&str])] = &[
    ("ec-p256", "BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ec-p384", "BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ed25519", "BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "ED25519"]),
    ("rsa-2048", "BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("rsa-2048", "BEGIN RSA PRIVATE KEY", &["genrsa", "-traditional", "2048"]),
    ("ec-p256", "BEGIN EC PRIVATE KEY", &["ecparam", "-name", "prime256v1", "-genkey", "-noout"]),
    ("ec-p384", "BEGIN EC PRIVATE KEY", &["ecparam", "-name", "secp384r1", "-genkey", "-noout"]),
    ("ec-p256", "BEGIN EC PARAMETERS", &["ecparam", "-name", "prime256v1", "-genkey"]),
];

#[test]
fn openssl_reads_and_checks_every_key_of_ours() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in &table().credentials {
        let text = std::fs::read_to_string(&credential.key).expect("a key");
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", credential.title());
        // `-check` is for keys with parameters: openssl 3.0 has none for Ed25519.
        let check = if credential.key_type == "ed25519" { "-noout" } else { "-check" };
        openssl.accepts(words(&[&"pkey", &"-in", &credential.key, &"-noout", &check]));
    }
}

#[test]
fn openssl_finds_each_key_in_its_certificate() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in &table().credentials {
        let of_key = openssl.accepts(words(&[&"pkey", &"-in", &credential.key, &"-pubout"]));
        let of_certificate =
            openssl.accepts(words(&[&"x509", &"-in", &credential.leaf, &"-noout", &"-pubkey"]));
        assert_eq!(of_key, of_certificate, "{}", credential.title());
    }
}

#[test]
fn openssl_opens_an_encrypted_ca_key_with_its_passphrase_only() {
    let Some(openssl) = judge("openssl") else { return };
    for key_type in ["ec-p256", "ed25519", "rsa-2048"] {
        let workspace = Workspace::new();
        let right = workspace.write("right", "correct horse battery staple\n");
        let wrong = workspace.write("wrong", "guess\n");
        workspace
            .pkictl(&["init", "--encrypt-key", "--passphrase-file", "right", "--key-type", key_type])
            .succeeds();
        let key = workspace.file("pki/dev/ca/root/ca.key");
        let open = |file: &std::path::Path| {
            openssl.run(
                words(&[&"pkey", &"-in", &key, &"-pubout", &"-passin", &format!("file:{}", file.display())]),
                "",
            )
        };
        let certificate = workspace.file("pki/dev/ca/root/ca.crt");
        let public = openssl.accepts(words(&[&"x509", &"-in", &certificate, &"-noout", &"-pubkey"]));
        assert_eq!(open(&right), (true, public), "{key_type}");
        assert!(!open(&wrong).0, "{key_type}: another passphrase opened it");
    }
}

#[test]
fn certtool_opens_an_encrypted_ca_key() {
    let Some(certtool) = judge("certtool") else { return };
    let workspace = Workspace::new();
    workspace.write("right", "correct horse battery staple\n");
    workspace.pkictl(&["init", "--encrypt-key", "--passphrase-file", "right"]).succeeds();
    let key = workspace.file("pki/dev/ca/root/ca.key");
    let open = |passphrase| words(&[&"--key-info", &"--infile", &key, &"--password", &passphrase]);
    assert!(certtool.accepts(open("correct horse battery staple")).contains("EC/ECDSA"));
    certtool.refuses(open("guess"));
}

#[test]
fn we_read_every_form_of_key_that_openssl_writes() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    for (key_type, form, command) in FOREIGN {
        let mut line = command.to_vec();
        line.splice(1..1, ["-out", "foreign.key"]);
        make(&openssl, &workspace, &line);
        assert!(workspace.read("foreign.key").contains(form), "openssl {command:?} writes another form");
        assert_eq!(shown(&workspace, "foreign.key"), expected(&openssl, &workspace, key_type), "{command:?}");
    }
}

#[test]
fn an_rsa_key_that_we_cannot_use_says_what_could_be_used() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    for (exponent, bits, why) in
        [("3", "2048", "TooSmall"), ("65537", "1024", "TooSmall"), ("65537", "4352", "TooLarge")]
    {
        let (exponent, bits) = (format!("rsa_keygen_pubexp:{exponent}"), format!("rsa_keygen_bits:{bits}"));
        let line =
            ["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits, "-pkeyopt", &exponent, "-out", "foreign.key"];
        make(&openssl, &workspace, &line);
        workspace.pkictl(&["show", "foreign.key"]).fails(
            1,
            &format!("error: foreign.key: unusable private key: ring rejects it ({why}); it takes RSA keys of 2048 to 4096 bits whose public exponent is 65537 or more"),
        );
    }
}

#[test]
fn we_read_keys_that_openssl_encrypted() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    workspace.write("passphrase", "correct horse battery staple\n");
    make(
        &openssl,
        &workspace,
        &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "foreign.key"],
    );
    let expected = expected(&openssl, &workspace, "ec-p256");
    let forms: &[&[&str]] =
        &[&[], &["-v2", "aes-256-cbc"], &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA256"], &["-scrypt"]];
    for form in forms {
        let mut line = vec![
            "pkcs8",
            "-topk8",
            "-in",
            "foreign.key",
            "-out",
            "sealed.key",
            "-passout",
            "file:passphrase",
        ];
        line.extend(*form);
        make(&openssl, &workspace, &line);
        assert!(workspace.read("sealed.key").contains("BEGIN ENCRYPTED PRIVATE KEY"));
        assert_eq!(shown(&workspace, "sealed.key"), expected, "{form:?}");
    }
}

/// Runs openssl in the workspace.
#[track_caller]
fn make(openssl: &crate::harness::Judge, workspace: &Workspace, line: &[&str]) {
    let output = openssl.command().current_dir(workspace.path()).args(line).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {line:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// What `show` says of a key: its kind and the digest of its public half.
fn shown(workspace: &Workspace, file: &str) -> (String, String) {
    let report = workspace
        .pkictl(&["show", file, "--format", "json", "--passphrase-file", "passphrase"])
        .succeeds()
        .json();
    let items = report["items"].as_array().expect("items");
    let key = items.iter().find(|item| item["kind"] == "private_key").expect("a private key");
    let text = |name: &str| key[name].as_str().expect("a text").to_owned();
    (text("key_type"), text("spki_sha256"))
}

/// The same of `foreign.key`, from openssl.
fn expected(openssl: &crate::harness::Judge, workspace: &Workspace, key_type: &str) -> (String, String) {
    make(
        openssl,
        workspace,
        &["pkey", "-in", "foreign.key", "-pubout", "-outform", "DER", "-out", "public.der"],
    );
    let public = workspace.file("public.der");
    let line = openssl.accepts(words(&[&"dgst", &"-sha256", &"-r", &public]));
    (key_type.to_owned(), line.split_whitespace().next().expect("a digest").to_owned())
}
