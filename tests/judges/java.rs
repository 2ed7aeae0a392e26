//! Java: PKIX validation of every chain, JSSE as a client, and keytool.

use super::scenes::{Call, Refusal, Scenes};
use super::table::table;
use super::words;
use crate::harness::{Judge, judge};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/TlsJudge.java");

/// What Java says of each line: `None` where it is content.
#[track_caller]
fn ask(java: &Judge, input: &str) -> Vec<Option<String>> {
    // `java FILE` compiles it first, which needs a JDK.
    let (success, text) = java.run(["-XX:TieredStopAtLevel=1", PROGRAM], input);
    assert!(success, "{text}");
    text.lines().map(|line| (line != "ok").then(|| line.to_owned())).collect()
}

#[test]
fn every_chain_is_valid_by_pkix_and_none_under_another_root() {
    let (Some(java), Some(_)) = (judge("java"), judge("javac")) else { return };
    let foreign = &table().credential("names", "example.org").anchor;
    let lines = table().credentials.iter().map(|credential| {
        let chain = credential.chain.display();
        format!("{chain}\t{}\n{chain}\t{}\n", credential.anchor.display(), foreign.display())
    });
    let said = ask(&java, &lines.collect::<String>());
    assert_eq!(said.len(), 2 * table().credentials.len());
    for (credential, said) in table().credentials.iter().zip(said.chunks(2)) {
        assert_eq!(said[0], None, "{}", credential.title());
        if credential.environment != "names" {
            let refused = said[1].as_deref().unwrap_or("it worked");
            assert!(refused.contains("Path does not chain with any of the trust anchors"), "{refused}");
        }
    }
}

#[test]
fn java_reaches_whom_it_may_and_nobody_else() {
    let (Some(java), Some(_)) = (judge("java"), judge("javac")) else { return };
    let Some(openssl) = judge("openssl") else { return };
    let scenes = Scenes::start(&openssl, |_| true);
    let input: String = scenes.calls.iter().map(Call::line).collect();
    scenes.judge(&ask(&java, &input), |refusal, tls| match (refusal, tls) {
        (Refusal::WrongName, _) => "No subject alternative DNS name matching other.example found",
        (Refusal::UnknownRoot, _) => "unable to find valid certification path",
        (Refusal::MayNotServe, _) => "Extended key usage does not permit use for TLS server authentication",
        // Java keeps a certificate to itself when the server names no issuer of it.
        (Refusal::NoCertificate | Refusal::ForeignClient, "1.2") => "handshake_failure",
        (Refusal::NoCertificate | Refusal::ForeignClient, _) => "certificate_required",
        (Refusal::MayNotCall, _) => "unsupported_certificate",
    });
}

#[test]
fn keytool_prints_what_was_issued() {
    let Some(keytool) = judge("keytool") else { return };
    let cases = [
        ("chain", "web-ec-p256", ["DNSName: web.shop.svc", "serverAuth"]),
        ("chain", "backend-rsa-2048", ["CN=backend-rsa-2048", "clientAuth"]),
        ("chain", "*.ed25519.example.com", ["DNSName: *.ed25519.example.com", "serverAuth"]),
        ("chain", "workload-ec-p384", ["URIName: spiffe://example.org/workload-ec-p384", "clientAuth"]),
        ("closed", "web", ["Certificate[2]:", "NameConstraints"]),
    ];
    for (environment, name, expected) in cases {
        let credential = table().credential(environment, name);
        let text = keytool.accepts(words(&[&"-printcert", &"-file", &credential.chain]));
        for part in expected {
            assert!(text.contains(part), "{}: no {part:?}\n{text}", credential.title());
        }
    }
}
