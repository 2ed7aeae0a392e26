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
  pkictl init --org Example                       make a root CA in ./pki
  pkictl issue server web --san web.example.com   make a server certificate
  pkictl issue client backend                     make a client certificate
  pkictl verify                                   prove them all with real handshakes
  pkictl manifest init                            or declare who may call whom; then `plan`, `apply`
";

const AFTER: &str = "\
Exit codes: 0 done, 1 could not do it, 2 wrong usage, 3 a check found a failure.
  A value that can never be right is wrong usage; what is not on disk, a profile too, could not be done.
  With `--format json` an error is one JSON object on stderr.
Environment: PKICTL_DIR, PKICTL_ENV, PKICTL_PASSPHRASE, NO_COLOR, SOURCE_DATE_EPOCH.
";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A developer PKI that proves itself
///
/// pkictl makes a certificate authority and the certificates of servers and clients, turns them into what the place of
/// use needs, and proves them with real mTLS handshakes.
#[derive(Debug, Parser)]
#[command(name = "pkictl", version, before_help = EXAMPLES, before_long_help = EXAMPLES, after_help = AFTER, styles = STYLES)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// What to do. A command is described where its arguments are, and they are made when it is named.
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

/// List certificates with the days they have left
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl list --env test\n  pkictl list --all-environments\n  pkictl list --format json"
)]
pub struct ListArgs {
    /// Every environment of the PKI directory
    #[arg(long, short = 'A')]
    pub all_environments: bool,
}

/// Show a credential, or any certificate, chain or request file
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl show web\n  pkictl show root\n  pkictl show chain.pem --format json"
)]
pub struct ShowArgs {
    /// Credential, authority (root, issuing), or a file: certificate or request in PEM or DER, chain, key; `-` is
    /// standard input
    #[arg(value_name = "NAME|FILE", add = candidates::anything_or_files(), value_hint = ValueHint::FilePath)]
    pub what: String,
    /// Passphrase file, for an encrypted private key
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Print the certificates in PEM instead
    #[arg(long)]
    pub pem: bool,
}

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  source <(pkictl completions bash)\n  pkictl completions zsh > ~/.zfunc/_pkictl\n  pkictl completions fish > ~/.config/fish/completions/pkictl.fish"
)]
pub struct CompletionsArgs {
    /// Shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

/// Print the manual page, or write all pages into a directory
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  pkictl man > pkictl.1\n  pkictl man -d ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write one page a command into this directory
    #[arg(long, short = 'd', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
}

/// Most days that can be asked for, in either direction: 1000 years.
const DAYS: i64 = 365_000;

/// A value of the library, with the expected form in the error.
fn with_form<T: std::str::FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: Error| match error.expected() {
        Some(form) => format!("{error}; expected {form}"),
        None => error.to_string(),
    })
}

fn key_type_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(KeyAlgorithm::ALL.map(|algorithm| algorithm.to_string()))
}
