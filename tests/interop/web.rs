//! What the tests of web servers share: callers who are let in and who are not, an upstream that checks its callers,
//! and a load balancer that tells whom it speaks for.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::deep;
use super::shop::{Answer, Shop};
use crate::harness::{Judge, Server, Workspace, free_port, judge, wait_for};

/// The address that [`announced`] claims.
pub(super) const CALLER: &str = "192.0.2.7";

/// The header of the PROXY protocol, version 1, for [`CALLER`].
pub(super) fn version_1() -> Vec<u8> {
    format!("PROXY TCP4 {CALLER} 127.0.0.1 40000 443\r\n").into_bytes()
}

/// The header of the PROXY protocol, version 2, for [`CALLER`].
pub(super) fn version_2() -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    // PROXY, TCP over IPv4, 12 bytes of addresses and ports.
    header.extend([0x21, 0x11, 0, 12, 192, 0, 2, 7, 127, 0, 0, 1, 0x9c, 0x40, 1, 0xbb]);
    header
}

/// A port that passes one connection on to `port`, with a header in front.
pub(super) fn announced(port: u16, header: Vec<u8>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", free_port())).expect("a port");
    let own = listener.local_addr().expect("its address").port();
    thread::spawn(move || -> std::io::Result<()> {
        let (client, _) = listener.accept()?;
        let mut server = TcpStream::connect(("127.0.0.1", port))?;
        server.write_all(&header)?;
        let (from, to) = (client.try_clone()?, server.try_clone()?);
        let there = thread::spawn(move || copy(from, to));
        copy(server, client);
        let _ = there.join();
        Ok(())
    });
    own
}

