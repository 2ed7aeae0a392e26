//! Traefik's configuration by file. There is no Traefik here: schemas of its documented keys judge the files, and openssl
//! what they name.

use std::path::Path;

use serde_json::{Value, json};

use super::cluster::verify;
use crate::harness::{Workspace, judge};
use crate::schemas;

const BASE: [&str; 4] = ["traefik", "--cert", "web", "--upstream"];

#[test]
fn what_callers_and_the_upstream_must_show_is_in_the_files_and_on_this_machine() {
    let workspace = workspace();
    let mtls = ["https://api.internal:8443/v1", "--mtls", "--client", "backend", "--local"];
    let (_, dynamic) = configuration(&workspace, &[&BASE, &mtls[..]].concat());
    let options = &dynamic["tls"]["options"]["default"];
    assert_eq!(options["clientAuth"]["clientAuthType"], "RequireAndVerifyClientCert");
    let certificate = &dynamic["tls"]["stores"]["default"]["defaultCertificate"];
    let transport = &dynamic["http"]["serversTransports"]["upstream"];
    assert_eq!(transport["serverName"], "api.internal");
    let client = &transport["certificates"][0];
    for path in [&certificate["keyFile"], &client["keyFile"]] {
        assert!(workspace.read(text(path)).contains("PRIVATE KEY"), "{path}");
    }
    let Some(openssl) = judge("openssl") else { return };
    for (chain, authorities, purpose) in [
        (&certificate["certFile"], &transport["rootCAs"][0], "sslserver"),
        (&client["certFile"], &options["clientAuth"]["caFiles"][0], "sslclient"),
    ] {
        let (good, said) = verify(&openssl, Path::new(text(chain)), Path::new(text(authorities)), purpose);
        assert!(good, "{said}");
    }
}

#[test]
fn each_part_of_the_configuration_leads_to_the_next() {
    let workspace = workspace();
    let all =
        ["https://10.0.0.7:8443/v1/", "--proxy-protocol", "--proxy-from", "10.0.0.0/8", "--bind", "::1"];
    let (fixed, dynamic) = configuration(&workspace, &[&BASE, &all[..]].concat());
    let router = &dynamic["http"]["routers"]["all"];
    let point = &fixed["entryPoints"][text(&router["entryPoints"][0])];
    assert_eq!(point["address"], "[::1]:443");
    assert_eq!(point["proxyProtocol"]["trustedIPs"], json!(["10.0.0.0/8"]));
    assert_eq!(fixed["providers"]["file"]["filename"], "/etc/traefik/traefik-dynamic.yaml");
    // The default options are those of every router that names no others.
    assert_eq!(router["tls"], json!({}));
    let base = &dynamic["http"]["middlewares"][text(&router["middlewares"][0])];
    assert_eq!(base["addPrefix"]["prefix"], "/v1");
    let service = &dynamic["http"]["services"][text(&router["service"])]["loadBalancer"];
    assert_eq!(service["servers"], json!([{ "url": "https://10.0.0.7:8443" }]));
    let transport = &dynamic["http"]["serversTransports"][text(&service["serversTransport"])];
    assert_eq!(
        (&transport["serverName"], &transport["rootCAs"]),
        (&json!("10.0.0.7"), &json!(["/etc/tls/ca.crt"]))
    );
}

#[test]
fn the_schemas_refuse_keys_that_traefik_does_not_have() {
    let workspace = workspace();
    let (fixed, dynamic) =
        configuration(&workspace, &[&BASE, &["https://api.internal", "--mtls"][..]].concat());
    for (file, document, at, key) in [
        ("static", &fixed, "/entryPoints/websecure", "proxy-protocol"),
        ("dynamic", &dynamic, "/tls/options/default", "minimumVersion"),
        ("dynamic", &dynamic, "/tls/options/default/clientAuth", "secretNames"),
        ("dynamic", &dynamic, "/http/serversTransports/upstream", "rootCAsSecrets"),
        ("dynamic", &dynamic, "/http/routers/all", "serversTransport"),
    ] {
        let mut wrong = document.clone();
        wrong.pointer_mut(at).unwrap_or_else(|| panic!("no {at}"))[key] = json!("x");
        let found = errors(file, &wrong).join("\n");
        assert!(found.contains(key), "{at} {key}: {found}");
    }
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--org", "Example", "--intermediate"]).succeeds();
    workspace.pkictl(&["issue", "server", "web", "--san", "web.example.com"]).succeeds();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    workspace
}

/// The static and the dynamic configuration that an emitter writes, each of which its schema takes.
#[track_caller]
fn configuration(workspace: &Workspace, arguments: &[&str]) -> (Value, Value) {
    let _ = workspace.pkictl(&[&["emit"], arguments, &["-d", "deploy", "--force"]].concat()).succeeds();
    let read = |schema: &str, file: &str| {
        let text = workspace.read(format!("deploy/{file}"));
        let document = schemas::documents(&text).remove(0);
        assert_eq!(errors(schema, &document), Vec::<String>::new(), "{text}");
        document
    };
    (read("static", "traefik.yaml"), read("dynamic", "traefik-dynamic.yaml"))
}

fn errors(schema: &str, document: &Value) -> Vec<String> {
    let schema =
        std::fs::read_to_string(schemas::data(&format!("traefik/{schema}.schema.json"))).expect("a schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    schemas::errors(&jsonschema::validator_for(&schema).expect("a schema"), document)
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
