//! The authorities of an environment: made where they are missing, and left alone where they differ, for those who trust
//! them.

use std::collections::BTreeMap;

use super::partial_ca::{lost_key, signing_name};
use super::{Action, EnvironmentPlan, Reason, Reconciler, Signers, Step};
use crate::artifact::Existing;
use crate::error::{Error, Result, ThingKind};
use crate::manifest::{DeclaredAuthority, DeclaredEnvironment};
use crate::pki::validity::human_time;
use crate::pki::{Authority, Certificate, Label, Moment, NameConstraints, Subtrees, Validity};
use crate::profile::{Profile, Request};
use crate::store::{self, ISSUING, Lock, NewAuthority, ROOT};

/// The authority that signs, without its key.
pub(super) struct Signing {
    /// Its name in the PKI directory.
    pub(super) name: &'static str,
    /// Its certificate, then those above it, the root last.
    pub(super) chain: Vec<Certificate>,
    /// The profiles of its services.
    profiles: BTreeMap<String, Profile>,
}

impl Signing {
    pub(super) fn profile(&self, name: &str) -> Result<&Profile> {
        self.profiles.get(name).ok_or_else(|| Error::NotFound {
            what: ThingKind::Profile,
            name: name.to_owned(),
            place: "the profiles of the manifest".into(),
            known: self.profiles.keys().cloned().collect(),
        })
    }
}

/// What is to be done about an authority.
enum AuthorityState {
    Fine,
    /// There is none.
    Missing,
    /// The root stays, and the intermediate does not.
    Intermediate,
    /// It is another than the manifest declares, and that is to be fixed.
    Remake,
}

