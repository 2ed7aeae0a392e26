//! Official schemas as judges of emitted manifests: Kubernetes' own, and those of custom resource definitions.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Where the definition of each custom resource is.
const DEFINITIONS: &[(&str, &str)] = &[
    ("Gateway", "gateway-api/gateways.yaml"),
    ("HTTPRoute", "gateway-api/httproutes.yaml"),
    ("TLSRoute", "gateway-api/tlsroutes.yaml"),
    ("BackendTLSPolicy", "gateway-api/backendtlspolicies.yaml"),
    ("Certificate", "cert-manager/certificates.yaml"),
    ("Issuer", "cert-manager/issuers.yaml"),
    ("ClusterIssuer", "cert-manager/clusterissuers.yaml"),
    ("Bundle", "trust-manager/bundles.yaml"),
];

/// The documents of a YAML text.
pub fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The objects of a manifest, each of which its official schema takes.
#[track_caller]
pub fn valid(manifest: &str) -> Vec<Value> {
    let objects = documents(manifest);
    for object in &objects {
        let errors = errors(&of(object), object);
        assert!(errors.is_empty(), "{errors:#?}\n{manifest}");
    }
    objects
}

/// The only object of that kind.
#[track_caller]
pub fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<&Value> = objects.iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} in {objects:#?}");
    found[0]
}

/// What a schema has against an object.
pub fn errors(validator: &Validator, object: &Value) -> Vec<String> {
    validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The validator for an object, by its kind and API version; closed against unknown fields.
pub fn of(object: &Value) -> Validator {
    let version = object["apiVersion"].as_str().expect("an API version");
    let kind = object["kind"].as_str().expect("a kind");
    match DEFINITIONS.iter().find(|(name, _)| *name == kind) {
        Some((_, file)) => custom(file, version, kind),
        None => kubernetes(version, kind, |_| ()),
    }
}

/// The validator for a strategic-merge patch of a Deployment: what a patch leaves out is in the cluster.
pub fn deployment_patch() -> Validator {
    kubernetes("apps/v1", "Deployment", |definitions| {
        let spec = &mut definitions["io.k8s.api.apps.v1.DeploymentSpec"];
        spec.as_object_mut().expect("a definition").remove("required").expect("a selector is required");
    })
}

/// A file of the tests' data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn custom(file: &str, version: &str, kind: &str) -> Validator {
    let text = fs::read_to_string(data(file)).expect("a definition");
    let definition = documents(&text).remove(0);
    let group = definition["spec"]["group"].as_str().expect("a group");
    let versions = definition["spec"]["versions"].as_array().expect("versions");
    let served = versions.iter().find(|one| {
        one["served"] == true && format!("{group}/{}", one["name"].as_str().unwrap_or_default()) == version
    });
    let served = served.unwrap_or_else(|| panic!("{kind} is not served as {version}"));
    let mut schema = served["schema"]["openAPIV3Schema"].clone();
    close(&mut schema);
    schema["properties"]["metadata"] = metadata();
    jsonschema::validator_for(&schema).expect("a schema")
}

fn kubernetes(version: &str, kind: &str, change: impl FnOnce(&mut Value)) -> Validator {
    let text = fs::read_to_string(data("kubernetes/openapi-1.36-subset.json")).expect("the definitions");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let mut definitions = document["definitions"].clone();
    for (name, definition) in definitions.as_object_mut().expect("definitions") {
        if name.ends_with(".IntOrString") {
            *definition = json!({"anyOf": [{"type": "integer"}, {"type": "string"}]});
        }
        close(definition);
    }
    change(&mut definitions);
    let (group, version) = version.rsplit_once('/').unwrap_or(("core", version));
    let group = group.split('.').next().unwrap_or_default();
    let name = format!("io.k8s.api.{group}.{version}.{kind}");
    assert!(definitions[&name].is_object(), "there is no {name}");
    definitions[&name]["properties"]["metadata"] = metadata();
    let schema = json!({"$ref": format!("#/definitions/{name}"), "definitions": definitions});
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Names as the API server takes them, which no schema says.
fn metadata() -> Value {
    let name = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "pattern": name, "maxLength": 253},
            "namespace": {"type": "string", "pattern": name, "maxLength": 63},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    })
}

/// Makes plain JSON Schema of a structural schema: no unknown fields, `x-kubernetes-*` spelt out.
pub fn close(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if fields.remove("x-kubernetes-int-or-string").is_some() {
        fields.insert("anyOf".into(), json!([{"type": "integer"}, {"type": "string"}]));
    }
    let open = fields.contains_key("x-kubernetes-preserve-unknown-fields");
    fields.retain(|name, _| !name.starts_with("x-kubernetes-"));
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(close);
        if !open {
            fields.insert("additionalProperties".into(), json!(false));
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(inner) {
            close(inner);
        }
    }
}

#[test]
fn a_schema_refuses_what_the_cluster_would() {
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"a": "b"}});
    let validator = of(&secret);
    assert_eq!(errors(&validator, &secret), Vec::<String>::new());
    for (path, wrong) in [
        ("/stringdata", json!({})),
        ("/stringData", json!({"a": 1})),
        ("/metadata", json!({"name": "Web"})),
        ("/metadata", json!({})),
        ("/type", json!(["tls"])),
    ] {
        let mut broken = secret.clone();
        broken[path.trim_start_matches('/')] = wrong;
        assert!(!validator.is_valid(&broken), "{broken}");
    }
    for (kind, file) in DEFINITIONS {
        let definition = documents(&fs::read_to_string(data(file)).expect("a definition")).remove(0);
        let group = definition["spec"]["group"].as_str().expect("a group");
        let version = if *kind == "Bundle" { "v1alpha1" } else { "v1" };
        let object = json!({"apiVersion": format!("{group}/{version}"), "kind": kind, "metadata": {"name": "x"}, "spec": {"nonsense": 1}});
        let found = errors(&of(&object), &object).join("\n");
        assert!(found.contains("nonsense"), "{kind}: {found}");
    }
}
