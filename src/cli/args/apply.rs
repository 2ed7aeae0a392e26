//! Arguments of `plan` and `apply`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::manifest::FILE_NAME;

/// Which manifest, and how it is compared with what exists.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Manifest; the PKI directory is `pki` next to it unless --pki is given
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME, value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Move credentials aside that are no longer declared
    #[arg(long)]
    pub prune: bool,
    /// Replace CAs that differ from the manifest; the old ones are moved aside, and everything they signed is re-issued
    #[arg(long)]
    pub remake_authorities: bool,
    /// File whose first line is the passphrase of encrypted CA keys
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

/// Show what `apply` would change, and why
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl plan\n  pkictl plan -f deploy/pkictl.toml --env test\n  pkictl plan --check --format json",
    after_help = "Nothing is written. All environments of the manifest are planned unless --env names one.\n\nJSON: {schema, done, environments: [{environment, steps: [{action, domain, name, reasons: [{id, text}]}], unchanged, notes}]}. `action` is make-authority, remake-authority, keep-authority, issue, reissue, mend, write, admit, prune or leftover; `id` is a stable word, `text` is for people."
)]
pub struct PlanArgs {
    /// Which manifest, and how.
    #[command(flatten)]
    pub manifest: ReconcileArgs,
    /// Exit with 3 if anything differs from the manifest
    #[arg(long)]
    pub check: bool,
}

/// Create or update everything the manifest declares (idempotent)
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl apply\n  pkictl apply -f deploy/pkictl.toml --env test\n  pkictl apply --prune && pkictl verify -f pkictl.toml",
    after_help = "Safe to run again at any time, even after a crash: without changes, a second run writes nothing. The JSON is that of `pkictl plan`: what was done, and whether everything now matches the manifest."
)]
pub struct ApplyArgs {
    /// Which manifest, and how.
    #[command(flatten)]
    pub manifest: ReconcileArgs,
}
