//! nginx, started with exactly what the emitter makes.

use super::comments::command;
use super::daemon::{Outcome, outcome, own_shell};
use super::shop::Shop;
use super::web::{
    CALLER, announced, begin, refuses_another_authority, soon, version_1, version_2,
    visitors_look_whom_they_reach,
};
use crate::harness::{Judge, Server, free_port};

#[test]
fn nginx_admits_the_callers_that_are_named_and_nobody_else() {
    let Some((shop, nginx)) = begin("nginx") else { return };
    let (server, port) = start(&shop, &nginx, &["--local", "--allow", "backend-1,partner,deep"]);
    let url = format!("https://localhost:{port}/");
    let admitted = shop.get_as_backend(&url, "test");
    assert_eq!((admitted.exit, admitted.status.as_str()), (Some(0), "200"), "{admitted:#?}");
    assert_eq!(admitted.shown_by(), "rest-api");
    assert_eq!(shop.get_with(&url, "test", "partner").status, "200");
    assert_eq!(shop.get_with(&url, "test", "deep").status, "200");
    assert_eq!(shop.get_with(&url, "test", "backend-2").status, "403");
    server.says("[CN=backend-2] 403");
    let nobody = shop.get(&url, &[]);
    assert!(
        nobody.status == "400" && nobody.body.contains("No required SSL certificate was sent"),
        "{nobody:#?}"
    );
    assert_eq!(shop.get_as_backend(&url, "prod").status, "400");
    server.says("client SSL certificate verify error: (20:unable to get local issuer certificate)");
    visitors_look_whom_they_reach(&shop, port);
}

#[test]
fn nginx_counts_the_authorities_above_a_caller_and_reads_its_file_again_as_the_comment_says() {
    let Some((shop, nginx)) = begin("nginx") else { return };
    let (server, port) = start(&shop, &nginx, &["--local", "--mtls"]);
    let url = format!("https://localhost:{port}/");
    let answer = shop.get_with(&url, "test", "deep");
    assert_eq!(answer.status, "200", "{answer:#?}");
    // With room for one authority, as nginx has by itself, the same caller is refused.
    let file = format!("{port}.conf");
    let text = shop.workspace.read(&file);
    assert!(text.contains("ssl_verify_depth 2;"), "{text}");
    shop.workspace.write(&file, text.replace("ssl_verify_depth 2;", ""));
    run(&shop, &nginx, port, &command(&text, "Load")).succeeds();
    soon("the caller below two authorities is refused", || {
        shop.get_with(&url, "test", "deep").status == "400"
    });
    // OpenSSL calls it too long, or looks no further for an issuer, by its version.
    server.says("client SSL certificate verify error: (2");
    assert_eq!(shop.get_as_backend(&url, "test").status, "200");
}

#[test]
fn nginx_takes_the_callers_address_from_the_proxy_protocol() {
    let Some((shop, nginx)) = begin("nginx") else { return };
    let (server, port) = start(&shop, &nginx, &["--local", "--proxy-protocol", "--tls", "modern"]);
    for header in [version_1(), version_2()] {
        let url = format!("https://localhost:{}/", announced(port, header));
        let answer = shop.get(&url, &[]);
        assert_eq!(answer.status, "200", "{answer:#?}");
    }
    server.says(&format!("{CALLER} [-] 200"));
    assert_eq!(server.log().matches(&format!("{CALLER} [-] 200")).count(), 2, "{}", server.log());
    let direct = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_ne!(direct.exit, Some(0), "{direct:#?}");
    server.says("broken header");
    let old = format!("https://localhost:{}/", announced(port, version_1()));
    shop.get(&old, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn nginx_calls_an_upstream_that_asks_for_certificates() {
    let Some((shop, nginx)) = begin("nginx") else { return };
    let (pod, number) = shop.tls_pod("test", &["--mtls"]);
    let upstream = format!("https://localhost:{number}");
    let place = |name| shop.file("test", name, "").display().to_string();
    let (own, client) = (place("rest-api"), place("backend-1"));
    let mounted = ["--mount", own.trim_end_matches('/'), "--client-mount", client.trim_end_matches('/')];
    let call = |options: &[&str]| {
        let (server, port) =
            start(&shop, &nginx, &[&["--upstream", &upstream], &mounted[..], options].concat());
        (server, shop.get(&format!("https://localhost:{port}/"), &[]))
    };
    call(&["--client", "backend-1"]).1.is_from("rest-api", "https");
    // The proxy's own reason depends on whether the pod hangs up before or after the request is on its way.
    let (_server, answer) = call(&[]);
    assert!(answer.status.starts_with("50"), "{answer:#?}");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    let (server, answer) = call(&["--client", "backend-1", "--upstream-name", "other.example.com"]);
    assert_eq!(answer.status, "502", "{answer:#?}");
    server.says("upstream SSL certificate does not match \"other.example.com\"");
}

#[test]
fn nginx_refuses_an_upstream_of_another_authority() {
    refuses_another_authority(
        "nginx",
        start,
        "502",
        "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
    );
}

/// nginx with the emitted file in it, and with nothing else but what a test needs to see.
#[track_caller]
pub(super) fn start(shop: &Shop, nginx: &Judge, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let number = port.to_string();
    let place = ["nginx", "--cert", "rest-api", "--bind", "127.0.0.1", "--port", &number];
    let text = shop.emit(&[&place, options].concat());
    shop.workspace.write(&format!("{port}.conf"), &text);
    let here = shop.workspace.path().display();
    let main = format!(
        "daemon off; pid {here}/{port}.pid; worker_processes 1; error_log /dev/stderr info; events {{ }}\n\
         http {{ log_format seen '$remote_addr [$ssl_client_s_dn] $status'; access_log /dev/stdout seen;\n\
         client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;\n\
         uwsgi_temp_path {here}/u; scgi_temp_path {here}/s; include {here}/{port}.conf; }}\n"
    );
    let main = shop.workspace.write(&format!("{port}.main.conf"), main);
    let checked = run(shop, nginx, port, &command(&text, "Check"));
    checked.says("test is successful");
    assert!(!checked.text.contains("[warn]"), "{}", checked.text);
    let mut command = nginx.command();
    command.arg("-c").arg(main);
    (Server::start(command, port), port)
}

/// A command as a comment says it; only the place of the configuration is another.
fn run(shop: &Shop, nginx: &Judge, port: u16, line: &str) -> Outcome {
    let (program, here) = (nginx.path().display(), shop.workspace.path().display());
    let script = format!("nginx() {{ {program} -c {here}/{port}.main.conf \"$@\"; }}\n{line}");
    outcome(own_shell(&shop.workspace, &script), "")
}
