//! `list`, `show` and `profile`: what there is.

use super::{at_noon, without_suffix};
use crate::harness::{Workspace, judge};

#[test]
fn list_shows_what_there_is_and_how_long_it_lasts() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--org", "Example"]).succeeds();
    for arguments in [
        &["issue", "server", "web", "--san", "web.test"][..],
        &["issue", "client", "soon", "--days", "3"],
        &["issue", "peer", "gone", "--not-after=-1d"],
        &["issue", "wildcard", "*.apps.example.com", "--key-type", "ec-p384"],
    ] {
        at_noon(&workspace, arguments).succeeds();
    }
    let run = at_noon(&workspace, &["list"]).succeeds();
    assert_eq!(
        without_suffix(&run.stdout),
        "NAME                USE     KEY      EXPIRES     LEFT       NAMES
root                ca      ec-p256  2036-11-18  3650 days  O=Example, CN=Example dev Root CA SUFFIX
*.apps.example.com  server  ec-p384  2027-12-23  397 days   *.apps.example.com
gone                peer    ec-p256  2026-11-20  expired    gone
soon                client  ec-p256  2026-11-24  3 days     soon
web                 server  ec-p256  2027-12-23  397 days   web web.test
"
    );
    let coloured = at_noon(&workspace, &["list", "--color", "always"]).succeeds().stdout;
    for (text, code) in [("expired", "31"), ("3 days", "33"), ("397 days", "32")] {
        assert!(coloured.contains(&format!("{code}m{text}")), "{text} is not {code}: {coloured:?}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "colours went into a pipe");
    let json = at_noon(&workspace, &["list", "--format", "json"]).succeeds().json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["environments"][0]["credentials"][2]["name"], "soon");
    assert_eq!(json["environments"][0]["credentials"][2]["days_left"], 3);
}

#[test]
fn a_list_of_nothing_says_how_to_begin() {
    let run = Workspace::new().pkictl(&["list", "--all-environments"]).succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "next: pkictl init\n"));
}

#[test]
fn no_color_is_respected_unless_colours_are_demanded() {
    let workspace = Workspace::with_ca();
    let list = |arguments: &[&str]| {
        workspace
            .command(&[&["list"], arguments].concat())
            .env("NO_COLOR", "1")
            .env("CLICOLOR_FORCE", "")
            .run()
            .succeeds()
            .stdout
    };
    assert!(!list(&[]).contains('\u{1b}'));
    assert!(list(&["--color", "always"]).contains('\u{1b}'));
}

#[test]
fn show_explains_a_credential_and_prints_it_as_json_and_pem() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init"]).succeeds();
    at_noon(&workspace, &["issue", "server", "web"]).succeeds();
    let text = at_noon(&workspace, &["show", "web"]).succeeds().stdout;
    for line in [
        "server CN=web",
        "  names        DNS:web",
        "  valid from   2026-11-21 11:00 UTC",
        "  valid until  2027-12-23 12:00 UTC (397 days)",
        "  key          ec-p256, signed with ecdsa-with-SHA256",
        "  key usage    digitalSignature",
        "  ext usage    serverAuth",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line:?} in\n{text}");
    }
    let json = at_noon(&workspace, &["show", "web", "--format", "json"]).succeeds().json();
    assert_eq!(json["items"][0]["sans"][0], "DNS:web");
    assert_eq!(json["items"][1]["basic_constraints"]["ca"], true);
    let pem = at_noon(&workspace, &["show", "web", "--pem"]).succeeds().stdout;
    assert_eq!(
        pem,
        workspace.read("pki/dev/certs/web/tls.crt") + &workspace.read("pki/dev/certs/web/ca.crt")
    );
}

#[test]
fn a_profile_is_shown_copied_changed_and_used() {
    let workspace = Workspace::with_ca();
    let text = workspace.pkictl(&["profile", "show", "server"]).succeeds().stdout;
    workspace.write("pki/profiles/week.toml", text.replace("397d", "7d").replace("TLS server", "one week:"));
    let list = workspace.pkictl(&["profile", "list"]).succeeds().stdout;
    assert!(list.lines().any(|line| line.starts_with("week ") && line.contains("7 days")), "{list}");
    workspace.pkictl(&["issue", "week", "web"]).succeeds();
    let json = workspace.pkictl(&["list", "--format", "json"]).succeeds().json();
    assert_eq!(json["environments"][0]["credentials"][0]["days_left"], 7);
}

#[test]
fn a_profile_variable_is_set_or_asked_for() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "spiffe", "web"]).fails(
        1,
        "error: profile \"spiffe\" needs a value for \"trust_domain\" (SPIFFE trust domain, such as example.org)\n\n\
         hint: add `--set trust_domain=VALUE`",
    );
    workspace.pkictl(&["issue", "spiffe", "web", "--set", "trust_domain=example.org"]).succeeds();
    let json = workspace.pkictl(&["show", "web", "--format", "json"]).succeeds().json();
    assert_eq!(json["items"][0]["sans"], serde_json::json!(["URI:spiffe://example.org/web"]));
    assert_eq!(json["items"][0]["sans_critical"], true);
    workspace.pkictl(&["issue", "postgres-client", "db", "--set", "usr=app"]).fails(
        2,
        "error: no variable named \"usr\" in profile \"postgres-client\"\n  expected: one of user\n\n\
         hint: did you mean `user`?",
    );
}

