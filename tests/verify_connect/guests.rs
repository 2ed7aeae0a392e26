//! Whom a live server is shown, and what counts as its refusal.

use super::{REQUIRE, check, detail, report, serve, troubles, workspace};
use crate::harness::judge;

#[test]
fn a_client_that_cannot_be_used_is_a_failed_check_and_the_endpoint_is_judged_all_the_same() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &REQUIRE);
    let key = workspace.credential("backend", "tls.key");
    std::fs::copy(workspace.credential("web", "tls.key"), &key).expect("another key");
    let foreign = report(&workspace, port, 3, &["--client", "backend"]);
    assert_eq!(troubles(&foreign), ["failed readable", "skipped own-client"]);
    let found = check(&foreign, "readable")["found"].as_str().expect("what was found");
    assert!(found.contains("does not belong to"), "{found}");
    assert_eq!(detail(&foreign, "foreign-client-tls13"), "TLS 1.3, received the alert unknown_ca");

    std::fs::write(workspace.credential("backend", "tls.crt"), "no PEM").expect("damaged");
    let damaged = report(&workspace, port, 3, &["--client", "backend"]);
    assert_eq!(troubles(&damaged), ["failed readable"]);
    assert_eq!(check(&damaged, "readable")["subject"], "backend");

    let place = format!("localhost:{port}");
    let run = workspace.pkictl(&["verify", "--connect", &place, "--client", "nobody"]).exits_with(1);
    assert!(run.stderr.contains("nobody"), "{}", run.stderr);
}

#[test]
fn a_server_that_takes_rsa_signatures_alone_is_shown_a_foreign_rsa_certificate() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let rsa = ["-client_sigalgs", "RSA-PSS+SHA256:RSA+SHA256"];
    let verify = |exit, careful: &[&str]| {
        let options = [&["-Verify", "4"], careful, &rsa].concat();
        let (_server, port) = serve(&openssl, &workspace, "web", &options);
        report(&workspace, port, exit, &["--tls", "1.3"])
    };
    let careless = verify(if cfg!(feature = "rsa") { 3 } else { 0 }, &[]);
    let careful = verify(0, &["-verify_return_error"]);
    if cfg!(feature = "rsa") {
        assert_eq!(troubles(&careless), ["failed foreign-client-tls13"]);
        assert_eq!(detail(&careful, "foreign-client-tls13"), "TLS 1.3, received the alert unknown_ca");
    } else {
        assert_eq!(troubles(&careless), ["skipped foreign-client-tls13"]);
    }
}

/// A way to a server on which everything but the first words of the nth caller is lost.
fn deaf_proxy(target: u16, nth: usize) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            let Ok(server) = std::net::TcpStream::connect(("127.0.0.1", target)) else { return };
            let (Ok(up), Ok(down)) = (stream.try_clone(), server.try_clone()) else { return };
            std::thread::spawn(move || pump(up, server, count + 1 == nth));
            std::thread::spawn(move || pump(down, stream, false));
        }
    });
    port
}

fn pump(mut from: std::net::TcpStream, mut to: std::net::TcpStream, loses_all_but_the_first: bool) {
    use std::io::{Read, Write};
    let mut part = [0; 16 * 1024];
    let mut is_first = true;
    while let Ok(count @ 1..) = from.read(&mut part) {
        if (is_first || !loses_all_but_the_first) && to.write_all(&part[..count]).is_err() {
            break;
        }
        is_first = false;
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

#[test]
fn silence_is_no_refusal_even_beside_a_client_that_is_taken() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &["-Verify", "4", "-tls1_2"]);
    // Alone, as an old client, with three groups, as ours, and then as a foreign one.
    let proxy = deaf_proxy(port, 7);
    let options = ["--client", "backend", "--tls", "1.2", "--timeout", "1"];
    let report = report(&workspace, proxy, 0, &options);
    assert_eq!(check(&report, "own-client-tls12")["outcome"], "passed");
    assert_eq!(troubles(&report), ["skipped foreign-client-tls12"]);
    let reason = check(&report, "foreign-client-tls12")["reason"].as_str().expect("a reason");
    assert!(reason.ends_with("within 1 s; that is not a refusal because of the certificate"), "{reason}");
}
