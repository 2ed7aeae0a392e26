//! Manifests that the program writes, and the schema that editors hold them against.

mod compose;
mod properties;
mod schema;
mod starter;

use jsonschema::Validator;
use pkictl::emit::Emitters;
use pkictl::manifest::{self, Diagnostic, Manifest};
use pkictl::profile::Profiles;
use serde_json::Value;

/// What the reader says of a manifest.
fn read(text: &str) -> Result<Manifest, Vec<Diagnostic>> {
    Manifest::read(text, &Profiles::built_in(), &Emitters::built_in())
}

/// The schema of manifests.
fn schema() -> Value {
    manifest::schema(&Profiles::built_in(), &Emitters::built_in())
        .expect("the built-in descriptions are right")
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).expect("the schema is a schema")
}

/// What a schema sees of a manifest that is TOML at all.
fn json(text: &str) -> Option<Value> {
    toml::from_str(text).ok()
}

/// A manifest that the reader and the schema take.
#[track_caller]
fn is_right(text: &str) -> Manifest {
    let manifest = read(text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{text}"));
    let value = json(text).expect("it is TOML");
    let errors = crate::schemas::errors(&validator(), &value);
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    manifest
}
