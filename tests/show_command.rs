//! `show` and `list`: what stands under another root, what is of another form.

use crate::harness::{Workspace, judge};

#[test]
fn what_nobody_can_use_yet_or_any_more_is_not_shown_as_healthy() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "old"]).succeeds();
    workspace.pkictl(&["init", "--force"]).succeeds();
    workspace.pkictl(&["issue", "server", "early", "--not-before", "3d"]).succeeds();
    workspace.pkictl(&["issue", "server", "late", "--not-after=-3h"]).succeeds();
    workspace.pkictl(&["issue", "server", "hours", "--not-after", "30h"]).succeeds();
    workspace.pkictl(&["issue", "server", "fresh", "--days", "5"]).succeeds();
    let table = workspace.pkictl(&["list", "--color", "always"]).succeeds().stdout;
    let json = workspace.pkictl(&["list", "--format", "json"]).succeeds().json();
    let credentials = json["environments"][0]["credentials"].as_array().expect("credentials");
    for (name, colour, left, status) in [
        ("old", 31, "other CA", "other-ca"),
        ("early", 33, "not yet valid", "not-yet-valid"),
        ("late", 31, "expired", "expired"),
        ("hours", 33, "30 hours", "valid"),
        ("fresh", 33, "5 days", "valid"),
    ] {
        let line = table.lines().find(|line| line.contains(name)).expect("a line of the table");
        assert!(line.contains(&format!("{colour}m{left}")), "{line:?}");
        let found = credentials.iter().find(|one| one["name"] == name).expect("a credential");
        assert_eq!(found["status"], status, "{name}");
        let shown = workspace.pkictl(&["show", name, "--format", "json"]).succeeds().json();
        assert_eq!(shown["items"][0]["status"], status, "{name}");
    }
    let shown = |name: &str| workspace.pkictl(&["show", name]).succeeds().stdout;
    assert!(shown("early").contains(" UTC (not valid before)\n"), "{}", shown("early"));
    assert!(shown("late").contains(" UTC (expired 3 hours ago)\n"), "{}", shown("late"));
    assert!(shown("old").contains("issued by a root other than the environment's"), "{}", shown("old"));
}

#[test]
fn names_are_those_of_authorities_and_of_directories_too() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "wildcard", "*.apps.example.com"]).succeeds();
    let one = workspace.pkictl(&["show", "_wildcard.apps.example.com"]).succeeds().stdout;
    assert_eq!(one, workspace.pkictl(&["show", "*.apps.example.com"]).succeeds().stdout);
    workspace.pkictl(&["show", "issuing"]).fails(
        1,
        "error: no credential or authority named \"issuing\" in environment \"dev\"\n  \
         expected: one of root, *.apps.example.com\n\nhint: `pkictl list` shows what exists",
    );
}

#[test]
fn standard_input_is_shown_as_a_file_is() {
    let workspace = Workspace::with_ca();
    let root = workspace.read("pki/dev/ca/root/ca.crt");
    let shown = workspace.command(&["show", "-"]).stdin(root).run().succeeds();
    assert!(shown.stdout.starts_with("authority O=Example, CN=Example dev Root CA "), "{}", shown.stdout);
    let run = workspace.command(&["show", "-"]).stdin("").run().exits_with(1);
    assert!(run.stderr.starts_with("error: standard input: this is not PEM\n"), "{}", run.stderr);
}

#[test]
fn a_file_without_certificates_has_nothing_to_print_in_pem() {
    let workspace = Workspace::with_ca();
    let run = workspace.pkictl(&["show", "pki/dev/ca/root/ca.key", "--pem"]).exits_with(1);
    assert!(
        run.stderr.contains("it contains no certificate, and `--pem` prints only certificates"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_file_of_another_form_is_named_with_what_converts_it() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web.test"]).succeeds();
    let [certificate, key] =
        ["tls.crt", "tls.key"].map(|file| workspace.credential("web.test", file).display().to_string());
    let file = |name: &str| workspace.file(name).display().to_string();
    let make = |line: &str, out: &str| {
        let out = file(out);
        openssl.accepts(line.split(' ').chain(["-out", out.as_str()]));
    };
    make(&format!("pkcs12 -export -in {certificate} -inkey {key} -passout pass:x"), "a.p12");
    make(&format!("ec -in {key} -outform der"), "ec.der");
    make(&format!("pkcs8 -topk8 -in {key} -outform der -passout pass:x"), "closed.der");
    make(&format!("crl2pkcs7 -nocrl -certfile {certificate} -outform der"), "chain.p7b");
    let route = "emit route edge --service web --cert web.test -o route.yaml";
    workspace.pkictl(&route.split(' ').collect::<Vec<_>>()).succeeds();
    for (name, found, hint) in [
        ("a.p12", "a PKCS#12 store (binary)", "openssl pkcs12 -in a.p12 -out FILE.pem"),
        (
            "ec.der",
            "an EC private key in SEC 1 (binary)",
            "openssl pkey -inform der -in ec.der -out FILE.pem",
        ),
        (
            "closed.der",
            "an encrypted private key in PKCS#8 (binary)",
            "openssl pkey -inform der -in closed.der -out FILE.pem",
        ),
        (
            "chain.p7b",
            "PKCS#7 (binary)",
            "openssl pkcs7 -inform der -print_certs -in chain.p7b -out FILE.pem",
        ),
        ("route.yaml", "PEM inside other text, such as YAML", "pkictl lint route.yaml"),
    ] {
        let run = workspace.pkictl(&["show", name]).exits_with(1);
        assert!(run.stderr.contains(&format!("\n  found:    {found}\n")), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("`{hint}`")), "{}", run.stderr);
    }
}