impl Reconciler<'_> {
    /// The authorities as they are; none where one must be made first, which the plan then says.
    pub(super) fn signing(
        &self,
        environment: &DeclaredEnvironment,
        plan: &mut EnvironmentPlan,
    ) -> Result<Signers> {
        let mut signers = Signers::new();
        for (place, wanted) in environment.authorities.iter().enumerate() {
            if !is_used(environment, place) {
                signers.push(None);
                continue;
            }
            let store = self.store.environment(&wanted.domain)?;
            let signer = match self.judge_authority(wanted, &store, plan)? {
                AuthorityState::Fine => Some(self.signer(environment, place, &store)?),
                AuthorityState::Missing | AuthorityState::Intermediate | AuthorityState::Remake => None,
            };
            signers.push(signer);
        }
        Ok(signers)
    }

    /// Makes what is missing, and returns what signs from now on.
    pub(super) fn make_authorities(
        &self,
        environment: &DeclaredEnvironment,
        locks: &[Option<Lock>],
        plan: &mut EnvironmentPlan,
    ) -> Result<Signers> {
        let mut signers = Signers::new();
        for (place, wanted) in environment.authorities.iter().enumerate() {
            let Some(lock) = locks[place].as_ref().filter(|_| is_used(environment, place)) else {
                signers.push(None);
                continue;
            };
            let store = self.store.environment(&wanted.domain)?;
            match self.judge_authority(wanted, &store, plan)? {
                AuthorityState::Fine => {}
                AuthorityState::Missing => self.make(wanted, &store, lock, Existing::Keep)?,
                AuthorityState::Remake => self.make(wanted, &store, lock, Existing::Replace)?,
                AuthorityState::Intermediate => self.make_intermediate(wanted, &store, lock)?,
            }
            signers.push(Some(self.signer(environment, place, &store)?));
        }
        Ok(signers)
    }

    fn signer(
        &self,
        environment: &DeclaredEnvironment,
        place: usize,
        store: &store::Environment,
    ) -> Result<Signing> {
        let name = signing_name(&environment.authorities[place]);
        let chain = store.authority_chain(name)?;
        let mut profiles = BTreeMap::new();
        for service in environment.services.iter().filter(|service| service.authority == place) {
            if !profiles.contains_key(&service.profile) {
                profiles.insert(service.profile.clone(), self.profiles.load(&service.profile)?);
            }
        }
        Ok(Signing { name, chain, profiles })
    }

    /// What is to be done, and the step that says so.
    fn judge_authority(
        &self,
        wanted: &DeclaredAuthority,
        store: &store::Environment,
        plan: &mut EnvironmentPlan,
    ) -> Result<AuthorityState> {
        let mut step = |action, name: &str, reasons: Vec<Reason>| {
            plan.steps.push(Step { action, domain: wanted.domain.clone(), name: name.to_owned(), reasons });
        };
        if !store.has_authority() {
            if let Some(reason) = self.detect_partial_ca(store)? {
                step(Action::RemakeAuthority, ROOT, vec![reason]);
                return Ok(AuthorityState::Remake);
            }
            let new = || vec![Reason::new("new", "not created yet")];
            step(Action::MakeAuthority, ROOT, new());
            if wanted.intermediate {
                step(Action::MakeAuthority, ISSUING, new());
            }
            return Ok(AuthorityState::Missing);
        }
        let root = store.authority_chain(ROOT)?.swap_remove(0);
        let mut differences = self.differences(wanted, &root);
        if self.remake_authorities {
            differences.extend(lost_key(wanted, store));
        }
        if !differences.is_empty() && self.remake_authorities {
            step(Action::RemakeAuthority, ROOT, differences);
            return Ok(AuthorityState::Remake);
        }
        if !differences.is_empty() {
            step(Action::KeepAuthority, ROOT, differences);
        }
        let trouble = if wanted.intermediate { self.trouble_of_intermediate(store, &root) } else { None };
        let Some(mut reason) = trouble else { return Ok(AuthorityState::Fine) };
        // A root whose key is kept elsewhere stops nobody from working until the end has come.
        if reason.id == "expires-soon" && !store.authority_path(ROOT).join("ca.key").is_file() {
            reason.text += "; replacing it needs the root's key, which is not here";
            step(Action::KeepAuthority, ISSUING, vec![reason]);
            return Ok(AuthorityState::Fine);
        }
        step(Action::MakeAuthority, ISSUING, vec![reason]);
        Ok(AuthorityState::Intermediate)
    }

    fn trouble_of_intermediate(&self, store: &store::Environment, root: &Certificate) -> Option<Reason> {
        if !store.authority_path(ISSUING).join("ca.crt").is_file() {
            return Some(Reason::new("new", "the manifest declares an intermediate CA; not created yet"));
        }
        let Ok(chain) = store.authority_chain(ISSUING) else {
            return Some(Reason::new("issuer-changed", "it is no longer signed by the root"));
        };
        // One that ends with its root gains nothing by being renewed.
        let clamped = chain[0].details.validity.not_after == root.details.validity.not_after;
        self.end(&chain[0]).filter(|_| !clamped)
    }

    /// That an authority has ended or ends soon. What it signs ends with it, so it goes before its leaves do.
    fn end(&self, authority: &Certificate) -> Option<Reason> {
        let Validity { not_before, not_after } = authority.details.validity;
        let within = self.manifest.renew_within.as_duration().min((not_after - not_before) / 3);
        let ends = human_time(not_after);
        if not_after <= self.now {
            return Some(Reason::new("expired", format!("it expired on {ends}")));
        }
        (not_after - self.now <= within)
            .then(|| Reason::new("expires-soon", format!("it expires on {ends}, and all that it signed")))
    }

    fn differences(&self, wanted: &DeclaredAuthority, root: &Certificate) -> Vec<Reason> {
        let details = &root.details;
        let mut reasons: Vec<Reason> = self.end(root).into_iter().collect();
        let found = details.name_constraints.as_deref().map(Subtrees::to_requested).unwrap_or_default();
        if words(&found) != words(&wanted.constraints) {
            let say = |constraints: &NameConstraints| match constraints.is_empty() {
                true => "everything".to_owned(),
                false => constraints.to_string(),
            };
            let text = format!(
                "name constraints are {}; the manifest declares {}",
                say(&found),
                say(&wanted.constraints)
            );
            reasons.push(Reason::new("constraints-changed", text));
        }
        if let Some(key_type) = wanted.key_type.filter(|key_type| details.key_type != *key_type) {
            let text = format!("key type is {}; the manifest declares {key_type}", details.key_type);
            reasons.push(Reason::new("key-type-changed", text));
        }
        if wanted.organization.is_some() && details.subject.organization() != wanted.organization {
            let text = format!(
                "organization is {:?}; the manifest declares {:?}",
                details.subject.organization().as_deref().unwrap_or_default(),
                wanted.organization.as_deref().unwrap_or_default()
            );
            reasons.push(Reason::new("organization-changed", text));
        }
        reasons
    }

    fn make(
        &self,
        wanted: &DeclaredAuthority,
        store: &store::Environment,
        lock: &Lock,
        existing: Existing,
    ) -> Result<()> {
        let root_name: Label = ROOT.parse()?;
        let mut request = authority_request(wanted, &root_name);
        request.not_after = wanted.validity.map(Moment::In);
        let decision = self.profiles.load("root-ca")?.decide(&request, None, self.now)?;
        let root = Authority::root(&decision.spec)?;
        let issuing = wanted.intermediate.then(|| self.intermediate(wanted, &root)).transpose()?;
        let mut all = vec![NewAuthority { name: ROOT, authority: &root, profile: "root-ca" }];
        all.extend(issuing.as_ref().map(|authority| NewAuthority {
            name: ISSUING,
            authority,
            profile: "intermediate-ca",
        }));
        store.create_authorities(lock, &all, self.passphrase, existing, self.now).map(drop)
    }

    fn make_intermediate(
        &self,
        wanted: &DeclaredAuthority,
        store: &store::Environment,
        lock: &Lock,
    ) -> Result<()> {
        let passphrase = self.passphrase.filter(|_| store.authority_key_is_encrypted(ROOT));
        let root = store.authority(ROOT, passphrase)?;
        let issuing = self.intermediate(wanted, &root)?;
        let new = NewAuthority { name: ISSUING, authority: &issuing, profile: "intermediate-ca" };
        store.add_authority(lock, &new, passphrase, Existing::Replace, self.now).map(drop)
    }

    fn intermediate(&self, wanted: &DeclaredAuthority, root: &Authority) -> Result<Authority> {
        let name: Label = ISSUING.parse()?;
        let request = authority_request(wanted, &name);
        let profile = self.profiles.load("intermediate-ca")?;
        let decision = profile.decide(&request, Some(root.issuer()), self.now)?;
        root.intermediate(&decision.spec)
    }
}

/// Whether some service has its certificate from it: one that no one needs is not made.
pub(super) fn is_used(environment: &DeclaredEnvironment, place: usize) -> bool {
    environment.services.iter().any(|service| service.authority == place)
}

fn authority_request<'r>(wanted: &'r DeclaredAuthority, name: &'r Label) -> Request<'r> {
    // The domain tells the authorities of one environment apart in their subjects.
    let mut request = Request::new(name, &wanted.domain);
    request.organization.clone_from(&wanted.organization);
    request.key_algorithm = wanted.key_type;
    request.name_constraints = wanted.constraints.clone();
    request
}

fn words(constraints: &NameConstraints) -> Vec<String> {
    let dns = constraints.permitted_dns.iter().map(ToString::to_string);
    let mut words: Vec<String> =
        dns.chain(constraints.permitted_ip.iter().map(ToString::to_string)).collect();
    words.sort();
    words.dedup();
    words
}
