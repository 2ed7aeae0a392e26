//! `verify --connect` against `openssl s_server`, and against mail servers that begin in plain text.

mod defects;
mod guests;

use std::process::Command;

use serde_json::Value;

use crate::harness::{Judge, Server, Workspace, free_port, judge};

/// A workspace with an intermediate, the server `web` (localhost), an expired one, and the client `backend`; in the
/// environment `other` a client of the same name.
pub fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for arguments in [
        &["init", "--org", "Example", "--intermediate"][..],
        &["issue", "server", "web", "--san", "localhost"],
        &["issue", "server", "old", "--san", "localhost", "--not-after=-1d"],
        &["issue", "client", "backend"],
        &["init", "--org", "Example", "--env", "other"],
        &["issue", "client", "backend", "--env", "other"],
    ] {
        workspace.pkictl(arguments).succeeds();
    }
    for name in ["web", "old"] {
        let chain = std::fs::read_to_string(workspace.credential(name, "tls.crt")).expect("a chain");
        let (_, above) = chain.split_once("-----END CERTIFICATE-----\n").expect("a leaf");
        workspace.write(&format!("{name}-above.pem"), above);
    }
    workspace
}

/// `s_server` with a credential and its intermediate.
#[track_caller]
fn serve(openssl: &Judge, workspace: &Workspace, name: &str, options: &[&str]) -> (Server, u16) {
    let above = workspace.file(format!("{name}-above.pem")).display().to_string();
    serve_leaf(openssl, workspace, name, &[&["-cert_chain", &above], options].concat())
}

#[track_caller]
fn serve_leaf(openssl: &Judge, workspace: &Workspace, name: &str, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let mut command = openssl.command();
    command.arg("s_server").arg("-accept").arg(format!("127.0.0.1:{port}")).args(options).arg("-www");
    command.arg("-cert").arg(workspace.credential(name, "tls.crt"));
    command.arg("-key").arg(workspace.credential(name, "tls.key"));
    command.arg("-CAfile").arg(workspace.credential(name, "ca.crt")).args(["-no-CApath", "-no-CAstore"]);
    (Server::start(command, port), port)
}

const REQUIRE: [&str; 3] = ["-Verify", "4", "-verify_return_error"];

/// The report on `localhost`, which must end with this exit code.
#[track_caller]
pub fn report(workspace: &Workspace, port: u16, exit: i32, options: &[&str]) -> Value {
    let place = format!("localhost:{port}");
    let line = [&["verify", "--connect", &place, "--format", "json"], options].concat();
    workspace.pkictl(&line).exits_with(exit).json()
}

/// The only check with this id.
#[track_caller]
pub fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    let found: Vec<&Value> = checks.iter().filter(|check| check["id"] == id).collect();
    assert!(found.len() == 1, "{} checks {id} in {report:#}", found.len());
    found[0]
}

/// The ids of the checks that did not pass, each with its outcome.
pub fn troubles(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let bad = checks.filter(|check| check["outcome"] != "passed");
    bad.map(|check| {
        format!("{} {}", check["outcome"].as_str().unwrap_or(""), check["id"].as_str().unwrap_or(""))
    })
    .collect()
}

#[track_caller]
pub fn detail<'a>(report: &'a Value, id: &str) -> &'a str {
    check(report, id)["detail"].as_str().expect("a detail")
}

#[test]
fn a_server_that_asks_for_nothing_is_described_and_passes() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &[]);
    let report = report(&workspace, port, 0, &["--starttls", "amqp-none"]);
    assert_eq!(troubles(&report), [""; 0]);
    assert_eq!(detail(&report, "tls13"), "offered, TLS13_AES_256_GCM_SHA384, X25519");
    assert!(detail(&report, "tls12").starts_with("offered, TLS_ECDHE_ECDSA_WITH_"), "{report:#}");
    assert_eq!(detail(&report, "key-exchange"), "X25519, secp256r1, secp384r1");
    assert_eq!(detail(&report, "client-certificate"), "not asked for");
    assert_eq!(detail(&report, "server-auth-tls13"), "TLS 1.3, as localhost");
    let sent: Vec<&str> = report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|check| check["id"] == "sent")
        .filter_map(|check| check["detail"].as_str())
        .collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[0].contains("CN=web; issued by O=Example, CN=Example dev issuing CA"), "{sent:?}");
    assert!(sent[1].contains("issued by O=Example, CN=Example dev Root CA"), "{sent:?}");
}

