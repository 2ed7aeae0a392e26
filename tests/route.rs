//! Emitted Routes, judged by the official schemas of every release; and the Route lint, judged by the official tests.

mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pkictl::bundle::Identity;
use pkictl::emit::{Emitters, Input, OptionValue};
use pkictl::lint::{self, Severity};
use serde_json::{Value, json};

use crate::fixtures::{Pki, now};
use crate::schemas::{close, documents};

/// Emits a Route; `identities` are values of options, the rest are texts.
fn emit(texts: &[(&str, &str)], identities: &[(&str, &Identity)]) -> String {
    let emitter = Emitters::built_in().load("route").expect("a built-in emitter");
    let texts = texts.iter().map(|(name, value)| {
        let flag = *name == "as-template";
        (
            (*name).to_owned(),
            if flag { OptionValue::Flag(true) } else { OptionValue::Text((*value).to_owned()) },
        )
    });
    let identities =
        identities.iter().map(|(name, value)| ((*name).to_owned(), OptionValue::Identity(value)));
    let input = Input { options: texts.chain(identities).collect(), environment: "dev", trust: None };
    let artifacts = emitter.render(&input).expect("it renders");
    String::from_utf8(artifacts[0].contents.to_vec()).expect("text")
}

/// Every kind of Route that can be emitted, by name.
fn all_kinds() -> BTreeMap<&'static str, String> {
    let mut kinds = BTreeMap::new();
    for (suffix, pki) in [("", Pki::with_intermediate()), (" under a root", Pki::flat())] {
        let (web, wildcard) =
            (pki.identity("server", "web.apps.example.com"), pki.identity("wildcard", "*.apps.example.com"));
        let host = ("hostname", "web.apps.example.com");
        let base = [("service", "web"), ("port", "8443"), host];
        let with = |more: &[(&'static str, &'static str)], identities: &[(&str, &Identity)]| {
            emit(&[base.as_slice(), more].concat(), identities)
        };
        let edge = ("termination", "edge");
        let reencrypt = ("termination", "reencrypt");
        let mut add =
            |name: &str, text: String| kinds.insert(String::leak(format!("{name}{suffix}")) as &str, text);
        add("edge", with(&[edge], &[("cert", &web)]));
        add(
            "edge with a wildcard",
            with(&[edge, ("path", "/x"), ("insecure-policy", "Allow")], &[("cert", &wildcard)]),
        );
        add("default certificate", with(&[edge, ("insecure-policy", "Redirect")], &[]));
        add("subdomain", with(&[edge, ("wildcard-policy", "Subdomain")], &[("cert", &wildcard)]));
        add("reencrypt", with(&[reencrypt], &[("cert", &wildcard), ("dest-cert", &web)]));
        add("passthrough", with(&[("termination", "passthrough"), ("insecure-policy", "Redirect")], &[]));
        add("plain", with(&[("termination", "plain")], &[]));
        add(
            "external",
            with(&[edge, ("external-certificate", "web-tls"), ("namespace", "shop")], &[("cert", &web)]),
        );
        add(
            "external, made before",
            with(&[reencrypt, ("external-certificate", "web-tls")], &[("dest-cert", &web)]),
        );
        add("template", with(&[edge, ("as-template", "")], &[("cert", &web)]));
        add("no host", emit(&[edge, ("service", "svc/web"), ("port", "https")], &[]));
    }
    kinds
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/openshift-route").join(name)
}

/// The Routes of a manifest, of a Template those that `oc process` makes of it.
fn routes(text: &str) -> Vec<Value> {
    objects(text, &[]).into_iter().filter(|object| object["kind"] == "Route").collect()
}

/// All objects of a manifest; `given` are parameters as `oc process --param` takes them.
fn objects(text: &str, given: &[(&str, &str)]) -> Vec<Value> {
    let process = |document: Value| match document["kind"] == "Template" {
        true => processed(&document, given),
        false => vec![document],
    };
    documents(text).into_iter().flat_map(process).collect()
}

