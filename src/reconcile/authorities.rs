//! The authorities of an environment: made where they are missing, and left alone where they differ, for whoever trusts
//! them would have to be told.

use std::collections::BTreeMap;

use super::{Action, EnvironmentPlan, Reason, Reconciler, Signers, Step};
use crate::artifact::Existing;
use crate::error::{Error, Result};
use crate::manifest::{Authority as Wanted, Environment};
use crate::pki::validity::human_time;
use crate::pki::{Authority, Certificate, Label, Moment, NameConstraints};
use crate::profile::{Profile, Request};
use crate::store::{self, ISSUING, Lock, NewAuthority, ROOT};

/// The authority that signs, without its key.
pub(super) struct Signing {
    /// Its name in the PKI directory.
    pub(super) name: &'static str,
    /// Its certificate, then those above it, the root last.
    pub(super) chain: Vec<Certificate>,
    /// What it may sign.
    pub(super) constraints: NameConstraints,
    /// The profiles of its services.
    profiles: BTreeMap<String, Profile>,
}

impl Signing {
    pub(super) fn profile(&self, name: &str) -> Result<&Profile> {
        self.profiles.get(name).ok_or_else(|| Error::NotFound {
            what: "profile",
            name: name.to_owned(),
            place: "the profiles of the manifest".into(),
            known: self.profiles.keys().cloned().collect(),
        })
    }
}

/// What is to be done about an authority.
enum Verdict {
    /// There is none.
    Missing,
    /// There is a root.
    Standing {
        /// Where it is another than the manifest declares.
        differs: Vec<Reason>,
        /// Why the intermediate below it must be made, if one is wanted.
        issuing: Option<Reason>,
    },
}

