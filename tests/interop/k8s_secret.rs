//! The Secret of a credential, judged by the schema of Kubernetes and, once mounted, by openssl.

use super::cluster::Cluster;
use crate::schemas::only;

#[test]
fn a_mounted_secret_is_the_directory_of_the_credential() {
    let cluster = Cluster::new();
    let objects = cluster.objects(&["k8s-secret", "--cert", "web", "-n", "shop"]);
    let secret = only(&objects, "Secret");
    assert_eq!(
        (&secret["metadata"]["name"], &secret["metadata"]["namespace"]),
        (&"web-tls".into(), &"shop".into())
    );
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        assert_eq!(secret["stringData"][file], cluster.credential("web", file), "{file}");
    }
    let root = cluster.mounted(secret, "stringData", "ca.crt");
    cluster.holds_together(secret, &root, "sslserver");
}

#[test]
fn a_client_has_its_own_secret_with_the_authorities_that_it_is_told() {
    let cluster = Cluster::new();
    let secrets = cluster.objects(&["k8s-secret", "--client", "backend", "--ca", "issuing", "--immutable"]);
    let root = cluster.mounted(&secrets[0], "stringData", "ca.crt");
    cluster.holds_together(&secrets[0], &root, "sslclient");
    assert_eq!(secrets[0]["immutable"], true);
    let authorities = secrets[0]["stringData"]["ca.crt"].as_str().expect("authorities");
    assert_eq!(authorities.matches("BEGIN CERTIFICATE").count(), 2, "the root and the intermediate");
}