/// What `show` says of a file, for people and for programs.
fn shown(workspace: &Workspace, file: &str) -> (String, serde_json::Value) {
    let human = workspace.pkictl(&["show", file]).succeeds().stdout;
    let json = workspace.pkictl(&["show", file, "--format", "json"]).succeeds().json();
    assert_eq!((&json["schema"], &json["source"]), (&1.into(), &file.into()));
    (human, json["items"].clone())
}

#[test]
fn a_request_of_another_tool_is_shown_in_pem_and_der() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    let path = |name: &str| workspace.file(name).display().to_string();
    let (key, pem, der) = (path("w.key"), path("w.csr"), path("w.der"));
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /O=Example/CN=web -addext";
    let names = ["subjectAltName=DNS:web.example.com,IP:192.0.2.1", "-keyout", &key, "-out", &pem];
    openssl.accepts(new.split(' ').chain(names));
    openssl.accepts(["req", "-in", &pem, "-outform", "der", "-out", &der]);
    let (human, items) = shown(&workspace, "./w.csr");
    assert_eq!(
        human,
        "request O=Example, CN=web
  names        DNS:web.example.com IP:192.0.2.1
  key          ec-p384
  signature    valid
"
    );
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    let expected = serde_json::json!({ "kind": "request", "key_type": "ec-p384", "signature_valid": true,
        "sans": ["DNS:web.example.com", "IP:192.0.2.1"], "subject": "O=Example, CN=web" });
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(&items[0][field], value, "{field}");
    }
    assert_eq!(shown(&workspace, "./w.der"), (human, items));
}

#[test]
fn a_certificate_and_a_chain_are_shown_by_path_in_pem_and_der() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--intermediate"]).succeeds();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    let chain = "pki/dev/certs/web/tls.crt";
    let der = workspace.file("web.der").display().to_string();
    let pem = workspace.file(chain).display().to_string();
    openssl.accepts(["x509", "-in", &pem, "-outform", "der", "-out", &der]);
    let (leaf, one) = shown(&workspace, "./web.der");
    let (both, two) = shown(&workspace, &format!("./{chain}"));
    assert_eq!((one.as_array().map(Vec::len), two.as_array().map(Vec::len)), (Some(1), Some(2)));
    assert_eq!(one[0], two[0], "the leaf is the same in both forms");
    assert_eq!((&two[0]["kind"], &two[0]["common_name"]), (&"certificate".into(), &"web".into()));
    assert_eq!(two[1]["basic_constraints"]["ca"], true);
    assert_eq!(two[0]["issuer"], two[1]["subject"]);
    assert!(leaf.starts_with("server CN=web\n") && both.starts_with(&leaf), "{leaf}\n{both}");
    let intermediate = two[1]["subject"].as_str().expect("a subject");
    assert!(both[leaf.len()..].contains(intermediate), "{both}");
}

#[test]
fn what_others_wrote_cannot_steer_the_terminal() {
    let workspace = Workspace::new();
    // The Arabic letter mark, a zero width space, separators, an override of direction, private use, a C1 control.
    for (number, c) in ['\u{61c}', '\u{200b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{e000}', '\u{9b}']
        .into_iter()
        .enumerate()
    {
        let (env, name) = (format!("e{number}"), format!("a{c}b.yaml"));
        let organization = if c.is_control() { "مثال".to_owned() } else { format!("مثال{c}x") };
        workspace.pkictl(&["init", "--org", &organization, "--env", &env]).succeeds();
        let route = "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\nspec: {host: \"a C b\"}\n";
        workspace.write(&name, route.replace('C', &c.to_string()));
        for arguments in [
            &["show", "root"][..],
            &["list"],
            &["verify"],
            &["show", &name],
            &["show", &format!("./missing{c}.pem")],
            &["lint", &name],
            &["verify", &format!("--no{c}option")],
            &["plan", "-f", &name],
        ] {
            let run = workspace.pkictl(&[arguments, &["--env", &env]].concat());
            let shown = format!("{}{}", run.stdout, run.stderr);
            assert!(!shown.contains(c), "{arguments:?}: {shown:?}");
            if ["show", "list"].contains(&arguments[0]) && arguments.last() == Some(&"root") {
                assert!(shown.contains("مثال"), "{shown:?}");
            }
        }
        let error =
            workspace.pkictl(&["show", &format!("./missing{c}.pem"), "--format", "json"]).exits_with(1);
        let error: serde_json::Value = serde_json::from_str(&error.stderr).expect("one JSON document");
        assert_eq!(error["error"]["message"], format!("cannot read ./missing{c}.pem"));
    }
}
