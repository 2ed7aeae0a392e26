//! Envoy, started with exactly what the emitter makes.

use super::shop::Shop;
use super::web::{
    CALLER, admits_the_named, announced, begin, calls_an_upstream, knock, refuses_another_authority,
    version_1, version_2,
};
use crate::harness::{Judge, Server, free_port};

#[test]
fn envoy_admits_the_callers_that_are_named_and_nobody_else() {
    let Some((shop, envoy)) = begin("envoy") else { return };
    let (_pod, server, port) = admits_the_named(&shop, &envoy, start);
    let url = format!("https://localhost:{port}/");
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
}

#[test]
fn envoy_takes_the_callers_address_from_the_proxy_protocol() {
    let Some((shop, envoy)) = begin("envoy") else { return };
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
    calls_an_upstream("envoy", start, "503", "SAN_matcher,_certificate_SANs_are_[rest-api,");
}

#[test]
fn envoy_refuses_an_upstream_of_another_authority() {
    refuses_another_authority("envoy", start, "503", "unable_to_get_local_issuer_certificate");
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
