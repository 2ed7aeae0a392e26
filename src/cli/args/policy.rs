//! Arguments of `verify` for a manifest.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Arguments of `verify` for a manifest.
#[derive(Debug, Args)]
#[command(next_help_heading = "A manifest")]
pub struct PolicyArgs {
    /// Prove who may call whom: every pair of caller and callee of this manifest, in all its environments
    ///
    /// What is proven is what `apply` put into force, against what the manifest declares now. --env names one environment.
    /// JSON: {schema, title, counts, environments: [{name, services, cells: [{caller, callee, declared, verdict, checks}],
    /// certificates, checks}]}; `checks` of a cell are places in the list beside it, `caller` is null for the visitor.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client", "host", "server_auth_only", "server_cert", "client_cert", "roots", "connect"])]
    pub file: Option<PathBuf>,
    /// Write one self-contained HTML page, too: graph, matrix with every handshake, expiry
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath, requires = "file")]
    pub report: Option<PathBuf>,
}
