//! Certificates by path, whoever made them.

use super::{outcomes, two_environments};
use crate::harness::{Workspace, judge};

#[test]
fn certificates_of_another_tool_are_verified_by_path() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    let file = |name: &str| workspace.file(name).display().to_string();
    workspace.write(
        "x.cnf",
        "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=other CA\n[ca]\nbasicConstraints=critical,CA:TRUE\n\
         keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n[leaf]\nbasicConstraints=CA:FALSE\n\
         keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:web.test\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    );
    let run = |line: &str| {
        openssl.accepts(line.split_whitespace().map(|word| {
            // Files are named by their bare names; each lies in the workspace.
            if word.contains('.') && !word.contains('/') { file(word) } else { word.to_owned() }
        }))
    };
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!("req -x509 -config x.cnf -extensions ca -days 9 -keyout ca.key -out ca.pem {ec}"));
    run(&format!("req -config x.cnf -subj /CN=web -keyout web.key -out web.csr {ec}"));
    run(
        "x509 -req -in web.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile x.cnf -extensions leaf -days 9 -out web.pem",
    );
    let by_path = ["verify", "--server-cert", "web.pem", "--server-key", "web.key", "--roots", "ca.pem"];
    let report = workspace.pkictl(&[&by_path[..], &["--format", "json"]].concat()).succeeds().json();
    assert_eq!(outcomes(&report, "server-auth"), ["passed", "passed"]);
    assert_eq!(outcomes(&report, "wrong-host"), ["passed", "passed"]);

    // What `openssl req -x509` makes without thought: a CA that serves, without names.
    run(&format!("req -x509 -subj /CN=web -days 9 -keyout self.key -out self.pem {ec}"));
    let run = workspace
        .pkictl(&["verify", "--server-cert", "self.pem", "--server-key", "self.key", "--roots", "self.pem"])
        .exits_with(3);
    assert!(run.stdout.contains("[not-a-ca]") && run.stdout.contains("[san]"), "{}", run.stdout);
}

#[test]
fn a_client_by_path_calls_a_server_by_path_and_one_of_another_root_does_not() {
    let workspace = two_environments();
    let place = |environment: &str, name: &str| format!("pki/{environment}/certs/{name}");
    let verify = |client: &str| {
        let server = place("test", "web");
        let (server, client) =
            (|file: &str| format!("{server}/{file}"), |file: &str| format!("{client}/{file}"));
        let line = [
            "verify".to_owned(),
            "--server-cert".into(),
            server("tls.crt"),
            "--server-key".into(),
            server("tls.key"),
            "--client-cert".into(),
            client("tls.crt"),
            "--client-key".into(),
            client("tls.key"),
            "--roots".into(),
            server("ca.crt"),
            "--format".into(),
            "json".into(),
        ];
        workspace.pkictl(&line.each_ref().map(String::as_str))
    };
    let report = verify(&place("test", "backend")).succeeds().json();
    assert_eq!(outcomes(&report, "mtls-"), ["passed", "passed"]);
    assert_eq!(outcomes(&report, "no-client-certificate"), ["passed", "passed"]);
    let report = verify(&place("prod", "backend")).exits_with(3).json();
    assert_eq!(outcomes(&report, "mtls-"), ["failed", "failed"]);
}
