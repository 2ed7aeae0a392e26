//! Python's `ssl` with VERIFY_X509_STRICT, which Python 3.13 makes the default: mTLS in memory, both sides strict.

use std::path::Path;

use serde_json::{Value, json};

use super::table::{Credential, table};
use crate::harness::{Judge, judge};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/strict_tls.py");

struct Case<'a> {
    server: &'a Credential,
    host: Option<&'a str>,
    roots: &'a Path,
    client: Option<&'a Credential>,
    tls: &'static str,
}

impl Case<'_> {
    fn json(&self) -> Value {
        json!({
            "chain": self.server.chain, "key": self.server.key, "host": self.host, "roots": self.roots,
            "client_chain": self.client.map(|client| &client.chain), "client_key": self.client.map(|client| &client.key),
            "client_roots": self.server.anchor, "tls": self.tls,
        })
    }

    fn title(&self) -> String {
        let client = self.client.map_or("nobody".into(), Credential::title);
        format!("{client} calls {} as {:?}, TLS {}", self.server.title(), self.host, self.tls)
    }
}

/// What went wrong on the server's side and on the client's, of each case.
#[track_caller]
fn outcomes(python: &Judge, cases: &[Case<'_>]) -> Vec<(Option<String>, Option<String>)> {
    let input = Value::from(cases.iter().map(Case::json).collect::<Vec<_>>()).to_string();
    let (success, text) = python.run([PROGRAM], &input);
    assert!(success, "{text}");
    let outcomes = super::json(&text);
    let outcomes = outcomes.as_array().expect("a list");
    assert_eq!(outcomes.len(), cases.len());
    let side = |outcome: &Value, name: &str| outcome[name].as_str().map(str::to_owned);
    outcomes.iter().map(|outcome| (side(outcome, "server"), side(outcome, "client"))).collect()
}

#[test]
fn every_server_and_every_client_shake_hands() {
    let Some(python) = judge("python3") else { return };
    let mut cases = Vec::new();
    for tls in ["1.2", "1.3"] {
        for credential in &table().credentials {
            if let (true, Some(client)) =
                (credential.serves, table().of(credential.environment).find(|other| other.calls))
            {
                let hosts = credential.hosts.iter().map(|host| Some(host.as_str()));
                let hosts: Vec<_> = if credential.hosts.is_empty() { vec![None] } else { hosts.collect() };
                cases.extend(hosts.into_iter().map(|host| Case {
                    server: credential,
                    host,
                    roots: &credential.anchor,
                    client: Some(client),
                    tls,
                }));
            }
            if let (true, Some(server)) =
                (credential.calls, table().of(credential.environment).find(|other| other.serves))
            {
                let host = server.hosts.first().map(String::as_str);
                cases.push(Case { server, host, roots: &server.anchor, client: Some(credential), tls });
            }
        }
    }
    for (case, outcome) in cases.iter().zip(outcomes(&python, &cases)) {
        assert_eq!(outcome, (None, None), "{}", case.title());
    }
}

#[test]
fn each_side_refuses_for_its_reason() {
    let Some(python) = judge("python3") else { return };
    let server = table().credential("chain", "web-ec-p256");
    let client = table().credential("chain", "backend-ec-p256");
    let no_client = table().credential("chain", "db-ec-p256");
    let foreign = table().credential("root", "backend-ec-p256");
    for tls in ["1.2", "1.3"] {
        let case = |server, host, roots, client| Case { server, host: Some(host), roots, client, tls };
        let own = server.anchor.as_path();
        let cases = [
            (case(server, "localhost", own, None), "server", "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
            (
                case(server, "localhost", own, Some(foreign)),
                "server",
                "unable to get local issuer certificate",
            ),
            (case(server, "localhost", own, Some(no_client)), "server", "certificate purpose"),
            (case(server, "other.example", own, Some(client)), "client", "Hostname mismatch"),
            (case(server, "192.0.2.9", own, Some(client)), "client", "IP address mismatch"),
            (
                case(server, "localhost", &foreign.anchor, Some(client)),
                "client",
                "unable to get local issuer",
            ),
            (case(client, "localhost", own, Some(client)), "client", "certificate purpose"),
        ];
        let (cases, expected): (Vec<_>, Vec<_>) =
            cases.into_iter().map(|(case, side, reason)| (case, (side, reason))).unzip();
        for ((case, outcome), (side, reason)) in cases.iter().zip(outcomes(&python, &cases)).zip(expected) {
            let found = if side == "server" { &outcome.0 } else { &outcome.1 };
            let title = case.title();
            assert!(
                found.as_ref().is_some_and(|found| found.contains(reason)),
                "{title}: {outcome:?}, not {reason}"
            );
        }
    }
}
