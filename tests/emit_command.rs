//! `emit` as people meet it: what a cluster or its visitors would refuse never reaches a file, and each refusal names
//! the rule and the way out.

mod destination;
mod material;

use crate::harness::{Workspace, judge};

/// An environment with an intermediate, a wildcard, an Ed25519 server and files as another tool would leave them.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--intermediate", "--cn", "Shop Root"]).succeeds();
    workspace.pkictl(&["issue", "wildcard", "*.apps.example.com"]).succeeds();
    workspace.pkictl(&["issue", "server", "ed.example.com", "--key-type", "ed25519"]).succeeds();
    let chain = workspace.read("pki/dev/certs/_wildcard.apps.example.com/tls.crt");
    let leaf = chain.split_inclusive("-----END CERTIFICATE-----\n").next().expect("a leaf");
    workspace.write("leaf.pem", leaf);
    workspace.write("chain.pem", &chain);
    workspace.write("key.pem", workspace.read("pki/dev/certs/_wildcard.apps.example.com/tls.key"));
    workspace.write("other.key", workspace.read("pki/dev/certs/ed.example.com/tls.key"));
    workspace.write("root.pem", workspace.read("pki/dev/ca/root/ca.crt"));
    workspace
}

/// Runs `emit route` with these words, which must be refused with all of these texts, and writes nothing.
#[track_caller]
fn refused(workspace: &Workspace, words: &str, code: i32, texts: &[&str]) {
    let words: Vec<&str> = words.split(' ').collect();
    let arguments = [&["emit", "route"], words.as_slice(), &["-o", "route.yaml"]].concat();
    let run = workspace.pkictl(&arguments).exits_with(code);
    for text in texts {
        assert!(run.stderr.contains(text), "no {text:?} in\n{}", run.stderr);
    }
    assert!(run.stdout.is_empty() && !workspace.file("route.yaml").exists());
}

#[test]
fn what_the_router_would_not_admit_is_refused_with_the_rule_and_the_fix() {
    let workspace = workspace();
    refused(
        &workspace,
        "edge --service web --cert ed.example.com --hostname ed.example.com",
        1,
        &[
            "the router does not support Ed25519 keys",
            "route-key-type",
            "fix:      issue the certificate with an ECDSA",
        ],
    );
    refused(
        &workspace,
        "edge --service web --cert leaf.pem --key key.pem --ca-cert root.pem --hostname web.apps.example.com",
        1,
        &["the issuer of the leaf is missing", "route-ca-issuer", "fix:"],
    );
    refused(
        &workspace,
        "edge --service web --cert chain.pem --key other.key",
        1,
        &["the private key does not belong to chain.pem", "expected:", "found:"],
    );
    refused(
        &workspace,
        "edge --service web --cert chain.pem",
        1,
        &["has no private key, and the router needs it", "hint: give its key"],
    );
}

#[test]
fn a_key_with_a_passphrase_is_refused_with_the_command_that_opens_it() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let path = |name: &str| workspace.file(name).display().to_string();
    openssl.accepts([
        "pkey",
        "-aes256",
        "-passout",
        "pass:x",
        "-in",
        &path("key.pem"),
        "-out",
        &path("sealed.pem"),
    ]);
    refused(
        &workspace,
        "edge --service web --cert chain.pem --key sealed.pem",
        1,
        &["sealed.pem: unusable private key: it is protected by a passphrase", "openssl pkey -in sealed.pem"],
    );
}

#[test]
fn what_the_api_server_would_refuse_is_refused_with_the_rule_and_the_fix() {
    let workspace = workspace();
    refused(
        &workspace,
        "passthrough web --service web --insecure-policy Allow",
        1,
        &["route-passthrough-allow", "choose None or Redirect"],
    );
    refused(
        &workspace,
        "passthrough web --service web --path /x",
        1,
        &["route-passthrough-path", "leave the path out"],
    );
    let long = "a".repeat(64);
    refused(
        &workspace,
        &format!("edge --service web --hostname {long}.example.com"),
        2,
        &[
            "a label is 64 characters long, at most 63 are allowed (option \"hostname\")",
            "RFC 1035, section 2.3.4",
        ],
    );
    refused(
        &workspace,
        "passthrough web --service web --cert *.apps.example.com",
        1,
        &["has no certificate, because the router", "hint:"],
    );
}

