//! Whole runs: where all is well everything passes, and what cannot be tried is said.

use super::sample::{
    NOW, Pki, checks, days, failed_ids, failure, identity, on_both, passed, root, skipped, spec,
};
use super::{Scope, TlsVersion, run};
use crate::bundle::{Identity, Trust};
use crate::handshake;
use crate::pki::{Authority, CertificateSpec, ExtendedKeyUsage, PrivateKey, Role};
use crate::report::{Group, Outcome};

const REFUSALS: [&str; 7] = [
    "no-client-certificate",
    "foreign-client",
    "server-as-client",
    "expired-client",
    "untrusted-root",
    "wrong-host",
    "expired-server",
];

#[test]
fn a_sound_environment_passes_every_check() {
    let pki = Pki::new();
    let report = pki.report();
    for check in &report.checks {
        assert_eq!(check.outcome, Outcome::Passed, "{} {}", check.id, check.subject);
    }
    for id in REFUSALS.iter().chain(&["mtls", "server-auth"]).flat_map(|id| on_both(id)) {
        checks(&report, &id);
    }
    let subjects: Vec<_> =
        checks(&report, "server-auth-tls13").iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(subjects, ["web as web.test.example", "web as probe.w.example", "web as 127.0.0.1"]);
    let mtls = checks(&report, "mtls-tls13")[0];
    assert_eq!(mtls.subject, "web <- backend");
    assert!(mtls.detail.starts_with("TLS 1.3, X25519, ") && mtls.detail.ends_with(" ms"), "{}", mtls.detail);
    let refused = checks(&report, "foreign-client-tls12")[0];
    assert!(
        refused.detail.starts_with("TLS 1.2, refused by the server with unknown_ca"),
        "{}",
        refused.detail
    );
    let groups: Vec<Group> = report.groups().iter().map(|(group, _)| *group).collect();
    assert_eq!(groups, [Group::Static, Group::Handshake, Group::Refusal]);
}

#[test]
fn an_intermediate_and_every_kind_of_key_pass() {
    let mut pki = Pki::new();
    let issuing = pki
        .root
        .intermediate(&CertificateSpec { path_len: Some(0), ..spec(Role::IntermediateCa, "Issuing 1", &[]) })
        .expect("an intermediate");
    pki.servers.clear();
    for (name, text) in [("p384", "ec-p384"), ("ed25519", "ed25519"), ("rsa", "rsa-2048")] {
        let Ok(key_algorithm) = text.parse() else { continue };
        let wanted = spec(Role::Server, name, &["localhost"]);
        pki.servers.push(identity(&issuing, &CertificateSpec { key_algorithm, ..wanted }));
    }
    let scope = Scope { signer: Ok(&issuing), ..pki.scope() };
    let report = run(&scope);
    assert_eq!(failed_ids(&report), [""; 0], "{report:#?}");
    assert_eq!(report.counts().skipped, 0);
}

#[test]
fn an_expired_server_fails_its_dates_and_every_connection() {
    let mut pki = Pki::new();
    let expired = CertificateSpec { validity: days(-3, -2), ..spec(Role::Server, "web", &["web.example"]) };
    pki.servers = vec![identity(&pki.root, &expired)];
    let report = pki.report();
    assert_eq!(
        failed_ids(&report),
        ["dates", "server-auth-tls13", "server-auth-tls12", "mtls-tls13", "mtls-tls12"]
    );
    assert_eq!(
        failure(&report, "dates"),
        ("\"web\" valid on 2021-03-04 12:00 UTC".into(), "expired on 2021-03-02 12:00 UTC".into())
    );
    let (_, found) = failure(&report, "mtls-tls13");
    assert_eq!(
        found,
        "client: the certificate expired on 2021-03-02 12:00 UTC; server: received the alert certificate_expired"
    );
    assert!(skipped(&report, "wrong-host-tls13").contains("would prove nothing"));
    passed(&report, "expired-server-tls13");
}

