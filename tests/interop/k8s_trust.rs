//! The ConfigMap of authorities, judged by the schema of Kubernetes and, once mounted, by openssl.

use super::cluster::{Cluster, verify};
use crate::harness::judge;
use crate::schemas::only;

#[test]
fn a_mounted_config_map_verifies_our_chains_and_no_others() {
    let cluster = Cluster::new();
    let text = cluster.emit(&["k8s-trust", "-n", "shop"]);
    assert!(!text.contains("PRIVATE"), "{text}");
    let objects = crate::schemas::valid(&text);
    let map = only(&objects, "ConfigMap");
    assert_eq!(map["metadata"]["name"], "dev-ca");
    let authorities = cluster.mounted(map, "data", "ca.crt");
    let Some(openssl) = judge("openssl") else { return };
    let chain = cluster.workspace.credential("web", "tls.crt");
    // The leaf alone, as a peer with a broken chain sends it.
    let text = cluster.workspace.read(&chain);
    let leaf = &text[..text.find("-----END CERTIFICATE-----").expect("a certificate") + 26];
    let leaf = cluster.workspace.write("leaf.crt", leaf);
    for file in [&chain, &leaf] {
        let (verified, said) = verify(&openssl, file, &authorities, "sslserver");
        assert!(verified, "{said}");
    }
    let stranger = Cluster::new();
    let foreign = stranger.workspace.credential("web", "tls.crt");
    let (verified, said) = verify(&openssl, &foreign, &authorities, "sslserver");
    assert!(!verified && said.contains("unable to get local issuer certificate"), "{said}");
}
