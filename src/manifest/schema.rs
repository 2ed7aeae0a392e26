//! The JSON Schema of a manifest. The fixed part is text, in `templates/manifest/schema.json`; key types, profiles and
//! what emitters can be told are put in here, so that editors know what this program knows.

use serde_json::{Map, Value, json};

use crate::emit::{Emitter, Emitters, OptionSpec, OptionType};
use crate::error::{Error, Result};
use crate::pki::KeyAlgorithm;
use crate::profile::Profiles;
use crate::template::Library;

/// Where the schema of this version's own emitters is published.
const ID: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/schemas/pkictl.schema.json");

/// The JSON Schema (draft 2020-12) of a manifest that is held against these profiles and emitters.
///
/// It takes every manifest without mistakes. It cannot see contradictions between two places: an unknown caller, or a
/// name outside of the authority's constraints.
///
/// # Errors
/// What [`Emitters::load`] and [`Profiles::load`] return for descriptions in users' directories that cannot be read.
pub fn schema(profiles: &Profiles, emitters: &Emitters) -> Result<Value> {
    let mut schema = frame()?;
    schema["$id"] = ID.into();
    let definitions = &mut schema["$defs"];
    definitions["key_type"]["enum"] =
        KeyAlgorithm::ALL.map(|algorithm| algorithm.to_string()).to_vec().into();
    let mut for_services = Vec::new();
    for name in profiles.names() {
        if !profiles.load(&name)?.role.is_authority() {
            for_services.push(name);
        }
    }
    definitions["service"]["properties"]["profile"]["examples"] = for_services.into();
    let (mut targets, mut hints, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    for name in emitters.names() {
        let emitter = emitters.load(&name)?;
        let definition = format!("emit-{name}");
        let reference = json!({ "$ref": format!("#/$defs/{definition}") });
        definitions[definition.as_str()] = entry(&emitter);
        rules.push(json!({
            "if": { "properties": { "target": { "const": name } }, "required": ["target"] },
            "then": reference.clone(),
        }));
        hints.push(reference);
        targets.push(name);
    }
    hints.push(json!({}));
    definitions["emit"] = json!({
        "title": "Place of use",
        "description": "The files of one place of use. Options of an emitter that name credentials, callers or an authority are filled in from the service if they are absent; `false` says that there is none.",
        "type": "object",
        "required": ["target"],
        "properties": { "target": { "type": "string", "enum": targets } },
        "$comment": "Editors that do not look into `if` find the options by `anyOf`, which refuses nothing.",
        "anyOf": hints,
        "allOf": rules,
    });
    Ok(schema)
}

fn frame() -> Result<Value> {
    let (text, place) = Library::new("manifest", vec![])
        .read("schema.json")?
        .expect("the file is embedded: without it, every test of the schema fails");
    serde_json::from_str(&text).map_err(|error| Error::Syntax { place, reason: error.to_string() })
}

/// An entry of `emit` for this emitter.
fn entry(emitter: &Emitter) -> Value {
    let (mut properties, mut patterns) = (Map::new(), Map::new());
    for option in &emitter.options {
        let value = value(option);
        for name in std::iter::once(&option.name).chain(&option.aliases) {
            // Every `-` of a name can be written as `_`.
            if name.contains('-') {
                patterns.insert(format!("^{}$", name.replace('-', "[-_]")), value.clone());
            }
            properties.insert(name.replace('-', "_"), value.clone());
        }
    }
    let target = json!({ "const": emitter.name, "title": emitter.name, "description": emitter.summary });
    properties.insert("target".into(), target);
    properties.insert("to".into(), json!({ "$ref": "#/$defs/to" }));
    let required: Vec<Value> =
        emitter.options.iter().filter(|option| must_be_said(option)).map(said).collect();
    let mut entry = json!({
        "title": emitter.name,
        "description": emitter.summary,
        "type": "object",
        "required": ["target"],
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        entry["allOf"] = required.into();
    }
    entry
}

/// Whether the manifest must give it: required, and never filled in from the service.
fn must_be_said(option: &OptionSpec) -> bool {
    let filled = option.own.is_some() || ["cert", "client", "allow"].contains(&option.name.as_str());
    option.required && !filled
}

/// That an option is there, by one of its names.
fn said(option: &OptionSpec) -> Value {
    let mut names: Vec<String> = std::iter::once(&option.name)
        .chain(&option.aliases)
        .flat_map(|name| [name.replace('-', "_"), name.clone()])
        .collect();
    names.dedup();
    match names.as_slice() {
        [name] => json!({ "required": [name] }),
        names => {
            json!({ "anyOf": names.iter().map(|name| json!({ "required": [name] })).collect::<Vec<_>>() })
        }
    }
}

/// The value of an option, in every form that the reader takes.
fn value(option: &OptionSpec) -> Value {
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let mut value = match option.kind {
        OptionType::Flag => json!({ "type": "boolean" }),
        OptionType::Choice => json!({ "type": "string", "enum": option.choices }),
        OptionType::Integer => json!({ "type": "integer" }),
        OptionType::List => json!({ "anyOf": [list, { "type": "string" }] }),
        OptionType::String
        | OptionType::Word
        | OptionType::Hostname
        | OptionType::Address
        | OptionType::Port
        | OptionType::Directory
        | OptionType::Namespace
        | OptionType::Label
        | OptionType::Service
        | OptionType::Name => json!({ "type": ["string", "integer"] }),
        OptionType::Server | OptionType::Client => {
            json!({ "anyOf": [{ "type": "string" }, { "const": false }] })
        }
        OptionType::Callers | OptionType::Credentials => {
            json!({ "anyOf": [list, { "type": "string" }, { "const": false }] })
        }
        OptionType::Authority | OptionType::Trust => {
            json!({ "anyOf": [{ "type": "string" }, { "const": false }], "examples": ["root", "issuing"] })
        }
    };
    value["title"] = option.variable().into();
    value["description"] = option.help.clone().into();
    for (word, bound) in [("minimum", option.min), ("maximum", option.max)] {
        if let Some(bound) = bound {
            value[word] = bound.into();
        }
    }
    if let Some(text) = option.default.as_ref().filter(|text| !text.contains('{')) {
        let number = (option.kind == OptionType::Integer).then(|| text.parse::<i64>().ok()).flatten();
        value["default"] = number.map_or_else(|| text.clone().into(), Value::from);
    }
    value
}
