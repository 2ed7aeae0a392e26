//! Certificates for tests, made in memory at a fixed time.

use pkictl::bundle::{Identity, Trust};
use pkictl::pki::{Authority, CertificateSpec, KeyAlgorithm, Label};
use pkictl::profile::{Profiles, Request};
use time::{Duration, OffsetDateTime};

/// The time at which everything here is made, so that expected files can hold dates.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_700)
}

/// An authority and what it signs.
pub(crate) struct Pki {
    /// Signs the leaves.
    pub(crate) authority: Authority,
}

impl Pki {
    /// Leaves are signed by the root itself.
    pub(crate) fn flat() -> Self {
        Self { authority: Authority::root(&spec("root-ca", "root", None, |_| ())).expect("a root") }
    }

    /// Leaves are signed by an authority under the root.
    pub(crate) fn with_intermediate() -> Self {
        let Self { authority: root } = Self::flat();
        let spec = spec("intermediate-ca", "issuing", Some(&root), |_| ());
        Self { authority: root.intermediate(&spec).expect("an intermediate") }
    }

    /// Leaves are signed by an authority that may sign for one domain only.
    pub(crate) fn constrained(domain: &str) -> Self {
        let permitted = domain.parse().expect("a domain");
        let constrain = |spec: &mut CertificateSpec| spec.name_constraints.permitted_dns.push(permitted);
        Self { authority: Authority::root(&spec("root-ca", "root", None, constrain)).expect("a root") }
    }

    /// Leaves are signed by an RSA key.
    pub(crate) fn rsa() -> Self {
        let rsa = |spec: &mut CertificateSpec| spec.key_algorithm = KeyAlgorithm::Rsa(2048);
        Self { authority: Authority::root(&spec("root-ca", "root", None, rsa)).expect("a root") }
    }

    /// A credential by a built-in profile.
    pub(crate) fn identity(&self, profile: &str, name: &str) -> Identity {
        self.identity_with(profile, name, |_| ())
    }

    /// A credential whose certificate is changed before it is signed.
    pub(crate) fn identity_with(
        &self,
        profile: &str,
        name: &str,
        change: impl FnOnce(&mut CertificateSpec),
    ) -> Identity {
        let spec = spec(profile, name, Some(&self.authority), change);
        let issued = self.authority.issue(&spec).expect("a certificate");
        self.authority.credential(name.parse().expect("a label"), issued).into()
    }

    /// What the peers of its leaves trust.
    pub(crate) fn trust(&self) -> Trust {
        let anchor = self.authority.anchor();
        let own = self.authority.certificate();
        let intermediates = if own == anchor { vec![] } else { vec![own.clone()] };
        Trust { anchors: vec![anchor.clone()], intermediates }
    }
}

pub(crate) fn spec(
    profile: &str,
    name: &str,
    issuer: Option<&Authority>,
    change: impl FnOnce(&mut CertificateSpec),
) -> CertificateSpec {
    let name: Label = name.parse().expect("a label");
    let issuer = issuer.map(Authority::issuer);
    let profile = Profiles::built_in().load(profile).expect("a built-in profile");
    let mut spec = profile.decide(&Request::new(&name, "dev"), issuer, now()).expect("it can be made").spec;
    change(&mut spec);
    spec
}
