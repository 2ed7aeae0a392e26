//! One rule a test; what no profile would issue is written into the parsed certificate.

use super::super::sample::{NOW, Pki, days, failed_ids, failure, identity, passed, root, skipped, spec};
use super::super::{Scope, run};
use crate::bundle::Trust;
use crate::pki::algorithm::{Curve, Hash};
use crate::pki::certificate::Details;
use crate::pki::{
    Authority, CertificateSpec, KeyType, KeyUsage, NameConstraints, Role, SignatureAlgorithm, Subject,
};
use crate::report::{Outcome, Report};

/// The static checks on a server whose leaf was changed.
fn changed(change: impl FnOnce(&mut Details)) -> Report {
    let mut pki = Pki::new();
    change(&mut pki.servers[0].chain[0].details);
    statics(&pki)
}

/// The static checks on a server that was issued like this.
fn issued(spec: &CertificateSpec) -> Report {
    let mut pki = Pki::new();
    pki.servers = vec![identity(&pki.root, spec)];
    statics(&pki)
}

fn statics(pki: &Pki) -> Report {
    Report { checks: super::checks(&pki.scope()) }
}

fn server() -> CertificateSpec {
    spec(Role::Server, "web", &["web.example"])
}

fn pair(expected: &str, found: &str) -> (String, String) {
    (expected.into(), found.into())
}

#[test]
fn a_certificate_without_purpose_fails_although_rustls_takes_it() {
    let report = issued(&CertificateSpec { ext_key_usage: vec![], ..server() });
    assert_eq!(failed_ids(&report), ["ext-key-usage"]);
    assert!(failure(&report, "ext-key-usage").1.starts_with("no extended key usage"));
}

#[test]
fn a_certificate_for_another_role_fails() {
    let report = issued(&CertificateSpec { ext_key_usage: Role::Client.ext_key_usage(), ..server() });
    assert_eq!(
        failure(&report, "ext-key-usage"),
        pair("serverAuth in extended key usage, because it is used by a server", "clientAuth")
    );
}

#[test]
fn an_identity_in_both_lists_is_checked_once_as_both() {
    let pki = Pki::new();
    let peers = [identity(&pki.root, &spec(Role::Peer, "node", &["node.example"]))];
    let report = Report { checks: super::checks(&Scope::new(&peers, &peers, &pki.trust, NOW)) };
    assert_eq!(report.checks.len(), super::RULES.len());
    assert!(!report.has_failures());
    let report = Report { checks: super::checks(&Scope::new(&pki.servers, &pki.servers, &pki.trust, NOW)) };
    assert!(failure(&report, "ext-key-usage").0.contains("used by a client"));
}

#[test]
fn names_in_the_common_name_alone_fail() {
    let report = issued(&CertificateSpec { sans: vec![], ..server() });
    assert_eq!(
        failure(&report, "san"),
        pair("subjectAltName with the names of the holder", "the common name \"web\" alone")
    );
    let report = issued(&spec(Role::Server, "www.example", &["web.example"]));
    assert_eq!(failure(&report, "san").0, "www.example in subjectAltName, too");
    passed(&issued(&spec(Role::Server, "www.example", &["*.example"])), "san");
}

#[test]
fn a_server_needs_a_name_that_can_be_called() {
    let report = issued(&spec(Role::Server, "web", &["ops@web.example"]));
    assert_eq!(failure(&report, "san"), pair("a host name or an address", "email:ops@web.example"));
}

#[test]
fn a_key_that_may_not_sign_handshakes_fails() {
    let report = issued(&CertificateSpec { key_usage: vec![KeyUsage::KeyEncipherment], ..server() });
    assert_eq!(failure(&report, "key-usage"), pair("digitalSignature in key usage", "keyEncipherment"));
    passed(&changed(|details| details.key_usage = None), "key-usage");
}

#[test]
fn a_leaf_that_may_sign_certificates_fails() {
    let usages = vec![KeyUsage::DigitalSignature, KeyUsage::KeyCertSign];
    let report = issued(&CertificateSpec { key_usage: usages, ..server() });
    assert_eq!(failure(&report, "not-a-ca").0, "a leaf without keyCertSign");
}

#[test]
fn a_wildcard_that_clients_refuse_fails() {
    let report = issued(&spec(Role::Server, "web", &["*.test"]));
    assert_eq!(failure(&report, "wildcard").1, "*.test");
    passed(&issued(&spec(Role::Server, "web", &["*.apps.test"])), "wildcard");
}

