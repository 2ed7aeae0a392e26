//! Arguments of `profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use crate::cli::candidates;

/// List profiles, or print one to copy and change
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl profile list\n  pkictl profile show server -o pki/profiles/mine.toml"
)]
pub struct ProfileArgs {
    /// What to do with profiles.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles
    #[command(visible_alias = "ls", before_help = "Examples:\n  pkictl profile list --format json")]
    List,
    /// Print a profile, or write it into DIR/profiles to change it
    #[command(
        before_help = "Examples:\n  pkictl profile show server\n  pkictl profile show server -o pki/profiles/mine.toml"
    )]
    Show {
        /// Name of the profile
        #[arg(add = ArgValueCandidates::new(candidates::profiles))]
        name: String,
        /// File to write it into, made with its directory; `-` is standard output
        #[arg(long, short, value_name = "FILE", default_value = "-", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// Replace a file that is there
        #[arg(long, short)]
        force: bool,
    },
}
