//! Arguments of `init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{DAYS, key_type_parser, with_form};
use crate::pki::{Cidr, DnsName, Moment, NameConstraints};

/// Make the certificate authority of an environment
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl init --org Example --env test\n  pkictl init --intermediate --permit-dns shop.svc --permit-dns localhost --permit-ip 127.0.0.0/8\n  pkictl init --if-missing --no-input"
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "not_after",
          value_parser = clap::value_parser!(i64).range(-DAYS..=DAYS))]
    pub days: Option<i64>,
    /// End of the root's validity: a date, or a span such as 10y
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_after: Option<Moment>,
    /// Start of the root's validity: a date, or a span such as -30d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = with_form::<Moment>)]
    pub not_before: Option<Moment>,
    /// Make an issuing authority under the root, which then signs the leaves
    #[arg(long)]
    pub intermediate: bool,
    /// Let the CA sign only names at or below this domain; repeatable
    #[arg(long, value_name = "DOMAIN", value_parser = NameConstraints::permit_dns)]
    pub permit_dns: Vec<DnsName>,
    /// Let the CA sign only addresses of this network; repeatable
    #[arg(long, value_name = "CIDR", value_parser = network)]
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

/// A network with its prefix length: without one, nobody knows whether `10.0.0.0` is meant for one address or for many.
fn network(text: &str) -> Result<Cidr, String> {
    let network: Cidr = with_form(text)?;
    match text.contains('/') {
        true => Ok(network),
        false => Err(format!("it has no prefix length; write {network} for this one address")),
    }
}
