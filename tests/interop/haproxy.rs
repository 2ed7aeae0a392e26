//! HAProxy, started with exactly what the emitter makes.

use super::comments::command;
use super::daemon::{outcome, own_shell};
use super::shop::{DOMAIN, Shop};
use super::web::{
    CALLER, Start, announced, begin, knock, refuses_another_authority, version_1, version_2,
    visitors_look_whom_they_reach,
};
use crate::harness::{Judge, Server, free_port};

#[test]
fn haproxy_admits_the_callers_that_are_named_and_nobody_else() {
    let Some((shop, haproxy)) = begin("haproxy") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let allowed = ["--allow", "backend-1,partner,deep", "--upstream", &upstream, "--local"];
    let (server, port) = start(&shop, &haproxy, &[&["--cert", "rest-api"], &allowed[..]].concat());
    let url = format!("https://localhost:{port}/");
    let admitted = shop.get_as_backend(&url, "test");
    // gunicorn believes X-Forwarded-Proto.
    admitted.is_from("rest-api", "https");
    assert_eq!(admitted.shown_by(), "rest-api");
    shop.get_with(&url, "test", "partner").is_from("rest-api", "https");
    // HAProxy counts no authorities between a caller and the root.
    shop.get_with(&url, "test", "deep").is_from("rest-api", "https");
    assert_eq!(shop.get_with(&url, "test", "backend-2").status, "403");
    server.says("https/<NOSRV> 0/-1/-1/-1/0 403");
    knock(&shop, &url, None).is_refused("alert handshake failure");
    knock(&shop, &url, Some("prod")).is_refused("alert unknown ca");
    server.says("SSL handshake failure");
    visitors_look_whom_they_reach(&shop, port);
}

