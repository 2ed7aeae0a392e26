//! A live endpoint, of any server: what it sends, what it offers, which clients it accepts and refuses.

mod admission;
mod callers;
mod capabilities;
mod dial;
mod host_port;
mod old_version;
mod plain_text;
mod served_chain;
mod starttls;
mod survey;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};
use crate::explanation::Explanation;
use crate::handshake::TlsVersion;
use crate::report::{Check, Group, Outcome, Report};

pub use host_port::HostPort;
pub use starttls::StartTls;

use survey::Survey;

/// What to look at, and what is expected of it.
#[derive(Debug)]
pub struct Endpoint<'a> {
    /// Where it listens.
    pub host_port: &'a HostPort,
    /// The name that a client asks for (SNI) and that the certificate must have; a host name, an address, or a URI (SPIFFE).
    pub host: &'a str,
    /// What is said before TLS begins.
    pub starttls: StartTls,
    /// Whom a client trusts.
    pub trust: &'a Trust,
    /// Clients that it must accept. If there is one, the endpoint must ask for a certificate, and refuse a client
    /// without one.
    pub clients: &'a [Identity],
    /// TLS versions that it must offer; no others are tried. If none is named, one of all is enough.
    pub versions: &'a [TlsVersion],
    /// Time for each of about ten connections, from connect to close.
    pub limit: Duration,
    /// The point in time to verify at.
    pub now: OffsetDateTime,
}

/// Why there is no connection on which TLS can begin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ConnectError(Explanation);

/// Makes the connections and judges them. An endpoint that cannot be reached or does not speak TLS is a failed check.
pub fn run(endpoint: &Endpoint<'_>) -> Report {
    let started = Instant::now();
    let reached = |outcome| {
        let title = "it answers, and speaks TLS";
        Check::new("reachable", Group::Endpoint, title, endpoint.host_port.to_string(), outcome)
            .took(started.elapsed())
    };
    let survey = match Survey::make(endpoint) {
        Ok(survey) => survey,
        Err(ConnectError(why)) => return Report { checks: vec![reached(Outcome::Failed(why))] },
    };
    let mut checks = vec![reached(Outcome::Passed).with_detail(survey.way())];
    checks.extend(capabilities::checks(&survey));
    checks.extend(served_chain::checks(&survey));
    checks.extend(callers::checks(&survey));
    Report { checks }
}

impl ConnectError {
    fn new(expected: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self(Explanation::new(expected, found).with_fix(fix))
    }

    fn found(self) -> String {
        self.0.found.unwrap_or_default()
    }
}
