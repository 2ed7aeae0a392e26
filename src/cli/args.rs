//! Every argument with its help: help, completions and man pages come from here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{Styles, styling::AnsiColor};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use super::completions;
use super::emit_args::{self, EmitArgs};
use crate::emit::Emitters;
use crate::pki::{Cidr, DnsName, KeyAlgorithm, Moment, NameConstraints, SubjectAltName};
use crate::profile::Profiles;
use crate::store::Store;
use crate::verify::TlsVersion;

const EXAMPLES: &str = "\
Examples:
  pkictl init --org Example                       make a root CA in ./pki
  pkictl issue server web --san web.example.com   make a server certificate
  pkictl issue client backend                     make a client certificate
";

const AFTER: &str = "\
Exit codes: 0 done, 1 could not do it, 2 wrong usage, 3 a check found a failure.
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
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// PKI directory
    #[arg(long, global = true, value_name = "DIR", env = "PKICTL_DIR", default_value = "pki", value_hint = ValueHint::DirPath)]
    pub pki: PathBuf,
    /// Environment: an isolation boundary with a CA of its own, such as test or prod
    #[arg(long, short = 'e', global = true, value_name = "NAME", env = "PKICTL_ENV", default_value = "dev",
          add = ArgValueCandidates::new(completions::environments))]
    pub env: String,
    /// Directory with profiles of your own, beside DIR/profiles
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, hide_short_help = true)]
    pub profiles: Option<PathBuf>,
    /// Directory with emitters of your own, beside DIR/emit
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, hide_short_help = true)]
    pub templates: Option<PathBuf>,
    /// Form of the output
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Never ask; fail instead and name the missing option
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Say only what went wrong
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", hide_short_help = true)]
    pub color: Color,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs, with a schema number
    Json,
    /// JUnit XML for CI servers (verify)
    Junit,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Global {
    /// The PKI directory.
    pub fn store(&self) -> Store {
        Store::new(&self.pki)
    }

    /// The emitters that are known here.
    pub fn emitters(&self) -> Emitters {
        Emitters::new(self.templates.iter().cloned().chain([self.pki.join("emit")]).collect())
    }

    /// The profiles that are known here.
    pub fn profile_library(&self) -> Profiles {
        Profiles::new(self.profiles.iter().cloned().chain([self.pki.join("profiles")]).collect())
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the certificate authority of an environment
    Init(InitArgs),
    /// Make a certificate and its key
    Issue(Box<IssueArgs>),
    /// List certificates with the days they have left
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show a credential, or any certificate, chain or request file
    #[command(visible_alias = "inspect")]
    Show(ShowArgs),
    /// Prove certificates with real handshakes: those that must work, and those that must be refused
    Verify(Box<VerifyArgs>),
    /// Make the files of a place of use: manifests, server configurations, trust stores
    #[command(visible_alias = "bundle")]
    Emit(EmitArgs),
    /// List profiles, or print one to copy and change
    Profile(ProfileArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all pages into a directory
    Man(ManArgs),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pkictl init --org Example --env test\n  pkictl init --intermediate --permit-dns shop.svc --permit-dns localhost --permit-ip 127.0.0.0/8\n  pkictl init --if-missing --no-input"
)]
pub struct InitArgs {
    /// Organization in the names of the authorities
    #[arg(long, value_name = "NAME", visible_alias = "organization")]
    pub org: Option<String>,
    /// Common name of the root, instead of "ORG ENV Root CA" and a random suffix
    #[arg(long, value_name = "NAME", visible_alias = "common-name")]
    pub cn: Option<String>,
    /// Kind of the authorities' keys
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub key_type: Option<String>,
    /// Days until the root expires [default: 3650]
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "not_after")]
    pub days: Option<i64>,
    /// End of the root's validity: a date, or a span such as 10y
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub not_after: Option<Moment>,
    /// Start of the root's validity: a date, or a span such as -30d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub not_before: Option<Moment>,
    /// Make an issuing authority under the root, which then signs the leaves
    #[arg(long)]
    pub intermediate: bool,
    /// Let the CA sign only names at or below this domain; repeatable
    #[arg(long, value_name = "DOMAIN", value_parser = NameConstraints::permit_dns)]
    pub permit_dns: Vec<DnsName>,
    /// Let the CA sign only addresses of this network; repeatable
    #[arg(long, value_name = "CIDR")]
    pub permit_ip: Vec<Cidr>,
    /// Encrypt the CA's private keys with a passphrase
    #[arg(long)]
    pub encrypt_key: bool,
    /// File whose first line is the passphrase
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Do nothing if the environment has a CA already
    #[arg(long, conflicts_with = "force")]
    pub if_missing: bool,
    /// Make the CA anew; the old one is moved aside, and what it signed is no longer trusted
    #[arg(long, short)]
    pub force: bool,
}

impl InitArgs {
    /// Whether nothing was said, so that a person at a terminal is asked.
    pub fn is_bare(&self) -> bool {
        self.org.is_none()
            && self.cn.is_none()
            && self.key_type.is_none()
            && self.days.is_none()
            && self.not_after.is_none()
            && self.not_before.is_none()
            && !self.intermediate
            && self.permit_dns.is_empty()
            && self.permit_ip.is_empty()
            && !self.encrypt_key
            && self.passphrase_file.is_none()
            && !self.if_missing
            && !self.force
    }
}

