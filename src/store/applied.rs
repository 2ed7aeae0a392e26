//! What was last applied from a manifest: whom each service admits, and which files were written.
//!
//! The manifest says what is wanted; this says what is in force until it is applied again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Environment, Lock};
use crate::artifact::{Artifact, Existing, write_all};
use crate::error::{Error, Result};

const FILE: &str = "applied.json";

/// `applied.json` of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The form of this file: 1.
    pub schema: u32,
    /// By name.
    pub services: BTreeMap<String, AppliedService>,
    /// Files that were written once, that are no longer declared, and that are still there; relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

/// What every schema has.
#[derive(Deserialize)]
struct SchemaVersion {
    schema: u32,
}

/// What was applied of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedService {
    /// The names by which it knows those that it admits; absent where it asks for no certificate.
    pub admits: Option<Vec<String>>,
    /// Files that were written for it, relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

impl Environment {
    /// What was last applied; nothing where no manifest ever was.
    pub fn applied(&self) -> Result<Option<Applied>> {
        let path = self.path.join(FILE);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| Error::io("read", &path, error))?,
        };
        // Another schema may have another form in everything else.
        match serde_json::from_slice::<SchemaVersion>(&bytes) {
            Ok(SchemaVersion { schema: 1 }) => {}
            Ok(SchemaVersion { schema }) => {
                return Err(Error::AppliedState {
                    found: format!("schema {schema}"),
                    is_newer: schema > 1,
                    path,
                });
            }
            Err(error) => return Err(damaged(&path, error.to_string())),
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(&path, error.to_string()))
    }

    /// Keeps what was applied, whole or not at all.
    pub fn put_applied(&self, _lock: &Lock, applied: &Applied) -> Result<()> {
        let text = serde_json::to_string_pretty(applied).expect("plain data always encodes");
        let file = Artifact {
            sensitivity: crate::artifact::Sensitivity::Secret,
            ..Artifact::public(FILE, text + "\n")
        };
        write_all(&self.path, &[file], Existing::Replace).map(drop)
    }
}

fn damaged(path: &std::path::Path, found: String) -> Error {
    Error::AppliedState { path: path.to_owned(), found, is_newer: false }
}
