//! `emitter.toml`: what an emitter can be told and which files it makes.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Emitter, FileSpec};
use crate::error::{Error, Result};
use crate::profile::toml_error;
use crate::template::Library;

/// Names that templates have beside the options.
const ALWAYS_DEFINED: [&str; 4] = ["environment", "trust", "version", "item"];

/// Something that an emitter can be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// The long name; templates write `_` for `-`.
    pub name: String,
    /// The form of its value.
    #[serde(rename = "type")]
    pub kind: OptionType,
    /// One sentence for people.
    pub help: String,
    /// The values of a `choice`.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Whether it is given by its place, in the order of the description.
    #[serde(default)]
    pub positional: bool,
    /// Whether nothing can be made without it.
    #[serde(default)]
    pub required: bool,
    /// Its value when none is given: a template that may use the options before it. One that renders to nothing
    /// leaves it absent.
    pub default: Option<String>,
    /// A letter that can be written for its name.
    pub short: Option<char>,
    /// Further long names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What stands for the value in help.
    pub value_name: Option<String>,
    /// Smallest value of an `integer`.
    pub min: Option<i64>,
    /// Largest value of an `integer`.
    pub max: Option<i64>,
    /// For `server`, `client` and `authority`: material made elsewhere is taken by path, and these options name its other files.
    pub files: Option<FileOptions>,
    /// For `server`, `client`, `callers` and `trust` in a manifest that says nothing of it: an expression over the other
    /// options, `serves` and `calls`, whether the service's own credential, callers or authority are meant.
    pub own: Option<String>,
}

/// The form of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionType {
    /// Any text.
    String,
    /// ASCII letters, digits and `. _ - / : @`, which no syntax needs to quote: an image, a user, an object's name.
    Word,
    /// A whole number.
    Integer,
    /// Given or not given.
    Flag,
    /// One of a few values.
    Choice,
    /// Texts; can be given several times.
    List,
    /// A host name, perhaps with a wildcard: lower case, A-labels.
    Hostname,
    /// A Kubernetes namespace (a DNS-1123 label).
    Namespace,
    /// The name of another Kubernetes object (a DNS-1123 subdomain).
    Name,
    /// A credential that serves: allows `serverAuth`.
    Server,
    /// A credential that calls: allows `clientAuth`.
    Client,
    /// Credentials that call, each given once or several times: whom a server admits.
    Callers,
    /// Credentials for whatever purpose, each given once or several times.
    Credentials,
    /// An authority with its private key: somebody else will sign in its place.
    Authority,
    /// An authority by name, or a file of CA certificates.
    Trust,
}

/// Names of the options that give the other files of a credential made elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileOptions {
    /// The option for the file of the private key.
    pub key: String,
    /// The option for the file of the authorities.
    pub ca: Option<String>,
}

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
pub(super) struct Manifest {
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
pub(super) fn parse(text: &str, place: &str) -> Result<Manifest> {
    let manifest: Manifest = toml::from_str(text).map_err(|error| toml_error(text, place, &error))?;
    manifest.check().map_err(|reason| Error::Syntax { place: place.to_owned(), reason })?;
    Ok(manifest)
}

/// Whether `text` can be the name of an emitter or one of its template files: no path, not hidden.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

impl Manifest {
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
            return Err("an emitter makes at least one [[file]]".into());
        }
        let mut names = BTreeSet::new();
        let mut letters = BTreeSet::new();
        for option in &self.options {
            option.check().map_err(|reason| format!("option {:?}: {reason}", option.name))?;
            let files = option.files.iter().flat_map(|files| std::iter::once(&files.key).chain(&files.ca));
            for name in std::iter::once(&option.name).chain(&option.aliases).chain(files) {
                if !is_option_name(name) {
                    return Err(format!("{name:?} is no option name: use small letters, digits and `-`"));
                }
                if ALWAYS_DEFINED.contains(&name.as_str()) || !names.insert(name.as_str()) {
                    return Err(format!("the option name {name:?} is taken"));
                }
            }
            if option.short.is_some_and(|letter| !letters.insert(letter)) {
                return Err(format!("option {:?}: its letter is taken", option.name));
            }
        }
        Ok(())
    }
}

impl OptionSpec {
    /// The name by which templates know it.
    pub fn variable(&self) -> String {
        self.name.replace('-', "_")
    }

    fn check(&self) -> Result<(), &'static str> {
        use OptionType::{
            Authority, Callers, Choice, Client, Credentials, Flag, Integer, List, Server, Trust,
        };
        let is_text =
            !matches!(self.kind, Flag | List | Server | Client | Callers | Credentials | Authority | Trust);
        let rules = [
            (
                (self.kind == Choice) != self.choices.is_empty(),
                "`choices` belong to a choice, and a choice to them",
            ),
            (!self.positional || is_text, "only a single text, number or choice can be positional"),
            (self.default.is_none() || is_text, "only a text, a number or a choice has a default"),
            (!self.required || self.default.is_none(), "a required option has no default"),
            (!self.required || self.kind != Flag, "a flag cannot be required"),
            (
                self.files.is_none() || matches!(self.kind, Server | Client | Authority),
                "`files` belong to a server, client or authority",
            ),
            (self.short.is_none_or(|c| c.is_ascii_alphabetic()), "`short` is one ASCII letter"),
            (
                (self.min.is_none() && self.max.is_none()) || self.kind == Integer,
                "`min` and `max` belong to an integer",
            ),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(reason))
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
            (Some(file), None) => return Err(wrong(format!("{file:?} is no file name"))),
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
