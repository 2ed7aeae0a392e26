//! What a test asks of one certificate, the mistakes too that the other side must notice.

use std::time::{Duration, SystemTime};

use super::{EphemeralPki, moment};
use crate::error::{Error, Result, ValueKind};
use crate::explanation::Explanation;
use crate::pki::{
    Authority, Credential, ExtendedKeyUsage, Issued, KeyAlgorithm, Label, Moment, Role, SubjectAltName,
};
use crate::profile::Request;

const DAY: Duration = Duration::from_secs(86_400);

/// A certificate that is being described; [`issue`](Self::issue) makes it.
///
/// The methods can be combined, in any order. Those that make a certificate bad say which error rustls reports for it.
///
/// ```
/// use pkictl::EphemeralPki;
/// use pkictl::pki::KeyAlgorithm;
///
/// let pki = EphemeralPki::new()?;
/// let good = pki.issue_server("web.test").alt_name("10.0.0.7").key_type(KeyAlgorithm::EcP384).issue()?;
/// let expired = pki.issue_server("web.test").expired().issue()?;
/// let stranger = pki.issue_client("backend-1").self_signed().issue()?;
/// # Ok::<(), pkictl::Error>(())
/// ```
#[must_use = "nothing is issued before `issue` is called"]
#[derive(Debug, Clone)]
pub struct CredentialBuilder<'a> {
    pki: &'a EphemeralPki,
    profile: String,
    name: String,
    alt_names: Vec<String>,
    common_name: Option<String>,
    key_type: Option<KeyAlgorithm>,
    not_before: Option<SystemTime>,
    not_after: Option<SystemTime>,
    validity: Option<Duration>,
    wrong_purpose: bool,
    self_signed: bool,
    without_intermediate: bool,
}

impl<'a> CredentialBuilder<'a> {
    pub(super) fn new(pki: &'a EphemeralPki, profile: &str, name: &str) -> Self {
        Self {
            pki,
            profile: profile.to_owned(),
            name: name.to_owned(),
            alt_names: vec![],
            common_name: None,
            key_type: None,
            not_before: None,
            not_after: None,
            validity: None,
            wrong_purpose: false,
            self_signed: false,
            without_intermediate: false,
        }
    }

    /// Adds a subject alternative name: a host name, an address, a URI or a mailbox, recognized by its form; the prefixes
    /// `DNS:`, `IP:`, `URI:` and `email:` force one.
    pub fn alt_name(mut self, name: &str) -> Self {
        self.alt_names.push(name.to_owned());
        self
    }

    /// Sets the common name, at most 64 characters; that of a server becomes a subject alternative name, too.
    pub fn common_name(self, name: &str) -> Self {
        Self { common_name: Some(name.to_owned()), ..self }
    }

    /// Sets the type of the key: ECDSA on P-256 unless told otherwise. RSA keys need the feature `rsa`.
    pub fn key_type(self, key_type: KeyAlgorithm) -> Self {
        Self { key_type: Some(key_type), ..self }
    }

    /// Sets the first second of validity, in whole seconds: one hour ago unless told otherwise.
    pub fn not_before(self, moment: SystemTime) -> Self {
        Self { not_before: Some(moment), ..self }
    }

    /// Sets the last second of validity, in whole seconds; never later than that of the CA.
    pub fn not_after(self, moment: SystemTime) -> Self {
        Self { not_after: Some(moment), ..self }
    }

    /// Sets the time from now, or from [`not_before`](Self::not_before), to the last second of validity.
    pub fn validity(self, length: Duration) -> Self {
        Self { validity: Some(length), ..self }
    }

    /// Valid until yesterday. rustls refuses it with `CertificateError::ExpiredContext`.
    pub fn expired(self) -> Self {
        let now = SystemTime::from(self.pki.now);
        Self { not_before: now.checked_sub(2 * DAY), not_after: now.checked_sub(DAY), ..self }
    }

