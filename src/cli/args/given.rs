//! Which global options were given: a manifest brings values of its own.

use clap::ArgMatches;
use clap::parser::ValueSource;

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
}