#[test]
fn a_server_that_requires_a_certificate_takes_ours_and_refuses_the_others() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &REQUIRE);
    let alone = report(&workspace, port, 0, &[]);
    let text = detail(&alone, "client-certificate");
    assert!(text.starts_with("required; CAs named: O=Example, CN=Example dev Root CA"), "{text}");
    assert_eq!(detail(&alone, "foreign-client-tls13"), "TLS 1.3, received the alert unknown_ca");

    let ours = report(&workspace, port, 0, &["--client", "backend"]);
    assert_eq!(troubles(&ours), [""; 0]);
    assert_eq!(
        detail(&ours, "no-client-certificate-tls13"),
        "TLS 1.3, received the alert certificate_required"
    );
    assert_eq!(detail(&ours, "no-client-certificate-tls12"), "TLS 1.2, received the alert handshake_failure");
    assert_eq!(check(&ours, "own-client-tls13")["subject"], format!("localhost:{port} <- backend"));

    let path = |file| workspace.file("pki/other/certs/backend").join(file).display().to_string();
    let root = workspace.credential("web", "ca.crt").display().to_string();
    let other = ["--client-cert", &path("tls.crt"), "--client-key", &path("tls.key"), "--roots", &root];
    let refused = report(&workspace, port, 3, &other);
    assert_eq!(
        troubles(&refused),
        ["failed named-authorities", "failed own-client-tls13", "failed own-client-tls12"]
    );
    assert_eq!(check(&refused, "own-client-tls13")["found"], "received the alert unknown_ca");
}

#[test]
fn consent_without_a_ticket_is_silence() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) =
        serve(&openssl, &workspace, "web", &[&REQUIRE[..], &["-num_tickets", "0", "-tls1_3"]].concat());
    let report = report(&workspace, port, 0, &["--client", "backend"]);
    assert_eq!(check(&report, "own-client-tls13")["outcome"], "passed");
    assert_eq!(check(&report, "no-client-certificate-tls13")["outcome"], "passed");
}

#[test]
fn whoever_names_a_client_expects_that_one_is_required() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &[]);
    let silent = report(&workspace, port, 3, &["--client", "backend"]);
    assert_eq!(troubles(&silent), ["failed client-certificate", "skipped own-client"]);
    assert_eq!(check(&silent, "client-certificate")["found"], "none");

    let (_server, port) = serve(&openssl, &workspace, "web", &["-verify", "4", "-verify_return_error"]);
    let optional = report(&workspace, port, 3, &["--client", "backend"]);
    assert_eq!(
        troubles(&optional),
        ["failed no-client-certificate-tls13", "failed no-client-certificate-tls12"]
    );
    let alone = report(&workspace, port, 0, &[]);
    assert!(detail(&alone, "client-certificate").starts_with("asked for, not required; "), "{alone:#}");

    // Without -verify_return_error openssl asks and then takes what it is given.
    let (_server, port) = serve(&openssl, &workspace, "web", &["-Verify", "4"]);
    let careless = report(&workspace, port, 3, &["--client", "backend"]);
    assert_eq!(troubles(&careless), ["failed foreign-client-tls13", "failed foreign-client-tls12"]);
}

