//! The manifest and what was applied of it, as the policy that is proven.

use super::{Reconciler, inspect};
use crate::bundle::{Identity, Trust};
use crate::error::Result;
use crate::manifest::{DeclaredEnvironment, DeclaredService};
use crate::pki::Authority;
use crate::policy::{self, Callers, Policy, TrustDomain};
use crate::store::{Applied, ISSUING, ROOT};

impl Reconciler<'_> {
    /// Who may call whom as declared today, with the certificates that there are and the admissions in force.
    pub fn policy(&self) -> Result<Policy> {
        Ok(Policy {
            environments: self.environments().map(|one| self.policy_of(one)).collect::<Result<_>>()?,
        })
    }

    fn policy_of(&self, environment: &DeclaredEnvironment) -> Result<policy::PolicyEnvironment> {
        let mut domains = Vec::new();
        let mut applied = Vec::new();
        for authority in &environment.authorities {
            let store = self.store.environment(&authority.domain)?;
            let trust = domain_trust(&store).unwrap_or_else(|_| Trust::default());
            domains.push(TrustDomain {
                name: authority.domain.clone(),
                trust,
                signer: self.signer_of(&store),
            });
            applied.push(store.applied().map_err(|error| error.to_string()));
        }
        let services = environment.services.iter().map(|service| {
            Ok(policy::PolicyService {
                name: service.name.to_string(),
                domain: service.authority,
                identity: self.found_identity(environment, service)?,
                serves: service.role.serves(),
                calls: service.calls,
                declared: service.callers.clone().map_or(Callers::Anyone, Callers::Only),
                admits: admits(&applied[service.authority], service),
            })
        });
        let services = services.collect::<Result<_>>()?;
        Ok(policy::PolicyEnvironment { name: environment.name.clone(), domains, services })
    }

    fn signer_of(&self, store: &crate::store::Environment) -> Result<Authority, String> {
        let name = if store.authority_path(ISSUING).is_dir() { ISSUING } else { ROOT };
        let is_encrypted = store.authority_key_is_encrypted(name);
        if is_encrypted && self.passphrase.is_none() {
            return Err("the CA key is encrypted and no passphrase was given".into());
        }
        store.authority(name, self.passphrase.filter(|_| is_encrypted)).map_err(|error| error.to_string())
    }

    /// A credential as it is there, whether or not its parts fit: a check says so, not an error.
    fn found_identity(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
    ) -> Result<Result<Identity, String>> {
        let store = self.store.environment(&environment.authority_of(service).domain)?;
        let found = match store.find(&service.name) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Err("no certificate issued yet".into())),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let trouble = inspect::trouble(&found);
        let (Some(chain), Some(key), None) = (found.chain.into_value(), found.key.into_value(), &trouble)
        else {
            return Ok(Err(trouble.unwrap_or_default()));
        };
        let anchors = found.anchor.into_value().into_iter().collect();
        Ok(Ok(Identity { name: service.name.to_string(), chain, key: Some(key), anchors, files: None }))
    }
}

fn admits(applied: &Result<Option<Applied>, String>, service: &DeclaredService) -> Result<Callers, String> {
    let applied = applied.as_ref().map_err(Clone::clone)?;
    let never = "the manifest was never applied to this service";
    let one =
        applied.as_ref().and_then(|applied| applied.services.get(service.name.as_str())).ok_or(never)?;
    Ok(one.admits.clone().map_or(Callers::Anyone, Callers::Only))
}

/// What members of a domain trust.
pub(super) fn domain_trust(store: &crate::store::Environment) -> Result<Trust> {
    let mut trust = Trust { anchors: store.authority_chain(ROOT)?, intermediates: vec![] };
    for name in store.authorities().iter().filter(|name| *name != ROOT) {
        trust.intermediates.push(store.authority_chain(name)?.swap_remove(0));
    }
    Ok(trust)
}
