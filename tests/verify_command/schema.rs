//! The schema of reports: every report that a test reads is held against it, and here it is shown that it can refuse.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use super::two_environments;
use crate::harness::Workspace;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/verify.schema.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("the schema")).expect("JSON")
});

static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&SCHEMA).expect("a schema"));

/// What the schema has against a report.
pub fn errors(report: &Value) -> Vec<String> {
    crate::schemas::errors(&VALIDATOR, report)
}

/// A report on credentials of which one is damaged and some things cannot be tried.
fn of_an_environment() -> Value {
    let workspace = two_environments();
    std::fs::write(workspace.file("pki/test/certs/backend/tls.key"), "no PEM").expect("damaged");
    workspace.pkictl(&["verify", "--env", "test", "--format", "json"]).exits_with(3).json()
}

/// A report on a manifest.
fn of_a_manifest() -> Value {
    let workspace = Workspace::new();
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\"]\n[service.web]\nnames = [\"web.example.com\"]\n\
         callers = [\"shop\"]\n[service.open]\nnames = [\"open.example.com\"]\n[service.shop]\n",
    );
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "json"]).succeeds().json()
}

/// The names of keys anywhere in a value.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_schema_is_one_by_its_meta_schema_and_describes_every_key() {
    let errors = jsonschema::draft202012::meta::validate(&SCHEMA).map_err(|error| error.to_string());
    assert_eq!(errors, Ok(()));
    let id = format!("{}/raw/main/schemas/verify.schema.json", env!("CARGO_PKG_REPOSITORY"));
    assert_eq!(SCHEMA["$id"], id);
    let definitions = SCHEMA["$defs"].as_object().expect("definitions");
    for table in definitions.values().chain([&*SCHEMA]) {
        for (key, value) in table["properties"].as_object().expect("properties") {
            let value = match value["$ref"].as_str() {
                Some(reference) => SCHEMA.pointer(&reference[1..]).expect("a definition"),
                None => value,
            };
            assert!(value["description"].is_string(), "{key} has no description");
        }
    }
}

#[test]
fn every_key_of_the_schema_is_in_some_report() {
    let mut promised = BTreeSet::new();
    let definitions = SCHEMA["$defs"].as_object().expect("definitions");
    for table in definitions.values().chain([&*SCHEMA]) {
        promised.extend(table["properties"].as_object().expect("properties").keys().cloned());
    }
    let mut found = BTreeSet::new();
    for report in [of_an_environment(), of_a_manifest()] {
        keys(&report, &mut found);
    }
    assert_eq!(promised, found);
}

#[test]
fn a_report_with_something_else_in_it_is_refused() {
    let report = of_an_environment();
    let place = |outcome: &str| {
        let checks = report["checks"].as_array().expect("checks");
        let index = checks.iter().position(|check| check["outcome"] == outcome);
        format!("/checks/{}", index.expect(outcome))
    };
    let passed = place("passed");
    for (pointer, value) in [
        ("/schema", Some(Value::from(2))),
        ("/at", None),
        ("/surprise", Some(Value::from(1))),
        (&format!("{passed}/outcome"), Some("well".into())),
        (&format!("{passed}/reason"), Some("none".into())),
        (&format!("{passed}/group"), Some("other".into())),
        (&format!("{}/found", place("failed")), None),
        (&format!("{}/reason", place("skipped")), None),
        ("/environments", Some(Value::Array(vec![]))),
    ] {
        let mut changed = report.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => parent.insert(key.to_owned(), value),
            None => parent.remove(key),
        };
        assert!(!errors(&changed).is_empty(), "{pointer} may be anything");
    }
}
