//! Rules about what the PEM fields hold.

use pkictl::lint::{self, Finding};
use pkictl::pki::{CertificateSpec, DnsName, KeyAlgorithm, PrivateKey, SubjectAltName, Validity, pem};
use serde_json::{Value, json};
use time::Duration;

use super::super::emit;
use super::{Case, HOST, findings, merge, tls, with_certificate};
use crate::fixtures::{Pki, now};

pub(super) fn pems() -> Vec<Case> {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
    let sealed = pem::encode("ENCRYPTED PRIVATE KEY", &[0x30, 0]);
    let field = |field: &str, text: &str| findings(|route| route["spec"]["tls"][field] = json!(text));
    let more = |field: &str, text: &str| {
        findings(|route| {
            let old = route["spec"]["tls"][field].as_str().expect("a text").to_owned();
            route["spec"]["tls"][field] = json!(old + text);
        })
    };
    let parameters = pem::encode("DH PARAMETERS", &[0x30, 0]);
    let old_way =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    // PKCS#8 of a key on P-521, of which only the head is ever read here.
    let p521 = [
        0x30, 0x19, 2, 1, 0, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0,
        0x23, 4, 2, 0x30, 0,
    ];
    let both = findings(|route| {
        let tls = &mut route["spec"]["tls"];
        let text =
            format!("{}{}", tls["certificate"].as_str().expect("PEM"), tls["key"].as_str().expect("PEM"));
        tls["certificate"] = json!(text);
        tls["key"] = Value::Null;
    });
    let anchor = Pki::flat().authority.anchor().pem();
    vec![
        (field("certificate", "web.crt"), &["route-pem"]),
        (field("key", "-----BEGIN PRIVATE KEY-----\n"), &["route-pem"]),
        (
            field("caCertificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            &["route-pem"],
        ),
        (more("certificate", &parameters), &["route-pem-block"]),
        (more("caCertificate", &parameters), &["route-pem-block"]),
        (more("certificate", "some text\n"), &[]),
        (field("key", &sealed), &["route-key-encrypted"]),
        (field("key", old_way), &["route-key-encrypted"]),
        (more("key", &anchor), &["route-certificate-in-key"]),
        (both, &["route-key-in-certificate"]),
        (more("caCertificate", &key.pkcs8_pem()), &["route-key-in-ca"]),
        (field("key", &pem::encode("PRIVATE KEY", &p521)), &["route-key-unchecked"]),
        (field("key", &key.pkcs8_pem()), &["route-key-mismatch"]),
    ]
}

pub(super) fn certificates() -> Vec<Case> {
    let intermediate = Pki::with_intermediate();
    let (root, issuing) = (intermediate.authority.anchor().pem(), intermediate.authority.certificate().pem());
    let chained = |certificates: &dyn Fn(&str) -> Value| {
        with_certificate(
            &intermediate,
            |_| (),
            |route| {
                let leaf = route["spec"]["tls"]["certificate"].as_str().expect("PEM").to_owned();
                merge(&mut route["spec"]["tls"], &certificates(&leaf));
            },
        )
    };
    let client = |ca: bool| {
        findings(|route| {
            let pki = Pki::flat();
            let client = pki.identity("client", HOST);
            let tls = &mut route["spec"]["tls"];
            tls["certificate"] = json!(client.leaf().pem());
            tls["key"] = json!(client.key.expect("a key").pkcs8_pem().as_str());
            tls["caCertificate"] = if ca { json!(pki.authority.certificate().pem()) } else { Value::Null };
        })
    };
    let other_host = |spec: &mut CertificateSpec| {
        spec.sans = vec![SubjectAltName::Dns(HOST.parse::<DnsName>().expect("a name"))];
    };
    let sha1 = findings(|route| {
        let rsa = Pki::rsa().identity("server", HOST);
        let tls = &mut route["spec"]["tls"];
        tls["certificate"] = json!(with_sha1(rsa.leaf().der()));
        tls["key"] = json!(rsa.key.expect("a key").pkcs8_pem().as_str());
        tls["caCertificate"] = Value::Null;
    });
    vec![
        (
            with_certificate(&Pki::flat(), |spec| spec.key_algorithm = KeyAlgorithm::Ed25519, |_| ()),
            &["route-key-type", "route-key-type"],
        ),
        (with_certificate(&Pki::flat(), |spec| spec.key_algorithm = KeyAlgorithm::EcP384, |_| ()), &[]),
        (chained(&|leaf| json!({"certificate": format!("{issuing}{leaf}")})), &["route-leaf-first"]),
        (chained(&|leaf| json!({"certificate": format!("{leaf}{issuing}")})), &[]),
        (chained(&|leaf| json!({"certificate": format!("{leaf}{issuing}"), "caCertificate": null})), &[]),
        (chained(&|_| json!({ "caCertificate": null })), &["route-chain"]),
        (chained(&|_| json!({ "caCertificate": root })), &["route-ca-issuer"]),
        (
            chained(&|leaf| json!({"certificate": format!("{leaf}{issuing}"), "caCertificate": root})),
            &["route-ca-issuer"],
        ),
        (chained(&|leaf| json!({ "caCertificate": leaf })), &[]),
        (chained(&|_| json!({"caCertificate": format!("{issuing}{root}")})), &[]),
        (client(true), &["route-leaf-purpose"]),
        (client(false), &["route-leaf-purpose-clients", "route-chain"]),
        (Pki::constrained("example.org").lint_as("web.example.org", other_host), &["route-name-constraints"]),
        (sha1, &["route-weak-signature", "route-chain"]),
    ]
}

impl Pki {
    /// A Route for [`HOST`] with a certificate of another name, changed before it is signed.
    fn lint_as(&self, name: &str, spec: impl FnOnce(&mut CertificateSpec)) -> Vec<Finding> {
        let web = self.identity_with("server", name, spec);
        let text =
            emit(&[("termination", "edge"), ("service", "web"), ("hostname", HOST)], &[("cert", &web)]);
        lint::resources(&text, now())
    }
}

/// The certificate with another algorithm's name on its RSA signature.
fn with_sha1(der: &[u8]) -> String {
    const RSA_WITH: [u8; 10] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5];
    let mut der = der.to_vec();
    let places: Vec<usize> = (0..der.len() - 10).filter(|&at| der[at..at + 10] == RSA_WITH).collect();
    assert_eq!(places.len(), 2, "the algorithm is named inside and outside");
    places.into_iter().for_each(|at| der[at + 8] = 5);
    pem::encode("CERTIFICATE", &der)
}

