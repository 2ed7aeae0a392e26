//! Gateways, their routes and their policies, judged by the definitions of Gateway API; what those say in CEL is
//! asserted here.

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::schemas::only;

const BASE: [&str; 7] = ["gateway", "--class", "istio", "--service", "web", "--port", "8443"];

/// References lead to objects that are made with them.
#[track_caller]
fn leads_to<'a>(objects: &'a [Value], reference: &Value) -> &'a Value {
    let named = |object: &&Value| {
        object["kind"] == reference["kind"] && object["metadata"]["name"] == reference["name"]
    };
    objects.iter().find(named).unwrap_or_else(|| panic!("{reference} leads nowhere in {objects:#?}"))
}

#[test]
fn a_gateway_that_ends_tls_has_its_certificate_and_its_route() {
    let cluster = Cluster::new();
    let host = ["--cert", "web", "--hostname", "web.apps.example.com", "-n", "shop"];
    let objects = cluster.objects(&[&BASE[..], &host].concat());
    let listener = &only(&objects, "Gateway")["spec"]["listeners"][0];
    let secret = leads_to(&objects, &listener["tls"]["certificateRefs"][0]);
    cluster.holds_together(secret, &cluster.workspace.credential("web", "ca.crt"), "sslserver");
    let route = only(&objects, "HTTPRoute");
    assert_eq!(route["spec"]["parentRefs"], json!([{ "name": "web", "sectionName": listener["name"] }]));
    assert_eq!(route["spec"]["hostnames"], json!([listener["hostname"]]));
    assert!(objects.iter().all(|object| object["metadata"]["namespace"] == "shop"));
    assert_eq!(objects.len(), 3);
}

#[test]
fn certificates_of_callers_and_of_pods_are_checked_against_authorities_that_come_along() {
    let cluster = Cluster::new();
    let all = ["--cert", "web", "--mtls", "--client", "backend", "--dest-cert", "api"];
    let objects = cluster.objects(&[&BASE[..], &all].concat());
    let tls = &only(&objects, "Gateway")["spec"]["tls"];
    let validation = &tls["frontend"]["default"]["validation"];
    assert_eq!(validation["mode"], "AllowValidOnly");
    let callers = leads_to(&objects, &validation["caCertificateRefs"][0]);
    let client = leads_to(&objects, &tls["backend"]["clientCertificateRef"]);
    let callers = cluster.mounted(callers, "data", "ca.crt");
    cluster.holds_together(client, &callers, "sslclient");
    let policy = &only(&objects, "BackendTLSPolicy")["spec"];
    assert_eq!(policy["targetRefs"], json!([{ "group": "", "kind": "Service", "name": "web" }]));
    assert_eq!(policy["validation"]["hostname"], "api");
    let pods = leads_to(&objects, &policy["validation"]["caCertificateRefs"][0]);
    assert!(pods["data"]["ca.crt"].as_str().is_some_and(|text| text.contains("BEGIN CERTIFICATE")));
    // CEL: authorities of ours exclude those of the system.
    assert!(policy["validation"].get("wellKnownCACertificates").is_none());
}

#[test]
fn a_gateway_that_passes_tls_through_holds_no_certificate() {
    let cluster = Cluster::new();
    let host = ["--mode", "passthrough", "--hostname", "web.apps.example.com"];
    let objects = cluster.objects(&[&BASE[..], &host].concat());
    let listener = &only(&objects, "Gateway")["spec"]["listeners"][0];
    assert_eq!((&listener["protocol"], &listener["tls"]), (&json!("TLS"), &json!({ "mode": "Passthrough" })));
    let route = only(&objects, "TLSRoute");
    // CEL: a reference to a Service has its port.
    assert_eq!(route["spec"]["rules"], json!([{ "backendRefs": [{ "name": "web", "port": 8443 }] }]));
    assert_eq!(objects.len(), 2);
}
