//! Files of the places of use: rendered, held against what is there, written where they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::Path;

use super::inspect::Inspection;
use super::places::{Owners, one_owner};
use super::policy::domain_trust;
use super::{Action, EnvironmentPlan, Reason, Reconciler, Signers, Step};
use crate::artifact::{Artifact, Existing, Sensitivity, remove_abandoned, write_all};
use crate::bundle::{Files, Identity, Trust};
use crate::emit::{Input, OptionType, OptionValue};
use crate::error::{Error, Result, ThingKind};
use crate::manifest::{DeclaredEnvironment, DeclaredService, Emit, OptionSetting};

impl Reconciler<'_> {
    /// The files that would be written. Those that hang on a certificate that is still to be made are known by their
    /// directory only. Returns the files of each service as [`Self::write_outputs`] does; a path that ends in `/` is
    /// for all files below it.
    pub(super) fn plan_outputs(
        &self,
        environment: &DeclaredEnvironment,
        signing: &Signers,
        inspections: &[Inspection],
        owners: &mut Owners,
        plan: &mut EnvironmentPlan,
    ) -> Result<Vec<Vec<String>>> {
        let mut all = Vec::with_capacity(environment.services.len());
        let places: BTreeMap<&str, &Inspection> =
            environment.services.iter().map(|service| service.name.as_str()).zip(inspections).collect();
        let changes = |name: &str| places.get(name).is_some_and(|found| !found.reasons.is_empty());
        // Until its mode is mended, the key cannot be read; what is made of it does not change by that.
        let lax = |name: &str| places.get(name).is_some_and(|found| found.lax_mode.is_some());
        let uses = |emit: &Emit, what: &dyn Fn(&str) -> bool| {
            let used = |given: &OptionSetting| match given {
                OptionSetting::Services(names) => names.iter().any(|name| what(name)),
                _ => false,
            };
            emit.options.values().any(used)
        };
        for service in &environment.services {
            let domain = &environment.authority_of(service).domain;
            let mut pending = changes(service.name.as_str()) || signing[service.authority].is_none();
            let mut files = Vec::new();
            for emit in &service.emits {
                if pending || uses(emit, &changes) {
                    let text = format!("{} with the new certificates", emit.target);
                    let reasons = vec![Reason::new("certificate-changes", text)];
                    let name = format!("{}/", emit.to);
                    files.push(name.clone());
                    plan.steps.push(Step { action: Action::Write, domain: domain.clone(), name, reasons });
                    continue;
                }
                if uses(emit, &lax) {
                    files.push(format!("{}/", emit.to));
                    continue;
                }
                for artifact in self.render(environment, service, emit)? {
                    one_owner(owners, &artifact.path, owner(&emit.target, service, environment))?;
                    plan.steps.extend(self.differs(&artifact, domain, &emit.target)?);
                    files.push(artifact.path);
                }
            }
            let copies = &service.files;
            files.extend([&copies.certificate, &copies.key, &copies.ca].into_iter().flatten().cloned());
            pending &= [&copies.certificate, &copies.key, &copies.ca].iter().any(|one| one.is_some());
            let unknown = pending || lax(service.name.as_str());
            let copies = if unknown { vec![] } else { self.copies(environment, service)? };
            for artifact in copies {
                one_owner(owners, &artifact.path, owner("copy", service, environment))?;
                plan.steps.extend(self.differs(&artifact, domain, "copy")?);
            }
            all.push(files);
        }
        Ok(all)
    }

    /// Writes what differs. Returns the files of each service, relative to the manifest.
    pub(super) fn write_outputs(
        &self,
        environment: &DeclaredEnvironment,
        owners: &mut Owners,
        plan: &mut EnvironmentPlan,
    ) -> Result<Vec<Vec<String>>> {
        let mut all = Vec::with_capacity(environment.services.len());
        for service in &environment.services {
            let domain = &environment.authority_of(service).domain;
            let mut files = Vec::new();
            let mut sets = vec![("copy".to_owned(), self.copies(environment, service)?)];
            for emit in &service.emits {
                sets.push((emit.target.clone(), self.render(environment, service, emit)?));
            }
            for (target, artifacts) in sets {
                let mut changed = Vec::new();
                for artifact in artifacts {
                    one_owner(owners, &artifact.path, owner(&target, service, environment))?;
                    files.push(artifact.path.clone());
                    if let Some(step) = self.differs(&artifact, domain, &target)? {
                        plan.steps.push(step);
                        changed.push(artifact);
                    }
                }
                if !changed.is_empty() {
                    write_all(self.base, &changed, Existing::Replace)?;
                }
            }
            let directories = files.iter().filter_map(|file| Path::new(file).parent());
            for directory in directories.collect::<BTreeSet<_>>() {
                remove_abandoned(&self.base.join(directory), self.now.into());
            }
            all.push(files);
        }
        Ok(all)
    }

    /// The step that writes a file, unless it holds this already.
    fn differs(&self, artifact: &Artifact, domain: &str, target: &str) -> Result<Option<Step>> {
        let path = self.base.join(&artifact.path);
        let reason = match path.metadata() {
            Ok(found) if found.is_dir() => {
                return Err(Error::io("replace", path, std::io::ErrorKind::IsADirectory.into()));
            }
            Ok(found)
                if holds(&path, &found, &artifact.contents) && !is_lax(&found, artifact.sensitivity) =>
            {
                return Ok(None);
            }
            Ok(_) => Reason::new("changed", format!("{target} content changed")),
            Err(_) => Reason::new("new", format!("{target} writes it")),
        };
        let (domain, name) = (domain.to_owned(), artifact.path.clone());
        Ok(Some(Step { action: Action::Write, domain, name, reasons: vec![reason] }))
    }

    /// The files of an entry. Where only the callers stand in the way, the error says how to do without them.
    fn render(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
        emit: &Emit,
    ) -> Result<Vec<Artifact>> {
        let error = match self.rendered(environment, service, emit) {
            Err(error)
                if emit.options.contains_key("allow")
                    && matches!(error.innermost(), Error::Refused { .. }) =>
            {
                error
            }
            other => return other,
        };
        let mut open = emit.clone();
        open.options.remove("allow");
        Err(match self.rendered(environment, service, &open) {
            Ok(_) => error.with_advice(
                "or write `allow = false` in that entry, if something else checks the callers, or nothing needs to",
            ),
            Err(_) => error,
        })
    }

    fn rendered(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
        emit: &Emit,
    ) -> Result<Vec<Artifact>> {
        let emitter = self.emitters.load(&emit.target)?;
        let store = self.store.environment(&environment.authority_of(service).domain)?;
        let (mut identities, mut trusts) = (BTreeMap::new(), BTreeMap::new());
        for (name, given) in &emit.options {
            match given {
                OptionSetting::Services(names) => {
                    let found: Result<Vec<Identity>> =
                        names.iter().map(|name| self.identity(environment, name)).collect();
                    identities.insert(name.as_str(), found?);
                }
                OptionSetting::Authority(wanted) => {
                    let option = emitter.options.iter().find(|option| option.name == *name);
                    if option.is_some_and(|option| option.kind == OptionType::Authority) {
                        let passphrase = self.passphrase.filter(|_| store.authority_key_is_encrypted(wanted));
                        let authority = Identity::from(store.authority(wanted, passphrase)?);
                        identities
                            .insert(name.as_str(), vec![Identity { name: wanted.clone(), ..authority }]);
                    } else {
                        let mut chain = store.authority_chain(wanted)?;
                        let anchors = chain.split_off(chain.len() - 1);
                        trusts.insert(name.as_str(), Trust { anchors, intermediates: chain });
                    }
                }
                _ => {}
            }
        }
        let trust = domain_trust(&store)?;
        let mut options = BTreeMap::new();
        for (name, given) in &emit.options {
            let many = emitter.options.iter().any(|option| {
                option.name == *name && matches!(option.kind, OptionType::Callers | OptionType::Credentials)
            });
            let value = match given {
                OptionSetting::Text(text) => OptionValue::Text(text.clone()),
                OptionSetting::Integer(number) => OptionValue::Integer(*number),
                OptionSetting::Flag(flag) => OptionValue::Flag(*flag),
                OptionSetting::List(texts) => OptionValue::List(texts.clone()),
                OptionSetting::Services(_) | OptionSetting::Authority(_) => {
                    match (identities.get(name.as_str()), trusts.get(name.as_str())) {
                        (Some(found), _) if many => OptionValue::Identities(found.iter().collect()),
                        (Some(found), _) => match found.first() {
                            Some(identity) => OptionValue::Identity(identity),
                            None => continue,
                        },
                        (None, Some(trust)) => OptionValue::Trust(trust),
                        (None, None) => continue,
                    }
                }
            };
            options.insert(name.clone(), value);
        }
        let input = Input { options, environment: &environment.name, trust: Some(&trust) };
        let artifacts = emitter.render(&input).and_then(|artifacts| {
            (self.judge)(&artifacts)?;
            Ok(artifacts)
        });
        let below =
            |artifact: Artifact| Artifact { path: format!("{}/{}", emit.to, artifact.path), ..artifact };
        Ok(artifacts.map_err(|error| of_emit(emit, error))?.into_iter().map(below).collect())
    }

    /// A service's credential, with the places of its files: its copies, where it has some.
    pub(super) fn identity(&self, environment: &DeclaredEnvironment, name: &str) -> Result<Identity> {
        let service = environment.service(name).ok_or_else(|| Error::NotFound {
            what: ThingKind::Service,
            name: name.to_owned(),
            place: "the manifest".into(),
            known: environment.services.iter().map(|service| service.name.to_string()).collect(),
        })?;
        let store = self.store.environment(&environment.authority_of(service).domain)?;
        let identity = Identity::from(store.credential(&service.name)?);
        let directory = store.credential_path(&service.name);
        // Where the service has its files under other names, its own configuration names those.
        let place = |copy: &Option<String>, file: &str| {
            let path = copy.as_ref().map_or_else(|| directory.join(file), |copy| self.base.join(copy));
            std::path::absolute(&path).unwrap_or(path)
        };
        let files = Files {
            is_whole: true,
            chain: place(&service.files.certificate, "tls.crt"),
            key: Some(place(&service.files.key, "tls.key")),
            anchors: Some(place(&service.files.ca, "ca.crt")),
        };
        Ok(Identity { files: Some(files), ..identity })
    }

    /// Copies of a credential under other names.
    fn copies(&self, environment: &DeclaredEnvironment, service: &DeclaredService) -> Result<Vec<Artifact>> {
        let wanted = &service.files;
        if [&wanted.certificate, &wanted.key, &wanted.ca].iter().all(|one| one.is_none()) {
            return Ok(vec![]);
        }
        let store = self.store.environment(&environment.authority_of(service).domain)?;
        let credential = store.credential(&service.name)?;
        let certificate =
            wanted.certificate.iter().map(|path| Artifact::public(path, credential.chain_pem()));
        let key = wanted.key.iter().map(|path| Artifact::secret(path, &credential.key_pem()));
        let ca = wanted.ca.iter().map(|path| Artifact::public(path, credential.anchor_pem()));
        Ok(certificate.chain(key).chain(ca).collect())
    }
}

/// An error of an emitter, with the line of the manifest that asked for it.
fn of_emit(emit: &Emit, error: Error) -> Error {
    error.at(format!("line {} of the manifest, emitter {:?}", emit.line, emit.target))
}

/// Who writes a file, for anyone who reads that two do.
fn owner(target: &str, service: &DeclaredService, environment: &DeclaredEnvironment) -> String {
    format!("{target} of {} in {}", service.name, environment.name)
}

/// Whether a file holds exactly this. Another length is answer enough, and whatever is not a file is not read: it may have
/// no end.
fn holds(path: &Path, found: &Metadata, contents: &[u8]) -> bool {
    found.is_file()
        && found.len() == contents.len() as u64
        && std::fs::read(path).is_ok_and(|read| read == contents)
}

#[cfg(unix)]
fn is_lax(found: &Metadata, sensitivity: Sensitivity) -> bool {
    use std::os::unix::fs::PermissionsExt;
    sensitivity == Sensitivity::Secret && found.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_lax(_: &Metadata, _: Sensitivity) -> bool {
    false
}
