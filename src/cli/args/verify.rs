//! Arguments of `verify`.

mod route;

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use super::connect::ConnectArgs;
use super::policy::PolicyArgs;
use crate::cli::candidates;
use crate::pki::{Moment, SubjectAltName};
use crate::verify::TlsVersion;
use route::RouteArgs;

/// Test certificates with real TLS handshakes: some must succeed, others must be refused
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl verify --env test\n  pkictl verify --server web --client backend-1 --tls 1.3\n  pkictl verify --server-cert web.pem --server-key web.key --roots ca.pem --host web.example.com\n  pkictl verify --connect localhost:8443 --client backend-1\n  pkictl verify --connect 10.0.0.5:5432 --starttls postgres --host db.example.com --roots ca.pem\n  pkictl verify -f pkictl.toml --report policy.html\n  pkictl verify -f pkictl.toml --format mermaid\n  pkictl verify --route route.yaml --pod-cert rest-api --pod-mtls\n  pkictl verify --route routes.yaml secrets.yaml --roots ca.pem -v\n  pkictl verify --format junit > report.xml",
    after_help = "Exits with 3 if a check fails. What cannot be tested is skipped with a reason, never passed."
)]
pub struct VerifyArgs {
    /// Only these servers; repeatable
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(candidates::credentials))]
    pub server: Vec<String>,
    /// Only these clients; repeatable
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(candidates::credentials))]
    pub client: Vec<String>,
    /// Host name, address or URI (SPIFFE) that clients expect [default: every name in the server's certificate]
    #[arg(long, value_name = "NAME", value_parser = host, visible_alias = "servername")]
    pub host: Option<String>,
    /// Only this TLS version: 1.2 or 1.3; repeatable
    #[arg(long, value_name = "VERSION", value_delimiter = ',', add = ArgValueCandidates::new(candidates::tls_versions))]
    pub tls: Vec<TlsVersion>,
    /// Servers do not request client certificates: test server authentication only
    #[arg(long)]
    pub server_auth_only: bool,
    /// Certificate chain of a server, made by any tool
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client"], requires = "roots", help_heading = "Files")]
    pub server_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "server_cert", help_heading = "Files")]
    pub server_key: Option<PathBuf>,
    /// Certificate chain of a client, made by any tool
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client"], requires = "roots", help_heading = "Files")]
    pub client_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "client_cert", help_heading = "Files")]
    pub client_key: Option<PathBuf>,
    /// Trusted root certificates, instead of the environment's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Files")]
    pub roots: Option<PathBuf>,
    /// File whose first line is the passphrase of the CA key, which is used to sign expired certificates for the test
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath, conflicts_with_all = ["server_cert", "client_cert"])]
    pub passphrase_file: Option<PathBuf>,
    /// Verify as of another time: RFC 3339, YYYY-MM-DD, or a span from now such as 30d [default: now, whatever SOURCE_DATE_EPOCH says]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<Moment>,
    /// Show every check, not only failed and skipped ones
    #[arg(long, short)]
    pub verbose: bool,
    /// A live endpoint.
    #[command(flatten)]
    pub live: ConnectArgs,
    /// A manifest.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Routes to run instead.
    #[command(flatten)]
    pub routes: RouteArgs,
}

impl VerifyArgs {
    /// Whether files are verified instead of credentials of the environment.
    pub fn is_by_path(&self) -> bool {
        self.server_cert.is_some() || self.client_cert.is_some()
    }
}

/// A host name, an address or a URI, as certificates spell it.
fn host(text: &str) -> Result<String, String> {
    match super::with_form::<SubjectAltName>(text)? {
        SubjectAltName::Dns(name) if !name.is_wildcard() => Ok(name.to_string()),
        SubjectAltName::Ip(address) => Ok(address.to_string()),
        SubjectAltName::Uri(uri) => Ok(uri),
        _ => Err("it is not a host name, an address or a URI".into()),
    }
}
