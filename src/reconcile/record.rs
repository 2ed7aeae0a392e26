//! What is in force, kept beside the credentials, and what is there without being declared.

use std::collections::{BTreeMap, BTreeSet};

use super::inspect::Inspection;
use super::{Action, EnvironmentPlan, Reason, Reconciler, Step};
use crate::error::Result;
use crate::manifest::{DeclaredAuthority, DeclaredEnvironment};
use crate::pki::Label;
use crate::store::{Applied, AppliedService, Lock};

impl Reconciler<'_> {
    /// What was in force until now, for each authority.
    pub(super) fn before(
        &self,
        environment: &DeclaredEnvironment,
        locks: &[Option<Lock>],
    ) -> Result<Vec<Applied>> {
        let read = |(authority, lock): (&DeclaredAuthority, &Option<Lock>)| match lock {
            Some(_) => Ok(self.store.environment(&authority.domain)?.applied()?.unwrap_or_default()),
            None => Ok(Applied::default()),
        };
        environment.authorities.iter().zip(locks).map(read).collect()
    }

    /// Keeps what is in force from now on: `verify` holds it against the manifest.
    pub(super) fn record(
        &self,
        environment: &DeclaredEnvironment,
        inspections: &[Inspection],
        written: &[Vec<String>],
        (locks, before): (&[Option<Lock>], &[Applied]),
        plan: &mut EnvironmentPlan,
    ) -> Result<()> {
        for (place, authority) in environment.authorities.iter().enumerate() {
            let Some(lock) = &locks[place] else { continue };
            let store = self.store.environment(&authority.domain)?;
            let before = &before[place];
            let after = self.applied(environment, place, inspections, written, before);
            admissions(environment, place, inspections, before, &after, plan);
            files_left(&after, &authority.domain, plan);
            if after != *before {
                store.put_applied(lock, &after)?;
            }
        }
        Ok(())
    }

    /// What is in force once the services under an authority are applied. Of `written`, a path that ends in `/` is
    /// for all files below it.
    pub(super) fn applied(
        &self,
        environment: &DeclaredEnvironment,
        place: usize,
        inspections: &[Inspection],
        written: &[Vec<String>],
        before: &Applied,
    ) -> Applied {
        let principals: BTreeMap<&str, &str> = environment
            .services
            .iter()
            .zip(inspections)
            .filter_map(|(service, found)| Some((service.name.as_str(), found.principal.as_deref()?)))
            .collect();
        let mut applied = Applied { schema: 1, ..Applied::default() };
        for (nth, service) in
            environment.services.iter().enumerate().filter(|(_, one)| one.authority == place)
        {
            let name = |caller: &String| principals.get(caller.as_str()).map(|name| (*name).to_owned());
            let admits = service.callers.as_ref().map(|callers| callers.iter().filter_map(name).collect());
            let one = AppliedService { admits, files: written[nth].clone() };
            applied.services.insert(service.name.to_string(), one);
        }
        let kept: BTreeSet<&str> = written.iter().flatten().map(String::as_str).collect();
        let is_kept = |file: &str| {
            let mut above = file.match_indices('/').map(|(end, _)| &file[..=end]);
            kept.contains(file) || above.any(|directory| kept.contains(directory))
        };
        let known: BTreeSet<&String> =
            before.services.values().flat_map(|one| &one.files).chain(&before.left).collect();
        let left = known.into_iter().filter(|file| !is_kept(file) && self.base.join(file).exists());
        applied.left = left.cloned().collect();
        applied
    }

    pub(super) fn plan_leftovers(
        &self,
        environment: &DeclaredEnvironment,
        plan: &mut EnvironmentPlan,
    ) -> Result<()> {
        self.each_leftover(environment, |_, _| Ok(()), plan)
    }

    pub(super) fn leftovers(
        &self,
        environment: &DeclaredEnvironment,
        locks: &[Option<Lock>],
        plan: &mut EnvironmentPlan,
    ) -> Result<()> {
        let prune = |place: usize, name: &Label| {
            let Some(lock) = locks[place].as_ref().filter(|_| self.prune) else { return Ok(()) };
            let store = self.store.environment(&environment.authorities[place].domain)?;
            store.put_aside(lock, name, self.now).map(drop)
        };
        self.each_leftover(environment, prune, plan)
    }

    /// Credentials that the manifest does not declare.
    fn each_leftover(
        &self,
        environment: &DeclaredEnvironment,
        act: impl Fn(usize, &Label) -> Result<()>,
        plan: &mut EnvironmentPlan,
    ) -> Result<()> {
        for (place, authority) in environment.authorities.iter().enumerate() {
            let declared: BTreeSet<&Label> = environment
                .services
                .iter()
                .filter(|service| service.authority == place)
                .map(|service| &service.name)
                .collect();
            for name in self.store.environment(&authority.domain)?.credentials() {
                if declared.contains(&name) {
                    continue;
                }
                act(place, &name)?;
                let action = if self.prune { Action::Prune } else { Action::Leftover };
                let reasons = vec![Reason::new("undeclared", "not declared in the manifest")];
                plan.steps.push(Step {
                    action,
                    domain: authority.domain.clone(),
                    name: name.to_string(),
                    reasons,
                });
            }
        }
        Ok(())
    }
}

