//! Whether a connection ended as it must: accepted by both sides, or refused for the right reason by the right side.

use rustls::{AlertDescription, CertificateError, Error};

use super::connect::{Call, Exchange};
use super::describe::alert_name;
use super::speak::{Session, SessionError};
use crate::report::Outcome;

/// How a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Both sides are satisfied, saw each other's certificate if they asked for it, and data went both ways.
    Accepted,
    /// The same, and the server did ask.
    Authenticated,
    /// One side refuses, and the other one is told.
    Refused(Refusal),
}

/// Who refuses, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server wants a certificate and gets none.
    NoClientCertificate,
    /// The client's certificate leads to no root that the server trusts.
    ForeignClient,
    /// The client's certificate names a CA that the server trusts, but another key signed it.
    ForgedClient,
    /// The client's certificate is not for clients.
    WrongPurpose,
    /// The client's certificate has expired.
    ExpiredClient,
    /// The server knows the client, and does not let it in.
    NotAdmitted,
    /// The server's certificate leads to no root that the client trusts.
    ForeignServer,
    /// The server's certificate names a CA that the client trusts, but another key signed it.
    ForgedServer,
    /// The server's certificate does not have the host name that the client asked for.
    WrongHost,
    /// The server's certificate has expired.
    ExpiredServer,
}

impl Refusal {
    fn by_server(self) -> bool {
        !matches!(self, Self::ForeignServer | Self::ForgedServer | Self::WrongHost | Self::ExpiredServer)
    }

    /// What the refusing side must say, in words.
    fn reason(self) -> &'static str {
        match self {
            Self::NoClientCertificate => "the peer showed no certificate",
            Self::ForeignClient | Self::ForeignServer => "unknown issuer",
            Self::ForgedClient | Self::ForgedServer => "bad signature",
            Self::WrongPurpose => "issued for another purpose",
            Self::ExpiredClient | Self::ExpiredServer => "the certificate expired",
            Self::NotAdmitted => "not on its list of allowed callers",
            Self::WrongHost => "not valid for the name that was asked for",
        }
    }

    /// What the other side must be told. rustls sends these on TLS 1.2, too, where certificate_required is not in
    /// the standard (RFC 8446, section 6.2; RFC 5246 has only handshake_failure for it).
    pub(crate) fn alert(self) -> AlertDescription {
        match self {
            Self::NoClientCertificate => AlertDescription::CertificateRequired,
            Self::ForeignClient | Self::ForeignServer => AlertDescription::UnknownCA,
            Self::ForgedClient | Self::ForgedServer => AlertDescription::DecryptError,
            Self::WrongPurpose => AlertDescription::UnsupportedCertificate,
            Self::ExpiredClient | Self::ExpiredServer => AlertDescription::CertificateExpired,
            Self::NotAdmitted => AlertDescription::AccessDenied,
            Self::WrongHost => AlertDescription::BadCertificate,
        }
    }

    /// Whether this is what the refusing side must say.
    pub(crate) fn is(self, error: &Error) -> bool {
        let Error::InvalidCertificate(error) = error else {
            return self == Self::NoClientCertificate && *error == Error::NoCertificatesPresented;
        };
        match self {
            Self::NoClientCertificate => false,
            Self::ForeignClient | Self::ForeignServer => *error == CertificateError::UnknownIssuer,
            Self::ForgedClient | Self::ForgedServer => *error == CertificateError::BadSignature,
            Self::NotAdmitted => *error == CertificateError::ApplicationVerificationFailure,
            Self::WrongPurpose => matches!(
                error,
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }
            ),
            Self::ExpiredClient | Self::ExpiredServer => {
                matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. })
            }
            Self::WrongHost => matches!(
                error,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ),
        }
    }
}

/// Compares; the text is a detail for the report.
pub(crate) fn judge(call: &Call, exchange: &Exchange, expectation: Expectation) -> (Outcome, String) {
    let took = format!("{:.1} ms", exchange.took.as_secs_f64() * 1e3);
    if let Some(reason) = exchange.beyond() {
        return (Outcome::skipped(reason), format!("{}, {took}", call.version));
    }
    match expectation {
        Expectation::Accepted | Expectation::Authenticated => match (&exchange.client, &exchange.server) {
            (Ok(client), Ok(server)) => {
                let must_ask = call.asks || expectation == Expectation::Authenticated;
                let outcome = compare(call, client, server, must_ask);
                (outcome, format!("{}, {}, {took}", call.version, client.key_exchange))
            }
            _ => (
                Outcome::failed(
                    "both sides accept, and data goes both ways",
                    format!("client: {}; server: {}", exchange.client_says(), exchange.server_says()),
                ),
                format!("{}, {took}", call.version),
            ),
        },
        Expectation::Refused(refusal) => {
            let (refuser, refusing, told) = if refusal.by_server() {
                ("server", &exchange.server, &exchange.client)
            } else {
                ("client", &exchange.client, &exchange.server)
            };
            let right_reason = matches!(refusing, Err(SessionError::Tls(error)) if refusal.is(error));
            let right_alert = matches!(told, Err(SessionError::Tls(Error::AlertReceived(alert))) if *alert == refusal.alert());
            let alert = alert_name(refusal.alert());
            let detail = format!("{}, refused by the {refuser} with {alert}, {took}", call.version);
            if right_reason && right_alert {
                return (Outcome::Passed, detail);
            }
            let outcome = Outcome::failed(
                format!(
                    "the {refuser} refuses ({}), and the other side receives the alert {alert}",
                    refusal.reason()
                ),
                format!("client: {}; server: {}", exchange.client_says(), exchange.server_says()),
            );
            (outcome, format!("{}, {took}", call.version))
        }
    }
}

/// Both sides are satisfied; now each must have talked to whom it was meant to.
fn compare(call: &Call, client: &Session, server: &Session, must_ask: bool) -> Outcome {
    if client.version != Some(call.version) || server.version != Some(call.version) {
        return Outcome::failed(call.version.to_string(), "another TLS version was agreed on");
    }
    if client.peer.as_deref() != Some(&*call.server_leaf) {
        return Outcome::failed(
            "the client sees the server's certificate",
            "the client saw another certificate",
        );
    }
    match (server.peer.as_deref(), call.client_leaf.as_deref().filter(|_| must_ask)) {
        (seen, meant) if seen == meant => Outcome::Passed,
        (None, _) => Outcome::failed(
            "the server sees the client's certificate",
            "the server did not ask for a certificate",
        ),
        _ => Outcome::failed(
            "the server sees the client's certificate and no other",
            "the server saw another certificate",
        ),
    }
}
