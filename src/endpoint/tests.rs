//! What blocks a connection before TLS begins, from servers that say a few bytes each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Endpoint, StartTls, run};
use crate::explanation::Explanation;
use crate::report::{Check, Outcome};
use crate::verify::sample::{NOW, Pki};

/// Long for this machine, short for people who wait for the tests.
const LIMIT: Duration = Duration::from_millis(800);

/// The only check of a report on a server that treats every caller in this way.
fn look(starttls: StartTls, serve: fn(TcpStream) -> std::io::Result<()>) -> Check {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream);
        }
    });
    only_check(starttls, port)
}

fn only_check(starttls: StartTls, port: u16) -> Check {
    let pki = Pki::new();
    let host_port = format!("127.0.0.1:{port}").parse().expect("a host and a port");
    let endpoint = Endpoint {
        host_port: &host_port,
        host: "web.test.example",
        starttls,
        trust: &pki.trust,
        clients: &pki.clients,
        versions: &[],
        limit: LIMIT,
        now: NOW,
    };
    let mut checks = run(&endpoint).checks;
    assert_eq!(checks.len(), 1, "{checks:#?}");
    assert_eq!(checks[0].id, "reachable");
    checks.remove(0)
}

#[track_caller]
fn assert_failed(check: &Check, expected: &str, found: &str, fix: &str) {
    let Outcome::Failed(Explanation { expected: Some(wanted), found: Some(seen), fix: Some(advice) }) =
        &check.outcome
    else {
        panic!("{check:#?}");
    };
    assert_eq!((wanted.as_str(), seen.as_str()), (expected, found));
    assert!(advice.contains(fix), "{advice}");
}

/// Everything until the caller pauses or has said this much.
fn hear(stream: &mut TcpStream, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.set_read_timeout(Some(LIMIT))?;
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn nobody_who_listens_is_a_failure_with_the_address() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    assert_failed(
        &only_check(StartTls::Direct, port),
        &format!("a server that listens on 127.0.0.1:{port}"),
        &format!("nothing listens on 127.0.0.1:{port} (connection refused)"),
        "start the server",
    );
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let started = Instant::now();
    let check = look(StartTls::Direct, |mut stream| stream.read_to_end(&mut Vec::new()).map(drop));
    let Outcome::Failed(Explanation { expected: Some(expected), found: Some(found), .. }) = &check.outcome
    else {
        panic!("{check:#?}")
    };
    assert_eq!(expected, "an answer to ClientHello");
    assert!(found.starts_with("no answer from 127.0.0.1:") && found.ends_with(" within 0.8 s"), "{found}");
    assert!(started.elapsed() < LIMIT * 4, "{:?}", started.elapsed());
}

#[test]
fn a_server_that_drips_is_given_up_in_time() {
    let started = Instant::now();
    let check = look(StartTls::Smtp, |mut stream| {
        loop {
            stream.write_all(b"2")?;
            thread::sleep(Duration::from_millis(50));
        }
    });
    assert_failed(&check, "SMTP in plain text, then TLS", "no answer in plain text within 0.8 s", "SMTP");
    assert!(started.elapsed() < LIMIT * 4, "{:?}", started.elapsed());
}

#[test]
fn a_server_that_hangs_up_is_a_failure_on_each_version() {
    let check = look(StartTls::Direct, |mut stream| hear(&mut stream, 5).map(drop));
    let Outcome::Failed(Explanation { expected: Some(expected), found: Some(found), fix }) = &check.outcome
    else {
        panic!("{check:#?}")
    };
    assert_eq!(expected, "TLS 1.3 or TLS 1.2");
    // Unread data turns the farewell into a reset.
    assert!(
        found.contains("TLS 1.3: connection lost") || found.contains("TLS 1.3: the connection was closed"),
        "{found}"
    );
    assert!(found.contains("; TLS 1.2: ") && fix.is_some(), "{found}");
}

#[test]
fn plain_text_is_named_for_what_it_is() {
    let http = look(StartTls::Direct, |mut stream| {
        hear(&mut stream, 5)?;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_failed(&http, "TLS", "plain HTTP: \"HTTP/1.1 400 Bad Request\"", "HTTPS");
    let smtp = look(StartTls::Direct, |mut stream| {
        stream.write_all(b"220 mail.example ESMTP\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_failed(&smtp, "TLS", "plain SMTP or FTP: \"220 mail.example ESMTP\"", "STARTTLS");
}

#[test]
fn postgresql_without_tls_says_so() {
    let check = look(StartTls::Postgres, |mut stream| {
        assert_eq!(hear(&mut stream, 8)?, [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
        stream.write_all(b"N")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_failed(&check, "PostgreSQL's consent to TLS (S)", "N: it serves without TLS", "ssl = on");
    let web = look(StartTls::Postgres, |mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n"));
    let found = "plain HTTP: \"HTTP/1.1 400 Bad Request\"";
    assert_failed(&web, "PostgreSQL in plain text, then TLS", found, "PostgreSQL serves on this port");
}

#[test]
fn mail_servers_that_offer_no_starttls_say_what_they_offer() {
    let smtp = look(StartTls::Smtp, |mut stream| {
        stream.write_all(b"220-mail\r\n220 mail\r\n")?;
        assert_eq!(hear(&mut stream, 16)?, b"EHLO localhost\r\n");
        stream.write_all(b"250-mail\r\n250-SIZE 1000\r\n250 8BITMIME\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_failed(&smtp, "SMTP's consent to STARTTLS", "\"SIZE 1000\", \"8BITMIME\"", "certificate");
    let imap = look(StartTls::Imap, |mut stream| {
        stream.write_all(b"* OK ready\r\n")?;
        assert_eq!(hear(&mut stream, 13)?, b"p1 STARTTLS\r\n");
        stream.write_all(b"* BYE soon\r\np1 BAD what\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_failed(&imap, "IMAP's consent to STARTTLS", "\"p1 BAD what\"", "STARTTLS");
    let endless = look(StartTls::Imap, |mut stream| {
        loop {
            stream.write_all(&[b'*'; 4096])?;
        }
    });
    let Outcome::Failed(Explanation { found: Some(found), .. }) = &endless.outcome else {
        panic!("{endless:#?}")
    };
    assert!(found.starts_with("something other than TLS: \"****"), "{found}");
}