/// As openshift/library-go `pkg/template/templateprocessing` does it: a namespace that is no parameter is taken away;
/// `${{X}}` alone is JSON, or else text; `${X}` is text, wherever it stands; values are not looked at again.
fn processed(template: &Value, given: &[(&str, &str)]) -> Vec<Value> {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for parameter in template["parameters"].as_array().expect("parameters") {
        let text = |key: &str| parameter[key].as_str().expect("a text");
        values.insert(text("name"), text("value"));
    }
    for (name, value) in given {
        assert!(values.insert(name, value).is_some(), "there is no parameter {name}");
    }
    let mut objects = template["objects"].as_array().expect("objects").clone();
    for object in &mut objects {
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        metadata.retain(|key, value| key != "namespace" || value.as_str().is_some_and(|v| v.contains("${")));
        fill_in(object, &values);
    }
    objects
}

fn fill_in(value: &mut Value, values: &BTreeMap<&str, &str>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, values)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill_in(field, values)),
        Value::String(text) => {
            let whole = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
            if let Some(found) = whole.and_then(|name| values.get(name)) {
                *value = serde_json::from_str(found).unwrap_or_else(|_| json!(found));
                return;
            }
            let mut parts = text.split("${");
            let mut filled = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (name, rest) = part.split_once('}').expect("a whole parameter");
                filled += values.get(name).unwrap_or_else(|| panic!("there is no parameter {name}"));
                filled += rest;
            }
            *text = filled;
        }
        _ => {}
    }
}

/// A validator of the Route schema of a release, closed against unknown fields.
fn validator(file: &Path) -> jsonschema::Validator {
    let crd = documents(&fs::read_to_string(file).expect("a CRD")).remove(0);
    let mut schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    assert!(
        schema["properties"]["spec"]["properties"]["tls"].is_object(),
        "{} is no Route CRD",
        file.display()
    );
    close(&mut schema);
    schema["properties"]["metadata"] = json!({"type": "object"});
    jsonschema::validator_for(&schema).expect("a schema")
}

#[test]
fn every_emitted_route_fits_the_schema_of_every_release() {
    let (mut releases, mut external) = (0, 0);
    let kinds = all_kinds();
    for entry in fs::read_dir(data("")).expect("the schemas").flatten() {
        let path = entry.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("routes.crd")) {
            continue;
        }
        releases += 1;
        let validator = validator(&path);
        let knows_external = fs::read_to_string(&path).expect("a CRD").contains("externalCertificate:");
        external += usize::from(knows_external);
        let mut broken = routes(&kinds["passthrough"]).remove(0);
        broken["spec"]["path"] = json!("/x");
        assert!(!validator.is_valid(&broken), "{} refuses nothing", path.display());
        for (kind, text) in &kinds {
            let found = routes(text);
            assert_eq!(found.len(), 1, "{kind}");
            if kind.starts_with("external") && !knows_external {
                continue;
            }
            let errors: Vec<String> = validator
                .iter_errors(&found[0])
                .map(|e| format!("{}: {}", e.instance_path(), e.masked()))
                .collect();
            assert!(errors.is_empty(), "{}, {kind}: {errors:?}", path.display());
        }
    }
    assert_eq!((releases, external), (7, 4), "schemas are missing");
}

#[test]
fn no_emitted_route_has_a_finding_worse_than_a_note() {
    for (kind, text) in all_kinds() {
        let findings = lint::resources(&text, now());
        let bad: Vec<_> = findings.iter().filter(|finding| finding.rule.severity != Severity::Note).collect();
        assert!(bad.is_empty(), "{kind}: {bad:#?}");
    }
}

#[test]
fn a_processed_template_is_the_manifest_without_it() {
    let web = Pki::with_intermediate().identity("server", "web.apps.example.com");
    for port in ["8080", "0080", "http", "1e3", "null"] {
        let texts = [
            ("termination", "edge"),
            ("service", "web"),
            ("port", port),
            ("hostname", "web.apps.example.com"),
            ("namespace", "shop"),
            ("external-certificate", "web-tls"),
        ];
        let plain = objects(&emit(&texts, &[("cert", &web)]), &[]);
        let texts = [&texts[..], &[("as-template", "")]].concat();
        let mut made = objects(&emit(&texts, &[("cert", &web)]), &[]);
        // The rights are named after the Route, so that two of them do not take each other's.
        assert_eq!(made[1]["metadata"]["name"], "web-certificate-reader");
        assert_eq!(made[2]["roleRef"]["name"], "web-certificate-reader");
        made[1]["metadata"]["name"] = json!("web-tls-reader");
        made[2]["metadata"]["name"] = json!("web-tls-reader");
        made[2]["roleRef"]["name"] = json!("web-tls-reader");
        assert_eq!(made, plain, "port {port}");
    }
}

