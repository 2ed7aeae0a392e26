//! Arguments of `init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{DAYS, key_type_parser, with_form};
use crate::pki::{Cidr, DnsName, Moment, NameConstraints};

/// Create the certificate authority (CA) of an environment
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl init --org Example --env test\n  pkictl init --intermediate --permit-dns shop.svc --permit-dns localhost --permit-ip 127.0.0.0/8\n  pkictl init --if-missing --no-input"
)]
pub struct InitArgs {
    /// Organization in the CA's subject
    #[arg(long, value_name = "NAME", visible_alias = "organization")]
    pub org: Option<String>,
    /// Common name of the root CA [default: "ORG ENV Root CA" and a random suffix]
    #[arg(long, value_name = "NAME", visible_alias = "common-name")]
    pub cn: Option<String>,
    /// Key type of the CA
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub key_type: Option<String>,
    /// Days until the root CA expires [default: 3650]
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "not_after",
          value_parser = clap::value_parser!(i64).range(-DAYS..=DAYS))]
    pub days: Option<i64>,
    /// When the root CA expires: a date, or a span such as 10y
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_after: Option<Moment>,
    /// When the root CA becomes valid: a date, or a span such as -30d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_before: Option<Moment>,
    /// Also create an issuing CA under the root, which then signs all certificates
    #[arg(long)]
    pub intermediate: bool,
    /// Constrain the CA to this domain and its subdomains; repeatable
    #[arg(long, value_name = "DOMAIN", value_parser = NameConstraints::permit_dns)]
    pub permit_dns: Vec<DnsName>,
    /// Constrain the CA to addresses in this network; repeatable
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub permit_ip: Vec<Cidr>,
    /// Encrypt the CA's private keys with a passphrase
    #[arg(long)]
    pub encrypt_key: bool,
    /// File whose first line is the passphrase
    #[arg(long, value_name = "FILE", visible_alias = "password-file", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Do nothing if the environment already has a CA
    #[arg(long, conflicts_with = "force")]
    pub if_missing: bool,
    /// Replace the CA; the old one is moved aside, and certificates it signed are no longer trusted
    #[arg(long, short)]
    pub force: bool,
}

impl InitArgs {
    /// Whether no option was given, so that a person at a terminal is prompted.
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

/// A network with its prefix length: without one, `10.0.0.0` could be meant as one address or as many.
fn network(text: &str) -> Result<Cidr, String> {
    let network: Cidr = with_form(text)?;
    match text.contains('/') {
        true => Ok(network),
        false => Err(format!("it has no prefix length; write {network} for this single address")),
    }
}
