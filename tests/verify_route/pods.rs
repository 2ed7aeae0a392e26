//! What the router asks of a pod, and a pod of its callers.

use serde_json::json;

use super::{Cluster, WILDCARD, failure, of, passed, skipped};

#[test]
fn the_router_trusts_a_pod_only_as_the_route_says() {
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    passed(&cluster.checks("api.yaml"), "route-https");
    // With TLS 1.3 a pod looks at the certificate when the router has sent its request already.
    let alert = "received the alert certificate_required; the pod: the peer showed no certificate";
    let (found, fix) = failure(&cluster.checks("api.yaml --pod-mtls"), "route-https");
    assert_eq!(found, format!("502 or 503 from the router: the pod left without an answer: {alert}"));
    assert!(fix.contains("choose passthrough"), "{fix}");
    cluster.0.pkictl(&["init", "--env", "prod"]).succeeds();
    cluster.0.pkictl(&["issue", "server", "rest-api", "--env", "prod"]).succeeds();
    let both = |env: &str| {
        let path = |file: &str| cluster.0.read(format!("pki/{env}/certs/rest-api/{file}"));
        path("tls.crt") + &path("tls.key")
    };
    cluster.0.write("prod.pem", both("prod"));
    let (found, fix) = failure(&cluster.checks("api.yaml --pod-cert prod.pem"), "route-https");
    assert!(found.starts_with("503 from the router: no connection to the pod: unknown issuer"), "{found}");
    assert!(found.ends_with("the pod: received the alert unknown_ca"), "{found}");
    assert!(fix.contains("spec.tls.destinationCACertificate; it must be self-signed"), "{fix}");
    // OpenSSL takes no intermediate for an anchor.
    let mut rootless = cluster.document("api.yaml");
    let chain = cluster.0.read("pki/dev/ca/issuing/ca.crt");
    let issuing = chain.split_inclusive("-----END CERTIFICATE-----\n").next().expect("a certificate");
    rootless["spec"]["tls"]["destinationCACertificate"] = json!(issuing);
    cluster.0.write("rootless.json", rootless.to_string());
    let (found, _) = failure(&cluster.checks("rootless.json"), "route-https");
    assert!(found.contains("unknown issuer"), "{found}");
}

#[test]
fn a_pod_whose_files_are_damaged_is_a_failed_check_and_other_routes_are_run() {
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    cluster.edge("web.yaml", "web", "");
    std::fs::write(cluster.0.credential("rest-api", "tls.key"), "no PEM").expect("damaged");
    let checks = cluster.checks("api.yaml web.yaml");
    let (found, _) = failure(&checks, "readable");
    assert!(found.contains("rest-api"), "{found}");
    let on = |host: &str| -> Vec<serde_json::Value> {
        let about =
            |check: &&serde_json::Value| check["subject"].as_str().is_some_and(|it| it.contains(host));
        checks.iter().filter(about).cloned().collect()
    };
    passed(&on("web.apps"), "route-https");
    skipped(&on("rest-api.apps"), "route-https");
}

#[test]
fn a_pod_is_taken_whose_own_certificate_the_route_names() {
    // As OpenSSL does it, even if that certificate is a CA's.
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    let root = |file: &str| cluster.0.read(format!("pki/dev/ca/root/{file}"));
    cluster.0.write("root.pem", root("ca.crt") + &root("ca.key"));
    passed(&cluster.checks("api.yaml --pod-cert root.pem"), "route-https");
}

#[test]
fn without_a_destination_ca_the_ca_of_the_services_and_the_name_of_the_service_count() {
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    let mut bare = cluster.document("api.yaml");
    bare["spec"]["tls"].as_object_mut().expect("tls").remove("destinationCACertificate");
    cluster.0.write("bare.json", bare.to_string());
    let (found, fix) = failure(&cluster.checks("bare.json"), "route-https");
    assert!(found.contains("unknown issuer"), "{found}");
    assert!(fix.starts_with("set spec.tls.destinationCACertificate"), "{fix}");
    let ca = "--service-ca pki/dev/ca/root/ca.crt";
    passed(&cluster.checks(&format!("bare.json {ca} -n shop")), "route-https");
    let (found, fix) = failure(&cluster.checks(&format!("bare.json {ca} -n other")), "route-https");
    assert!(
        found.contains("not valid for rest-api.other.svc; it names rest-api, rest-api.shop.svc"),
        "{found}"
    );
    assert!(fix.starts_with("give the pod a certificate for SERVICE.NAMESPACE.svc"), "{fix}");
    let reason = skipped(&cluster.checks(&format!("bare.json {ca}")), "route-https");
    assert!(reason.ends_with("rest-api.NAMESPACE.svc, and the namespace is not known"), "{reason}");
    // A name does not matter where the Route says whom to trust.
    cluster.0.pkictl(&["issue", "server", "nameless", "--san", "x.example"]).succeeds();
    passed(&cluster.checks("api.yaml --pod-cert rest-api=nameless"), "route-https");
}

#[test]
fn behind_passthrough_the_pod_decides_who_is_taken() {
    let cluster = Cluster::new();
    cluster.passthrough("raw.yaml");
    passed(&cluster.checks("raw.yaml"), "route-https");
    let checks = cluster.checks("raw.yaml --pod-mtls");
    for id in
        ["route-https", "route-no-client", "route-foreign-client", "route-untrusted-root", "route-no-http"]
    {
        passed(&checks, id);
    }
    assert_eq!(
        of(&checks, "route-https")[0]["subject"],
        "rest-api: https://rest-api.apps.example.com/ <- backend"
    );
    let detail = of(&checks, "route-no-client-tls13")[0]["detail"].as_str().expect("a detail").to_owned();
    let refusal = "no page: the visitor received the alert certificate_required; the pod: the peer showed no certificate";
    assert!(detail.starts_with(refusal), "{detail}");
    // Somebody else's client is refused where it should be taken.
    cluster.0.pkictl(&["init", "--env", "prod"]).succeeds();
    cluster.0.pkictl(&["issue", "client", "backend", "--env", "prod"]).succeeds();
    let client = "--client-cert pki/prod/certs/backend/tls.crt --client-key pki/prod/certs/backend/tls.key";
    let roots = "--roots pki/dev/ca/root/ca.crt";
    let (found, _) =
        failure(&cluster.checks(&format!("raw.yaml --pod-mtls {client} {roots}")), "route-https");
    assert!(
        found.starts_with("no page: the visitor received the alert unknown_ca; the pod: unknown issuer"),
        "{found}"
    );
    let (found, fix) = failure(
        &cluster.checks(&format!("raw.yaml --pod-cert {WILDCARD} --roots pki/prod/ca/root/ca.crt")),
        "route-https",
    );
    assert!(found.starts_with("no page: the visitor refuses: unknown issuer"), "{found}");
    assert!(fix.starts_with("let the pod send its intermediates"), "{fix}");
}