#[test]
fn a_swapped_key_fails_where_the_key_is_used() {
    let mut pki = Pki::new();
    pki.clients[0].key = Some(PrivateKey::generate(crate::pki::KeyAlgorithm::EcP256).expect("a key"));
    let report = pki.report();
    assert_eq!(failed_ids(&report), ["key-matches", "mtls-tls13", "mtls-tls12"]);
    let (_, found) = failure(&report, "mtls-tls13");
    assert_eq!(found, "backend cannot be loaded: the private key does not belong to the certificate");
}

#[test]
fn without_a_private_key_only_certificates_are_checked() {
    let mut pki = Pki::new();
    pki.servers[0].key = None;
    let report = pki.report();
    assert!(skipped(&report, "handshakes").contains("no private key"));
    assert!(skipped(&report, "key-matches").contains("no private key"));
    assert_eq!(failed_ids(&report), [""; 0]);
    assert!(report.checks.iter().all(|check| !check.id.starts_with("mtls")));
}

#[test]
fn without_clients_servers_are_still_guarded() {
    let mut pki = Pki::new();
    pki.clients.clear();
    let report = pki.report();
    assert_eq!(skipped(&report, "mtls-tls13"), "there is no client certificate to try");
    for id in REFUSALS.iter().flat_map(|id| on_both(id)) {
        passed(&report, &id);
    }
    let alone = run(&Scope { server_auth_only: true, ..pki.scope() });
    let about_clients = ["mtls", "no-client", "foreign-client", "server-as-client", "expired-client"];
    assert!(alone.checks.iter().all(|check| about_clients.iter().all(|id| !check.id.starts_with(id))));
    passed(&alone, "untrusted-root-tls13");
}

#[test]
fn a_server_without_host_name_is_called_without_one() {
    let mut pki = Pki::new();
    pki.servers = vec![identity(&pki.root, &spec(Role::Peer, "web", &["spiffe://example.org/web"]))];
    let report = pki.report();
    assert_eq!(failed_ids(&report), [""; 0]);
    assert_eq!(checks(&report, "server-auth-tls13")[0].subject, "web as spiffe://example.org/web");
    passed(&report, "wrong-host-tls13");
    let stranger = Trust { anchors: vec![root("Root 2").certificate().clone()], intermediates: vec![] };
    let report = run(&Scope { trust: &stranger, ..pki.scope() });
    assert!(failure(&report, "server-auth-tls13").1.contains("unknown issuer"));
}

#[test]
fn a_spiffe_id_is_compared_and_stands_alone() {
    let mut pki = Pki::new();
    let id = "spiffe://example.org/web";
    pki.servers = vec![identity(&pki.root, &spec(Role::Peer, "web", &[id]))];
    let ask = |pki: &Pki, host| run(&Scope { host: Some(host), ..pki.scope() });
    passed(&ask(&pki, id), "server-auth-tls12");
    let (_, found) = failure(&ask(&pki, "spiffe://example.org/other"), "server-auth-tls13");
    assert!(
        found.starts_with("client: the certificate is not valid for the name that was asked for"),
        "{found}"
    );
    pki.servers = vec![identity(&pki.root, &spec(Role::Peer, "web", &[id, "spiffe://example.net/web"]))];
    let report = ask(&pki, id);
    assert!(failed_ids(&report).contains(&"server-auth-tls13"), "{report:#?}");
    assert_eq!(
        failure(&report, "san"),
        (
            "a SPIFFE ID as the only URI (X.509-SVID, section 2)".into(),
            format!("2 URIs: {id}, spiffe://example.net/web")
        )
    );
}

#[test]
fn a_server_without_any_name_is_taken_by_nobody() {
    let mut pki = Pki::new();
    pki.servers =
        vec![identity(&pki.root, &CertificateSpec { sans: vec![], ..spec(Role::Server, "web", &[]) })];
    let report = pki.report();
    let (_, found) = failure(&report, "server-auth-tls13");
    assert!(found.starts_with("its certificate names no host, no address and no URI"), "{found}");
    assert!(skipped(&report, "no-client-certificate-tls13").contains("would prove nothing"));
}

