//! Caddy, started with exactly what the emitter makes: the current release, and Debian's, which is years older.

use super::shop::Shop;
use super::web::{
    CALLER, admits_the_named, announced, begin, calls_an_upstream, knock, refuses_another_authority,
    version_1, version_2,
};
use crate::harness::{Judge, Server, free_port};

/// Debian's, wherever another one is on the PATH.
const DEBIAN: &str = "/usr/bin/caddy";

#[test]
fn caddy_admits_the_callers_that_are_named_and_nobody_else() {
    admits("caddy");
}

#[test]
fn caddy_of_debian_admits_the_callers_that_are_named_and_nobody_else() {
    admits(DEBIAN);
}

fn admits(program: &str) {
    let Some((shop, caddy)) = begin(program) else { return };
    let (_pod, server, port) = admits_the_named(&shop, &caddy, start);
    let url = format!("https://localhost:{port}/");
    // Who calls an address names no host in TLS.
    shop.get_as_backend(&format!("https://127.0.0.1:{port}/"), "test").is_from("rest-api", "https");
    assert_eq!(shop.get_with(&url, "test", "backend-2").status, "403");
    assert_eq!(shop.get_with(&url, "test", "workload-2").status, "403");
    server.says("\"client_common_name\":\"backend-2\"");
    // Which alert it is depends on the release of Go.
    knock(&shop, &url, None).is_refused("(IN), TLS alert, ");
    server.says("tls: client didn't provide a certificate");
    knock(&shop, &url, Some("prod")).is_refused("(IN), TLS alert, ");
    server.says("x509: certificate signed by unknown authority");
}

#[test]
fn caddy_takes_the_callers_address_from_the_proxy_protocol() {
    let Some((shop, caddy)) = begin("caddy") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://localhost:{pod}");
    let options = ["--local", "--proxy-protocol", "--tls", "modern", "--upstream", &upstream];
    let (server, port) = start(&shop, &caddy, &options);
    for (version, header) in [("v1", version_1()), ("v2", version_2())] {
        let url = format!("https://localhost:{}/?{version}", announced(port, header));
        shop.get(&url, &[]).is_from("rest-api", "https");
        server.says(&format!("\"uri\":\"/?{version}\""));
        let log = server.log();
        let mut lines = log.lines().filter(|line| line.contains(&format!("\"uri\":\"/?{version}\"")));
        assert!(lines.all(|line| line.contains(&format!("\"remote_ip\":\"{CALLER}\""))), "{log}");
    }
    let direct = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_eq!(direct.exit, Some(35), "{direct:#?}");
    // Once it was the harness, which looks whether anybody listens.
    server.says_times("proxyproto: proxy protocol signature not present", 2);
    let old = format!("https://localhost:{}/", announced(port, version_1()));
    shop.get(&old, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn caddy_calls_an_upstream_that_asks_for_certificates() {
    calls("caddy");
}

#[test]
fn caddy_of_debian_calls_an_upstream_that_asks_for_certificates() {
    calls(DEBIAN);
}

fn calls(program: &str) {
    calls_an_upstream(program, start, "502", "not other.example.com");
}

#[test]
fn caddy_refuses_an_upstream_of_another_authority() {
    refuses_another_authority("caddy", start, "502", "x509: certificate signed by unknown authority");
}

/// Caddy with the emitted file and nothing else but a word that makes it tell about handshakes.
#[track_caller]
fn start(shop: &Shop, caddy: &Judge, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let number = port.to_string();
    let place = ["caddy", "--cert", "rest-api", "--bind", "127.0.0.1", "--port", &number];
    let emitted = shop.emit(&[&place, options].concat());
    let file = shop.workspace.write(&format!("{port}/Caddyfile"), &emitted);
    let command = |arguments: &[&str]| {
        let mut command = caddy.command();
        command.args(arguments).args(["--config", &file.display().to_string(), "--adapter", "caddyfile"]);
        command.env("HOME", shop.workspace.path()).env("XDG_DATA_HOME", shop.workspace.path());
        command.env("CADDY_ADMIN", format!("127.0.0.1:{}", free_port()));
        command
    };
    let checked = command(&["validate"]).output().expect("caddy runs");
    let said =
        String::from_utf8_lossy(&checked.stderr).into_owned() + &String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("Valid configuration"), "{said}");
    assert!(!said.contains("is not formatted"), "{said}");
    shop.workspace.write(&format!("{port}/Caddyfile"), emitted.replacen("{\n", "{\n\tdebug\n", 1));
    (Server::start(command(&["run"]), port), port)
}
