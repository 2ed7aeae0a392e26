//! Each check passes where all is well, and fails when the thing that it guards is broken.

use super::material::{Foreign, Material};
use super::sample::{
    NOW, Pki, checks, days, failed_ids, failure, identity, on_both, passed, root, skipped, spec,
};
use super::{Environment, Scope, TlsVersion, handshake, run, run_with};
use crate::bundle::{Identity, Trust};
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
fn without_a_signer_expired_certificates_are_skipped_with_the_reason() {
    let pki = Pki::new();
    let report = run(&Scope { signer: Err("the CA key is encrypted".into()), ..pki.scope() });
    for id in on_both("expired-client").iter().chain(&on_both("expired-server")) {
        assert_eq!(skipped(&report, id), "the CA key is encrypted");
    }
    assert!(!report.has_failures());
}

#[test]
fn a_signer_that_nobody_trusts_fails_the_expiry_checks() {
    let pki = Pki::new();
    let other = root("Root 2");
    let report = run(&Scope { signer: Ok(&other), ..pki.scope() });
    assert_eq!(
        failed_ids(&report),
        ["expired-client-tls13", "expired-server-tls13", "expired-client-tls12", "expired-server-tls12"]
    );
    assert!(failure(&report, "expired-client-tls13").1.contains("\"Root 2\", which is not trusted"));
}

#[test]
fn an_imitation_that_has_not_expired_fails_the_expiry_checks() {
    let pki = Pki::new();
    let report = pki.report_with(|material| {
        material.expired_client = Ok(identity(&pki.root, &spec(Role::Client, "x", &["x.example"])));
        material.expired_servers = vec![Ok(identity(&pki.root, &spec(Role::Server, "x", &["x.example"])))];
    });
    assert_eq!(failed_ids(&report).len(), 4, "{:?}", failed_ids(&report));
    let (expected, found) = failure(&report, "expired-client-tls13");
    assert!(expected.contains("certificate_expired"), "{expected}");
    assert_eq!(found, "client: accepted; server: accepted");
}

#[test]
fn trusting_the_foreign_root_fails_what_guards_against_it() {
    let mut pki = Pki::new();
    let material = Material::make(&pki.scope());
    let foreign = material.foreign.as_ref().expect("a foreign CA").root.certificate().clone();
    pki.trust.anchors.push(foreign);
    let report = run_with(&pki.scope(), &material);
    assert_eq!(failed_ids(&report), on_both("foreign-client"));
    assert_eq!(failure(&report, "foreign-client-tls12").1, "client: accepted; server: accepted");
}

#[test]
fn a_client_that_trusts_the_root_fails_the_check_of_one_that_does_not() {
    let pki = Pki::new();
    let report = pki.report_with(|material| {
        let key = PrivateKey::from_pkcs8(pki.root.key().pkcs8_der().clone(), "a test").expect("its key");
        let root = Authority::from_parts(pki.root.certificate().clone(), vec![], key).expect("the same root");
        let client = identity(&self::root("Root 2"), &spec(Role::Client, "x", &["x.example"]));
        material.foreign = Ok(Foreign { root, client });
    });
    assert_eq!(failed_ids(&report), on_both("untrusted-root"));
}

#[test]
fn a_server_with_the_wrong_name_fails_the_check_of_the_wrong_host() {
    let mut pki = Pki::new();
    let names = ["web.example", super::refusals::WRONG_HOST];
    pki.servers = vec![identity(&pki.root, &spec(Role::Server, "web", &names))];
    assert_eq!(failed_ids(&pki.report()), on_both("wrong-host"));
}

#[test]
fn a_server_certificate_for_clients_is_skipped_as_a_wrong_client() {
    let mut pki = Pki::new();
    pki.servers = vec![identity(&pki.root, &spec(Role::Peer, "web", &["web.example"]))];
    let report = pki.report();
    for id in on_both("server-as-client") {
        assert_eq!(skipped(&report, &id), "its certificate is for clients, too");
    }
    assert!(!report.has_failures());
}