/// Files that are no longer declared: anyone who knows what they are for removes them.
pub(super) fn files_left(after: &Applied, domain: &str, plan: &mut EnvironmentPlan) {
    plan.steps.extend(after.left.iter().map(|file| Step {
        action: Action::Leftover,
        domain: domain.into(),
        name: file.clone(),
        reasons: vec![Reason::new("undeclared", "no longer declared")],
    }));
}

impl Reconciler<'_> {
    /// Environments of the PKI directory that a manifest made and this one does not declare. They stay as they are.
    pub(super) fn environments_left(&self) -> Result<Vec<EnvironmentPlan>> {
        if self.only.is_some() {
            return Ok(vec![]);
        }
        let declared: BTreeSet<&str> = self
            .manifest
            .environments
            .iter()
            .flat_map(|one| &one.authorities)
            .map(|authority| authority.domain.as_str())
            .collect();
        let mut left = Vec::new();
        for name in self.store.environments().into_iter().filter(|name| !declared.contains(name.as_str())) {
            let store = self.store.environment(&name)?;
            // What cannot be read was made by somebody, too.
            if matches!(store.applied(), Ok(None)) {
                continue;
            }
            let reasons = vec![Reason::new("undeclared", "not declared in the manifest")];
            let step = Step { action: Action::Leftover, domain: name.clone(), name: name.clone(), reasons };
            let unchanged = store.credentials().len();
            left.push(EnvironmentPlan { environment: name, steps: vec![step], unchanged, notes: vec![] });
        }
        Ok(left)
    }
}

/// Services that are there already and admit others from now on.
pub(super) fn admissions(
    environment: &DeclaredEnvironment,
    place: usize,
    inspections: &[Inspection],
    before: &Applied,
    after: &Applied,
    plan: &mut EnvironmentPlan,
) {
    let domain = &environment.authorities[place].domain;
    for (service, found) in environment.services.iter().zip(inspections) {
        let name = service.name.as_str();
        let Some(new) = after.services.get(name).filter(|_| !found.is_new && service.role.serves()) else {
            continue;
        };
        // Until the authority is there, nobody knows what its callers will be called.
        let known = service.callers.as_ref().map(Vec::len) == new.admits.as_ref().map(Vec::len);
        if !known || before.services.get(name).map(|old| &old.admits) == Some(&new.admits) {
            continue;
        }
        let text = match &new.admits {
            None => "it admits every client".to_owned(),
            Some(names) if names.is_empty() => "it admits no client".to_owned(),
            Some(names) => format!("it admits {}", names.join(", ")),
        };
        let reasons = vec![Reason::new("callers-changed", text)];
        plan.steps.push(Step {
            action: Action::Admit,
            domain: domain.clone(),
            name: name.to_owned(),
            reasons,
        });
    }
}
