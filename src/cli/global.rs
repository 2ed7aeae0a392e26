//! The options of every command, and which of them were given.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::environment::variable;
use super::failure::Failure;
use crate::emit::Emitters;
use crate::profile::Profiles;
use crate::store::Store;

/// The variable of `--pki`.
pub(super) const DIRECTORY: &str = "PKICTL_DIR";
/// The variable of `--env`.
pub(super) const ENVIRONMENT: &str = "PKICTL_ENV";

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// PKI directory [env: PKICTL_DIR]
    #[arg(long, global = true, value_name = "DIR", default_value = "pki", value_hint = ValueHint::DirPath)]
    pub pki: PathBuf,
    /// Environment, such as test or prod; each has its own CA [env: PKICTL_ENV]
    #[arg(long, short = 'e', global = true, value_name = "NAME", default_value = "dev",
          add = ArgValueCandidates::new(candidates::environments))]
    pub env: String,
    /// Directory with your own profiles, in addition to DIR/profiles
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub profiles: Option<PathBuf>,
    /// Directory with your own emitters, in addition to DIR/emit
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub templates: Option<PathBuf>,
    /// Output format
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Never prompt; fail and name the missing option instead
    #[arg(long, global = true, visible_alias = "non-interactive")]
    pub no_input: bool,
    /// Print only warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colors
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Which of them were given.
    #[arg(skip)]
    pub explicit: Explicit,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Human-readable text
    Human,
    /// JSON, with a schema version
    Json,
    /// JUnit XML for CI servers (verify)
    Junit,
    /// SARIF 2.1.0 for code hosts and editors (lint)
    Sarif,
    /// Who may call whom as a Mermaid flowchart, for Markdown (verify -f)
    Mermaid,
    /// Who may call whom as a Graphviz graph (verify -f)
    Dot,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// If stdout is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Global {
    /// The PKI directory.
    pub fn store(&self) -> Store {
        Store::new(&self.pki)
    }

    /// Refuses directories that do not exist, instead of silently finding nothing there.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (option, directory) in [("--profiles", &self.profiles), ("--templates", &self.templates)] {
            if let Some(directory) = directory.as_ref().filter(|directory| !directory.is_dir()) {
                return Err(Failure::usage(
                    format!("{option} {}: no such directory", directory.display()),
                    None,
                ));
            }
        }
        Ok(())
    }

    /// The emitters that are known here.
    pub fn emitters(&self) -> Emitters {
        Emitters::new(self.templates.iter().cloned().chain([self.pki.join("emit")]).collect())
    }

    /// The profiles that are known here.
    pub fn profile_library(&self) -> Profiles {
        Profiles::new(self.profiles.iter().cloned().chain([self.pki.join("profiles")]).collect())
    }
}

/// Which global options were given, on the command line or by a variable: a manifest brings values of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Explicit {
    /// `--pki`.
    pub pki: bool,
    /// `--env`.
    pub env: bool,
}

impl Explicit {
    /// Looks at the matches of the program and of its subcommands.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let named = |name: &str| {
            let mut level = Some(matches);
            let mut found = false;
            while let Some(matches) = level {
                let source = matches.try_contains_id(name).ok().and_then(|_| matches.value_source(name));
                found |= source.is_some_and(|source| source != ValueSource::DefaultValue);
                level = matches.subcommand().map(|(_, below)| below);
            }
            found
        };
        Self { pki: named("pki"), env: named("env") }
    }

    /// Fills in the variables of what was not given on the command line. Were clap told of them, it would take what they
    /// say for a part of the command line, show it in every usage line, and stumble over one that is set to nothing.
    pub(super) fn complete(mut self, global: &mut Global) -> Self {
        if let Some(directory) = variable(DIRECTORY).filter(|_| !self.pki) {
            global.pki = directory.into();
            self.pki = true;
        }
        if let Some(name) = variable(ENVIRONMENT).filter(|_| !self.env) {
            global.env = name.to_string_lossy().into_owned();
            self.env = true;
        }
        self
    }
}
