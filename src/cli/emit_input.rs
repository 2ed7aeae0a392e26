//! An emitter's input, from arguments: names and paths become certificates and keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::emit_args;
use super::failure::Failure;
use super::global::Global;
use super::material;
use crate::bundle::{Identity, Trust};
use crate::emit::{Emitter, Input, OptionSpec, OptionType, OptionValue};
use crate::store::Environment;

/// The values of an emitter's options, with the certificates and keys that they name.
pub(super) struct Material {
    plain: BTreeMap<String, OptionValue<'static>>,
    identities: BTreeMap<String, Identity>,
    callers: BTreeMap<String, Vec<Identity>>,
    trusts: BTreeMap<String, Trust>,
    environment_trust: Option<Trust>,
}

impl Material {
    pub(super) fn collect(
        emitter: &Emitter,
        matches: &ArgMatches,
        environment: &Environment,
        global: &Global,
    ) -> Result<Self, Failure> {
        let mut material = Self {
            plain: BTreeMap::new(),
            identities: BTreeMap::new(),
            callers: BTreeMap::new(),
            trusts: BTreeMap::new(),
            environment_trust: None,
        };
        for option in &emitter.options {
            if matches.value_source(&option.name) == Some(ValueSource::CommandLine) {
                material.take(option, matches, environment, global)?;
            }
        }
        // Files by path need no environment.
        if environment.has_authority() {
            material.environment_trust = Some(material::environment_trust(environment)?);
        }
        Ok(material)
    }

    fn take(
        &mut self,
        option: &OptionSpec,
        matches: &ArgMatches,
        environment: &Environment,
        global: &Global,
    ) -> Result<(), Failure> {
        let name = option.name.clone();
        let text = || matches.get_one::<String>(&option.name).cloned().unwrap_or_default();
        match option.kind {
            OptionType::Flag => {
                self.plain.insert(name, OptionValue::Flag(true));
            }
            OptionType::List => {
                let texts = matches.get_many::<String>(&option.name).into_iter().flatten().cloned().collect();
                self.plain.insert(name, OptionValue::List(texts));
            }
            OptionType::Server | OptionType::Client | OptionType::Authority => {
                let files = option.files.as_ref();
                let path = |name: Option<&String>| name.and_then(|name| matches.get_one::<PathBuf>(name));
                let key = path(files.map(|files| &files.key)).map(PathBuf::as_path);
                let authorities: Option<&Path> =
                    path(files.and_then(|files| files.ca.as_ref())).map(PathBuf::as_path);
                let by_name = option.kind == OptionType::Authority && key.is_none() && authorities.is_none();
                let passphrase = (option.kind == OptionType::Authority)
                    .then(|| matches.get_one::<PathBuf>(emit_args::PASSPHRASE_FILE))
                    .flatten();
                let identity = if by_name
                    && (environment.authorities().contains(&text()) || !Path::new(&text()).exists())
                {
                    material::authority(environment, &text(), passphrase.map(PathBuf::as_path), global)?
                } else if passphrase.is_some() {
                    let message =
                        "`--passphrase-file` works only with a CA of the environment, and this one is a file";
                    let hint = "decrypt its key with `openssl pkey -in KEY -out NEW.key`";
                    return Err(Failure::usage(message, Some(hint.into())));
                } else {
                    material::identity(environment, &text(), key, authorities)?
                };
                self.identities.insert(name, identity);
            }
            OptionType::Callers | OptionType::Credentials => {
                let mut callers = Vec::new();
                for caller in matches.get_many::<String>(&option.name).into_iter().flatten() {
                    callers.push(material::identity(environment, caller, None, None)?);
                }
                self.callers.insert(name, callers);
            }
            OptionType::Trust => {
                self.trusts.insert(name, material::trust(environment, &text())?);
            }
            _ => {
                self.plain.insert(name, OptionValue::Text(text()));
            }
        }
        Ok(())
    }

    /// All identities: servers, clients and CAs.
    pub(super) fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.identities.values().chain(self.callers.values().flatten())
    }

    pub(super) fn input<'a>(&'a self, environment: &'a Environment) -> Input<'a> {
        let mut options: BTreeMap<String, OptionValue<'a>> = self.plain.clone();
        options.extend(
            self.identities.iter().map(|(name, identity)| (name.clone(), OptionValue::Identity(identity))),
        );
        let callers = self.callers.iter();
        options
            .extend(callers.map(|(name, all)| (name.clone(), OptionValue::Identities(all.iter().collect()))));
        options.extend(self.trusts.iter().map(|(name, trust)| (name.clone(), OptionValue::Trust(trust))));
        Input { options, environment: environment.name(), trust: self.environment_trust.as_ref() }
    }
}
