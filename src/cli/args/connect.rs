//! Arguments of `verify` for a live endpoint.

use clap::{Args, ValueEnum};

use crate::endpoint::{HostPort, StartTls};

/// Arguments of `verify` for a live endpoint.
#[derive(Debug, Args)]
#[command(next_help_heading = "A live endpoint")]
pub struct ConnectArgs {
    /// Test a running server: chain, names, dates, TLS versions, key exchange, which clients it accepts
    ///
    /// With --client or --client-cert, the server must request a certificate, accept this one, and refuse a client without
    /// one; a client with a certificate from an unknown CA must always be refused. --tls names versions the server must offer.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_port, conflicts_with_all = ["server", "server_cert", "server_key", "server_auth_only", "passphrase_file"])]
    pub connect: Option<HostPort>,
    /// Protocol that upgrades a plain-text connection to TLS
    #[arg(long, value_enum, value_name = "PROTOCOL", requires = "connect", default_value_t = Protocol::AmqpNone, hide_default_value = true)]
    pub starttls: Protocol,
    /// Timeout in seconds for each of about ten connections
    #[arg(long, value_name = "SECONDS", requires = "connect", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// A protocol that asks for TLS in plain text first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// PostgreSQL SSLRequest
    Postgres,
    /// SMTP STARTTLS
    Smtp,
    /// IMAP STARTTLS
    Imap,
    /// Direct TLS, as without this option: AMQP has no STARTTLS
    AmqpNone,
}

impl From<Protocol> for StartTls {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Postgres => Self::Postgres,
            Protocol::Smtp => Self::Smtp,
            Protocol::Imap => Self::Imap,
            Protocol::AmqpNone => Self::Direct,
        }
    }
}

fn host_port(text: &str) -> Result<HostPort, String> {
    super::with_form(text)
}
