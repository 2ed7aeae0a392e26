//! Throw-away certificates for test suites: in memory, gone with the process.

use std::time::SystemTime;

use time::{Duration, OffsetDateTime};

use crate::error::{Error, Result, ValueKind};
use crate::explanation::Explanation;
use crate::pki::validity::checked_add;
use crate::pki::{Authority, Certificate, Credential, Issued, Label, PrivateKey, Role, SubjectAltName};
use crate::profile::{Profiles, Request};

/// A root that exists only in memory, and the certificates under it.
///
/// ```
/// use std::time::SystemTime;
///
/// let pki = pkictl::EphemeralPki::new(SystemTime::now())?;
/// let server = pki.server(&["localhost"])?;
/// let client = pki.client("backend-1")?;
/// assert!(server.certificate.serves_host("localhost") && server.certificate.serves_host("::1"));
/// assert!(client.certificate.is_signed_by(pki.anchor()));
/// # Ok::<(), pkictl::Error>(())
/// ```
#[derive(Debug)]
pub struct EphemeralPki {
    authority: Authority,
    profiles: Profiles,
    now: OffsetDateTime,
}

impl EphemeralPki {
    /// The environment in the names of its authorities.
    const ENVIRONMENT: &'static str = "ephemeral";

    /// Makes a root. `now` is when its certificates start to be valid, less one hour.
    pub fn new(now: SystemTime) -> Result<Self> {
        let now = moment(now)?;
        let profiles = Profiles::built_in();
        let name: Label = "root".parse()?;
        let decision =
            profiles.load("root-ca")?.decide(&Request::new(&name, Self::ENVIRONMENT), None, now)?;
        Ok(Self { authority: Authority::root(&decision.spec)?, profiles, now })
    }

    /// A server for host names and addresses; `localhost` brings 127.0.0.1 and ::1.
    pub fn server(&self, names: &[&str]) -> Result<Credential> {
        self.issue("server", names)
    }

    /// A client whose common name is `name`.
    pub fn client(&self, name: &str) -> Result<Credential> {
        self.issue("client", &[name])
    }

    /// A server that also calls.
    pub fn peer(&self, names: &[&str]) -> Result<Credential> {
        self.issue("peer", names)
    }

    /// A certificate by any built-in profile of leaves. The first name is its label; all are subject alternative names.
    pub fn issue(&self, profile: &str, names: &[&str]) -> Result<Credential> {
        let (first, others) =
            names.split_first().ok_or_else(|| Error::MissingName { name: profile.to_owned() })?;
        let label: Label = first.parse()?;
        let mut request = Request::new(&label, Self::ENVIRONMENT);
        request.sans = others.iter().map(|name| name.parse()).collect::<Result<Vec<SubjectAltName>>>()?;
        self.issue_request(profile, &request)
    }

    /// A certificate with everything that a request can say: dates in the past, other keys, other names.
    pub fn issue_request(&self, profile: &str, request: &Request<'_>) -> Result<Credential> {
        let profile = self.profiles.load(profile)?;
        if matches!(profile.role, Role::RootCa | Role::IntermediateCa) {
            return Err(Error::Contradiction {
                reason: format!("profile {:?} makes authorities", profile.name),
                explanation: Explanation::new("a profile of servers or clients", profile.role.to_string()),
            });
        }
        let decision = profile.decide(request, Some(self.authority.issuer()), self.now)?;
        let key = PrivateKey::generate(decision.spec.key_algorithm)?;
        let certificate = self.authority.sign(&decision.spec, key.public_key())?;
        Ok(self.authority.credential(request.name.clone(), Issued { certificate, key }))
    }

    /// The root that its servers and clients must trust.
    pub fn anchor(&self) -> &Certificate {
        self.authority.anchor()
    }

    /// The authority itself, to sign what this type has no word for.
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
            assert!(EphemeralPki::new(moment).is_err(), "{moment:?} was taken");
        }
        let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1)).expect("a moment");
        assert!(EphemeralPki::new(before).is_err());
        assert!(EphemeralPki::new(far(1_795_262_400).expect("a moment")).is_ok());
    }
}