#[test]
fn two_routes_from_one_template_share_no_object() {
    let web = Pki::with_intermediate().identity("server", "web.apps.example.com");
    let texts = [
        ("termination", "edge"),
        ("service", "web"),
        ("namespace", "shop"),
        ("external-certificate", "web-tls"),
        ("as-template", ""),
    ];
    let text = emit(&texts, &[("cert", &web)]);
    let place = |object: &Value| (object["kind"].to_string(), object["metadata"].to_string());
    let other = [("NAME", "blue"), ("SECRET", "blue-tls"), ("NAMESPACE", "shop")];
    let first: Vec<_> = objects(&text, &[]).iter().map(place).collect();
    let second = objects(&text, &other);
    assert!(second.iter().all(|object| !first.contains(&place(object))), "{second:#?}");
    assert!(second.iter().all(|object| object["metadata"]["namespace"] == "shop"), "{second:#?}");
}

#[test]
fn objects_of_an_external_certificate_come_in_the_order_in_which_they_are_needed() {
    let kinds = all_kinds();
    let order = |text: &str| {
        documents(text).iter().map(|d| d["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order(&kinds["external"]), ["Secret", "Role", "RoleBinding", "Route"]);
    assert_eq!(order(&kinds["external, made before"]), ["Role", "RoleBinding", "Route"]);
    let route = &routes(&kinds["external"])[0];
    assert!(!route.to_string().contains("PRIVATE KEY"), "the key is in the Route");
    let secret = &documents(&kinds["external"])[0];
    assert_eq!(
        (&secret["type"], secret["stringData"].as_object().map(|d| d.len())),
        (&json!("kubernetes.io/tls"), Some(2))
    );
}

#[test]
fn certificate_is_the_leaf_and_ca_certificate_its_issuers() {
    let pki = Pki::with_intermediate();
    let web = pki.identity("server", "web.apps.example.com");
    let tls = |pki_identity: &Identity| {
        let text = emit(
            &[("termination", "reencrypt"), ("service", "web")],
            &[("cert", pki_identity), ("dest-cert", &web)],
        );
        routes(&text)[0]["spec"]["tls"].clone()
    };
    let made = tls(&web);
    assert_eq!(made["certificate"], web.leaf().pem());
    assert_eq!(made["key"], *web.key.as_ref().expect("a key").pkcs8_pem().as_str());
    assert_eq!(made["caCertificate"], pki.authority.certificate().pem());
    assert_eq!(
        made["destinationCACertificate"],
        pki.authority.anchor().pem() + &pki.authority.certificate().pem()
    );
    let flat = Pki::flat();
    let made = tls(&flat.identity("server", "web.apps.example.com"));
    assert_eq!(made["caCertificate"], flat.authority.anchor().pem());
    // A chain from elsewhere whose authorities are not known: nothing stands in caCertificate.
    let alone = Identity { anchors: vec![], ..flat.identity("server", "web.apps.example.com") };
    assert!(tls(&alone).get("caCertificate").is_none());
}

#[test]
fn the_lint_agrees_with_every_official_validation_test() {
    let file =
        documents(&fs::read_to_string(data("route-validation-tests.AAA_ungated.yaml")).expect("the tests"));
    let cases = file[0]["tests"]["onCreate"].as_array().expect("cases");
    assert!(cases.len() > 20, "cases are missing");
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let findings = lint::resources(case["initial"].as_str().expect("an object"), now());
        let refused: Vec<_> = findings.iter().filter(|finding| finding.rule.refused_by.is_some()).collect();
        assert_eq!(case.get("expectedError").is_some(), !refused.is_empty(), "{name}: {findings:#?}");
        // The official harness names the objects itself.
        let others = findings
            .iter()
            .filter(|f| f.rule.severity == Severity::Error && f.rule.id != "route-name-missing");
        assert!(case.get("expected").is_none() || others.count() == 0, "{name}: {findings:#?}");
    }
}