#[test]
fn missing_key_identifiers_fail() {
    let report = changed(|details| details.authority_key_id = None);
    assert_eq!(failure(&report, "key-identifiers").0, "an authority key identifier in \"web\"");
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain[1].details.subject_key_id = None;
    let report = statics(&pki);
    assert_eq!(failure(&report, "key-identifiers").0, "a subject key identifier in \"Issuing 2\"");
    // Nobody asks for that of a leaf.
    passed(&changed(|details| details.subject_key_id = None), "key-identifiers");
}

#[test]
fn a_leaf_with_the_name_of_its_ca_fails() {
    let report = issued(&CertificateSpec { subject: Subject::common_name("Root 1"), ..server() });
    assert_eq!(failed_ids(&report), ["distinct-names"]);
    assert_eq!(failure(&report, "distinct-names").1, "CN=Root 1 in both");
}

#[test]
fn old_versions_and_broken_hashes_fail() {
    let report = changed(|details| details.version = 1);
    assert_eq!(
        failure(&report, "version"),
        pair("\"web\" of version 3", "version 1, which has no extensions")
    );
    for (algorithm, name) in [
        (SignatureAlgorithm::Rsa(Hash::Sha1), "sha1WithRSAEncryption"),
        (SignatureAlgorithm::Rsa(Hash::Md5), "md5WithRSAEncryption"),
        (SignatureAlgorithm::Ecdsa(Hash::Sha1), "ecdsa-with-SHA1"),
    ] {
        let report = changed(|details| details.signature_algorithm = algorithm);
        assert_eq!(failure(&report, "signature-algorithm").1, name);
    }
}

#[test]
fn what_is_not_valid_yet_or_any_more_fails_with_human_dates() {
    let report = issued(&CertificateSpec { validity: days(2, 3), ..server() });
    assert_eq!(
        failure(&report, "dates"),
        pair("\"web\" valid on 2021-03-04 12:00 UTC", "not valid before 2021-03-06 12:00 UTC")
    );
    let mut pki = Pki::new();
    pki.trust.anchors[0].details.validity = days(-9, -1);
    assert_eq!(
        failure(&statics(&pki), "dates"),
        pair("\"Root 1\" valid on 2021-03-04 12:00 UTC", "expired on 2021-03-03 12:00 UTC")
    );
}

#[test]
fn names_outside_of_the_constraints_of_a_ca_fail() {
    let pki = Pki::new();
    let permitted = NameConstraints::permit_dns("shop.example").expect("a domain");
    let issuing = pki
        .root
        .intermediate(&CertificateSpec {
            name_constraints: NameConstraints { permitted_dns: vec![permitted], permitted_ip: vec![] },
            ..spec(Role::IntermediateCa, "Issuing 1", &[])
        })
        .expect("an intermediate");
    let servers = [identity(&issuing, &spec(Role::Server, "web", &["web.shop.example", "10.0.0.1"]))];
    let report = run(&Scope { servers: &servers, ..pki.scope() });
    assert_eq!(
        failure(&report, "name-constraints"),
        pair("names that \"Issuing 1\" may sign: DNS:shop.example", "IP:10.0.0.1")
    );
    assert!(failure(&report, "server-auth-tls13").1.contains("name constraints"));
}

#[test]
fn a_root_that_was_made_again_under_its_old_name_breaks_the_chain() {
    let mut pki = Pki::new();
    pki.trust = Trust { anchors: vec![root("Root 1").certificate().clone()], intermediates: vec![] };
    assert_eq!(
        failure(&statics(&pki), "chain"),
        pair("\"web\" signed with the key of \"Root 1\"", "a signature by another key, under the same name")
    );
}

#[test]
fn a_signature_of_an_unknown_kind_is_skipped_and_accuses_nobody() {
    let mut pki = Pki::new();
    pki.trust.anchors[0].details.key_type = KeyType::Ec(Curve::P521);
    let reason = skipped(&statics(&pki), "chain");
    assert_eq!(
        reason,
        "this program cannot check the signature of \"Root 1\" under \"web\" (ecdsa-with-SHA256 by a key of ec-p521)"
    );
}

#[test]
fn another_root_beside_the_certificate_fails() {
    let mut pki = Pki::new();
    let other = root("Root 2").certificate().clone();
    pki.servers[0].anchors.push(other.clone());
    let (expected, found) = failure(&statics(&pki), "chain");
    assert_eq!(expected, "no root but \"Root 1\" in ca.crt beside the certificate");
    assert!(found.starts_with("\"Root 2\", sha256 "), "{found}");
    // A root that is trusted, and not the one above this certificate.
    pki.trust.anchors.push(other.clone());
    pki.servers[0].anchors = vec![other];
    assert_eq!(
        failure(&statics(&pki), "chain"),
        pair("\"Root 1\" in ca.crt beside the certificate", "Root 2")
    );
}