#[test]
fn without_a_server_nothing_looks_as_if_it_had_been_tried() {
    let mut pki = Pki::new();
    pki.servers.clear();
    let report = pki.report();
    for id in ["handshakes", "refusals"] {
        assert_eq!(skipped(&report, id), "there is no server, so no connection was tried");
    }
}

#[test]
fn the_host_that_was_asked_for_is_used_alone() {
    let pki = Pki::new();
    let ask = |host| run(&Scope { host: Some(host), ..pki.scope() });
    let report = ask("127.0.0.1");
    assert_eq!(checks(&report, "server-auth-tls13").len(), 1);
    passed(&report, "mtls-tls12");
    let (_, found) = failure(&ask("other.example"), "server-auth-tls13");
    assert!(
        found.contains("not valid for other.example; it names web.test.example, *.w.example, 127.0.0.1"),
        "{found}"
    );
    let (_, found) = failure(&ask("not a host"), "mtls-tls13");
    assert!(found.contains("\"not a host\" is neither a host name nor an address"), "{found}");
}

#[test]
fn only_the_versions_of_the_scope_are_tried() {
    let pki = Pki::new();
    let report = run(&Scope { versions: &[TlsVersion::V12], ..pki.scope() });
    assert!(report.checks.iter().all(|check| !check.id.ends_with("tls13")));
    assert_eq!(checks(&report, "server-auth-tls12").len(), 3);
}

#[test]
fn nothing_to_trust_is_a_failure_and_no_abort() {
    let mut pki = Pki::new();
    pki.trust = Trust::default();
    let report = pki.report();
    assert!(failure(&report, "chain").1.contains("no trusted root at all"));
    assert!(failure(&report, "mtls-tls13").1.contains("nothing is trusted"));
}

#[test]
fn a_self_signed_server_that_is_a_ca_fails_as_tls_libraries_see_it() {
    let mut pki = Pki::new();
    let own = CertificateSpec {
        ext_key_usage: vec![ExtendedKeyUsage::ServerAuth],
        ..spec(Role::RootCa, "web", &["web.example"])
    };
    let root = Authority::root(&own).expect("a self-signed server");
    pki.trust.anchors = vec![root.certificate().clone()];
    let key = PrivateKey::from_pkcs8(root.key().pkcs8_der().clone(), "a test").expect("its key");
    pki.servers = vec![Identity {
        name: "web".into(),
        chain: vec![root.certificate().clone()],
        key: Some(key),
        anchors: vec![root.certificate().clone()],
        files: None,
    }];
    let report = pki.report();
    passed_for(&report, "chain", "web");
    assert!(failure(&report, "not-a-ca").1.contains("cA TRUE"));
    assert!(failure(&report, "server-auth-tls13").1.contains("the leaf is a CA certificate"));
}

#[track_caller]
fn passed_for(report: &crate::report::Report, id: &str, subject: &str) {
    let found: Vec<_> = checks(report, id).into_iter().filter(|check| check.subject == subject).collect();
    assert!(!found.is_empty() && found.iter().all(|check| check.outcome == Outcome::Passed), "{found:#?}");
}

#[test]
fn one_handshake_between_two_identities_is_a_function() {
    let pki = Pki::new();
    let (server, client) = (&pki.servers[0], &pki.clients[0]);
    let exchange = handshake::mutual(server, client, &pki.trust, "web.test.example", TlsVersion::V13, NOW)
        .expect("mutual TLS");
    assert_eq!(exchange.server().and_then(|side| side.peer.as_deref()), Some(client.leaf().der()));
    assert_eq!(exchange.client().and_then(|side| side.peer.as_deref()), Some(server.leaf().der()));
    let failure = handshake::mutual(server, client, &pki.trust, "x.example", TlsVersion::V12, NOW)
        .expect_err("another host");
    assert_eq!(failure.server, "received the alert bad_certificate");
    let failure = handshake::mutual(server, server, &pki.trust, "127.0.0.1", TlsVersion::V13, NOW)
        .expect_err("a server as client");
    assert_eq!(failure.client, "received the alert unsupported_certificate");
    assert_eq!(
        failure.server,
        "the certificate was not issued for client authentication, but for server authentication"
    );
}
