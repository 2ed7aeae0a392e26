//! Each refusal fails when the thing that it guards is broken.

use crate::bundle::{Identity, Trust};
use crate::handshake;
use crate::pki::{Authority, CertificateSpec, PrivateKey, Role};
use crate::report::Outcome;
use crate::verify::negative_fixtures::{Foreign, NegativeFixtures, Twins};
use crate::verify::sample::{
    NOW, Pki, checks, days, failed_ids, failure, identity, on_both, passed, root, skipped, spec,
};
use crate::verify::{ForeignEnvironment, Scope, TlsVersion, run, run_with};

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
    let report = pki.report_with(|fixtures| {
        let twins = |role| {
            let twin = || identity(&pki.root, &spec(role, "x", &["x.example"]));
            Ok(Twins { expired: twin(), valid: twin() })
        };
        fixtures.client_twins = twins(Role::Client);
        fixtures.server_twins = vec![twins(Role::Server)];
    });
    assert_eq!(failed_ids(&report).len(), 4, "{:?}", failed_ids(&report));
    let (expected, found) = failure(&report, "expired-client-tls13");
    assert!(expected.contains("certificate_expired"), "{expected}");
    assert_eq!(found, "client: accepted; server: accepted");
}

#[test]
fn an_authority_whose_valid_certificates_are_refused_proves_nothing_by_its_expired_ones() {
    let pki = Pki::new();
    let validity = days(-3, -2);
    let ended = CertificateSpec { validity, ..spec(Role::IntermediateCa, "Issuing 1", &[]) };
    let ended = pki.root.intermediate(&ended).expect("an intermediate");
    let report = run(&Scope { signer: Ok(&ended), ..pki.scope() });
    for id in on_both("expired-client").iter().chain(&on_both("expired-server")) {
        let reason = skipped(&report, id);
        assert!(reason.starts_with("its twin that is valid now is not accepted either"), "{id}: {reason}");
    }
    assert!(!report.has_failures());
}

#[test]
fn a_client_that_its_own_environment_refuses_is_skipped_and_fails_nobody() {
    let pki = Pki::new();
    let (home, elsewhere) = (root("Root 2"), root("Root 3"));
    let mut prod = environment("prod", vec![identity(&home, &spec(Role::Client, "a", &["a.example"]))]);
    prod.clients.push(identity(&elsewhere, &spec(Role::Client, "b", &["b.example"])));
    prod.clients.push(identity(&home, &spec(Role::Server, "c", &["c.example"])));
    prod.unusable.push(("d".into(), "its key cannot be used".into()));
    let report = run(&Scope { others: &[prod], ..pki.scope() });
    assert!(!report.has_failures());
    passed(&report, "other-environment-tls13");
    let skipped = checks(&report, "other-environment");
    let subjects: Vec<&str> = skipped.iter().map(|check| check.subject.as_str()).collect();
    assert_eq!(subjects, ["prod/b", "prod/c", "prod/d"]);
    let Outcome::Skipped { reason } = &skipped[0].outcome else { panic!("{:#?}", skipped[0]) };
    assert!(reason.ends_with("unknown issuer: the certificate does not lead to a trusted root"), "{reason}");
}

#[test]
fn trusting_the_foreign_root_fails_what_guards_against_it() {
    let mut pki = Pki::new();
    let fixtures = NegativeFixtures::make(&pki.scope());
    let foreign = fixtures.foreign.as_ref().expect("a foreign CA").root.certificate().clone();
    pki.trust.anchors.push(foreign);
    let report = run_with(&pki.scope(), &fixtures, &|_, _| {});
    assert_eq!(failed_ids(&report), on_both("foreign-client"));
    assert_eq!(failure(&report, "foreign-client-tls12").1, "client: accepted; server: accepted");
}

#[test]
fn a_client_that_trusts_the_root_fails_the_check_of_one_that_does_not() {
    let pki = Pki::new();
    let report = pki.report_with(|fixtures| {
        let key = PrivateKey::from_pkcs8(pki.root.key().pkcs8_der().clone(), "a test").expect("its key");
        let ours = Authority::from_parts(pki.root.certificate().clone(), vec![], key).expect("the same root");
        let client = identity(&root("Root 2"), &spec(Role::Client, "x", &["x.example"]));
        fixtures.foreign = Ok(Foreign { root: ours, client });
    });
    assert_eq!(failed_ids(&report), on_both("untrusted-root"));
}

#[test]
fn a_server_with_the_wrong_name_fails_the_check_of_the_wrong_host() {
    let mut pki = Pki::new();
    let names = ["web.example", crate::verify::prepared::WRONG_HOST];
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
            assert!(matches!(outcome, Outcome::Failed(_)), "{refusal:?} {outcome:?}");
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
    let reason = skipped(&report, "other-environment");
    assert_eq!(
        reason,
        "nothing shows that its own environment accepts it, so a refusal would prove nothing: the certificate expired on 2021-03-02 12:00 UTC"
    );
}

fn environment(name: &str, clients: Vec<Identity>) -> ForeignEnvironment {
    // Each client is at home where it was made.
    let anchors = clients.iter().flat_map(|client| client.anchors.clone()).collect();
    let trust = Ok(Trust { anchors, intermediates: vec![] });
    ForeignEnvironment { name: name.into(), trust, clients, unusable: vec![] }
}
