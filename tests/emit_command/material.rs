//! Certificates and keys that other tools made: taken in whatever order they lie, refused with the right reason.

use super::workspace;
use crate::harness::{Run, Workspace, judge};

const GUNICORN: [&str; 3] = ["emit", "gunicorn", "--local"];

fn run(workspace: &Workspace, line: &str) -> Run {
    workspace.pkictl(&line.split(' ').collect::<Vec<_>>())
}

/// The certificates of a chain, one text each.
fn parts(chain: &str) -> Vec<&str> {
    chain.split_inclusive("-----END CERTIFICATE-----\n").collect()
}

#[test]
fn a_chain_is_emitted_from_the_leaf_upwards_in_whatever_order_it_lies() {
    let workspace = workspace();
    let chain = workspace.read("chain.pem");
    let (leaf, issuing, root) = (parts(&chain)[0], parts(&chain)[1], workspace.read("root.pem"));
    let right =
        run(&workspace, "emit k8s-secret --cert chain.pem --key key.pem --ca-cert root.pem").succeeds();
    for (name, text) in [
        ("reversed.pem", format!("{issuing}{leaf}")),
        ("root-first.pem", format!("{root}{issuing}{leaf}")),
        ("twice.pem", format!("{leaf}{issuing}{leaf}{issuing}")),
    ] {
        workspace.write(name, text);
        let made =
            run(&workspace, &format!("emit k8s-secret --cert {name} --key key.pem --ca-cert root.pem"))
                .succeeds();
        let secrets = |text: &str| text[text.find("stringData:").expect("data")..].to_owned();
        assert_eq!(secrets(&made.stdout), secrets(&right.stdout), "{name}");
    }
    let refused = run(&workspace, "emit k8s-secret --cert reversed.pem --key other.key").exits_with(1);
    assert!(refused.stderr.contains("the private key does not belong to reversed.pem"), "{}", refused.stderr);
    workspace.write("bundle.pem", format!("{root}{issuing}"));
    let route =
        run(&workspace, "emit route edge --service web --cert leaf.pem --key key.pem --ca-cert bundle.pem")
            .succeeds();
    assert!(route.stdout.contains("caCertificate: |"), "{}", route.stdout);
}

