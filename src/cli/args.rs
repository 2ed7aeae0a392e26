//! Every argument with its help: help, completions and man pages come from here.

pub(super) mod apply;
mod build_command;
mod connect;
mod init;
mod issue;
pub(super) mod lint;
pub(super) mod manifest;
mod policy;
mod profile;
mod verify;

use std::path::PathBuf;

use clap::builder::{Styles, styling::AnsiColor};
use clap::{Args, Parser, Subcommand, ValueHint};

use super::candidates;
use super::emit_args::EmitArgs;
use super::global::Global;
use crate::error::Error;
use crate::pki::KeyAlgorithm;

pub use apply::{ApplyArgs, PlanArgs};
pub use build_command::{build_command, read};
pub use init::InitArgs;
pub use issue::IssueArgs;
pub use lint::LintArgs;
pub use manifest::ManifestArgs;
pub use profile::{ProfileArgs, ProfileCommand};
pub use verify::VerifyArgs;

const EXAMPLES: &str = "\
Examples:
  pkictl init --org Example                       create a root CA in ./pki
  pkictl issue server web --san web.example.com   issue a server certificate
  pkictl issue client backend                     issue a client certificate
  pkictl verify                                   test them all with real TLS handshakes
  pkictl manifest init                            declare who may call whom, then `apply`
";

const AFTER: &str = "\
Exit codes: 0 success, 1 failed, 2 wrong usage, 3 a check failed.
  Invalid values exit 2; missing files and profiles exit 1.
  With `--format json`, errors are one JSON object on stderr.
Environment: PKICTL_DIR, PKICTL_ENV, PKICTL_PASSPHRASE, NO_COLOR, SOURCE_DATE_EPOCH.
";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A developer PKI that proves itself
///
/// pkictl creates a certificate authority and issues certificates for servers and clients, generates the configuration
/// that uses them (Routes, nginx, Kubernetes, ...), and proves all of it with real mTLS handshakes.
#[derive(Debug, Parser)]
#[command(name = "pkictl", version, before_help = EXAMPLES, before_long_help = EXAMPLES, after_help = AFTER, styles = STYLES)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// The commands. Each is described where its arguments are, and those are built when it is named.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[expect(missing_docs, reason = "clap takes the description of its arguments for that of the command")]
pub enum Command {
    Init(InitArgs),
    Issue(Box<IssueArgs>),
    #[command(visible_alias = "ls")]
    List(ListArgs),
    #[command(visible_alias = "inspect")]
    Show(ShowArgs),
    Verify(Box<VerifyArgs>),
    Plan(PlanArgs),
    Apply(ApplyArgs),
    Manifest(ManifestArgs),
    Lint(LintArgs),
    #[command(visible_alias = "bundle")]
    Emit(EmitArgs),
    Profile(ProfileArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// List certificates and the days until they expire
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl list --env test\n  pkictl list --all-environments\n  pkictl list --format json"
)]
pub struct ListArgs {
    /// List all environments in the PKI directory
    #[arg(long, short = 'A')]
    pub all_environments: bool,
}

/// Show a credential, or any certificate, chain or request file
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl show web\n  pkictl show root\n  pkictl show chain.pem --format json"
)]
pub struct ShowArgs {
    /// Credential or CA (root, issuing) by name, or a file: certificate, chain, request or key in PEM or DER; `-` for
    /// standard input
    #[arg(value_name = "NAME|FILE", add = candidates::anything_or_files(), value_hint = ValueHint::FilePath)]
    pub what: String,
    /// File whose first line is the passphrase of an encrypted private key
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Print the certificates as PEM
    #[arg(long)]
    pub pem: bool,
}

/// Print a shell completion script
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  source <(pkictl completions bash)\n  pkictl completions zsh > ~/.zfunc/_pkictl\n  pkictl completions fish > ~/.config/fish/completions/pkictl.fish"
)]
pub struct CompletionsArgs {
    /// Shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

/// Print the manual page, or write all pages to a directory
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  pkictl man > pkictl.1\n  pkictl man -d ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write one page per command to this directory
    #[arg(long, short = 'd', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
}

/// The largest number of days accepted, in either direction: 1000 years.
const DAYS: i64 = 365_000;

/// Parses a value of the library; the error names the expected format.
fn with_form<T: std::str::FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: Error| match error.expected() {
        Some(form) => format!("{error}; expected {form}"),
        None => error.to_string(),
    })
}

fn key_type_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(KeyAlgorithm::ALL.map(|algorithm| algorithm.to_string()))
}
