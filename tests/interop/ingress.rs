//! The Ingress and its Secret, judged by the schema of Kubernetes; the Secret by openssl.

use serde_json::json;

use super::cluster::Cluster;
use crate::schemas::only;

#[test]
fn an_ingress_names_the_secret_that_comes_with_it() {
    let cluster = Cluster::new();
    let objects =
        cluster.objects(&["ingress", "--service", "web", "--port", "8080", "--cert", "web", "-n", "shop"]);
    let (secret, ingress) = (only(&objects, "Secret"), only(&objects, "Ingress"));
    let hosts = json!(["web", "web.apps.example.com"]);
    assert_eq!(ingress["spec"]["tls"], json!([{ "hosts": hosts, "secretName": secret["metadata"]["name"] }]));
    assert_eq!(ingress["spec"]["rules"].as_array().map(Vec::len), Some(2));
    assert_eq!(ingress["spec"]["rules"][1]["host"], "web.apps.example.com");
    let root = cluster.workspace.credential("web", "ca.crt");
    cluster.holds_together(secret, &root, "sslserver");
}

#[test]
fn a_port_is_a_number_or_a_name() {
    let cluster = Cluster::new();
    let port = |port: &str| {
        let host = ["--hostname", "web.apps.example.com", "--secret", "web-tls"];
        let objects =
            cluster.objects(&[&["ingress", "--service", "web", "--port", port], &host[..]].concat());
        assert_eq!(objects.len(), 1, "no certificate, no Secret");
        objects[0]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"].clone()
    };
    assert_eq!(port("8080"), json!({ "number": 8080 }));
    assert_eq!(port("http"), json!({ "name": "http" }));
}
