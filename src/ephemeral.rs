//! Throw-away certificates for test suites: in memory, gone with the process.

mod builder;
mod files;
mod tls;

use std::time::SystemTime;

use time::{Duration, OffsetDateTime};

use crate::bundle::Trust;
use crate::error::{Error, Result, ValueKind};
use crate::pki::validity::checked_add;
use crate::pki::{Authority, Certificate, Credential, Label};
use crate::profile::{Profiles, Request};

pub use builder::CredentialBuilder;
pub use files::CredentialFiles;
pub use tls::ClientAuth;

/// A root CA that exists only in memory, and the certificates under it.
///
/// ```
/// let pki = pkictl::EphemeralPki::new()?;
/// let server = pki.server("localhost")?;
/// let client = pki.client("backend-1")?;
/// assert!(server.certificate.serves_host("localhost") && server.certificate.serves_host("127.0.0.1"));
/// assert!(client.certificate.is_signed_by(pki.anchor()));
///
/// // Certificates that the other side must refuse:
/// let expired = pki.issue_server("localhost").expired().issue()?;
/// let foreign = pkictl::EphemeralPki::new()?.client("backend-1")?;
/// assert!(!foreign.certificate.is_signed_by(pki.anchor()));
/// # Ok::<(), pkictl::Error>(())
/// ```
///
/// Two values of this type never trust each other: each has a root key of its own.
#[derive(Debug)]
pub struct EphemeralPki {
    authority: Authority,
    profiles: Profiles,
    now: OffsetDateTime,
    clock: Clock,
}

/// What TLS configurations compare dates with.
#[derive(Debug, Clone, Copy)]
enum Clock {
    /// The machine's clock.
    Running,
    /// The moment that was given, forever.
    Fixed(OffsetDateTime),
}

impl EphemeralPki {
    /// The environment in the names of its authorities.
    const ENVIRONMENT: &'static str = "ephemeral";

    /// Creates a root CA that is valid from one hour ago, by the machine's clock.
    ///
    /// # Errors
    ///
    /// The machine's clock is before 1970 or after 3000, or the operating system has no random numbers.
    pub fn new() -> Result<Self> {
        let now = moment(SystemTime::now())?;
        Self::with_clock(now, Clock::Running)
    }

    /// Creates a root CA as if it were `now`, for tests that must not depend on the machine's clock.
    ///
    /// Dates are counted from `now`, and in the TLS configurations of this PKI it is always `now`.
    ///
    /// # Errors
    ///
    /// `now` is before 1970 or after 3000, or the operating system has no random numbers.
    pub fn at(now: SystemTime) -> Result<Self> {
        let now = moment(now)?;
        Self::with_clock(now, Clock::Fixed(now))
    }

    fn with_clock(now: OffsetDateTime, clock: Clock) -> Result<Self> {
        let profiles = Profiles::built_in();
        let name: Label = "root".parse()?;
        let request = Request::new(&name, Self::ENVIRONMENT);
        let decision = profiles.load("root-ca")?.decide(&request, None, now)?;
        Ok(Self { authority: Authority::root(&decision.spec)?, profiles, now, clock })
    }

    /// The same root CA with an intermediate CA under it, which signs everything from now on.
    ///
    /// # Errors
    ///
    /// There is an intermediate already, whose path length constraint is 0 (RFC 5280, section 4.2.1.9).
    pub fn with_intermediate(mut self) -> Result<Self> {
        self.authority = self.intermediate()?;
        Ok(self)
    }

    fn intermediate(&self) -> Result<Authority> {
        let name: Label = "issuing".parse()?;
        let request = Request::new(&name, Self::ENVIRONMENT);
        let profile = self.profiles.load("intermediate-ca")?;
        self.authority.intermediate(&profile.decide(&request, Some(self.authority.issuer()), self.now)?.spec)
    }

    /// A server certificate for a host name or an address; `localhost` includes 127.0.0.1 and ::1.
    ///
    /// # Errors
    ///
    /// `name` is not a host name or an address.
    pub fn server(&self, name: &str) -> Result<Credential> {
        self.issue_server(name).issue()
    }

    /// A client certificate whose common name is `name`: the name by which servers know the caller.
    ///
    /// # Errors
    ///
    /// `name` is empty or longer than 64 characters (RFC 5280, appendix A.1), or contains characters that are not allowed in
    /// a name.
    pub fn client(&self, name: &str) -> Result<Credential> {
        self.issue_client(name).issue()
    }

    /// A certificate for a server that also calls others.
    ///
    /// # Errors
    ///
    /// `name` is not a host name or an address.
    pub fn peer(&self, name: &str) -> Result<Credential> {
        self.issue_peer(name).issue()
    }

    /// Starts a server certificate that differs from [`server`](Self::server) in what the builder is told.
    pub fn issue_server(&self, name: &str) -> CredentialBuilder<'_> {
        self.issue_profile("server", name)
    }

    /// Starts a client certificate that differs from [`client`](Self::client) in what the builder is told.
    pub fn issue_client(&self, name: &str) -> CredentialBuilder<'_> {
        self.issue_profile("client", name)
    }

    /// Starts a certificate that differs from [`peer`](Self::peer) in what the builder is told.
    pub fn issue_peer(&self, name: &str) -> CredentialBuilder<'_> {
        self.issue_profile("peer", name)
    }

    /// Starts a certificate with one of the built-in [profiles](crate::profile), such as `wildcard` or `spiffe`.
    pub fn issue_profile(&self, profile: &str, name: &str) -> CredentialBuilder<'_> {
        CredentialBuilder::new(self, profile, name)
    }

    /// The root certificate, which clients and servers must trust.
    pub fn anchor(&self) -> &Certificate {
        self.authority.anchor()
    }

    /// The root and the intermediate, as [`verify`](crate::verify) expects them.
    pub fn trust(&self) -> Trust {
        let own = self.authority.certificate();
        let intermediates = if own == self.anchor() { vec![] } else { vec![own.clone()] };
        Trust { anchors: vec![self.anchor().clone()], intermediates }
    }

    /// The CA that signs, for certificates that the builder cannot describe.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

/// A moment since 1970, refused where no certificate could carry it.
fn moment(time: SystemTime) -> Result<OffsetDateTime> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok();
    let since = since.and_then(|since| Duration::try_from(since).ok());
    let since = since
        .ok_or_else(|| Error::invalid(ValueKind::Date, format!("{time:?}"), "it leaves the calendar"))?;
    checked_add(OffsetDateTime::UNIX_EPOCH, since)
}

#[cfg(test)]
mod tests {
    use super::EphemeralPki;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_moment_that_no_certificate_can_carry_is_an_error() {
        let far = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        for moment in
            [far(40_000_000_000), far(1 << 60), far(9_000_000_000_000_000_000)].into_iter().flatten()
        {
            assert!(EphemeralPki::at(moment).is_err(), "{moment:?} was accepted");
        }
        let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1)).expect("a moment");
        assert!(EphemeralPki::at(before).is_err());
        assert!(EphemeralPki::at(far(1_795_262_400).expect("a moment")).is_ok());
    }
}
