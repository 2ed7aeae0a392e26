//! Envoy, started with exactly what the emitter makes.

use super::shop::Shop;
use super::web::{CALLER, announced, knock, open, version_1, version_2, visitors_look_whom_they_reach};
use crate::harness::{Judge, Server, free_port, judge};

#[test]
fn envoy_admits_the_callers_that_are_named_and_nobody_else() {
    let Some((shop, envoy)) = begin() else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let callers = ["--allow", "backend-1", "--allow", "partner", "--allow", "workload-1"];
    let allowed = [&["--local", "--upstream", &upstream], &callers[..]].concat();
    let (server, port) = start(&shop, &envoy, &allowed);
    let url = format!("https://localhost:{port}/");
    let admitted = shop.get_as_backend(&url, "test");
    // gunicorn believes X-Forwarded-Proto.
    admitted.is_from("rest-api", "https");
    assert_eq!(admitted.shown_by(), "rest-api");
    shop.get_with(&url, "test", "partner").is_from("rest-api", "https");
    shop.get_with(&url, "test", "workload-1").is_from("rest-api", "https");
    // In TLS 1.3 the connection may be gone before the client reads why; the server knows.
    assert_ne!(shop.get_with(&url, "test", "backend-2").exit, Some(0));
    assert_ne!(shop.get_with(&url, "test", "workload-2").exit, Some(0));
    server.says("[CN=backend-2] TLS_error");
    server.says("SAN_matcher,_certificate_SANs_are_[backend-2]");
    server.says("SAN_matcher,_certificate_SANs_are_[spiffe://example.org/workload-2]");
    knock(&shop, &url, None).is_refused("alert handshake failure");
    server.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    knock(&shop, &url, Some("prod")).is_refused("alert unknown ca");
    server.says("unable_to_get_local_issuer_certificate");
    visitors_look_whom_they_reach(&shop, port);
}

#[test]
fn envoy_takes_the_callers_address_from_the_proxy_protocol() {
    let Some((shop, envoy)) = begin() else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://localhost:{pod}");
    let options = ["--local", "--proxy-protocol", "--tls", "modern", "--upstream", &upstream];
    let (server, port) = start(&shop, &envoy, &options);
    for (version, header) in [("v1", version_1()), ("v2", version_2())] {
        let url = format!("https://localhost:{}/?{version}", announced(port, header));
        shop.get(&url, &[]).is_from("rest-api", "https");
        server.says(&format!("request of {CALLER}:40000 \"GET /?{version}\" 200 "));
    }
    let direct = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_eq!(direct.exit, Some(35), "{direct:#?}");
    server.says("failed to read proxy protocol");
    let old = format!("https://localhost:{}/", announced(port, version_1()));
    shop.get(&old, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn envoy_calls_an_upstream_that_asks_for_certificates() {
    let Some((shop, envoy)) = begin() else { return };
    let (pod, number) = shop.tls_pod("test", &["--mtls"]);
    let place = |name| shop.file("test", name, "").display().to_string();
    let (own, client) = (place("rest-api"), place("backend-1"));
    let mounted = ["--mount", own.trim_end_matches('/'), "--client-mount", client.trim_end_matches('/')];
    let call = |host: &str, options: &[&str]| {
        let upstream = format!("https://{host}:{number}");
        let (server, port) =
            start(&shop, &envoy, &[&["--upstream", &upstream], &mounted[..], options].concat());
        (shop.get(&format!("https://localhost:{port}/"), &[]), server)
    };
    call("localhost", &["--client", "backend-1"]).0.is_from("rest-api", "https");
    // Envoy compares addresses, too.
    call("127.0.0.1", &["--client", "backend-1"]).0.is_from("rest-api", "https");
    let nobody = call("localhost", &[]).0;
    assert_eq!(nobody.status, "503", "{nobody:#?}");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    let (wrong, server) =
        call("localhost", &["--client", "backend-1", "--upstream-name", "other.example.com"]);
    assert_eq!(wrong.status, "503", "{wrong:#?}");
    server.says("SAN_matcher,_certificate_SANs_are_[rest-api,");
}

#[test]
fn envoy_refuses_an_upstream_of_another_authority() {
    let Some((shop, envoy)) = begin() else { return };
    let (_pod, pod) = shop.tls_pod("prod", &[]);
    let upstream = format!("https://localhost:{pod}");
    let (server, port) = start(&shop, &envoy, &["--local", "--upstream", &upstream]);
    let answer = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_eq!(answer.status, "503", "{answer:#?}");
    server.says("\"GET /\" 503 TLS_error");
    server.says("unable_to_get_local_issuer_certificate");
}

fn begin() -> Option<(Shop, Judge)> {
    let envoy = judge("envoy")?;
    Some((open()?, envoy))
}

/// Envoy with the emitted file and nothing else; it writes its log at once, and several may run side by side.
#[track_caller]
fn start(shop: &Shop, envoy: &Judge, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let number = port.to_string();
    let place = ["envoy", "--cert", "rest-api", "--bind", "127.0.0.1", "--port", &number];
    let file = shop.workspace.write(&format!("{port}.yaml"), shop.emit(&[&place, options].concat()));
    let file = file.display().to_string();
    let said = envoy.accepts(["--mode", "validate", "-c", &file]);
    assert!(said.contains("OK") && !said.contains("deprecated"), "{said}");
    let mut command = envoy.command();
    command.args(["-c", &file, "--disable-hot-restart", "--concurrency", "1"]);
    command.args([
        "--file-flush-interval-msec",
        "20",
        "-l",
        "warning",
        "--component-log-level",
        "filter:debug",
    ]);
    (Server::start(command, port), port)
}
