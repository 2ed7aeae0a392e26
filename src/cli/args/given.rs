//! Which global options were given: a manifest brings values of its own.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::Global;
use crate::cli::environment::variable;

/// The variable of `--pki`.
pub(in crate::cli) const DIRECTORY: &str = "PKICTL_DIR";
/// The variable of `--env`.
pub(in crate::cli) const ENVIRONMENT: &str = "PKICTL_ENV";

/// Which global options were given, on the command line or by a variable: a manifest brings values of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// `--pki`.
    pub pki: bool,
    /// `--env`.
    pub env: bool,
}

impl Given {
    /// Looks at the matches of the program and of its subcommands.
    pub(in crate::cli) fn of(matches: &ArgMatches) -> Self {
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