pub(super) fn visitors() -> Vec<Case> {
    let dated = |from: i64, to: i64| {
        let day = |days| now() + Duration::days(days);
        let validity = Validity::new(day(from), day(to)).expect("a period");
        with_certificate(&Pki::flat(), |spec| spec.validity = validity, |_| ())
    };
    let wildcard = |name: &str| {
        let cert = Pki::flat().identity("wildcard", name);
        let texts = [
            ("termination", "edge"),
            ("service", "web"),
            ("hostname", HOST),
            ("wildcard-policy", "Subdomain"),
        ];
        lint::resources(&emit(&texts, &[("cert", &cert)]), now())
    };
    let external = {
        let cert = Pki::flat().identity("server", "api.apps.example.com");
        let texts = [
            ("termination", "edge"),
            ("service", "web"),
            ("hostname", HOST),
            ("external-certificate", "web-tls"),
        ];
        lint::resources(&emit(&texts, &[("cert", &cert)]), now())
    };
    assert_eq!(external[0].place, "Secret web-tls: tls.crt");
    let destination = tls(
        &json!({"termination": "reencrypt", "destinationCACertificate": Pki::with_intermediate().authority.certificate().pem()}),
    );
    vec![
        (
            findings(|route| route["spec"]["host"] = json!("api.apps.example.com")),
            &["route-host-not-covered"],
        ),
        (external, &["route-host-not-covered"]),
        (wildcard("*.apps.example.com"), &["route-wildcard-admission"]),
        (wildcard("*.example.com"), &["route-host-not-covered", "route-wildcard-admission"]),
        (
            with_certificate(
                &Pki::flat(),
                |_| (),
                |route| drop(route["spec"].as_object_mut().expect("a spec").remove("host")),
            ),
            &[],
        ),
        (dated(-10, -1), &["route-expired"]),
        (dated(1, 10), &["route-not-yet-valid"]),
        (destination, &["route-destination-ca-root"]),
    ]
}