/// A mail server of a few lines that takes STARTTLS and then serves with `web`.
fn mail_server(python: &Judge, workspace: &Workspace, protocol: &str, mutual: bool) -> (Server, u16) {
    const SCRIPT: &str = r#"
import socket, ssl, sys
protocol, port, chain, key, root, mutual = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
context.load_verify_locations(root)
if mutual == "True":
    context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(("127.0.0.1", int(port)))
def hear(stream, say):
    line = b""
    while not line.endswith(b"\r\n"):
        byte = stream.recv(1)
        if not byte:
            raise OSError("gone")
        line += byte
    say(line.decode().strip().upper())
def smtp(stream):
    def say(line):
        if line.startswith("EHLO"):
            stream.sendall(b"250-mail.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
        elif line == "STARTTLS":
            stream.sendall(b"220 go ahead\r\n")
        else:
            stream.sendall(b"250 ok\r\n")
    return b"220 mail.test ESMTP\r\n", say
def imap(stream):
    def say(line):
        if line.endswith("STARTTLS"):
            stream.sendall(b"* CAPABILITY IMAP4rev2\r\n")
        stream.sendall(line.split()[0].lower().encode() + b" OK done\r\n")
    return b"* OK [CAPABILITY STARTTLS] ready\r\n", say
while True:
    stream, _ = listener.accept()
    try:
        stream.settimeout(5)
        speak = {"smtp": smtp, "imap": imap}[protocol]
        greeting, say = speak(stream)
        stream.sendall(greeting)
        for _ in range(2 if protocol == "smtp" else 1):
            hear(stream, say)
        stream = context.wrap_socket(stream, server_side=True)
        hear(stream, speak(stream)[1])
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        stream.close()
"#;

    let port = free_port();
    let script = workspace.write("mail.py", SCRIPT);
    let mut command: Command = python.command();
    command.arg(script).arg(protocol).arg(port.to_string());
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        command.arg(workspace.credential("web", file));
    }
    command.arg(if mutual { "True" } else { "False" });
    (Server::start(command, port), port)
}

#[test]
fn mail_servers_are_asked_for_tls_in_their_own_words() {
    let Some(python) = judge("python3") else { return };
    let workspace = workspace();
    for protocol in ["smtp", "imap"] {
        let (_server, port) = mail_server(&python, &workspace, protocol, true);
        let mutual = report(&workspace, port, 0, &["--starttls", protocol, "--client", "backend"]);
        assert_eq!(troubles(&mutual), [""; 0]);
        let way = format!(", TLS begins after {} in plain text", protocol.to_uppercase());
        assert!(detail(&mutual, "reachable").ends_with(&way), "{mutual:#}");
        assert_eq!(detail(&mutual, "own-client-tls13"), "TLS 1.3, the server answers");
        let direct = report(&workspace, port, 3, &[]);
        let found = check(&direct, "reachable")["found"].as_str().expect("a text");
        assert!(found.starts_with(if protocol == "smtp" { "plain SMTP" } else { "plain IMAP" }), "{found}");
    }
}

#[test]
fn people_and_ci_servers_get_the_report_in_their_form() {
    let workspace = workspace();
    let place = format!("localhost:{}", free_port());
    let line = ["verify", "--connect", &place];
    let human = workspace.pkictl(&line).exits_with(3);
    assert!(
        human.stdout.starts_with(&format!("{place} as localhost, root of environment dev\n")),
        "{}",
        human.stdout
    );
    assert!(human.stdout.contains("(connection refused)"), "{}", human.stdout);
    assert!(human.stderr.is_empty(), "{}", human.stderr);
    let junit = workspace.pkictl(&[&line[..], &["--format", "junit"]].concat()).exits_with(3);
    assert!(
        junit
            .stdout
            .contains("<testsuite name=\"endpoint\" tests=\"1\" skipped=\"0\" errors=\"0\" failures=\"1\""),
        "{}",
        junit.stdout
    );
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let workspace = Workspace::new();
    let hint = "hint: use `--roots FILE` for the roots that clients of this endpoint trust, or `--env NAME` for the environment";
    workspace
        .pkictl(&["verify", "--connect", "localhost:1"])
        .fails(1, &format!("error: environment \"dev\" has no certificate authority in pki\n\n{hint}"));
    let refused = |arguments: &[&str], reason: &str| {
        let run = workspace.pkictl(&[&["verify"], arguments].concat()).exits_with(2);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    };
    refused(&["--connect", "localhost"], "it has no port; expected a host and a port");
    refused(
        &["--connect", "localhost:1", "--starttls", "ldap"],
        "[possible values: postgres, smtp, imap, amqp-none]",
    );
    refused(&["--connect", "localhost:1", "--timeout", "0"], "0 is not in 1..=600");
    refused(&["--starttls", "smtp"], "--connect <HOST:PORT>");
    refused(&["--connect", "localhost:1", "--server", "web"], "cannot be used with");
}