impl Reconciler<'_> {
    /// The authorities as they are; none where one must be made first, which the plan then says.
    pub(super) fn signing(&self, environment: &Environment, plan: &mut EnvironmentPlan) -> Result<Signers> {
        let mut signers = Signers::new();
        for (place, wanted) in environment.authorities.iter().enumerate() {
            if !is_used(environment, place) {
                signers.push(None);
                continue;
            }
            let store = self.store.environment(&wanted.domain)?;
            let verdict = self.judge_authority(wanted, &store)?;
            self.say(&verdict, wanted, plan);
            let stays = match &verdict {
                Verdict::Missing => false,
                Verdict::Standing { differs, issuing } => issuing.is_none() && !self.remakes(differs),
            };
            signers.push(if stays { Some(self.signer(environment, place, &store)?) } else { None });
        }
        Ok(signers)
    }

    /// Makes what is missing, and returns what signs from now on.
    pub(super) fn make_authorities(
        &self,
        environment: &Environment,
        locks: &[Option<Lock>],
        plan: &mut EnvironmentPlan,
    ) -> Result<Signers> {
        let mut signers = Signers::new();
        for (place, wanted) in environment.authorities.iter().enumerate() {
            let Some(lock) = &locks[place] else {
                signers.push(None);
                continue;
            };
            let store = self.store.environment(&wanted.domain)?;
            let verdict = self.judge_authority(wanted, &store)?;
            self.say(&verdict, wanted, plan);
            match verdict {
                Verdict::Missing => self.make(wanted, &store, lock, Existing::Keep)?,
                Verdict::Standing { differs, .. } if self.remakes(&differs) => {
                    self.make(wanted, &store, lock, Existing::Replace)?;
                }
                Verdict::Standing { issuing: Some(_), .. } => self.make_intermediate(wanted, &store, lock)?,
                Verdict::Standing { issuing: None, .. } => {}
            }
            signers.push(Some(self.signer(environment, place, &store)?));
        }
        Ok(signers)
    }

    fn signer(&self, environment: &Environment, place: usize, store: &store::Environment) -> Result<Signing> {
        let name = signing_name(&environment.authorities[place]);
        let chain = store.authority_chain(name)?;
        let constraints = chain
            .iter()
            .filter_map(|certificate| certificate.details.name_constraints.clone())
            .find(|constraints| !constraints.is_empty())
            .unwrap_or_default();
        let mut profiles = BTreeMap::new();
        for service in environment.services.iter().filter(|service| service.authority == place) {
            if !profiles.contains_key(&service.profile) {
                profiles.insert(service.profile.clone(), self.profiles.load(&service.profile)?);
            }
        }
        Ok(Signing { name, chain, constraints, profiles })
    }

    fn judge_authority(&self, wanted: &Wanted, store: &store::Environment) -> Result<Verdict> {
        if !store.has_authority() {
            return Ok(Verdict::Missing);
        }
        let root = store.authority_chain(ROOT)?.swap_remove(0);
        let differs = self.differences(wanted, &root);
        let issuing = if wanted.intermediate { self.judge_intermediate(store) } else { None };
        Ok(Verdict::Standing { differs, issuing })
    }

    /// Why the intermediate must be made, if it must.
    fn judge_intermediate(&self, store: &store::Environment) -> Option<Reason> {
        if !store.authority_path(ISSUING).join("ca.crt").is_file() {
            return Some(Reason::new("new", "the manifest wants an intermediate, and there is none"));
        }
        match store.authority_chain(ISSUING) {
            Err(_) => Some(Reason::new("issuer-changed", "it does not stand under the root any more")),
            Ok(chain) if chain[0].details.validity.not_after <= self.now => {
                Some(Reason::new("expired", "it expired"))
            }
            Ok(_) => None,
        }
    }

    /// Whether a root that differs so is made anew, and everything below it.
    fn remakes(&self, differs: &[Reason]) -> bool {
        self.remake_authorities && !differs.is_empty()
    }

    fn differences(&self, wanted: &Wanted, root: &Certificate) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let details = &root.details;
        if details.validity.not_after <= self.now {
            let text = format!("it expired on {}", human_time(details.validity.not_after));
            reasons.push(Reason::new("expired", text));
        }
        let found = details.name_constraints.clone().unwrap_or_default();
        if words(&found) != words(&wanted.constraints) {
            let say = |constraints: &NameConstraints| match constraints.is_empty() {
                true => "everything".to_owned(),
                false => constraints.to_string(),
            };
            let text =
                format!("it may sign {}, and the manifest says {}", say(&found), say(&wanted.constraints));
            reasons.push(Reason::new("constraints-changed", text));
        }
        if let Some(key_type) = wanted.key_type.filter(|key_type| details.key_type != key_type.to_string()) {
            let text = format!("its key is {}, and the manifest says {key_type}", details.key_type);
            reasons.push(Reason::new("key-type-changed", text));
        }
        if wanted.organization.is_some() && details.organization != wanted.organization {
            let text = format!(
                "its organization is {:?}, and the manifest says {:?}",
                details.organization.as_deref().unwrap_or_default(),
                wanted.organization.as_deref().unwrap_or_default()
            );
            reasons.push(Reason::new("organization-changed", text));
        }
        reasons
    }

    fn say(&self, verdict: &Verdict, wanted: &Wanted, plan: &mut EnvironmentPlan) {
        let mut step = |action, name: &str, reasons: &[Reason]| {
            let (domain, reasons) = (wanted.domain.clone(), reasons.to_vec());
            plan.steps.push(Step { action, domain, name: name.to_owned(), reasons });
        };
        let new = [Reason::new("new", "there is none yet")];
        match verdict {
            Verdict::Missing => {
                step(Action::MakeAuthority, ROOT, &new);
                if wanted.intermediate {
                    step(Action::MakeAuthority, ISSUING, &new);
                }
            }
            Verdict::Standing { differs, .. } if self.remakes(differs) => {
                step(Action::RemakeAuthority, ROOT, differs);
            }
            Verdict::Standing { differs, issuing } => {
                if !differs.is_empty() {
                    step(Action::KeepAuthority, ROOT, differs);
                }
                if let Some(reason) = issuing {
                    step(Action::MakeAuthority, ISSUING, std::slice::from_ref(reason));
                }
            }
        }
    }

    fn make(
        &self,
        wanted: &Wanted,
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

    fn make_intermediate(&self, wanted: &Wanted, store: &store::Environment, lock: &Lock) -> Result<()> {
        let passphrase = self.passphrase.filter(|_| store.authority_key_is_encrypted(ROOT));
        let root = store.authority(ROOT, passphrase)?;
        let issuing = self.intermediate(wanted, &root)?;
        let new = NewAuthority { name: ISSUING, authority: &issuing, profile: "intermediate-ca" };
        store.add_authority(lock, &new, passphrase, Existing::Replace, self.now).map(drop)
    }

    fn intermediate(&self, wanted: &Wanted, root: &Authority) -> Result<Authority> {
        let name: Label = ISSUING.parse()?;
        let request = authority_request(wanted, &name);
        let above = Some((root.certificate(), &root.constraints()));
        let decision = self.profiles.load("intermediate-ca")?.decide(&request, above, self.now)?;
        root.intermediate(&decision.spec)
    }
}

/// Whether some service has its certificate from it: one that nobody needs is not made.
pub(super) fn is_used(environment: &Environment, place: usize) -> bool {
    environment.services.iter().any(|service| service.authority == place)
}

fn signing_name(wanted: &Wanted) -> &'static str {
    if wanted.intermediate { ISSUING } else { ROOT }
}

fn authority_request<'r>(wanted: &'r Wanted, name: &'r Label) -> Request<'r> {
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
