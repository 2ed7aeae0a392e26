//! Certificates that must be refused, made in memory for one run: of a foreign CA, and expired ones of the own CA.

use time::Duration;

use super::Scope;
use crate::bundle::Identity;
use crate::error::Result;
use crate::pki::validity::checked_add;
use crate::pki::{
    Authority, CertificateSpec, KeyAlgorithm, NameConstraints, Role, Subject, SubjectAltName, Validity,
};

/// What a run needs beside the certificates of the environment. An error is the reason why a check is skipped.
pub(crate) struct NegativeFixtures {
    /// A root that is not trusted anywhere, with a client that looks like one of ours.
    pub(super) foreign: Result<Foreign, String>,
    /// Clients that look like one of ours.
    pub(super) client_twins: Result<Twins, String>,
    /// For every server those that look like it.
    pub(super) server_twins: Vec<Result<Twins, String>>,
}

/// Two certificates of our CA that differ in their dates alone.
pub(super) struct Twins {
    /// Must be refused.
    pub(super) expired: Identity,
    /// Must be accepted; otherwise the refusal of the other one may have any reason.
    pub(super) valid: Identity,
}

/// A CA made for one run.
pub(crate) struct Foreign {
    pub(crate) root: Authority,
    pub(crate) client: Identity,
}

impl NegativeFixtures {
    /// Makes everything. The names are those of the first client, or of the first server if there is none.
    pub(super) fn make(scope: &Scope<'_>) -> Self {
        Self::imitating(scope, model(scope), scope.servers)
    }

    /// Makes everything, after the model of a client and of these servers.
    pub(super) fn imitating<'a>(
        scope: &Scope<'_>,
        model: Result<&Identity, String>,
        servers: impl IntoIterator<Item = &'a Identity>,
    ) -> Self {
        let day = Duration::days(1);
        let twins = |model: &Identity, role| {
            let signer = scope.signer.as_ref().map_err(Clone::clone)?;
            let twin =
                |dates| imitate(signer, model, (role, KeyAlgorithm::EcP256), scope, dates).map_err(say);
            Ok(Twins { expired: twin((day * -2, -day))?, valid: twin((-day, day))? })
        };
        Self {
            client_twins: match scope.server_auth_only {
                true => Err("servers ask for no client certificate".into()),
                false => model.clone().and_then(|model| twins(model, Role::Client)),
            },
            foreign: model.and_then(|model| foreign(scope, model, KeyAlgorithm::EcP256).map_err(say)),
            server_twins: servers.into_iter().map(|server| twins(server, Role::Server)).collect(),
        }
    }

    /// The foreign client alone.
    pub(crate) fn foreign(scope: &Scope<'_>, key: KeyAlgorithm) -> Result<Foreign, String> {
        model(scope).and_then(|model| foreign(scope, model, key).map_err(say))
    }
}

/// Whom the twins imitate.
fn model<'a>(scope: &Scope<'a>) -> Result<&'a Identity, String> {
    scope.clients.first().or(scope.servers.first()).ok_or_else(nobody)
}

/// Why there is no twin.
pub(super) fn nobody() -> String {
    "there is no certificate to imitate".into()
}

fn say(error: crate::Error) -> String {
    format!("the certificate for it could not be made: {error}")
}

/// A root whose name has the form of ours, and a client under it with the subject and the names of `model`.
fn foreign(scope: &Scope<'_>, model: &Identity, key: KeyAlgorithm) -> Result<Foreign> {
    let day = Duration::days(1);
    let organization = scope.trust.anchors.first().and_then(|root| root.details.subject.organization());
    let suffix = crate::pki::hex(&crate::pki::random_bytes::<3>()?);
    let subject = Subject {
        organization: organization.filter(|text| allowed(text)),
        ..Subject::common_name(format!("Foreign Root CA {suffix}"))
    };
    let valid = validity(scope, (-day, day))?;
    let root = Authority::root(&spec(Role::RootCa, subject, vec![], valid, KeyAlgorithm::EcP256))?;
    let client = imitate(&root, model, (Role::Client, key), scope, (-day, day))?;
    Ok(Foreign { root, client })
}

/// A certificate by `signer` that says what `model`'s says, apart from the role and the dates (relative to now).
fn imitate(
    signer: &Authority,
    model: &Identity,
    (role, key): (Role, KeyAlgorithm),
    scope: &Scope<'_>,
    dates: (Duration, Duration),
) -> Result<Identity> {
    let details = &model.leaf().details;
    let subject = Subject {
        organization: details.subject.organization().filter(|text| allowed(text)),
        common_name: details.subject.common_name().filter(|text| allowed(text)),
        ..Subject::default()
    };
    let valid = validity(scope, dates)?;
    let issued = signer.issue(&spec(role, subject, details.sans().cloned().collect(), valid, key))?;
    let label = "imitation".parse()?;
    Ok(Identity { name: model.name.clone(), ..signer.credential(label, issued).into() })
}

fn spec(
    role: Role,
    subject: Subject,
    sans: Vec<SubjectAltName>,
    validity: Validity,
    key_algorithm: KeyAlgorithm,
) -> CertificateSpec {
    CertificateSpec {
        profile: "in memory".into(),
        role,
        subject,
        sans,
        key_algorithm,
        validity,
        key_usage: role.key_usage(key_algorithm),
        ext_key_usage: role.ext_key_usage(),
        path_len: None,
        name_constraints: NameConstraints::default(),
    }
}

fn validity(scope: &Scope<'_>, (start, end): (Duration, Duration)) -> Result<Validity> {
    Validity::new(checked_add(scope.now, start)?, checked_add(scope.now, end)?)
}

/// Whether a foreign certificate's text can be written into a certificate of ours, which is stricter.
fn allowed(text: &str) -> bool {
    Subject::common_name(text).check().is_ok()
}
