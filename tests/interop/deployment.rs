//! The patch of a Deployment, judged by the schema of Kubernetes alone and merged into a Deployment.

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::schemas;

/// A strategic merge, as far as the patch needs it: lists of objects are merged by `name`, mounts by `mountPath`.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(patch)) => {
            for item in patch {
                let key = if item.get("mountPath").is_some() { "mountPath" } else { "name" };
                match target.iter_mut().find(|one| one[key] == item[key]) {
                    Some(one) => merge(one, item),
                    None => target.push(item.clone()),
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[test]
fn a_patched_deployment_is_valid_and_keeps_what_it_had() {
    let cluster = Cluster::new();
    let both = [
        "--cert",
        "web",
        "--client",
        "backend",
        "--trust-map",
        "dev-ca",
        "--runtime",
        "node",
        "--group",
        "1001",
    ];
    let text = cluster.emit(&[&["deployment", "web", "--container", "app"], &both[..]].concat());
    let patch = schemas::documents(&text).remove(0);
    assert_eq!(schemas::errors(&schemas::deployment_patch(), &patch), Vec::<String>::new());
    let labels = json!({ "app": "web" });
    let mut deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": { "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels }, "spec": {
            "containers": [{ "name": "app", "image": "web:1", "env": [{ "name": "PORT", "value": "8443" }] }],
        } } },
    });
    merge(&mut deployment, &patch);
    assert_eq!(schemas::errors(&schemas::of(&deployment), &deployment), Vec::<String>::new());
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!((&container["image"], pod["containers"].as_array().map(Vec::len)), (&json!("web:1"), Some(1)));
    let variables = json!([
        { "name": "PORT", "value": "8443" },
        { "name": "NODE_EXTRA_CA_CERTS", "value": "/etc/tls-trust/ca.crt" },
    ]);
    assert_eq!(container["env"], variables);
    // Every mount has its volume, and every Secret the name that the other emitter gives it.
    let volumes = pod["volumes"].as_array().expect("volumes");
    for mount in container["volumeMounts"].as_array().expect("mounts") {
        assert_eq!(volumes.iter().filter(|volume| volume["name"] == mount["name"]).count(), 1, "{mount}");
    }
    for (volume, option, credential) in [(0, "--cert", "web"), (1, "--client", "backend")] {
        let secret = cluster.objects(&["k8s-secret", option, credential]).remove(0);
        assert_eq!(volumes[volume]["secret"]["secretName"], secret["metadata"]["name"]);
        assert_eq!(volumes[volume]["secret"]["defaultMode"], 0o440);
    }
    assert_eq!(volumes[2]["configMap"]["name"], cluster.objects(&["k8s-trust"])[0]["metadata"]["name"]);
}

#[test]
fn a_runtime_whose_list_is_replaced_is_told_so() {
    let cluster = Cluster::new();
    let text = cluster.emit(&["deployment", "web", "--trust-map", "dev-ca", "--runtime", "python"]);
    assert!(text.contains("Replaces the system's CAs"), "{text}");
    let patch = schemas::documents(&text).remove(0);
    assert_eq!(schemas::errors(&schemas::deployment_patch(), &patch), Vec::<String>::new());
    let container = &patch["spec"]["template"]["spec"]["containers"][0];
    let names: Vec<&Value> =
        container["env"].as_array().expect("variables").iter().map(|v| &v["name"]).collect();
    assert_eq!(names, ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]);
}
