//! What a manifest declares against what there is: a plan, and what carries it out.
//!
//! [`Reconciler::plan`] only looks. [`Reconciler::apply`] looks again under the lock and makes it so; it can be called
//! again after any crash, and a second call changes nothing.

mod authorities;
mod inspect;
mod issue;
mod outputs;
mod partial_ca;
mod places;
mod plan;
mod policy;
mod record;

use std::path::Path;

use time::OffsetDateTime;

use crate::artifact::Artifact;
use crate::emit::Emitters;
use crate::error::Result;
use crate::manifest::{DeclaredEnvironment, Manifest};
use crate::pki::{Notice, Passphrase};
use crate::profile::Profiles;
use crate::store::{Lock, Store};
use authorities::Signing;
use inspect::Inspection;
use places::Owners;

pub use plan::{Action, EnvironmentPlan, Plan, Reason, Step};

/// A manifest and everything that it is held against.
pub struct Reconciler<'a> {
    /// What is wanted.
    pub manifest: &'a Manifest,
    /// The PKI directory.
    pub store: &'a Store,
    /// The profiles that there are.
    pub profiles: &'a Profiles,
    /// The emitters that there are.
    pub emitters: &'a Emitters,
    /// The manifest's directory: emitted files go below it.
    pub base: &'a Path,
    /// The manifest's file, which nothing replaces.
    pub file: &'a Path,
    /// The one environment to look at; all when absent.
    pub only: Option<&'a str>,
    /// Whether what is no longer declared is moved aside.
    pub prune: bool,
    /// Whether authorities that differ from the manifest are replaced; everything below them follows.
    pub remake_authorities: bool,
    /// The passphrase of encrypted CA keys.
    pub passphrase: Option<&'a Passphrase>,
    /// The point in time of everything.
    pub now: OffsetDateTime,
    /// Judges files before they are written, as the command line does for a single emitter.
    pub judge: &'a (dyn Fn(&[Artifact]) -> Result<()> + Sync),
    /// Is told how many certificates of how many are made.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Reconciler<'_> {
    /// What would be done now.
    pub fn plan(&self) -> Result<Plan> {
        let mut owners = Owners::new();
        let done = self.environments().map(|environment| self.plan_one(environment, &mut owners));
        self.with_what_is_left(done.collect::<Result<_>>()?)
    }

    /// Makes it so. Returns what was done.
    pub fn apply(&self) -> Result<Plan> {
        let mut owners = Owners::new();
        let done = self.environments().map(|environment| self.apply_one(environment, &mut owners));
        self.with_what_is_left(done.collect::<Result<_>>()?)
    }

    fn with_what_is_left(&self, mut environments: Vec<EnvironmentPlan>) -> Result<Plan> {
        environments.extend(self.environments_left()?);
        Ok(environments.into())
    }

    fn environments(&self) -> impl Iterator<Item = &DeclaredEnvironment> {
        self.manifest.environments.iter().filter(|one| self.only.is_none_or(|only| one.name == only))
    }

    fn plan_one(&self, environment: &DeclaredEnvironment, owners: &mut Owners) -> Result<EnvironmentPlan> {
        self.check_places(environment)?;
        let mut plan =
            EnvironmentPlan { environment: environment.name.clone(), ..EnvironmentPlan::default() };
        let signing = self.signing(environment, &mut plan)?;
        let inspections = self.inspect_all(environment, &signing)?;
        self.steps_of(environment, &inspections, &mut plan);
        let written = self.plan_outputs(environment, &signing, &inspections, owners, &mut plan)?;
        for (place, authority) in environment.authorities.iter().enumerate() {
            let before = self.store.environment(&authority.domain)?.applied()?.unwrap_or_default();
            let after = self.applied(environment, place, &inspections, &written, &before);
            record::admissions(environment, place, &inspections, &before, &after, &mut plan);
            record::files_left(&after, &authority.domain, &mut plan);
        }
        self.plan_leftovers(environment, &mut plan)?;
        Ok(plan)
    }

    fn apply_one(&self, environment: &DeclaredEnvironment, owners: &mut Owners) -> Result<EnvironmentPlan> {
        self.check_places(environment)?;
        let mut plan =
            EnvironmentPlan { environment: environment.name.clone(), ..EnvironmentPlan::default() };
        let locks = self.locks(environment)?;
        // What cannot be read is said before anything is made, not after.
        let before = self.before(environment, &locks)?;
        let signing = self.make_authorities(environment, &locks, &mut plan)?;
        let inspections = self.inspect_all(environment, &signing)?;
        self.steps_of(environment, &inspections, &mut plan);
        self.mend(environment, &inspections, &locks)?;
        self.issue(environment, &signing, &inspections, &locks)?;
        let written = self.write_outputs(environment, owners, &mut plan)?;
        self.record(environment, &inspections, &written, (&locks, &before), &mut plan)?;
        self.leftovers(environment, &locks, &mut plan)?;
        Ok(plan)
    }

    /// The locks of all domains that the environment uses or used, always in the same order.
    fn locks(&self, environment: &DeclaredEnvironment) -> Result<Vec<Option<Lock>>> {
        let lock = |(place, authority): (usize, &crate::manifest::DeclaredAuthority)| {
            let store = self.store.environment(&authority.domain)?;
            let matters = authorities::is_used(environment, place) || !store.credentials().is_empty();
            matters.then(|| store.lock()).transpose()
        };
        environment.authorities.iter().enumerate().map(lock).collect()
    }

    fn steps_of(
        &self,
        environment: &DeclaredEnvironment,
        inspections: &[Inspection],
        plan: &mut EnvironmentPlan,
    ) {
        for (service, inspection) in environment.services.iter().zip(inspections) {
            let step = |action, reasons: &[Reason]| Step {
                action,
                domain: environment.authority_of(service).domain.clone(),
                name: service.name.to_string(),
                reasons: reasons.to_vec(),
            };
            if inspection.is_new {
                plan.steps.push(step(Action::Issue, &inspection.reasons));
            } else if !inspection.reasons.is_empty() {
                plan.steps.push(step(Action::Reissue, &inspection.reasons));
            } else {
                plan.unchanged += 1;
            }
            if let (Some(mode), true) = (inspection.lax_mode, inspection.reasons.is_empty()) {
                let text = format!("others could read the key (mode {mode:04o}, now 0600)");
                plan.steps.push(step(Action::Mend, &[Reason::new("lax-mode", text)]));
            }
            // What was said when it was made need not be said again; and whoever names the names knows them.
            let heard = |notice: &&Notice| service.names.is_empty() || matches!(notice, Notice::Warning(_));
            if !inspection.reasons.is_empty() {
                let say = |notice: &Notice| format!("{}: {}", service.name, notice.text());
                plan.notes.extend(inspection.notices.iter().filter(heard).map(say));
            }
        }
    }

    fn mend(
        &self,
        environment: &DeclaredEnvironment,
        inspections: &[Inspection],
        locks: &[Option<Lock>],
    ) -> Result<()> {
        for (service, inspection) in environment.services.iter().zip(inspections) {
            if let (Some(_), Some(lock)) = (inspection.lax_mode, &locks[service.authority]) {
                let domain = &environment.authority_of(service).domain;
                self.store.environment(domain)?.make_key_private(lock, &service.name)?;
            }
        }
        Ok(())
    }
}

/// What an authority is asked to sign with, for each of [`DeclaredEnvironment::authorities`].
type Signers = Vec<Option<Signing>>;