#[test]
fn a_chain_to_nowhere_names_the_roots_that_are_trusted() {
    let mut pki = Pki::new();
    pki.trust = Trust { anchors: vec![root("Root 2").certificate().clone()], intermediates: vec![] };
    assert_eq!(failure(&statics(&pki), "chain"), pair("a trusted root with the name CN=Root 1", "CN=Root 2"));
}

/// A server under `Issuing 1` under `Root 1`, with its path length.
fn below_an_intermediate(path_len: Option<u8>) -> Pki {
    let mut pki = Pki::new();
    let limited = |path_len| CertificateSpec { path_len, ..spec(Role::IntermediateCa, "Issuing 1", &[]) };
    let first = pki.root.intermediate(&limited(None)).expect("an intermediate");
    let second = first.intermediate(&spec(Role::IntermediateCa, "Issuing 2", &[])).expect("another one");
    // It signed before it got its constraint: afterwards it would refuse.
    let first = pki.root.sign(&limited(path_len), first.key().public_key()).expect("the same authority");
    let (certificate, mut above, key) = second.into_parts();
    above[0] = first.clone();
    let second = Authority::from_parts(certificate, above, key).expect("the same authority");
    pki.trust.intermediates = vec![second.certificate().clone(), first];
    pki.servers = vec![identity(&second, &server())];
    pki
}

#[test]
fn a_path_length_constraint_is_counted_as_tls_libraries_do() {
    passed(&statics(&below_an_intermediate(Some(1))), "chain");
    let report = run(&below_an_intermediate(Some(0)).scope());
    assert_eq!(
        failure(&report, "chain"),
        pair("at most 0 CAs below \"Issuing 1\" (path length constraint)", "1")
    );
    assert!(failure(&report, "server-auth-tls13").1.contains("path length"));
}

#[test]
fn a_leaf_that_is_sent_twice_is_said_once_and_taken_for_no_authority() {
    let mut pki = below_an_intermediate(Some(1));
    let leaf = pki.servers[0].leaf().clone();
    pki.servers[0].chain.insert(1, leaf);
    let report = statics(&pki);
    let failed = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed(_)));
    assert_eq!(failed.count(), 1, "{report:#?}");
    assert_eq!(failure(&report, "chain"), pair("\"web\" once in the chain", "it is in the chain twice"));
    passed(&report, "distinct-names");
}

#[test]
fn an_intermediate_that_is_missing_or_out_of_order_is_named() {
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain.swap(1, 2);
    let (expected, found) = failure(&statics(&pki), "chain");
    assert_eq!(expected, "the issuer of \"web\" next in the chain: CN=Issuing 2");
    assert_eq!(found, "CN=Issuing 1");
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain.truncate(2);
    assert_eq!(
        failure(&statics(&pki), "chain"),
        pair("\"Issuing 1\" in the chain, after \"Issuing 2\"", "a chain that ends before it")
    );
}

#[test]
fn an_issuer_that_is_no_ca_fails() {
    let mut pki = below_an_intermediate(None);
    let issuing = &mut pki.servers[0].chain[1].details;
    issuing.basic_constraints = None;
    assert!(failure(&statics(&pki), "chain").0.contains("\"Issuing 2\" with basicConstraints cA TRUE"));
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain[1].details.key_usage = None;
    assert_eq!(
        failure(&statics(&pki), "chain"),
        pair("keyCertSign in the key usage of \"Issuing 2\"", "no key usage")
    );
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain[1].details.subject_key_id = Some(vec![0]);
    assert!(failure(&statics(&pki), "chain").0.contains("authority key identifier of \"web\""));
}

#[test]
fn an_intermediate_as_trust_anchor_fails_and_a_root_in_the_chain_does_not() {
    let mut pki = below_an_intermediate(None);
    let first = pki.servers[0].chain.pop().expect("an intermediate");
    pki.trust.anchors = vec![first];
    assert_eq!(failure(&statics(&pki), "chain").0, "a self-signed root as trust anchor");
    let mut pki = below_an_intermediate(None);
    pki.servers[0].chain.push(pki.root.certificate().clone());
    passed(&run(&pki.scope()), "chain");
}

#[test]
fn a_key_of_another_certificate_fails_and_a_missing_key_is_skipped() {
    let mut pki = Pki::new();
    pki.servers[0].key = pki.clients[0].key.take();
    let report = statics(&pki);
    assert!(failure(&report, "key-matches").0.starts_with("the key with the public key sha256:"));
    pki.servers[0].key = None;
    assert_eq!(skipped(&statics(&pki), "key-matches"), "there is no private key to compare with");
}
