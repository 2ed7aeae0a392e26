//! Arguments of `verify --route`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use crate::cli::candidates;

/// Arguments of `verify --route`.
#[derive(Debug, Args)]
#[command(next_help_heading = "OpenShift Routes")]
pub struct RouteArgs {
    /// Run the Routes of these files on loopback: YAML or JSON, with Lists, Templates, and Secrets for external certificates
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath,
          conflicts_with_all = ["server", "host", "server_auth_only", "server_cert", "passphrase_file", "connect", "file"])]
    pub route: Vec<PathBuf>,
    /// What the pods of a Service show behind re-encrypt and passthrough Routes: a credential, or a file with chain and key; without SERVICE=, those of all others; repeatable [default: the credential of the Service's name]
    #[arg(long, value_name = "[SERVICE=]NAME|FILE", requires = "route", add = ArgValueCandidates::new(candidates::credentials))]
    pub pod_cert: Vec<String>,
    /// Pods ask for client certificates; callers are those of --client, or all that may be clients
    #[arg(long, requires = "route")]
    pub pod_mtls: bool,
    /// CA of the cluster's services, which re-encrypt Routes without destinationCACertificate trust
    #[arg(long, value_name = "FILE", requires = "route", value_hint = ValueHint::FilePath)]
    pub service_ca: Option<PathBuf>,
    /// Namespace of Routes that do not say theirs
    #[arg(long, short, value_name = "NAME", requires = "route")]
    pub namespace: Option<String>,
}
