//! Arguments of `profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use crate::cli::candidates;

/// List certificate profiles, or print one to customize
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl profile list\n  pkictl profile show server -o pki/profiles/mine.toml"
)]
pub struct ProfileArgs {
    /// The command.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// The commands of `profile`.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles
    #[command(visible_alias = "ls", before_help = "Examples:\n  pkictl profile list --format json")]
    List,
    /// Print a profile, or write it to a file to customize it
    #[command(
        before_help = "Examples:\n  pkictl profile show server\n  pkictl profile show server -o pki/profiles/mine.toml"
    )]
    Show {
        /// Name of the profile
        #[arg(add = ArgValueCandidates::new(candidates::profiles))]
        name: String,
        /// File to write; its directory is created if needed; `-` for standard output
        #[arg(long, short, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// Replace an existing file
        #[arg(long, short)]
        force: bool,
    },
}
