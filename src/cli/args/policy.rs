//! Arguments of `verify` for a manifest.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Arguments of `verify` for a manifest.
#[derive(Debug, Args)]
#[command(next_help_heading = "A manifest")]
pub struct PolicyArgs {
    /// Prove who may call whom: try every pair of services in this manifest, in all its environments
    ///
    /// Tests what the last `apply` put in place against what the manifest declares now. --env selects one environment.
    /// JSON: {schema, title, counts, environments: [{name, services, cells: [{caller, callee, declared, verdict, checks}],
    /// certificates, checks}]}; `checks` of a cell are indexes into the environment's `checks`, `caller` is null for the visitor.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client", "host", "server_auth_only", "server_cert", "client_cert", "roots", "connect"])]
    pub file: Option<PathBuf>,
    /// Also write one self-contained HTML page: graph, matrix of every handshake, expiry dates
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath, requires = "file")]
    pub report: Option<PathBuf>,
}
