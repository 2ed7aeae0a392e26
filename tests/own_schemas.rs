//! The schemas of what the program prints: every such document that a test sees is held against its own, and here it is
//! shown that they can refuse.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::harness::Workspace;

/// Reports of `verify`.
pub static VERIFY: LazyLock<OwnSchema> = LazyLock::new(|| OwnSchema::load("verify"));

/// Errors of every command.
pub static ERROR: LazyLock<OwnSchema> = LazyLock::new(|| OwnSchema::load("error"));

/// A schema of ours.
pub struct OwnSchema {
    pub document: Value,
    validator: Validator,
    file: String,
}

impl OwnSchema {
    fn load(name: &str) -> Self {
        let file = format!("schemas/{name}.schema.json");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file));
        let document: Value = serde_json::from_str(&text.expect("the schema")).expect("JSON");
        let validator = jsonschema::draft202012::new(&document).expect("a schema");
        Self { document, validator, file }
    }

    /// What it has against a document.
    pub fn errors(&self, document: &Value) -> Vec<String> {
        crate::schemas::errors(&self.validator, document)
    }

    /// Its tables: the document itself and every definition.
    fn tables(&self) -> impl Iterator<Item = &Value> {
        let definitions = self.document["$defs"].as_object().expect("definitions");
        definitions.values().chain([&self.document])
    }

    /// The names of all keys that it describes.
    pub fn promised(&self) -> BTreeSet<String> {
        let properties = self.tables().map(|table| table["properties"].as_object().expect("properties"));
        properties.flat_map(|table| table.keys().cloned()).collect()
    }
}

/// The names of keys anywhere in a value.
pub fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// `document` with another value at `pointer`, or without it.
pub fn changed(document: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut changed = document.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    changed
}

#[test]
fn each_schema_is_one_by_its_meta_schema_and_describes_every_key() {
    for schema in [&*VERIFY, &*ERROR] {
        let errors =
            jsonschema::draft202012::meta::validate(&schema.document).map_err(|error| error.to_string());
        assert_eq!(errors, Ok(()), "{}", schema.file);
        let id = format!("{}/raw/main/{}", env!("CARGO_PKG_REPOSITORY"), schema.file);
        assert_eq!(schema.document["$id"], id);
        for table in schema.tables() {
            for (key, value) in table["properties"].as_object().expect("properties") {
                let value = match value["$ref"].as_str() {
                    Some(reference) => schema.document.pointer(&reference[1..]).expect("a definition"),
                    None => value,
                };
                assert!(value["description"].is_string(), "{}: {key} has no description", schema.file);
            }
        }
    }
}

/// The error of a command that fails.
fn error(workspace: &Workspace, arguments: &[&str]) -> Value {
    let run = workspace.pkictl(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

/// A workspace with a certificate in it, and errors of several kinds.
fn some_errors() -> Vec<Value> {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web", "--san", "web.example.com"]).succeeds();
    workspace.write("bad.toml", "version = 1\n[service.web]\nnames = 1\nnmaes = []\n");
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\"]\n[service.web]\nnames = [\"web.example.com\"]\n\
         emit = [{ target = \"route\", termination = \"edge\", service = \"web\", hostname = \"other.example.com\", to = \"deploy\" }]\n",
    );
    vec![
        error(&workspace, &["issue", "sever", "web"]),
        error(&workspace, &["show", "./missing.pem"]),
        error(&workspace, &["list", "--verbose"]),
        error(&workspace, &["plan", "-f", "bad.toml"]),
        error(&workspace, &["apply"]),
    ]
}

#[test]
fn every_key_of_the_schema_of_errors_is_in_some_error() {
    let mut found = BTreeSet::new();
    some_errors().iter().for_each(|error| keys(error, &mut found));
    let mut promised = ERROR.promised();
    // Rules that are worse on some platform are about certificates; emitters make resources.
    promised.remove("errors_for");
    assert_eq!(promised, found);
}

#[test]
fn an_error_with_something_else_in_it_is_refused() {
    let errors = some_errors();
    assert_eq!(ERROR.errors(&errors[0]), Vec::<String>::new());
    let refused = errors.last().expect("an error");
    assert_eq!(ERROR.errors(refused), Vec::<String>::new());
    for (pointer, value) in [
        ("/schema", Some(json!(2))),
        ("/surprise", Some(json!(1))),
        ("/error/exit_code", Some(json!(3))),
        ("/error/message", Some(json!(""))),
        ("/error/hint", None),
        ("/error/findings", Some(json!(["text"]))),
        ("/error/findings/0/severity", Some(json!("bad"))),
        ("/error/findings/0/place", None),
        ("/error/findings/0/line", Some(json!(0))),
    ] {
        assert!(!ERROR.errors(&changed(refused, pointer, value)).is_empty(), "{pointer} may be anything");
    }
}
