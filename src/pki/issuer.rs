//! An authority as those below it see it: its certificate and those above it, without the key.

use super::certificate::Certificate;
use super::constraints::NameConstraints;
use super::name::SubjectAltName;
use super::subtrees::Subtrees;
use crate::error::{Error, Result};

/// Who signs, or will.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// The authorities above it, the root last; empty for a root.
    pub above: &'a [Certificate],
}

impl<'a> Issuer<'a> {
    /// The first authority of a chain whose root is last; none in an empty one.
    pub fn of(chain: &'a [Certificate]) -> Option<Self> {
        chain.split_first().map(|(certificate, above)| Self { certificate, above })
    }

    /// The constraints nearest to what it signs. Those further up hold as well (RFC 5280, section 6.1.3 (b)).
    pub fn constraints(self) -> Option<&'a Subtrees> {
        self.all().next().map(|(_, constraints)| constraints)
    }

    /// Whether it may sign `name`: its own constraints permit it, and those of every authority above it.
    pub fn permits(self, name: &SubjectAltName) -> bool {
        self.all().all(|(_, constraints)| constraints.permits(name))
    }

    /// Refuses a name that it may not sign; the error says whose constraints forbid it.
    pub fn require(self, name: &SubjectAltName) -> Result<()> {
        self.refuse(|constraints| (!constraints.permits(name)).then(|| name.to_string()))
    }

    /// Refuses constraints for an authority below it that would permit more than it may sign itself: what that one signed
    /// outside of them, no client would accept.
    pub fn require_narrower(self, wanted: &NameConstraints) -> Result<()> {
        self.refuse(|constraints| constraints.first_outside(wanted))
    }

    fn refuse(self, outside: impl Fn(&Subtrees) -> Option<String>) -> Result<()> {
        let mut refused =
            self.all().filter_map(|(authority, own)| outside(own).map(|name| (name, authority, own)));
        match refused.next() {
            None => Ok(()),
            Some((name, authority, own)) => Err(Error::OutsideConstraints {
                name,
                authority: authority.title(),
                permitted: own.to_string(),
            }),
        }
    }

    /// Those that have constraints, nearest first.
    fn all(self) -> impl Iterator<Item = (&'a Certificate, &'a Subtrees)> {
        let chain = std::iter::once(self.certificate).chain(self.above);
        let constrained = chain.filter_map(|one| Some((one, one.details.name_constraints.as_deref()?)));
        constrained.filter(|(_, constraints)| !constraints.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use crate::pki::{Authority, Label, NameConstraints, Subject, SubjectAltName};
    use crate::profile::{Profiles, Request};

    fn constraints(domain: &str) -> NameConstraints {
        let permitted_dns = vec![NameConstraints::permit_dns(domain).expect("a domain")];
        NameConstraints { permitted_dns, permitted_ip: vec!["10.0.0.0/8".parse().expect("a network")] }
    }

    #[test]
    fn a_name_is_permitted_when_the_whole_chain_permits_it() {
        let (now, label): (_, Label) = (datetime!(2026-11-21 12:00 UTC), "root".parse().expect("a label"));
        let profiles = Profiles::built_in();
        let decide = |profile: &str| {
            let profile = profiles.load(profile).expect("a built-in profile");
            profile.decide(&Request::new(&label, "dev"), None, now).expect("it is decided").spec
        };
        let mut spec = decide("root-ca");
        spec.name_constraints = constraints("shop.svc");
        let root = Authority::root(&spec).expect("a root");
        // As another tool would make it: wider than the authority above it.
        let mut spec = decide("intermediate-ca");
        spec.subject = Subject::common_name("Wide");
        spec.name_constraints = constraints("svc");
        let wide = root.intermediate(&spec).expect("an intermediate");
        let permits = |name: &str| wide.issuer().permits(&name.parse::<SubjectAltName>().expect("a name"));
        assert!(permits("web.shop.svc") && permits("10.1.2.3"));
        assert!(!permits("web.bank.svc") && !permits("example.com") && !permits("11.1.2.3"));
        let error =
            wide.issuer().require(&"web.bank.svc".parse().expect("a name")).expect_err("it is outside");
        assert!(error.to_string().contains(&root.certificate().title()), "{error}");
        assert!(wide.issuer().require_narrower(&constraints("web.shop.svc")).is_ok());
        assert!(wide.issuer().require_narrower(&constraints("bank.svc")).is_err());
        let networks =
            NameConstraints { permitted_dns: vec![], permitted_ip: vec!["0.0.0.0/0".parse().expect("all")] };
        assert!(wide.issuer().require_narrower(&networks).is_err());
    }
}
