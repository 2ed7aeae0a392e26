//! Arguments of `manifest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::with_form;
use crate::manifest::FILE_NAME;
use crate::pki::Label;

/// Begin a manifest, draft one from a Compose file, or print the schema of manifests
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
    /// Write a commented manifest to begin with
    #[command(
        before_help = "Examples:\n  pkictl manifest init\n  pkictl manifest init --services web,api,database -o -",
        after_help = "It can be applied as it is: `pkictl apply`."
    )]
    Init {
        /// Services to begin with, instead of the examples
        #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = with_form::<Label>)]
        services: Vec<Label>,
        /// Where it goes.
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Draft a manifest from a file of another tool
    #[command(before_help = "Examples:\n  pkictl manifest import compose docker-compose.yml")]
    Import {
        /// Whose file it is.
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Print the JSON Schema of manifests, for editors
    #[command(
        before_help = "Examples:\n  pkictl manifest schema -o pkictl.schema.json\n  pkictl manifest schema > pkictl.schema.json",
        after_help = "Editors that know TOML (taplo, Even Better TOML) use it when the manifest's first line is `#:schema ./pkictl.schema.json`. It knows the emitters and profiles of your own directories, too (--templates, --profiles, --pki)."
    )]
    Schema {
        /// File to write; `-` is standard output
        #[arg(long, short, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// Replace a file that is there
        #[arg(long, short)]
        force: bool,
    },
}

/// Whose file a manifest is drafted from.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Draft one from a Docker Compose file: its services, and who depends on whom as who calls whom
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
    /// File to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME, value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Replace a file that is there
    #[arg(long, short)]
    pub force: bool,
}
