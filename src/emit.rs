//! Emitters: directories of templates that turn certificates into the files of one place of use.
//!
//! An emitter is `emitter.toml` (what it can be told, which files it makes) and templates beside it. A new one is a
//! new directory and no line of Rust.

mod description;
mod input;
mod option;
mod output;
mod text;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use minijinja::Value;

use crate::artifact::Artifact;
use crate::error::{Error, Result, ThingKind};
use crate::template::{self, Form, Library};

pub use description::Syntax;
pub use input::{Input, OptionValue};
pub use option::{FileOptions, OptionSpec, OptionType};

/// All emitters that are known: the built-in ones and those of users' directories.
#[derive(Debug, Clone)]
pub struct Emitters {
    library: Library,
}

impl Emitters {
    /// The built-in emitters, and before them those of `directories`, the first of which wins.
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self { library: Library::new("emit", directories) }
    }

    /// The built-in emitters only.
    pub fn built_in() -> Self {
        Self::new(vec![])
    }

    /// The names of all emitters, sorted.
    pub fn names(&self) -> Vec<String> {
        let described =
            |name: &String| !matches!(self.library.read(&format!("{name}/emitter.toml")), Ok(None));
        self.library.names(Form::Directory).into_iter().filter(described).collect()
    }

    /// An emitter, read and checked.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown name, [`Error::Syntax`] with the place for a description that is wrong.
    pub fn load(&self, name: &str) -> Result<Emitter> {
        let unknown = || Error::NotFound {
            what: ThingKind::Emitter,
            name: name.to_owned(),
            place: "the built-in emitters and the emitter directories".into(),
            known: self.names(),
        };
        if !template::is_name(name) {
            return Err(unknown());
        }
        let (text, place) = self.library.read(&format!("{name}/emitter.toml"))?.ok_or_else(unknown)?;
        description::parse(&text, &place)?.load(name, &place, &self.library)
    }
}

/// One place of use: what it can be told and what it makes.
#[derive(Debug, Clone)]
pub struct Emitter {
    /// The name of its directory.
    pub name: String,
    /// One line for lists.
    pub summary: String,
    /// By what its output was proven to work, or "unproven".
    pub proven_by: String,
    /// Whole commands that work.
    pub examples: Vec<String>,
    /// What it can be told, in the order of its description.
    pub options: Vec<OptionSpec>,
    files: Vec<FileSpec>,
    /// Where templates find what they import.
    library: Library,
}

/// A file that an emitter makes.
#[derive(Debug, Clone)]
struct FileSpec {
    /// Where its text is, for errors.
    place: String,
    /// The template's text.
    source: String,
    /// A template of its relative path.
    output: String,
    /// What it claims to be.
    syntax: Syntax,
    /// An expression: whether it may hold a private key.
    secret: String,
    /// An expression: whether it is made.
    when: String,
    /// An expression: the list for each item of which it is made once.
    each: Option<String>,
}

impl Emitter {
    /// The emitter's files, in the order of its description. Each that claims a syntax has been read again.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::NotFound`], [`Error::Invalid`] and [`Error::Contradiction`] for options that do
    /// not fit, [`Error::Refused`] when a template refuses their combination; [`Error::Template`] and
    /// [`Error::BadArtifact`] for defects of the emitter, among them a private key in a file that is not declared
    /// secret.
    pub fn render(&self, input: &Input<'_>) -> Result<Vec<Artifact>> {
        let context = input::context(self, input)?;
        let keys = input.keys();
        let mut artifacts: Vec<Artifact> = Vec::new();
        for file in &self.files {
            for context in file.contexts(&context)? {
                let artifact = self.render_file(file, &context, &keys)?;
                if artifacts.iter().any(|earlier| earlier.path == artifact.path) {
                    let reason = "two files of the emitter have this name";
                    return Err(output::defect(self, file, &artifact.path, reason.into()));
                }
                artifacts.push(artifact);
            }
        }
        Ok(artifacts)
    }

    /// Whether an option of which a manifest says nothing means the service's own credential, its callers or its
    /// authority: what the description says, or else the usual meaning of `cert`, `client` and `allow`.
    ///
    /// # Errors
    /// [`Error::Template`] for an expression of the description that does not evaluate.
    pub fn means_own(
        &self,
        option: &OptionSpec,
        given: &BTreeMap<String, String>,
        serves: bool,
        calls: bool,
    ) -> Result<bool> {
        let Some(expression) = &option.own else {
            // Without a certificate to serve with, a service that does both is meant as a caller.
            let serves_nothing = !serves || given.get("cert").is_some_and(String::is_empty);
            return Ok(match (option.name.as_str(), option.kind) {
                ("cert", OptionType::Server) | ("allow", OptionType::Callers) => serves,
                ("client", OptionType::Client) => calls && serves_nothing,
                _ => false,
            });
        };
        let mut context: BTreeMap<String, Value> =
            self.options.iter().map(|option| (option.variable(), Value::from(()))).collect();
        let known = |name: &str| self.options.iter().find(|option| option.name == name);
        for (name, text) in given {
            context.extend(known(name).map(|option| (option.variable(), Value::from(text.as_str()))));
        }
        context.insert("serves".into(), Value::from(serves));
        context.insert("calls".into(), Value::from(calls));
        let place = format!("emitter {}, own of {}", self.name, option.name);
        Ok(template::evaluate(&place, expression, &Value::from(context))?.is_true())
    }

    fn render_file(
        &self,
        file: &FileSpec,
        context: &Value,
        keys: &[&crate::pki::PrivateKey],
    ) -> Result<Artifact> {
        let path = template::render(&file.place, &file.output, context)?;
        let contents = zeroize::Zeroizing::new(self.library.render(&file.place, &file.source, context)?);
        output::read_again(file.syntax, &contents)
            .map_err(|reason| output::defect(self, file, &path, reason))?;
        let secret = template::evaluate(&file.place, &file.secret, context)?.is_true();
        if !secret && output::holds_private_key(&contents, keys) {
            let reason = "it contains a private key and is not declared secret";
            return Err(output::defect(self, file, &path, reason.into()));
        }
        let artifact = match secret {
            true => Artifact::secret(path, &contents),
            false => Artifact::public(path, contents.as_bytes()),
        };
        Ok(Artifact { is_resource: matches!(file.syntax, Syntax::Yaml | Syntax::Json), ..artifact })
    }
}

impl FileSpec {
    /// The contexts that the file is rendered with: none, one, or one for each item.
    fn contexts(&self, context: &Value) -> Result<Vec<Value>> {
        if !template::evaluate(&self.place, &self.when, context)?.is_true() {
            return Ok(vec![]);
        }
        let Some(each) = &self.each else { return Ok(vec![context.clone()]) };
        let items = template::evaluate(&self.place, each, context)?;
        let items = items.try_iter().map_err(|error| Error::Template {
            template: self.place.clone(),
            reason: format!("`each` is not a list: {error}"),
        })?;
        Ok(items.map(|item| minijinja::context! { item, ..context.clone() }).collect())
    }
}

#[cfg(test)]
mod tests;
