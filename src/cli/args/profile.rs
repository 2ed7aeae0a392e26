//! Arguments of `profile`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use crate::cli::completions;

/// List profiles, or print one to copy and change
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// What to do with profiles.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles
    #[command(visible_alias = "ls")]
    List,
    /// Print a profile, ready to copy into DIR/profiles and change
    Show {
        /// Name of the profile
        #[arg(add = ArgValueCandidates::new(completions::profiles))]
        name: String,
    },
}