#[test]
fn what_only_visitors_would_refuse_can_be_insisted_on() {
    let workspace = workspace();
    let words = "edge --service web --cert *.apps.example.com --hostname web.other.example.com";
    refused(
        &workspace,
        words,
        1,
        &["the certificate does not serve web.other.example.com", "write it anyway with `--insist`"],
    );
    let arguments: Vec<&str> = ["emit", "route"]
        .into_iter()
        .chain(words.split(' '))
        .chain(["--insist", "-o", "route.yaml"])
        .collect();
    let run = workspace.pkictl(&arguments).succeeds();
    assert!(
        run.stderr.contains(
            "warning: Route web: spec.tls.certificate: the certificate does not serve web.other.example.com"
        ),
        "{}",
        run.stderr
    );
    assert!(workspace.read("route.yaml").contains("web.other.example.com"));
}

#[test]
fn a_leaf_that_would_be_sent_alone_is_warned_of() {
    let workspace = workspace();
    let words = ["emit", "route", "edge", "--service", "web", "--key", "key.pem", "--cert"];
    let run = workspace.pkictl(&[&words[..], &["leaf.pem"]].concat()).succeeds();
    assert!(
        run.stderr.contains("the leaf is sent alone") && run.stderr.contains("[route-chain]"),
        "{}",
        run.stderr
    );
    let run = workspace.pkictl(&[&words[..], &["chain.pem"]].concat()).succeeds();
    assert_eq!(run.stderr, "");
}

#[test]
fn what_claims_to_be_yaml_is_judged_whatever_its_name_is() {
    let workspace = workspace();
    let emitter = |syntax: &str, output: &str| {
        let text = format!(
            "summary = \"a toy\"\nproven_by = \"unproven\"\n[[file]]\noutput = \"{output}\"\nsyntax = \"{syntax}\"\n\
             content = \"apiVersion: route.openshift.io/v1\\nkind: Route\\nmetadata: {{name: web}}\\nspec: {{to: {{kind: Service, name: web}}, path: x}}\\n\"\n"
        );
        workspace.write("pki/emit/toy/emitter.toml", text);
        workspace.pkictl(&["emit", "toy"])
    };
    for output in ["route.yml", "route", "route.yaml"] {
        let run = emitter("yaml", output).exits_with(1);
        assert!(run.stderr.contains("the path does not begin with /"), "{}", run.stderr);
    }
    emitter("text", "route.yaml").succeeds();
}

#[test]
fn a_file_speaks_of_itself_by_the_name_that_it_was_given() {
    let workspace = workspace();
    let words = ["emit", "route", "plain", "--service", "web", "-o", "x y.yaml"];
    workspace.pkictl(&words).succeeds();
    let text = workspace.read("x y.yaml");
    assert!(text.contains("oc apply --dry-run=server -f 'x y.yaml'\n"), "{text}");
    assert!(!text.contains("web-route.yaml"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_route_with_a_key_is_readable_by_its_owner_only_and_goes_to_a_pipe_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = workspace();
    let arguments = ["emit", "route", "edge", "--service", "web", "--cert", "*.apps.example.com"];
    let piped = workspace.pkictl(&arguments).succeeds();
    assert!(piped.stdout.contains("BEGIN PRIVATE KEY"));
    workspace.pkictl(&[&arguments[..], &["-o", "web-route.yaml"]].concat()).succeeds();
    assert_eq!(workspace.read("web-route.yaml"), piped.stdout);
    let mode = workspace.file("web-route.yaml").metadata().expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
