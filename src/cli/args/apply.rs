//! Arguments of `plan` and `apply`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::manifest::FILE_NAME;

/// Which manifest, and how it is held against what there is.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// The manifest; certificates lie in `pki` beside it unless --pki says otherwise
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME, value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Move credentials aside that the manifest does not declare
    #[arg(long)]
    pub prune: bool,
    /// Make authorities anew that differ from the manifest; the old ones are moved aside, and all below is re-issued
    #[arg(long)]
    pub remake_authorities: bool,
    /// File whose first line is the passphrase of encrypted CA keys
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

/// Show what a manifest would change: credentials made, re-issued and why, files written
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl plan\n  pkictl plan -f deploy/pkictl.toml --env test\n  pkictl plan --check --format json",
    after_help = "Nothing is written. Every environment of the manifest is looked at unless --env names one.\n\nJSON: {schema, done, environments: [{environment, steps: [{action, domain, name, reasons: [{id, text}]}], unchanged, notes}]}. `action` is make-authority, remake-authority, keep-authority, issue, reissue, mend, write, admit, prune or leftover; `id` is a stable word, `text` is for people."
)]
pub struct PlanArgs {
    /// Which manifest, and how.
    #[command(flatten)]
    pub manifest: ReconcileArgs,
    /// Exit with 3 when anything is not as declared
    #[arg(long)]
    pub check: bool,
}

/// Make it as a manifest declares it; a second run changes nothing
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl apply\n  pkictl apply -f deploy/pkictl.toml --env test\n  pkictl apply --prune && pkictl verify -f pkictl.toml",
    after_help = "It can be run again at any time, after a crash too: a second run without change writes nothing. JSON has the form of `pkictl plan`: what was done, and whether all is as declared now."
)]
pub struct ApplyArgs {
    /// Which manifest, and how.
    #[command(flatten)]
    pub manifest: ReconcileArgs,
}