#[test]
fn a_server_that_does_not_ask_fails_every_check_on_clients() {
    let pki = Pki::new();
    let tls = handshake::Tls::at(NOW);
    let roots = tls.roots(&pki.trust.anchors).expect("roots");
    let own = tls.credentials(&pki.servers[0]).expect("a server");
    let lax = tls.server(&own, None).expect("a server");
    let address = handshake::Address::host("web.test.example").expect("a host");
    for version in TlsVersion::ALL {
        let client = tls.client(None, &roots, version).expect("a client");
        let call = handshake::Call::new(&lax, &client, &address);
        let exchange = &handshake::all(std::slice::from_ref(&call))[0];
        for refusal in [handshake::Refusal::NoClientCertificate, handshake::Refusal::WrongPurpose] {
            let (outcome, _) = handshake::judge(&call, exchange, handshake::Expectation::Refused(refusal));
            assert!(matches!(outcome, Outcome::Failed { .. }), "{refusal:?} {outcome:?}");
        }
    }
}

#[test]
fn a_refusal_counts_only_for_its_own_reason() {
    use handshake::Refusal;
    let all = [
        Refusal::NoClientCertificate,
        Refusal::ForeignClient,
        Refusal::ForgedClient,
        Refusal::WrongPurpose,
        Refusal::ExpiredClient,
        Refusal::ForeignServer,
        Refusal::WrongHost,
        Refusal::ExpiredServer,
    ];
    let pki = Pki::new();
    let tls = handshake::Tls::at(NOW);
    let roots = tls.roots(&pki.trust.anchors).expect("roots");
    let own = tls.credentials(&pki.servers[0]).expect("a server");
    let server = tls.server(&own, Some(&roots)).expect("a server");
    let client = tls.client(Some(&own), &roots, TlsVersion::V13).expect("a client");
    let address = handshake::Address::host("web.test.example").expect("a host");
    let call = handshake::Call::new(&server, &client, &address);
    let exchange = &handshake::all(std::slice::from_ref(&call))[0];
    for refusal in all {
        let (outcome, _) = handshake::judge(&call, exchange, handshake::Expectation::Refused(refusal));
        assert_eq!(outcome == Outcome::Passed, refusal == Refusal::WrongPurpose, "{refusal:?}");
    }
}

#[test]
fn clients_of_other_environments_are_refused() {
    let pki = Pki::new();
    let other = root("Root 2");
    // A CA of the same name, as scripts make it: only the signature tells them apart.
    let twin = root("Root 1");
    let environments = [
        environment("prod", vec![identity(&other, &spec(Role::Client, "a", &["a.example"]))]),
        environment("stage", vec![identity(&twin, &spec(Role::Client, "b", &["b.example"]))]),
        environment("empty", vec![]),
    ];
    let report = run(&Scope { others: &environments, ..pki.scope() });
    for id in on_both("other-environment") {
        passed(&report, &id);
        let subjects: Vec<_> = checks(&report, &id).iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(subjects, ["web <- prod/a", "web <- stage/b"]);
    }
    assert_eq!(skipped(&report, "other-environment"), "environment empty has no client");
    assert!(!report.has_failures());
}

#[test]
fn a_client_of_another_environment_under_our_root_fails() {
    let pki = Pki::new();
    let prod = [environment("prod", vec![identity(&pki.root, &spec(Role::Client, "a", &["a.example"]))])];
    let report = run(&Scope { others: &prod, ..pki.scope() });
    assert_eq!(failed_ids(&report), on_both("other-environment"));
}

#[test]
fn a_client_of_another_environment_that_has_expired_proves_nothing() {
    let pki = Pki::new();
    let expired = CertificateSpec { validity: days(-3, -2), ..spec(Role::Client, "a", &["a.example"]) };
    let prod = [environment("prod", vec![identity(&root("Root 2"), &expired)])];
    let report = run(&Scope { others: &prod, ..pki.scope() });
    assert!(skipped(&report, "other-environment-tls13").contains("not valid now"));
}

fn environment(name: &str, clients: Vec<Identity>) -> Environment {
    Environment { name: name.into(), clients }
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
