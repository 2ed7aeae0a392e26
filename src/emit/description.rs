//! `emitter.toml`: what an emitter can be told and which files it makes.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::option::OptionSpec;
use super::{Emitter, FileSpec};
use crate::error::{Error, Result};
use crate::profile::toml_error;
use crate::template::{Library, is_name};

/// Names that templates have beside the options.
const ALWAYS_DEFINED: [&str; 4] = ["environment", "trust", "version", "item"];

/// What a file claims to be. The first four are read again after rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    /// YAML 1.2, one or more documents.
    Yaml,
    /// JSON.
    Json,
    /// TOML 1.0.
    Toml,
    /// PEM sections.
    Pem,
    /// A Dockerfile.
    Dockerfile,
    /// POSIX shell.
    Shell,
    /// Python.
    Python,
    /// The configuration language of a program.
    Conf,
    /// Anything else.
    Text,
}

impl Syntax {
    /// Its name, as in `emitter.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Pem => "pem",
            Self::Dockerfile => "dockerfile",
            Self::Shell => "shell",
            Self::Python => "python",
            Self::Conf => "conf",
            Self::Text => "text",
        }
    }
}

/// `emitter.toml`, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    summary: String,
    proven_by: String,
    #[serde(default)]
    examples: Vec<String>,
    #[serde(default, rename = "option")]
    options: Vec<OptionSpec>,
    #[serde(rename = "file")]
    files: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    template: Option<String>,
    content: Option<String>,
    output: String,
    syntax: Syntax,
    secret: Option<Secret>,
    when: Option<String>,
    each: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Secret {
    Always(bool),
    When(String),
}

/// Reads `emitter.toml`. `place` says where the text came from, for errors.
pub(super) fn parse(text: &str, place: &str) -> Result<Description> {
    let description: Description = toml::from_str(text).map_err(|error| toml_error(text, place, &error))?;
    description.check().map_err(|reason| Error::Syntax { place: place.to_owned(), reason })?;
    Ok(description)
}

impl Description {
    /// The emitter with its templates, which lie in the directory of its name.
    pub(super) fn load(self, name: &str, place: &str, library: &Library) -> Result<Emitter> {
        let read = |file: &str| library.read(&format!("{name}/{file}"));
        let files = self.files.into_iter().map(|file| file.load(place, read)).collect::<Result<Vec<_>>>()?;
        Ok(Emitter {
            name: name.to_owned(),
            summary: self.summary,
            proven_by: self.proven_by,
            examples: self.examples,
            options: self.options,
            files,
            library: library.clone(),
        })
    }

    fn check(&self) -> Result<(), String> {
        if self.files.is_empty() {
            return Err("an emitter needs at least one [[file]]".into());
        }
        let mut names = BTreeSet::new();
        let mut letters = BTreeSet::new();
        for option in &self.options {
            option.check().map_err(|reason| format!("option {:?}: {reason}", option.name))?;
            for name in option.names() {
                if !is_option_name(name) {
                    return Err(format!(
                        "{name:?} is not an option name: use lower-case letters, digits and `-`"
                    ));
                }
                if ALWAYS_DEFINED.contains(&name) || !names.insert(name) {
                    return Err(format!("the option name {name:?} is already used"));
                }
            }
            if option.short.is_some_and(|letter| !letters.insert(letter)) {
                return Err(format!("option {:?}: its letter is already used", option.name));
            }
        }
        Ok(())
    }
}

fn is_option_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl FileEntry {
    fn load(self, place: &str, read: impl Fn(&str) -> Result<Option<(String, String)>>) -> Result<FileSpec> {
        let wrong = |reason: String| Error::Syntax { place: place.to_owned(), reason };
        let (source, place) = match (self.template, self.content) {
            (Some(file), None) if is_name(&file) => read(&file)?
                .ok_or_else(|| wrong(format!("the template {file:?} is not in the emitter's directory")))?,
            (None, Some(content)) => (content, place.to_owned()),
            (Some(file), None) => return Err(wrong(format!("{file:?} is not a file name"))),
            _ => return Err(wrong(format!("file {:?} needs either `template` or `content`", self.output))),
        };
        Ok(FileSpec {
            place,
            source,
            output: self.output,
            syntax: self.syntax,
            secret: match self.secret {
                None => "false".into(),
                Some(Secret::Always(secret)) => secret.to_string(),
                Some(Secret::When(expression)) => expression,
            },
            when: self.when.unwrap_or_else(|| "true".into()),
            each: self.each,
        })
    }
}