/// Arguments of `issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pkictl issue server web --san web.shop.svc --san localhost --san 127.0.0.1\n  pkictl issue client backend-1 --env test --days 30\n  pkictl issue wildcard '*.apps.example.com'\n\nA host name or an address as NAME is a SAN, too; localhost brings 127.0.0.1 and ::1."
)]
pub struct IssueArgs {
    /// Profile: server, client, peer, wildcard, or one of `pkictl profile list`
    #[arg(add = ArgValueCandidates::new(completions::profiles))]
    pub profile: Option<String>,
    /// Name of the credential
    pub name: Option<String>,
    /// More names: host names, addresses, URIs, mailboxes; DNS: IP: URI: email: say which; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub san: Vec<SubjectAltName>,
    /// Common name instead of the profile's
    #[arg(long, value_name = "NAME", visible_alias = "common-name")]
    pub cn: Option<String>,
    /// Days until it expires [default: the profile's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "not_after")]
    pub days: Option<i64>,
    /// End of validity: a date, or a span such as 90d, 12h or -1d (already expired, for tests)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub not_after: Option<Moment>,
    /// Start of validity: a date, or a span such as -30d [default: one hour ago]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub not_before: Option<Moment>,
    /// Kind of key [default: the profile's]
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub key_type: Option<String>,
    /// Authority that signs [default: issuing if there is one, else root]
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completions::authorities))]
    pub ca: Option<String>,
    /// Value for a variable of the profile; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// File whose first line is the passphrase of the CA key
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Write tls.crt, tls.key and ca.crt into this directory, too
    #[arg(long, short = 'd', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
    /// Replace a credential of this name; insist on a wildcard that clients refuse
    #[arg(long, short)]
    pub force: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pkictl verify --env test\n  pkictl verify --server web --client backend-1 --tls 1.3\n  pkictl verify --server-cert web.pem --server-key web.key --roots ca.pem --host web.example.com\n  pkictl verify --format junit > report.xml\n\nExit code 3 when a check fails. What could not be tried is skipped with the reason, never passed."
)]
pub struct VerifyArgs {
    /// Only these servers; repeatable
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completions::credentials))]
    pub server: Vec<String>,
    /// Only these clients; repeatable
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completions::credentials))]
    pub client: Vec<String>,
    /// Host name or address to ask for, instead of those in the server's certificate
    #[arg(long, value_name = "NAME", visible_alias = "servername")]
    pub host: Option<String>,
    /// Only this version of TLS: 1.2 or 1.3; repeatable
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub tls: Vec<TlsVersion>,
    /// Servers do not ask for client certificates: try server authentication alone
    #[arg(long)]
    pub server_auth_only: bool,
    /// Chain of a server, made by any tool
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client"], requires = "roots", help_heading = "Files")]
    pub server_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "server_cert", help_heading = "Files")]
    pub server_key: Option<PathBuf>,
    /// Chain of a client, made by any tool
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["server", "client"], requires = "roots", help_heading = "Files")]
    pub client_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "client_cert", help_heading = "Files")]
    pub client_key: Option<PathBuf>,
    /// Roots to trust, instead of the environment's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Files")]
    pub roots: Option<PathBuf>,
    /// File whose first line is the passphrase of the CA key, which signs expired certificates for the test
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Show every check, not only those that did not pass
    #[arg(long, short)]
    pub verbose: bool,
}

impl VerifyArgs {
    /// Whether files are verified, and no credentials of the environment.
    pub fn is_by_path(&self) -> bool {
        self.server_cert.is_some() || self.client_cert.is_some()
    }
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Every environment of the PKI directory
    #[arg(long, short = 'A')]
    pub all_environments: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pkictl show web\n  pkictl show root\n  pkictl show chain.pem --format json"
)]
pub struct ShowArgs {
    /// Credential, authority (root, issuing), or a file: certificate or request in PEM or DER, chain, key
    #[arg(value_name = "NAME|FILE", add = ArgValueCandidates::new(completions::credentials), value_hint = ValueHint::FilePath)]
    pub what: String,
    /// Passphrase file, for an encrypted private key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Print the certificates in PEM instead
    #[arg(long)]
    pub pem: bool,
}

/// Arguments of `profile`.
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

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  source <(pkictl completions bash)\n  pkictl completions zsh > ~/.zfunc/_pkictl\n  pkictl completions fish > ~/.config/fish/completions/pkictl.fish"
)]
pub struct CompletionsArgs {
    /// Shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page a command into this directory
    #[arg(long, short = 'd', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
}

/// The whole command line. Emitters are read only when the arguments are about them, so that nobody else waits.
pub fn command(arguments: &[OsString]) -> clap::Command {
    let about_emitters =
        |argument: &OsString| ["emit", "bundle", "man", "help"].iter().any(|word| argument == word);
    if arguments.iter().any(about_emitters) {
        return emit_args::with_emitters(Cli::command(), arguments);
    }
    Cli::command()
}

/// The value of a global option, looked for before the arguments are parsed.
pub fn early_value(arguments: &[OsString], option: &str) -> Option<OsString> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == option {
            return rest.next().cloned();
        }
        let value = argument
            .to_str()
            .and_then(|text| text.strip_prefix(option))
            .and_then(|text| text.strip_prefix('='));
        if let Some(value) = value {
            return Some(value.into());
        }
    }
    None
}

fn key_type_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(KeyAlgorithm::ALL.map(|algorithm| algorithm.to_string()))
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it has no `=` between key and value".into()),
    }
}