#[test]
fn a_certificate_that_has_nothing_to_do_with_the_chain_is_refused() {
    let workspace = workspace();
    workspace.pkictl(&["init", "--env", "other", "--intermediate", "--cn", "Other Root"]).succeeds();
    let other = workspace.read("pki/other/ca/issuing/ca.crt");
    let stranger = parts(&other)[0].to_owned();
    workspace.write("mixed.pem", workspace.read("chain.pem") + &stranger);
    workspace.write("others.pem", workspace.read("root.pem") + &stranger);
    let refused =
        run(&workspace, "emit route edge --service web --cert mixed.pem --key key.pem").exits_with(1);
    assert!(refused.stderr.contains("does not belong to the chain of mixed.pem"), "{}", refused.stderr);
    let line = "emit route edge --service web --cert chain.pem --key key.pem --ca-cert others.pem";
    let refused = run(&workspace, line).exits_with(1);
    assert!(
        refused.stderr.contains("does not belong to the chain of chain.pem with others.pem"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.ends_with("hint: remove it from the file\n"), "{}", refused.stderr);
}

#[test]
fn trust_has_a_root_and_no_leaf() {
    let workspace = workspace();
    let chain = workspace.read("chain.pem");
    workspace.write("issuing.pem", parts(&chain)[1]);
    let refused = run(&workspace, "emit dockerfile --base ubi --ca leaf.pem").exits_with(1);
    assert!(refused.stderr.contains("in leaf.pem is not a CA"), "{}", refused.stderr);
    run(&workspace, "emit dockerfile --base ubi --ca issuing.pem").fails(
        2,
        "error: issuing.pem contains no root: all its certificates were signed by others\n\nhint: most TLS programs trust only self-signed roots; add the root to the file",
    );
    let line = "emit route edge --service web --cert chain.pem --key key.pem --ca-cert leaf.pem";
    let refused = run(&workspace, line).exits_with(1);
    assert!(refused.stderr.contains("in leaf.pem is not a CA"), "{}", refused.stderr);
    // An intermediate alone completes a chain, but is nobody's root.
    let line = "emit gunicorn --local --cert chain.pem --key key.pem --ca-cert issuing.pem";
    run(&workspace, line).succeeds();
    let refused = run(&workspace, &format!("{line} --mtls")).exits_with(1);
    assert!(refused.stderr.contains("no file with the root of chain.pem"), "{}", refused.stderr);
}

#[test]
fn a_file_that_holds_less_than_the_chain_cannot_be_named_in_a_configuration() {
    let workspace = workspace();
    let chain = workspace.read("chain.pem");
    workspace.write("reversed.pem", parts(&chain).into_iter().rev().collect::<String>());
    workspace.write("bundle.pem", workspace.read("root.pem") + parts(&chain)[1]);
    for file in ["leaf.pem", "reversed.pem"] {
        for emitter in ["gunicorn", "nginx", "node", "redis --mtls"] {
            let line = format!("emit {emitter} --local --cert {file} --key key.pem --ca-cert bundle.pem");
            let refused = run(&workspace, &line).exits_with(1);
            let said = format!(
                "{file} does not hold the chain of its certificate: the leaf, then 1 intermediate(s)"
            );
            assert!(refused.stderr.contains(&said), "{line}: {}", refused.stderr);
            assert!(
                refused.stderr.ends_with("hint: put the whole chain into that file\n"),
                "{}",
                refused.stderr
            );
        }
        // Where the certificates themselves are written, the file does not matter.
        run(&workspace, &format!("emit kafka --local --cert {file} --key key.pem --ca-cert bundle.pem"))
            .succeeds();
    }
    let whole =
        [&GUNICORN[..], &["--cert", "chain.pem", "--key", "key.pem", "--ca-cert", "bundle.pem"]].concat();
    workspace.pkictl(&whole).succeeds();
}

#[test]
fn a_certificate_whose_time_is_over_or_has_not_come_is_refused_by_every_emitter_unless_insisted_on() {
    let workspace = workspace();
    workspace.pkictl(&["issue", "server", "old.example.com", "--not-after=-1d"]).succeeds();
    workspace.pkictl(&["issue", "server", "new.example.com", "--not-before=10d", "--days", "20"]).succeeds();
    for (name, what) in [("old", "has expired"), ("new", "is not valid yet")] {
        for emitter in [
            "gunicorn --cert",
            "nginx --cert",
            "k8s-secret --cert",
            "route reencrypt --service a --dest-cert",
        ] {
            let line = format!("emit {emitter} {name}.example.com");
            let refused = run(&workspace, &line).exits_with(1);
            assert!(
                refused.stderr.contains(&format!("error: {name}.example.com: \"{name}.example.com\" {what}")),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("`--insist`"), "{}", refused.stderr);
            let insisted = run(&workspace, &format!("{line} --insist")).succeeds();
            assert!(
                insisted
                    .stderr
                    .contains(&format!("warning: {name}.example.com: \"{name}.example.com\" {what}")),
                "{}",
                insisted.stderr
            );
        }
    }
}

#[test]
fn each_form_of_a_key_that_cannot_be_read_gets_the_command_that_converts_it() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let convert = |line: &str| {
        let path = |word: &str| match word.ends_with(".pem") || word.contains(".out") {
            true => workspace.file(word).display().to_string(),
            false => word.to_owned(),
        };
        openssl.accepts(line.split(' ').map(path).collect::<Vec<_>>());
    };
    convert("pkey -in key.pem -outform der -out der.out");
    convert("x509 -in leaf.pem -outform der -out leaf.out");
    convert("pkcs12 -export -inkey key.pem -in chain.pem -passout pass:x -out p12.out");
    convert("ec -aes256 -passout pass:x -in key.pem -out old.out.pem");
    convert("ecparam -genkey -noout -name secp521r1 -out p521.out.pem");
    convert("pkcs8 -topk8 -nocrypt -in p521.out.pem -out p521-pkcs8.out.pem");
    let hint = |line: &str| {
        let refused = run(&workspace, &format!("emit route edge --service web {line}")).exits_with(1);
        refused
            .stderr
            .rsplit_once("hint: ")
            .map(|(_, hint)| hint.trim_end().to_owned())
            .unwrap_or(refused.stderr)
    };
    assert_eq!(
        hint("--cert chain.pem --key der.out"),
        "convert it with `openssl pkey -inform der -in der.out -out FILE.pem`"
    );
    assert_eq!(
        hint("--cert leaf.out --key key.pem"),
        "convert it with `openssl x509 -inform der -in leaf.out -out FILE.pem`"
    );
    for line in ["--cert p12.out", "--cert chain.pem --key p12.out"] {
        assert_eq!(
            hint(line),
            "it looks like PKCS#12: extract it with `openssl pkcs12 -in p12.out -nodes -out FILE.pem`"
        );
    }
    assert!(
        hint("--cert chain.pem --key old.out.pem")
            .contains("decrypt it with `openssl pkey -in old.out.pem -out NEW.key`")
    );
    for (key, reason) in [
        ("p521.out.pem", "its curve is not supported; P-256 and P-384 are"),
        ("p521-pkcs8.out.pem", "its curve P-521 is not supported; RSA, P-256, P-384 and Ed25519 are"),
    ] {
        let refused = run(&workspace, &format!("emit route edge --service web --cert chain.pem --key {key}"))
            .exits_with(1);
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    }
    assert_eq!(hint("--cert chain.pem --key other.key"), "use the key that belongs to this certificate");
}

#[test]
fn objects_get_names_that_a_cluster_takes_whatever_the_credential_is_called() {
    let workspace = workspace();
    let long = format!("{}.example.com", "a".repeat(60));
    for (name, object) in [("web_", "web"), ("srv@example.com", "srv-example-com"), (&long, &long[..50])] {
        workspace.pkictl(&["issue", "server", name, "--san", "x.example.com"]).succeeds();
        let made = run(&workspace, &format!("emit gunicorn --cert {name}")).succeeds();
        assert!(made.stdout.contains(&format!("secretName: \"{object}-tls\"")), "{}", made.stdout);
        assert!(made.stdout.contains(&format!("- name: \"{object}\"")), "{}", made.stdout);
    }
}

#[test]
fn a_stored_credential_has_its_files() {
    let workspace = workspace();
    run(&workspace, "emit route edge --service web --cert ed.example.com --key other.key").fails(
        2,
        "error: \"ed.example.com\" is a credential of the environment: its files must not be named\n\nhint: omit the files, or name the file of its chain",
    );
}
