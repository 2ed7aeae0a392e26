//! The Bundle of trust-manager, judged by its definition.

use serde_json::json;

use super::cluster::Cluster;
use crate::schemas::only;

#[test]
fn a_bundle_carries_the_authorities_and_no_key() {
    let cluster = Cluster::new();
    let text = cluster.emit(&["trust-manager"]);
    assert!(!text.contains("PRIVATE"), "{text}");
    let objects = crate::schemas::valid(&text);
    let bundle = only(&objects, "Bundle");
    assert!(bundle["metadata"].get("namespace").is_none(), "a Bundle belongs to no namespace");
    let trust = cluster.objects(&["k8s-trust"]);
    assert_eq!(bundle["spec"]["sources"], json!([{ "inLine": trust[0]["data"]["ca.crt"] }]));
    assert_eq!(bundle["spec"]["target"], json!({ "configMap": { "key": "ca.crt" } }));
}

#[test]
fn a_bundle_can_be_for_some_namespaces_and_for_java() {
    let cluster = Cluster::new();
    let options = ["--defaults", "--selector", "trust=ours,tier=web", "--pkcs12", "trust.p12"];
    let objects = cluster.objects(&[&["trust-manager", "ours", "--ca", "root"], &options[..]].concat());
    let spec = &objects[0]["spec"];
    assert_eq!(spec["sources"][0], json!({ "useDefaultCAs": true }));
    assert_eq!(
        spec["target"]["namespaceSelector"],
        json!({ "matchLabels": { "trust": "ours", "tier": "web" } })
    );
    assert_eq!(spec["target"]["additionalFormats"]["pkcs12"]["key"], "trust.p12");
}
