//! `verify --connect` against servers that refuse a certificate only above TLS: nginx and PostgreSQL, as emitted.

use super::nginx;
use super::postgres::Database;
use super::web;
use crate::verify_connect::{check, detail, troubles};

#[test]
fn nginx_refuses_in_http_and_that_is_understood() {
    let Some((shop, nginx)) = web::begin("nginx") else { return };
    let look = |port: u16, exit: i32, options: &[&str]| {
        let place = format!("localhost:{port}");
        let line = [&["verify", "--connect", &place, "--env", "test", "--format", "json"], options].concat();
        shop.workspace.pkictl(&line).exits_with(exit).json()
    };
    let (_server, port) = nginx::start(&shop, &nginx, &["--local", "--mtls"]);
    let report = look(port, 0, &["--client", "backend-1"]);
    assert_eq!(troubles(&report), [""; 0]);
    assert_eq!(detail(&report, "own-client-tls13"), "TLS 1.3, it answers with HTTP 200");
    for id in ["no-client-certificate-tls13", "foreign-client-tls12"] {
        assert!(detail(&report, id).ends_with(", HTTP 400 because of the certificate"), "{report:#}");
    }
    assert!(detail(&report, "client-certificate").starts_with("required; CAs named: "), "{report:#}");

    let (_server, port) = nginx::start(&shop, &nginx, &["--local", "--allow", "backend-1"]);
    assert_eq!(troubles(&look(port, 0, &["--client", "backend-1"])), [""; 0]);
    let stranger = look(port, 3, &["--client", "backend-2"]);
    assert_eq!(troubles(&stranger), ["failed own-client-tls13", "failed own-client-tls12"]);
    assert_eq!(check(&stranger, "own-client-tls13")["found"], "TLS accepts it, but the answer is HTTP 403");

    let (_server, port) = nginx::start(&shop, &nginx, &["--local", "--tls", "modern"]);
    let modern = look(port, 0, &[]);
    assert_eq!(detail(&modern, "client-certificate"), "not asked for");
    assert_eq!(detail(&modern, "tls12"), "not offered: received the alert protocol_version");
}

#[test]
fn postgresql_refuses_in_its_own_protocol_and_that_is_understood() {
    let Some(database) = Database::with(&["--allow", "backend", "--client", "backend"]) else { return };
    let _server = database.start();
    let place = format!("localhost:{}", database.port);
    let line = ["verify", "--connect", &place, "--starttls", "postgres", "--format", "json", "--client"];
    let report = database.workspace.pkictl(&[&line[..], &["backend"]].concat()).exits_with(0).json();
    assert_eq!(troubles(&report), [""; 0]);
    assert_eq!(detail(&report, "own-client-tls13"), "TLS 1.3, PostgreSQL lets it log in");
    assert_eq!(
        detail(&report, "no-client-certificate-tls13"),
        "TLS 1.3, PostgreSQL: connection requires a valid client certificate"
    );
    assert_eq!(detail(&report, "foreign-client-tls13"), "TLS 1.3, received the alert unknown_ca");

    // Its certificate is sound, but the server was told of no caller that has this name.
    let report = database.workspace.pkictl(&[&line[..], &["intruder"]].concat()).exits_with(0).json();
    let reason = check(&report, "own-client-tls13")["reason"].as_str().expect("a reason").to_owned();
    assert!(reason.starts_with("TLS accepts it; then PostgreSQL: no pg_hba.conf entry for host"), "{reason}");

    let direct =
        database.workspace.pkictl(&["verify", "--connect", &place, "--format", "json"]).exits_with(3).json();
    let found = check(&direct, "reachable")["found"].as_str().expect("a text").to_owned();
    assert!(found.starts_with("TLS 1.3: "), "{found}");
}
