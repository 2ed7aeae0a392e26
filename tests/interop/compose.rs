//! The Compose fragment, judged by the schema of the Compose specification.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::schemas::{data, documents, errors};

/// The fragment, which the specification takes.
#[track_caller]
fn valid(text: &str) -> Value {
    let schema = fs::read_to_string(data("compose-spec/compose-spec.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(
        !validator.is_valid(&json!({ "services": { "web": { "secret": [] } } })),
        "the schema refuses nothing"
    );
    let fragment = documents(text).remove(0);
    assert_eq!(errors(&validator, &fragment), Vec::<String>::new(), "{text}");
    fragment
}

#[test]
fn every_secret_is_a_file_of_the_credential_and_no_key_is_copied() {
    let cluster = Cluster::new();
    let text = cluster.emit(&["compose", "--service", "web,worker", "--cert", "web", "--client", "backend"]);
    assert!(!text.contains("PRIVATE KEY"), "{text}");
    let fragment = valid(&text);
    let secrets = fragment["secrets"].as_object().expect("secrets");
    let services = fragment["services"].as_object().expect("services");
    assert_eq!((secrets.len(), services.len()), (6, 2));
    for (name, service) in services {
        assert!(service.get("build").is_none() && service.get("image").is_none(), "{name}");
        for mounted in service["secrets"].as_array().expect("mounts") {
            let source = mounted["source"].as_str().expect("a source");
            let file = secrets[source]["file"].as_str().expect("a file");
            let file = file.replace("[HERE]", &cluster.workspace.path().display().to_string());
            assert!(Path::new(&file).is_file(), "{file}");
            let (credential, directory) = if source.starts_with("web-server-") {
                ("web", "/etc/tls")
            } else {
                ("backend", "/etc/tls-client")
            };
            let last = Path::new(&file).file_name().expect("a name").to_string_lossy().into_owned();
            assert_eq!(fs::read_to_string(&file).expect("text"), cluster.credential(credential, &last));
            assert_eq!(mounted["target"], format!("{directory}/{last}"));
        }
    }
}

#[test]
fn a_fragment_for_other_machines_names_a_directory_beside_it() {
    let cluster = Cluster::new();
    let directory = ["--client-dir", "./tls/backend", "--runtime", "node", "--user", "1000:1000"];
    let options = [&["compose", "--service", "worker", "--client", "backend"], &directory[..]].concat();
    let fragment = valid(&cluster.emit(&options));
    let worker = &fragment["services"]["worker"];
    assert_eq!(worker["environment"], json!({ "NODE_EXTRA_CA_CERTS": "/etc/tls-client/ca.crt" }));
    assert_eq!(worker["user"], "1000:1000");
    assert_eq!(fragment["secrets"]["backend-client-tls-key"], json!({ "file": "./tls/backend/tls.key" }));
}

#[test]
fn fragments_of_two_services_are_read_together() {
    let cluster = Cluster::new();
    let fragment = |service: &str, options: &[&str]| {
        valid(&cluster.emit(&[&["compose", "--service", service], options].concat()))
    };
    let web = fragment("web_1", &["--cert", "web", "--network", "default"]);
    let worker = fragment("worker_1", &["--client", "backend"]);
    let names = |fragment: &Value| -> Vec<String> {
        fragment["secrets"].as_object().expect("secrets").keys().cloned().collect()
    };
    assert!(names(&web).iter().all(|name| !names(&worker).contains(name)), "{web}{worker}");
    // No host name has an underscore, so the certificate has another one.
    let aliases = &web["services"]["web_1"]["networks"]["default"]["aliases"];
    assert_eq!(*aliases, json!(["web", "web.apps.example.com"]));
    assert!(worker["services"]["worker_1"].get("networks").is_none());
}

#[test]
fn the_compose_file_of_the_example_is_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vault-nginx/compose.yaml");
    let services = valid(&fs::read_to_string(file).expect("the file"));
    assert_eq!(services["services"]["blog_db"]["image"], services["services"]["user_db"]["image"]);
}
