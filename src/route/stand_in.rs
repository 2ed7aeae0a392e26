//! Certificates of an untrusted CA, made for one run: they stand for the router's own, and for strangers.

use time::{Duration, OffsetDateTime};

use crate::bundle::Identity;
use crate::error::Result;
use crate::pki::validity::checked_add;
use crate::pki::{
    Authority, Certificate, CertificateSpec, KeyAlgorithm, NameConstraints, Role, Subject, Validity,
};

/// What the run needs of strangers.
pub(super) struct StandIn {
    pub(super) root: Certificate,
    /// In the place of the certificate that the router shows for hosts without one.
    pub(super) router: Identity,
    pub(super) client: Identity,
}

impl StandIn {
    pub(super) fn make(now: OffsetDateTime) -> Result<Self> {
        let root = Authority::root(&spec(Role::RootCa, "Stand-in Root CA", &[], now)?)?;
        let leaf = |role, name: &str, sans: &[&str]| -> Result<Identity> {
            let issued = root.issue(&spec(role, name, sans, now)?)?;
            Ok(root.credential("stand-in".parse()?, issued).into())
        };
        Ok(Self {
            router: leaf(Role::Server, "router", &["router.invalid"])?,
            client: leaf(Role::Client, "stranger", &["stranger.invalid"])?,
            root: root.certificate().clone(),
        })
    }
}

fn spec(role: Role, name: &str, sans: &[&str], now: OffsetDateTime) -> Result<CertificateSpec> {
    let (key_algorithm, day) = (KeyAlgorithm::EcP256, Duration::days(1));
    Ok(CertificateSpec {
        profile: "in memory".into(),
        role,
        subject: Subject::common_name(name),
        sans: sans.iter().map(|san| san.parse()).collect::<Result<_>>()?,
        key_algorithm,
        validity: Validity::new(checked_add(now, -day)?, checked_add(now, day)?)?,
        key_usage: role.key_usage(key_algorithm),
        ext_key_usage: role.ext_key_usage(),
        path_len: None,
        name_constraints: NameConstraints::default(),
    })
}