/// Who trusts another root, or asks for another host, does not talk to the server.
#[track_caller]
pub(super) fn visitors_look_whom_they_reach(shop: &Shop, port: u16) {
    let other = shop.file("prod", "rest-api", "ca.crt");
    let foreign = shop.ask(&format!("https://localhost:{port}/"), &other, &[]);
    foreign.is_refused("unable to get local issuer certificate");
    let resolved = format!("elsewhere.example.com:{port}:127.0.0.1");
    let elsewhere = shop.get(&format!("https://elsewhere.example.com:{port}/"), &["--resolve", &resolved]);
    elsewhere.is_refused("no alternative certificate subject name matches");
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// The shop, with more clients of the same root: one with more than a common name, one whom nobody names, one below two
/// authorities, and two workloads that have a URI and no other name (SPIFFE).
pub(super) fn open() -> Option<Shop> {
    let workspace = Workspace::new();
    deep::prepare(&workspace);
    let shop = Shop::open_in(workspace)?;
    deep::client(&shop.workspace, "test");
    let profile = shop.workspace.pkictl(&["profile", "show", "client"]).succeeds().stdout;
    let profile = profile.replace("[subject]", "[subject]\norganization = \"Partner & Co: it's us\"");
    shop.workspace.write("pki/profiles/partner.toml", profile);
    shop.workspace.pkictl(&["issue", "partner", "partner", "--env", "test"]).succeeds();
    shop.workspace.pkictl(&["issue", "client", "backend-2", "--env", "test"]).succeeds();
    for workload in ["workload-1", "workload-2"] {
        let domain = ["--set", "trust_domain=example.org", "--env", "test"];
        shop.workspace.pkictl(&[&["issue", "spiffe", workload], &domain[..]].concat()).succeeds();
    }
    Some(shop)
}

/// Waits until something holds: a server that was told to read its files again does so in its own time.
#[track_caller]
pub(super) fn soon(what: &str, holds: impl Fn() -> bool) {
    assert!(wait_for(10, || holds().then_some(())).is_some(), "it never came true: {what}");
}

/// What a client gets that shows no certificate, or that of `backend-1` of an environment. In TLS 1.2 the server judges
/// it before the client sends anything, so that its alert cannot be lost.
pub(super) fn knock(shop: &Shop, url: &str, environment: Option<&str>) -> Answer {
    let mut options = vec!["--tls-max".to_owned(), "1.2".to_owned()];
    if let Some(environment) = environment {
        let path = |file| shop.file(environment, "backend-1", file).display().to_string();
        options.extend(["--cert".into(), path("tls.crt"), "--key".into(), path("tls.key")]);
    }
    shop.get(url, &options.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Starts a web server with what its emitter makes, and says on which port.
pub(super) type Start = fn(&Shop, &Judge, &[&str]) -> (Server, u16);

/// The shop, and the server's program.
#[track_caller]
pub(super) fn begin(program: &str) -> Option<(Shop, Judge)> {
    let server = judge(program)?;
    Some((open()?, server))
}

/// Three callers are named, one of them by more than a common name and one by a URI: they come in, and the pod behind
/// the server sees that they came by HTTPS.
#[track_caller]
pub(super) fn admits_the_named(shop: &Shop, program: &Judge, start: Start) -> (Server, Server, u16) {
    let (pod, number) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{number}");
    let callers = ["--allow", "backend-1", "--allow", "partner", "--allow", "workload-1"];
    let allowed = [&["--local", "--upstream", &upstream], &callers[..]].concat();
    let (server, port) = start(shop, program, &allowed);
    let url = format!("https://localhost:{port}/");
    let admitted = shop.get_as_backend(&url, "test");
    // gunicorn believes X-Forwarded-Proto.
    admitted.is_from("rest-api", "https");
    assert_eq!(admitted.shown_by(), "rest-api");
    shop.get_with(&url, "test", "partner").is_from("rest-api", "https");
    shop.get_with(&url, "test", "workload-1").is_from("rest-api", "https");
    visitors_look_whom_they_reach(shop, port);
    (pod, server, port)
}

/// The server calls its upstream with a client's certificate; without one, or where the upstream has another name, the
/// visitor gets this status.
#[track_caller]
pub(super) fn calls_an_upstream(program: &str, start: Start, status: &str, reason: &str) {
    let Some((shop, program)) = begin(program) else { return };
    let (pod, number) = shop.tls_pod("test", &["--mtls"]);
    let place = |name| shop.file("test", name, "").display().to_string();
    let (own, client) = (place("rest-api"), place("backend-1"));
    let mounted = ["--mount", own.trim_end_matches('/'), "--client-mount", client.trim_end_matches('/')];
    let call = |host: &str, options: &[&str]| {
        let upstream = format!("https://{host}:{number}");
        let options = [&["--upstream", &upstream], &mounted[..], options].concat();
        let (server, port) = start(&shop, &program, &options);
        (shop.get(&format!("https://localhost:{port}/"), &[]), server)
    };
    call("localhost", &["--client", "backend-1"]).0.is_from("rest-api", "https");
    call("127.0.0.1", &["--client", "backend-1"]).0.is_from("rest-api", "https");
    let nobody = call("localhost", &[]).0;
    assert_eq!(nobody.status, status, "{nobody:#?}");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    let (wrong, server) =
        call("localhost", &["--client", "backend-1", "--upstream-name", "other.example.com"]);
    assert_eq!(wrong.status, status, "{wrong:#?}");
    server.says(reason);
}

/// The upstream's certificate is of another authority: the visitor gets this status. Who says why, the server or the
/// upstream that it hung up on, says it in these words.
#[track_caller]
pub(super) fn refuses_another_authority(program: &str, start: Start, status: &str, reason: &str) {
    let Some((shop, program)) = begin(program) else { return };
    let (pod, number) = shop.tls_pod("prod", &[]);
    let upstream = format!("https://localhost:{number}");
    let (server, port) = start(&shop, &program, &["--local", "--upstream", &upstream]);
    let answer = shop.get(&format!("https://localhost:{port}/"), &[]);
    assert_eq!(answer.status, status, "{answer:#?}");
    let by_upstream = reason.starts_with("ALERT_");
    if by_upstream { pod.says(reason) } else { server.says(reason) }
}
