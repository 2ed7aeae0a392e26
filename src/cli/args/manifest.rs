//! Arguments of `manifest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::with_form;
use crate::manifest::FILE_NAME;
use crate::pki::Label;

/// Create a manifest, import one from Docker Compose, or print its JSON Schema
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl manifest init --services web,api,database\n  pkictl manifest import compose docker-compose.yml\n  pkictl manifest schema -o pkictl.schema.json"
)]
pub struct ManifestArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ManifestCommand,
}

/// What to do about a manifest.
#[derive(Debug, Subcommand)]
pub enum ManifestCommand {
    /// Write a commented starter manifest
    #[command(
        before_help = "Examples:\n  pkictl manifest init\n  pkictl manifest init --services web,api,database -o -",
        after_help = "It works as it is: run `pkictl apply`."
    )]
    Init {
        /// Services to declare, instead of the examples
        #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = with_form::<Label>)]
        services: Vec<Label>,
        /// Where it goes.
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Draft a manifest from another tool's file
    #[command(before_help = "Examples:\n  pkictl manifest import compose docker-compose.yml")]
    Import {
        /// Whose file it is.
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Print the JSON Schema of the manifest, for editors
    #[command(
        before_help = "Examples:\n  pkictl manifest schema -o pkictl.schema.json\n  pkictl manifest schema > pkictl.schema.json",
        after_help = "TOML editor plugins (taplo, Even Better TOML) use it if the manifest's first line is `#:schema ./pkictl.schema.json`. It includes your own emitters and profiles (--templates, --profiles, --pki)."
    )]
    Schema {
        /// File to write; `-` for standard output
        #[arg(long, short, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// Replace an existing file
        #[arg(long, short)]
        force: bool,
    },
}

/// Whose file a manifest is drafted from.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Draft a manifest from a Docker Compose file; `depends_on` becomes "calls"
    #[command(
        before_help = "Examples:\n  pkictl manifest import compose docker-compose.yml\n  pkictl manifest import compose compose.yaml -o -"
    )]
    Compose {
        /// The Compose file
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Where the manifest goes.
        #[command(flatten)]
        target: TargetArgs,
    },
}

/// Where a manifest goes.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// File to write; `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME, value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace an existing file
    #[arg(long, short)]
    pub force: bool,
}
