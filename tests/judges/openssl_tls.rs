//! `openssl s_client` and `s_server`: handshakes with every credential, and the refusals with their alerts.

use std::ffi::OsString;

use super::table::{Credential, table};
use super::tls_server::{ANSWER, REQUEST, serve};
use super::words;
use crate::harness::{Judge, judge};

const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// How a client connects.
struct Call<'a> {
    port: u16,
    version: &'a str,
    anchor: &'a std::path::Path,
    host: Option<&'a str>,
    client: Option<&'a Credential>,
}

impl Call<'_> {
    /// Sends a request; everything that openssl said, the answer in it.
    fn run(&self, openssl: &Judge) -> String {
        let mut line: Vec<OsString> = words(&[
            &"s_client",
            &"-connect",
            &format!("127.0.0.1:{}", self.port),
            &self.version,
            &"-quiet",
            &"-verify_return_error",
            &"-x509_strict",
            &"-no-CApath",
            &"-no-CAstore",
            &"-CAfile",
            &self.anchor,
        ]);
        match self.host {
            Some(host) if host.parse::<std::net::IpAddr>().is_ok() => {
                line.extend(words(&[&"-noservername", &"-verify_ip", &host]));
            }
            Some(host) => line.extend(words(&[&"-servername", &host, &"-verify_hostname", &host])),
            None => line.push("-noservername".into()),
        }
        if let Some(client) = self.client {
            line.extend(words(&[&"-cert", &client.leaf, &"-key", &client.key]));
            if let Some(intermediates) = &client.intermediates {
                line.extend(words(&[&"-cert_chain", intermediates]));
            }
        }
        openssl.run(line, REQUEST).1
    }
}

#[test]
fn every_server_is_trusted_by_its_root_under_its_names() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in table().credentials.iter().filter(|credential| credential.serves) {
        let (_server, port) = serve(&openssl, credential, false);
        for version in VERSIONS {
            let hosts = credential.hosts.iter().map(|host| Some(host.as_str()));
            let hosts: Vec<_> = if credential.hosts.is_empty() { vec![None] } else { hosts.collect() };
            for host in hosts {
                let call = Call { port, version, anchor: &credential.anchor, host, client: None };
                let text = call.run(&openssl);
                assert!(text.contains(ANSWER), "{} {host:?} {version}\n{text}", credential.title());
            }
        }
    }
}

#[test]
fn every_client_is_let_in_by_a_server_of_its_environment() {
    let Some(openssl) = judge("openssl") else { return };
    for server in servers() {
        let (running, port) = serve(&openssl, server, true);
        for client in table().of(server.environment).filter(|client| client.calls) {
            for version in VERSIONS {
                let host = server.hosts.first().map(String::as_str);
                let call = Call { port, version, anchor: &server.anchor, host, client: Some(client) };
                let text = call.run(&openssl);
                let title = client.title();
                assert!(text.contains(ANSWER), "{title} {version}\n{text}\n{}", running.log());
                assert!(
                    text.contains("Client certificate"),
                    "{title} {version}: nobody asked for it\n{text}"
                );
            }
        }
    }
}

#[test]
fn a_server_refuses_who_may_not_call_with_the_right_alert() {
    let Some(openssl) = judge("openssl") else { return };
    let server = table().credential("chain", "web-ec-p256");
    let foreign = table().credential("root", "backend-ec-p256");
    let no_client = table().credential("chain", "db-ec-p256");
    let (_server, port) = serve(&openssl, server, true);
    let cases = [
        (None, "-tls1_2", "alert handshake failure"),
        (None, "-tls1_3", "alert certificate required"),
        (Some(foreign), "-tls1_2", "alert unknown ca"),
        (Some(foreign), "-tls1_3", "alert unknown ca"),
        (Some(no_client), "-tls1_2", "alert unsupported certificate"),
        (Some(no_client), "-tls1_3", "alert unsupported certificate"),
    ];
    for (client, version, alert) in cases {
        let text = Call { port, version, anchor: &server.anchor, host: None, client }.run(&openssl);
        let title = client.map_or("no certificate".into(), Credential::title);
        assert!(text.contains(alert), "{title} {version}, not {alert:?}\n{text}");
        assert!(!text.contains(ANSWER), "{title} {version} was answered\n{text}");
    }
}

#[test]
fn a_client_refuses_a_server_that_it_does_not_want() {
    let Some(openssl) = judge("openssl") else { return };
    let server = table().credential("chain", "web-ec-p256");
    let client = table().credential("chain", "backend-ec-p256");
    let foreign_root = &table().credential("root", "web-ec-p256").anchor;
    let (_server, port) = serve(&openssl, server, false);
    let (_impostor, client_port) = serve(&openssl, client, false);
    for version in VERSIONS {
        let call = |port, anchor, host| Call { port, version, anchor, host: Some(host), client: None };
        let cases = [
            (call(port, &server.anchor, "other.example"), "num=62"),
            (call(port, &server.anchor, "192.0.2.9"), "num=64"),
            (call(port, foreign_root, "web.shop.svc"), "num=20"),
            (call(client_port, &server.anchor, "backend-ec-p256"), "num=26"),
        ];
        for (call, reason) in cases {
            let text = call.run(&openssl);
            assert!(text.contains(reason), "{:?} {version}, not {reason}\n{text}", call.host);
            assert!(!text.contains(ANSWER), "{:?} {version} was answered\n{text}", call.host);
        }
    }
}

/// One server of each environment.
fn servers() -> impl Iterator<Item = &'static Credential> {
    let all = &table().credentials;
    all.iter().enumerate().filter_map(|(index, credential)| {
        let earlier = &all[..index];
        let is_first =
            !earlier.iter().any(|other| other.serves && other.environment == credential.environment);
        (credential.serves && is_first).then_some(credential)
    })
}
