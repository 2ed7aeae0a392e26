//! Arguments of `verify --route`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use crate::cli::candidates;

/// Arguments of `verify --route`.
#[derive(Debug, Args)]
#[command(next_help_heading = "OpenShift Routes")]
pub struct RouteArgs {
    /// Simulate the Routes in these files on loopback: YAML or JSON, including Lists, Templates, and Secrets for external certificates
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath,
          conflicts_with_all = ["server", "host", "server_auth_only", "server_cert", "passphrase_file", "connect", "file"])]
    pub route: Vec<PathBuf>,
    /// Certificate of the pods behind re-encrypt and passthrough Routes: a credential, or a file with chain and key; without SERVICE=, for all other Services; repeatable [default: the credential named like the Service]
    #[arg(long, value_name = "[SERVICE=]NAME|FILE", requires = "route", add = ArgValueCandidates::new(candidates::credentials))]
    pub pod_cert: Vec<String>,
    /// Pods request client certificates; the clients are those of --client, or all that exist
    #[arg(long, requires = "route")]
    pub pod_mtls: bool,
    /// Service CA of the cluster, trusted by re-encrypt Routes without destinationCACertificate
    #[arg(long, value_name = "FILE", requires = "route", value_hint = ValueHint::FilePath)]
    pub service_ca: Option<PathBuf>,
    /// Namespace of Routes that do not set one
    #[arg(long, short, value_name = "NAME", requires = "route")]
    pub namespace: Option<String>,
}
