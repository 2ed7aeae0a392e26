//! Judges what a template made.

use std::collections::BTreeSet;

use super::description::Syntax;
use super::{Emitter, FileSpec};
use crate::error::Error;
use crate::pki::{PrivateKey, pem};

/// Reads what claims a syntax that can be read; the error is what the reader says.
pub(super) fn read_again(syntax: Syntax, text: &str) -> Result<(), String> {
    match syntax {
        Syntax::Yaml => serde_saphyr::from_multiple(text)
            .map_err(|error| error.without_snippet().to_string())
            .and_then(|documents| distinct_objects(&documents)),
        Syntax::Json => {
            serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| error.to_string())
        }
        Syntax::Toml => {
            toml::from_str::<toml::Table>(text).map(drop).map_err(|error| error.message().to_owned())
        }
        Syntax::Pem => pem::read(text.as_bytes(), "it").map(drop).map_err(|error| error.to_string()),
        Syntax::Dockerfile | Syntax::Shell | Syntax::Python | Syntax::Conf | Syntax::Text => Ok(()),
    }
}

/// Of two Kubernetes objects of one kind and name the cluster would keep the second.
fn distinct_objects(documents: &[serde_json::Value]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for document in documents.iter().flat_map(held) {
        let metadata = &document["metadata"];
        let place = [&document["apiVersion"], &document["kind"], &metadata["namespace"], &metadata["name"]];
        let place = place.map(|field| field.as_str().unwrap_or_default());
        let [_, kind, _, name] = place;
        if !name.is_empty() && !seen.insert(place) {
            return Err(format!("it holds two objects {kind} {name:?}"));
        }
    }
    Ok(())
}

/// The objects of a List or a Template, or the object itself.
fn held(document: &serde_json::Value) -> &[serde_json::Value] {
    let list = match document["kind"].as_str() {
        Some("List") => &document["items"],
        Some("Template") => &document["objects"],
        _ => return std::slice::from_ref(document),
    };
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a private key is in the text: by its PEM label, or as base64 of one of `keys`, however it is wrapped.
pub(super) fn holds_private_key(text: &str, keys: &[&PrivateKey]) -> bool {
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    // An escaped line end (`\n`) must not leave its letter behind.
    let joined: String = text.replace("\\n", "").chars().filter(|c| is_base64(*c)).collect();
    keys.iter().any(|key| {
        let pem = key.pkcs8_pem();
        // The last characters depend on what follows; what stands before them does not.
        let twice = pem::encode("X", pem.as_bytes());
        [body(&pem), body(&twice)].iter().any(|body| joined.contains(&body[..body.len() - 4]))
    })
}

fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// An [`Error::BadArtifact`] for a file of an emitter.
pub(super) fn defect(emitter: &Emitter, file: &FileSpec, path: &str, reason: String) -> Error {
    Error::BadArtifact {
        emitter: emitter.name.clone(),
        file: path.to_owned(),
        syntax: file.syntax.name().to_owned(),
        reason,
    }
}
