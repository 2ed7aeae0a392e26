//! Arguments of `issue`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;

use super::{DAYS, key_type_parser, with_form};
use crate::cli::candidates;
use crate::pki::{Moment, SubjectAltName};

/// Issue a certificate and its private key
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl issue server web --san web.shop.svc --san localhost --san 127.0.0.1\n  pkictl issue client backend-1 --env test --days 30\n  pkictl issue wildcard '*.apps.example.com'",
    after_help = "If NAME is a host name or an address, it is also added as a SAN; localhost adds 127.0.0.1 and ::1."
)]
pub struct IssueArgs {
    /// Profile: server, client, peer, wildcard, or one of `pkictl profile list`
    #[arg(add = ArgValueCandidates::new(candidates::issuable_profiles))]
    pub profile: Option<String>,
    /// Name of the credential
    pub name: Option<String>,
    /// Additional names; prefix DNS:, IP:, URI: or email: to force a type; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub san: Vec<SubjectAltName>,
    /// Common name [default: the profile's]
    #[arg(long, value_name = "NAME", visible_alias = "common-name")]
    pub cn: Option<String>,
    /// Days until the certificate expires [default: the profile's]
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "not_after",
          value_parser = clap::value_parser!(i64).range(-DAYS..=DAYS))]
    pub days: Option<i64>,
    /// When it expires: a date, or a span such as 90d, 12h or -1d (already expired, for tests)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_after: Option<Moment>,
    /// When it becomes valid: a date, or a span such as -30d [default: one hour ago]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_before: Option<Moment>,
    /// Key type [default: the profile's]
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub key_type: Option<String>,
    /// CA that signs [default: issuing if it exists, else root]
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(candidates::authorities))]
    pub ca: Option<String>,
    /// Set a variable of the profile; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// File whose first line is the passphrase of the CA key
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Also write tls.crt, tls.key and ca.crt to this directory
    #[arg(long, short = 'd', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out_dir: Option<PathBuf>,
    /// Replace a credential of this name; allow a wildcard that clients reject
    #[arg(long, short)]
    pub force: bool,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}
