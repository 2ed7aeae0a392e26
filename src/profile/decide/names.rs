//! Which subject alternative names a certificate gets.

use super::Request;
use crate::error::{Error, Result};
use crate::pki::{NameConstraints, Notice, Role, SubjectAltName};
use crate::profile::Profile;

/// The names of a certificate while they are decided.
pub(super) struct Names<'a> {
    pub(super) constraints: &'a NameConstraints,
    pub(super) authority: &'a str,
    pub(super) found: Vec<SubjectAltName>,
    pub(super) dropped: Vec<SubjectAltName>,
}

impl Names<'_> {
    /// A name that was asked for: outside the authority's constraints it is an error.
    pub(super) fn require(&mut self, san: SubjectAltName) -> Result<()> {
        if !self.constraints.permits(&san) {
            return Err(self.outside(&san));
        }
        self.add(san);
        Ok(())
    }

    /// A name that follows from the label: outside the authority's constraints it is left out.
    pub(super) fn offer(&mut self, san: SubjectAltName) {
        if self.constraints.permits(&san) { self.add(san) } else { self.dropped.push(san) }
    }

    fn add(&mut self, san: SubjectAltName) {
        let is_localhost = matches!(&san, SubjectAltName::Dns(name) if name.as_str() == "localhost");
        if !self.found.contains(&san) {
            self.found.push(san);
        }
        if is_localhost {
            for loopback in [std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()] {
                let san = SubjectAltName::Ip(loopback);
                if self.constraints.permits(&san) && !self.found.contains(&san) {
                    self.found.push(san);
                }
            }
        }
    }

    fn outside(&self, san: &SubjectAltName) -> Error {
        Error::OutsideConstraints {
            name: san.to_string(),
            authority: self.authority.to_owned(),
            permitted: self.constraints.to_string(),
        }
    }

    /// What is left: at least one name on every leaf.
    pub(super) fn settle(
        mut self,
        profile: &Profile,
        request: &Request<'_>,
        notices: &mut Vec<Notice>,
    ) -> Result<Vec<SubjectAltName>> {
        if profile.role.is_authority() {
            return Ok(self.found);
        }
        let derived = || {
            let domain = self.constraints.permitted_dns.first()?;
            format!("{}.{domain}", request.name).parse().ok().map(SubjectAltName::Dns)
        };
        if self.found.is_empty() && profile.role == Role::Client && !self.dropped.is_empty() {
            match derived() {
                Some(san) => {
                    notices
                        .push(Notice::Note(format!("its name is {san}, inside the CA's name constraints")));
                    return Ok(vec![san]);
                }
                None => return Err(self.outside(&self.dropped[0])),
            }
        }
        if self.found.is_empty() {
            return Err(match self.dropped.pop() {
                Some(san) => self.outside(&san),
                None => Error::Missing {
                    what: "certificate",
                    name: request.name.to_string(),
                    need: "a subject alternative name: its own name is no host name, address or mailbox"
                        .into(),
                },
            });
        }
        for san in &self.dropped {
            notices.push(Notice::Note(format!("left out {san}: it lies outside the CA's name constraints")));
        }
        Ok(self.found)
    }
}

/// Refuses names that no client takes, and mentions what is odd about the others.
pub(super) fn check_names(
    sans: &[SubjectAltName],
    request: &Request<'_>,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    for name in sans.iter().filter_map(SubjectAltName::as_dns) {
        if name.is_too_wide() && !request.insist {
            return Err(Error::WildcardTooWide { name: name.to_string() });
        }
        if name.has_underscore() {
            notices.push(Notice::Warning(format!(
                "{name} holds `_`: it is no DNS-1123 name, and some clients refuse it"
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
