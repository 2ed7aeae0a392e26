//! Traefik's custom resources. There is no Traefik here: schemas of the documented fields judge the objects, and openssl
//! what the Secrets hold.

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::schemas::{self, only};

const BASE: [&str; 5] = ["traefik-kubernetes", "--service", "web", "--port", "8443"];

#[test]
fn a_route_that_ends_tls_has_its_certificate_and_its_options() {
    let cluster = Cluster::new();
    let host = ["--cert", "web", "--hostname", "web.apps.example.com", "--store", "-n", "shop"];
    let objects = objects(&cluster, &[&BASE[..], &host].concat());
    let route = &only(&objects, "IngressRoute")["spec"];
    assert_eq!(route["routes"][0]["match"], "Host(`web.apps.example.com`)");
    assert_eq!(route["routes"][0]["services"], json!([{ "name": "web", "port": 8443 }]));
    let secret = named(&objects, "Secret", &route["tls"]["secretName"]);
    cluster.holds_together(secret, &cluster.workspace.credential("web", "ca.crt"), "sslserver");
    let options = named(&objects, "TLSOption", &route["tls"]["options"]["name"]);
    assert!(options["spec"].get("clientAuth").is_none(), "{options}");
    let store = named(&objects, "TLSStore", &json!("default"));
    assert_eq!(store["spec"]["defaultCertificate"]["secretName"], route["tls"]["secretName"]);
    assert!(objects.iter().all(|object| object["metadata"]["namespace"] == "shop"));
    assert_eq!(objects.len(), 4);
}

#[test]
fn certificates_of_callers_and_of_pods_are_checked_against_authorities_that_come_along() {
    let cluster = Cluster::new();
    let all = ["--cert", "web", "--mtls", "--client", "backend", "--dest-cert", "api"];
    let objects = objects(&cluster, &[&BASE[..], &all].concat());
    let service = &only(&objects, "IngressRoute")["spec"]["routes"][0]["services"][0];
    assert_eq!(service["scheme"], "https");
    let transport = &named(&objects, "ServersTransport", &service["serversTransport"])["spec"];
    assert_eq!(transport["serverName"], "api");
    let pods = named(&objects, "ConfigMap", &transport["rootCAs"][0]["configMap"]);
    let pods = cluster.mounted(pods, "data", "ca.crt");
    let options = &only(&objects, "TLSOption")["spec"]["clientAuth"];
    assert_eq!(options["clientAuthType"], "RequireAndVerifyClientCert");
    let callers = named(&objects, "Secret", &options["secretNames"][0]);
    assert_eq!(callers["stringData"].as_object().map(|data| data.len()), Some(1), "{callers}");
    let callers = cluster.mounted(callers, "stringData", "ca.crt");
    let client = named(&objects, "Secret", &transport["certificatesSecrets"][0]);
    cluster.holds_together(client, &callers, "sslclient");
    let web = named(&objects, "Secret", &only(&objects, "IngressRoute")["spec"]["tls"]["secretName"]);
    cluster.holds_together(web, &pods, "sslserver");
}

#[test]
fn a_route_that_passes_tls_through_holds_no_certificate() {
    let cluster = Cluster::new();
    let host = ["--mode", "passthrough", "--hostname", "web.apps.example.com"];
    let objects = objects(&cluster, &[&BASE[..], &host].concat());
    let route = &only(&objects, "IngressRouteTCP")["spec"];
    assert_eq!(route["routes"][0]["match"], "HostSNI(`web.apps.example.com`)");
    assert_eq!(route["tls"], json!({ "passthrough": true }));
    assert_eq!(objects.len(), 1);
}

#[test]
fn the_schemas_refuse_fields_that_traefik_does_not_have() {
    for (kind, spec) in [
        ("IngressRoute", json!({ "routes": [{ "match": "Host(`a`)", "nonsense": 1 }] })),
        ("IngressRouteTCP", json!({ "routes": [{ "match": "HostSNI(`a`)" }], "nonsense": {} })),
        ("ServersTransport", json!({ "rootCAs": [{ "configMap": "a" }], "nonsense": 1 })),
        ("TLSOption", json!({ "clientAuth": { "clientAuthType": "NoClientCert", "nonsense": [] } })),
        ("TLSStore", json!({ "nonsense": 1 })),
    ] {
        let metadata = json!({ "name": "default" });
        let object =
            json!({ "apiVersion": "traefik.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec });
        let found = errors(&object).join("\n");
        assert!(found.contains("nonsense"), "{kind}: {found}");
    }
}

/// The objects that the emitter prints, each of which its schema takes.
#[track_caller]
fn objects(cluster: &Cluster, arguments: &[&str]) -> Vec<Value> {
    let manifest = cluster.emit(arguments);
    let objects = schemas::documents(&manifest);
    for object in &objects {
        assert_eq!(errors(object), Vec::<String>::new(), "{manifest}");
    }
    objects
}

fn errors(object: &Value) -> Vec<String> {
    if object["apiVersion"] != "traefik.io/v1alpha1" {
        return schemas::errors(&schemas::of(object), object);
    }
    let text = std::fs::read_to_string(schemas::data("traefik/kubernetes.schema.json")).expect("a schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$ref"] = json!(format!("#/$defs/{}", object["kind"].as_str().expect("a kind")));
    schemas::errors(&jsonschema::validator_for(&schema).expect("a schema of that kind"), object)
}

/// The object to which a name leads.
#[track_caller]
fn named<'a>(objects: &'a [Value], kind: &str, name: &Value) -> &'a Value {
    let wanted = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == *name;
    objects.iter().find(wanted).unwrap_or_else(|| panic!("{kind} {name} is not in {objects:#?}"))
}