#[test]
fn haproxy_hands_the_callers_address_on_by_the_proxy_protocol() {
    let Some((shop, haproxy)) = begin("haproxy") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let last = ["--cert", "rest-api", "--upstream", &upstream, "--proxy-protocol", "--tls", "modern"];
    let (last, last_port) = start(&shop, &haproxy, &last);
    let target = format!("https://localhost:{last_port}");
    for (version, header) in [("v1", version_1()), ("v2", version_2())] {
        let first =
            ["--cert", "rest-api", "--upstream", &target, "--proxy-protocol", "--send-proxy", version];
        let (first, port) = start(&shop, &haproxy, &first);
        let before = last.log().matches(&format!("{CALLER}:40000 ")).count();
        let url = format!("https://localhost:{}/", announced(port, header));
        shop.get(&url, &[]).is_from("rest-api", "https");
        first.says(&format!("{CALLER}:40000 "));
        last.says(&format!("{CALLER}:40000 "));
        assert_eq!(last.log().matches(&format!("{CALLER}:40000 ")).count(), before + 1, "{}", last.log());
        let direct = shop.get(&format!("https://localhost:{port}/"), &[]);
        assert_eq!(direct.exit, Some(35), "{direct:#?}");
        first.says("Received something which does not look like a PROXY protocol header");
    }
    let old = format!("https://localhost:{}/", announced(last_port, version_1()));
    shop.get(&old, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn haproxy_passes_a_host_through_and_ends_tls_for_the_others() {
    let Some((shop, haproxy)) = begin("haproxy") else { return };
    let (_web, web) = shop.plain_pod("web");
    let (_pod, pod) = shop.tls_pod("test", &["--mtls"]);
    let (upstream, inside) =
        (format!("http://127.0.0.1:{web}"), format!("rest-api.{DOMAIN}=127.0.0.1:{pod}"));
    let wildcard = format!("*.{DOMAIN}");
    let options =
        ["--cert", &wildcard, "--upstream", &upstream, "--passthrough", &inside, "--proxy-protocol"];
    let (server, port) = start(&shop, &haproxy, &options);
    let through = |host: &str| {
        let own = announced(port, version_2());
        (format!("https://{host}.{DOMAIN}:{own}/"), own)
    };
    let answer = shop.get_as_backend(&through("rest-api").0, "test");
    answer.is_from("rest-api", "https");
    // The pod's own certificate, and the pod's own refusal.
    assert_eq!(answer.shown_by(), "rest-api");
    server.says("names passthrough-1/target");
    shop.get(&through("rest-api").0, &[]).is_refused("alert certificate required");
    let answer = shop.get(&through("shop").0, &[]);
    answer.is_from("web", "https");
    assert_eq!(answer.shown_by(), format!("*.{DOMAIN}"));
    let astray = ["--header", &format!("Host: rest-api.{DOMAIN}")];
    assert_eq!(shop.get(&through("shop").0, &astray).status, "421");
    // The caller's address goes on from one frontend to the next.
    server.says(&format!("{CALLER}:40000 [",));
    let two = server
        .log()
        .lines()
        .any(|line| line.starts_with(CALLER) && line.contains(" https~ upstream/upstream "));
    assert!(two, "{}", server.log());
}

#[test]
fn haproxy_passes_through_without_a_certificate_of_its_own_and_refuses_other_names() {
    let Some((shop, haproxy)) = begin("haproxy") else { return };
    let (_pod, pod) = shop.tls_pod("test", &[]);
    let inside = format!("*.{DOMAIN}=127.0.0.1:{pod}");
    let (server, port) = start(&shop, &haproxy, &["--passthrough", &inside]);
    shop.get(&format!("https://rest-api.{DOMAIN}:{port}/"), &[]).is_from("rest-api", "https");
    let other = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_eq!(other.exit, Some(35), "{other:#?}");
    server.says("names names/<NOSRV>");
}

#[test]
fn haproxy_calls_an_upstream_that_asks_for_certificates() {
    let Some((shop, haproxy)) = begin("haproxy") else { return };
    let (pod, number) = shop.tls_pod("test", &["--mtls"]);
    let upstream = format!("https://localhost:{number}");
    let call = |options: &[&str]| {
        let place = ["--cert", "rest-api", "--upstream", &upstream];
        let (_server, port) = start(&shop, &haproxy, &[&place, options].concat());
        // In HTTP/2 HAProxy 2.6 asks the client to try again when an upstream hangs up, and curl does, without end.
        shop.get(&format!("https://localhost:{port}/"), &["--http1.1"])
    };
    call(&["--client", "backend-1"]).is_from("rest-api", "https");
    call(&["--client", "backend-1", "--local"]).is_from("rest-api", "https");
    // 502 or 503: the pod hangs up before or after the request is on its way.
    let refused = call(&[]);
    assert!(refused.status.starts_with("50"), "{refused:#?}");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    assert_eq!(call(&["--client", "backend-1", "--upstream-name", "other.example.com"]).status, "503");
    // So HAProxy calls it when `verifyhost` finds no such name.
    pod.says("ALERT_INTERNAL_ERROR");
}

#[test]
fn haproxy_refuses_an_upstream_of_another_authority() {
    let with_certificate: Start =
        |shop, program, options| start(shop, program, &[options, &["--cert", "rest-api"]].concat());
    refuses_another_authority("haproxy", with_certificate, "503", "ALERT_UNKNOWN_CA");
}

/// HAProxy with the emitted files and nothing else; `ca.crt` lies where they say.
#[track_caller]
fn start(shop: &Shop, haproxy: &Judge, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let (number, deploy) = (port.to_string(), format!("deploy-{port}"));
    let mount = shop.workspace.file(&deploy);
    let mount = mount.to_str().expect("a path in ASCII");
    let place =
        ["haproxy", "--bind", "127.0.0.1", "--port", &number, "--mount", mount, "--client-mount", mount];
    let _ = shop.emit(&[&place[..], &["-d", &deploy], options].concat());
    let authorities = std::fs::read(shop.file("test", "rest-api", "ca.crt")).expect("the root");
    shop.workspace.write(&format!("{deploy}/ca.crt"), authorities);
    let text = shop.workspace.read(format!("{deploy}/haproxy.cfg"));
    let script = |line: &str| {
        format!("haproxy() {{ exec {} \"$@\"; }}\ncd {deploy}; {line}", haproxy.path().display())
    };
    let checked = outcome(own_shell(&shop.workspace, &script(&command(&text, "Check"))), "");
    checked.says("");
    assert!(!checked.text.contains("WARNING"), "{}", checked.text);
    let running = own_shell(&shop.workspace, &script(&command(&text, "Start")));
    (Server::start(running, port), port)
}