    /// Valid from tomorrow. rustls refuses it with `CertificateError::NotValidYetContext`.
    pub fn not_yet_valid(self) -> Self {
        let now = SystemTime::from(self.pki.now);
        Self { not_before: now.checked_add(DAY), not_after: now.checked_add(2 * DAY), ..self }
    }

    /// A server's certificate with the extended key usage of a client, and the reverse (RFC 5280, section 4.2.1.12). rustls
    /// refuses it with `CertificateError::InvalidPurposeContext`.
    pub fn wrong_purpose(self) -> Self {
        Self { wrong_purpose: true, ..self }
    }

    /// Signed with its own key instead of the CA's. rustls refuses it with `CertificateError::UnknownIssuer`.
    pub fn self_signed(self) -> Self {
        Self { self_signed: true, ..self }
    }

    /// Issued by an intermediate CA that is missing in the chain, as of a server that was given the leaf only. rustls refuses
    /// it with `CertificateError::UnknownIssuer`.
    ///
    /// The intermediate is that of [`with_intermediate`](EphemeralPki::with_intermediate), or else one of its own.
    pub fn without_intermediate(self) -> Self {
        Self { without_intermediate: true, ..self }
    }

    /// Makes the key and the certificate.
    ///
    /// # Errors
    ///
    /// A name does not have the form that its kind requires; the period of validity is empty or outside 1970 to 3000; the
    /// key type is not available in this build; the profile does not exist, or is that of a CA.
    pub fn issue(self) -> Result<Credential> {
        let pki = self.pki;
        let profile = pki.profiles.load(&self.profile)?;
        if profile.role.is_authority() {
            return Err(Error::Contradiction {
                reason: format!("profile {:?} makes CA certificates", profile.name),
                explanation: Explanation::new("a profile for servers or clients", profile.role.to_string()),
            });
        }
        let label: Label = self.name.parse()?;
        let request = self.request(&label)?;
        let unlisted = match self.without_intermediate && pki.authority.issuer().above.is_empty() {
            true => Some(pki.intermediate()?),
            false => None,
        };
        let authority = unlisted.as_ref().unwrap_or(&pki.authority);
        let mut spec = profile.decide(&request, Some(authority.issuer()), pki.now)?.spec;
        if self.wrong_purpose {
            spec.ext_key_usage = vec![other_purpose(profile.role)?];
        }
        if self.self_signed {
            let Issued { certificate, key } = Authority::self_signed(&spec)?;
            let anchor = pki.anchor().clone();
            return Ok(Credential { name: label, certificate, intermediates: vec![], key, anchor });
        }
        let mut credential = authority.credential(label, authority.issue(&spec)?);
        if self.without_intermediate {
            credential.intermediates.clear();
        }
        Ok(credential)
    }

    fn request<'b>(&self, label: &'b Label) -> Result<Request<'b>> {
        let at = |time: Option<SystemTime>| time.map(moment).transpose().map(|time| time.map(Moment::At));
        let start = self.not_before.unwrap_or(SystemTime::from(self.pki.now));
        let end = match self.validity {
            Some(length) => Some(start.checked_add(length).ok_or_else(|| {
                Error::invalid(ValueKind::TimeSpan, format!("{length:?}"), "it leaves the calendar")
            })?),
            None => self.not_after,
        };
        let mut request = Request::new(label, EphemeralPki::ENVIRONMENT);
        request.sans =
            self.alt_names.iter().map(|name| name.parse()).collect::<Result<Vec<SubjectAltName>>>()?;
        request.common_name.clone_from(&self.common_name);
        request.key_algorithm = self.key_type;
        request.not_before = at(self.not_before)?;
        request.not_after = at(end)?;
        Ok(request)
    }
}

/// What a certificate of this role must not be used for.
fn other_purpose(role: Role) -> Result<ExtendedKeyUsage> {
    match role {
        Role::Server => Ok(ExtendedKeyUsage::ClientAuth),
        Role::Client => Ok(ExtendedKeyUsage::ServerAuth),
        role => Err(Error::Contradiction {
            reason: format!("no purpose is wrong for the role {role}"),
            explanation: Explanation::new("a server or a client", role.to_string()),
        }),
    }
}
