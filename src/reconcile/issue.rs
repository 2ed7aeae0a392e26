//! Making the credentials of an environment: keys and signatures on all processors, the disk once for a thousand.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::inspect::Inspection;
use super::{Reconciler, Signers};
use crate::error::Result;
use crate::manifest::{DeclaredEnvironment, DeclaredService};
use crate::parallel::try_map;
use crate::pki::{Authority, Credential};
use crate::store::{Lock, NewCredential};

/// So many are in memory at once, whatever the size of the manifest.
const AT_ONCE: usize = 1000;

impl Reconciler<'_> {
    pub(super) fn issue(
        &self,
        environment: &DeclaredEnvironment,
        signing: &Signers,
        inspections: &[Inspection],
        locks: &[Option<Lock>],
    ) -> Result<()> {
        let wanted = |place: usize| -> Vec<&DeclaredService> {
            let all = environment.services.iter().zip(inspections);
            all.filter(|(service, found)| service.authority == place && !found.reasons.is_empty())
                .map(|(service, _)| service)
                .collect()
        };
        let total = inspections.iter().filter(|found| !found.reasons.is_empty()).count();
        let done = AtomicUsize::new(0);
        for (place, lock) in locks.iter().enumerate() {
            let (Some(lock), Some(signing)) = (lock, &signing[place]) else { continue };
            let wanted = wanted(place);
            if wanted.is_empty() {
                continue;
            }
            let store = self.store.environment(&environment.authorities[place].domain)?;
            let passphrase = self.passphrase.filter(|_| store.authority_key_is_encrypted(signing.name));
            let authority = store.authority(signing.name, passphrase)?;
            for part in wanted.chunks(AT_ONCE) {
                let made = try_map(part, |service| {
                    let profile = signing.profile(&service.profile)?;
                    let credential = self.make_one(environment, service, &authority, signing, profile);
                    (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                    credential
                })?;
                let new: Vec<NewCredential<'_>> = made
                    .iter()
                    .zip(part)
                    .map(|(credential, service)| NewCredential { credential, profile: &service.profile })
                    .collect();
                store.put_all(lock, &new, self.now)?;
            }
        }
        Ok(())
    }

    fn make_one(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
        authority: &Authority,
        signing: &super::Signing,
        profile: &crate::profile::Profile,
    ) -> Result<Credential> {
        let decision = self.decide(environment, service, profile, signing)?;
        let issued = authority.issue(&decision.spec)?;
        Ok(authority.credential(service.name.clone(), issued))
    }
}
