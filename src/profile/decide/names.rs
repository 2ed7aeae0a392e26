//! Which subject alternative names a certificate gets.

use super::Request;
use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::pki::{Issuer, Notice, Role, SubjectAltName, defect};
use crate::profile::Profile;

/// The names of a certificate while they are decided.
pub(super) struct Names<'a> {
    pub(super) issuer: Option<Issuer<'a>>,
    pub(super) found: Vec<SubjectAltName>,
    pub(super) dropped: Vec<SubjectAltName>,
}

impl Names<'_> {
    /// A name that was asked for: outside the authority's constraints it is an error.
    pub(super) fn require(&mut self, san: SubjectAltName) -> Result<()> {
        self.inside(&san)?;
        self.add(san);
        Ok(())
    }

    /// A name that follows from the label: outside the authority's constraints it is left out.
    pub(super) fn offer(&mut self, san: SubjectAltName) {
        if self.inside(&san).is_ok() { self.add(san) } else { self.drop(san) }
    }

    fn add(&mut self, san: SubjectAltName) {
        let is_localhost = matches!(&san, SubjectAltName::Dns(name) if name.as_str() == "localhost");
        if !self.found.contains(&san) {
            self.found.push(san);
        }
        if is_localhost {
            for loopback in [std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()] {
                self.offer(SubjectAltName::Ip(loopback));
            }
        }
    }

    fn drop(&mut self, san: SubjectAltName) {
        if !self.dropped.contains(&san) {
            self.dropped.push(san);
        }
    }

    fn inside(&self, san: &SubjectAltName) -> Result<()> {
        self.issuer.map_or(Ok(()), |issuer| issuer.require(san))
    }

    /// What is left: at least one name on every leaf.
    pub(super) fn settle(
        self,
        profile: &Profile,
        request: &Request<'_>,
        notices: &mut Vec<Notice>,
    ) -> Result<Vec<SubjectAltName>> {
        if profile.role.is_authority() {
            return Ok(self.found);
        }
        if self.found.is_empty() {
            let Some(dropped) = self.dropped.first().cloned() else {
                return Err(Error::MissingName { name: request.name.to_string() });
            };
            let derived = if profile.role == Role::Client { self.derived(request) } else { None };
            let Some(san) = derived else { return self.inside(&dropped).map(|()| vec![dropped]) };
            notices.push(Notice::Note(format!("its name is {san}, inside the CA's name constraints")));
            return Ok(vec![san]);
        }
        for san in &self.dropped {
            notices.push(Notice::Note(format!("left out {san}: it is outside the CA's name constraints")));
        }
        Ok(self.found)
    }

    /// The name below the first permitted domain.
    fn derived(&self, request: &Request<'_>) -> Option<SubjectAltName> {
        let permitted = self.issuer?.constraints()?.to_requested();
        let domain = permitted.permitted_dns.first()?;
        let name = format!("{}.{domain}", request.name).parse().ok().map(SubjectAltName::Dns)?;
        self.inside(&name).is_ok().then_some(name)
    }
}

/// Refuses names that no client takes, and mentions what is odd about the others.
pub(super) fn check_names(
    sans: &[SubjectAltName],
    request: &Request<'_>,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    if let Some(defect) = defect::spiffe_names(sans.iter()).into_iter().next() {
        return Err(Error::Contradiction {
            reason: "peers would not take the SPIFFE ID of this certificate".into(),
            explanation: Explanation::new(defect.expected, defect.found),
        });
    }
    for name in sans.iter().filter_map(SubjectAltName::as_dns) {
        if name.is_too_wide() && !request.insist {
            return Err(Error::WildcardTooWide { name: name.to_string() });
        }
        if name.has_underscore() {
            notices.push(Notice::Warning(format!(
                "{name} contains `_`: it is not a DNS-1123 name, and some clients refuse it"
            )));
        }
        if let Some(apex) = name.apex()
            && !sans.iter().any(|san| san.as_dns() == Some(&apex))
        {
            notices.push(Notice::Note(format!(
                "{name} does not cover {apex} itself; add it as a SAN if it is served, too"
            )));
        }
    }
    Ok(())
}
