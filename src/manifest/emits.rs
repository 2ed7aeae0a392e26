//! What a manifest tells emitters, held against their descriptions.

use std::collections::BTreeMap;

use super::read::{Raw, RawEmit, RawService, RawValue};
use super::roles::Decided;
use super::table::{Diagnostics, Spanned};
use super::{Emit, OptionSetting};
use crate::emit::{Emitter, Emitters, OptionSpec, OptionType};
use crate::pki::Role;

/// The entries of each service, in the order of [`Raw::services`]; names are not filled in yet.
pub(super) fn check(
    raw: &Raw,
    roles: &[Decided],
    emitters: &Emitters,
    diagnostics: &Diagnostics<'_>,
) -> Vec<Vec<Spanned<Emit>>> {
    let mut loaded: BTreeMap<&str, Option<Emitter>> = BTreeMap::new();
    let mut all = Vec::new();
    for (service, role) in raw.services.iter().zip(roles) {
        let mut entries = Vec::new();
        for entry in &service.emit {
            let target = entry.target.value.as_str();
            let emitter = loaded.entry(target).or_insert_with(|| match emitters.load(target) {
                Ok(emitter) => Some(emitter),
                Err(error) => {
                    diagnostics.error(&entry.target.span, &error);
                    None
                }
            });
            if let Some(emitter) = emitter {
                let check = Entry { raw, roles, service, role, entry, emitter, diagnostics };
                entries.push(Spanned { value: check.emit(), span: entry.span.clone() });
            }
        }
        all.push(entries);
    }
    all
}

/// One entry and everything that it is held against.
struct Entry<'a> {
    raw: &'a Raw,
    roles: &'a [Decided],
    service: &'a RawService,
    role: &'a Decided,
    entry: &'a RawEmit,
    emitter: &'a Emitter,
    diagnostics: &'a Diagnostics<'a>,
}

impl Entry<'_> {
    fn emit(&self) -> Emit {
        let mut options = BTreeMap::new();
        for (key, value) in &self.entry.options {
            let name = key.value.replace('_', "-");
            let known = |option: &&OptionSpec| option.name == name || option.aliases.contains(&name);
            let Some(option) = self.emitter.options.iter().find(known) else {
                let known: Vec<&str> =
                    self.emitter.options.iter().map(|option| option.name.as_str()).collect();
                let message = format!("emitter {:?} has no option `{}`", self.emitter.name, key.value);
                self.diagnostics.add(&key.span, message, Some(format!("one of {}", known.join(", "))));
                continue;
            };
            if options.contains_key(&option.name) {
                self.diagnostics.add(&key.span, format!("`{}` is given twice", option.name), None);
            }
            match self.given(option, &value.value) {
                Ok(given) => drop(options.insert(option.name.clone(), given)),
                Err((message, expected)) => {
                    let message = format!("`{}` of emitter {:?}: {message}", key.value, self.emitter.name);
                    self.diagnostics.add(&value.span, message, expected);
                }
            }
        }
        self.fill(&mut options);
        // For a credential, `false` says that there is none.
        let is_flag = |name: &str| self.option(name).is_some_and(|option| option.kind == OptionType::Flag);
        options.retain(|name, value| *value != OptionSetting::Flag(false) || is_flag(name));
        self.require(&options);
        Emit {
            target: self.emitter.name.clone(),
            to: self.entry.to.as_ref().or(self.raw.to.as_ref()).map_or(String::new(), |to| to.value.clone()),
            options,
            line: 0,
        }
    }

    fn option(&self, name: &str) -> Option<&OptionSpec> {
        self.emitter.options.iter().find(|option| option.name == name)
    }

    /// A value in the form that the option takes, or what is wrong with it and what would be right.
    fn given(
        &self,
        option: &OptionSpec,
        value: &RawValue,
    ) -> Result<OptionSetting, (String, Option<String>)> {
        use OptionType::{
            Authority, Callers, Choice, Client, Credentials, Flag, Integer, List, Server, Trust,
        };
        let kind = option.kind;
        let wrong = |expected: &str| Err(("wrong type".to_owned(), Some(expected.to_owned())));
        let none = matches!(value, RawValue::Flag(false));
        match (kind, value) {
            (Flag, RawValue::Flag(flag)) => Ok(OptionSetting::Flag(*flag)),
            (Flag, _) => wrong("true or false"),
            (Server | Client | Callers | Credentials | Authority | Trust, _) if none => {
                Ok(OptionSetting::Flag(false))
            }
            (Integer, RawValue::Integer(number)) => in_range(option, *number).map(OptionSetting::Integer),
            (Integer, _) => wrong("a whole number"),
            (Choice, RawValue::Text(text)) if option.choices.contains(text) => {
                Ok(OptionSetting::Text(text.clone()))
            }
            (Choice, _) => {
                let found = if let RawValue::Text(text) = value {
                    format!("unknown value {text:?}")
                } else {
                    "wrong type".into()
                };
                Err((found, Some(format!("one of {}", option.choices.join(", ")))))
            }
            (List, RawValue::List(texts)) => {
                Ok(OptionSetting::List(texts.iter().map(|one| one.value.clone()).collect()))
            }
            (List, RawValue::Text(text)) => Ok(OptionSetting::List(vec![text.clone()])),
            (List, _) => wrong("a list of strings"),
            (Callers | Credentials, RawValue::List(names)) => {
                let names: Vec<String> = names.iter().map(|one| one.value.clone()).collect();
                names.iter().try_for_each(|name| self.service_for(kind, name))?;
                Ok(OptionSetting::Services(names))
            }
            (Server | Client | Callers | Credentials, RawValue::Text(name)) => {
                self.service_for(kind, name)?;
                Ok(OptionSetting::Services(vec![name.clone()]))
            }
            (Server | Client | Callers | Credentials, _) => wrong("the name of a service, or false"),
            (Authority | Trust, RawValue::Text(name)) => Ok(OptionSetting::Authority(name.clone())),
            (Authority | Trust, _) => wrong("`root` or `issuing`, or false"),
            (_, RawValue::Text(text)) => Ok(OptionSetting::Text(text.clone())),
            (_, RawValue::Integer(number)) => Ok(OptionSetting::Text(number.to_string())),
            (_, _) => wrong("a string"),
        }
    }

    /// Whether the certificate of a service is for this.
    fn service_for(&self, kind: OptionType, name: &str) -> Result<(), (String, Option<String>)> {
        let place = self.raw.services.iter().position(|service| service.name.value == name);
        let Some(place) = place else {
            let known: Vec<&str> = self.raw.services.iter().map(|one| one.name.value.as_str()).collect();
            return Err((
                format!("{name:?} is not a service in this manifest"),
                Some(format!("one of {}", known.join(", "))),
            ));
        };
        let decided = &self.roles[place];
        match (kind, decided.role) {
            (OptionType::Server, Role::Client) => Err((
                format!("the certificate of {name:?} is not for servers"),
                Some("a service that serves".into()),
            )),
            (OptionType::Client | OptionType::Callers, Role::Server) => Err((
                format!("the certificate of {name:?} is not for clients"),
                Some("a service that some `callers` names".into()),
            )),
            _ => Ok(()),
        }
    }

    /// What a manifest need not say: the service itself, its callers, its authority.
    fn fill(&self, options: &mut BTreeMap<String, OptionSetting>) {
        let text = |given: &OptionSetting| match given {
            OptionSetting::Text(text) => text.clone(),
            OptionSetting::Integer(number) => number.to_string(),
            OptionSetting::Flag(flag) => if *flag { "true" } else { "" }.to_owned(),
            OptionSetting::List(texts) | OptionSetting::Services(texts) => texts.join(","),
            OptionSetting::Authority(name) => name.clone(),
        };
        let serves = self.role.role.serves();
        for option in &self.emitter.options {
            if options.contains_key(&option.name) {
                continue;
            }
            let known = options.iter().map(|(name, given)| (name.clone(), text(given))).collect();
            match self.emitter.means_own(option, &known, serves, self.role.calls) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    self.diagnostics.error(&self.entry.span, &error);
                    continue;
                }
            }
            let own = match option.kind {
                // Where the emitter says when they are meant, that is so without a certificate, too: a Route of
                // plain HTTP has none, and admits everybody.
                OptionType::Callers if option.own.is_some() => self.callers(),
                OptionType::Callers => self.callers().filter(|_| options.get("cert").is_some_and(is_given)),
                OptionType::Trust | OptionType::Authority => Some(OptionSetting::Authority("root".into())),
                _ => Some(OptionSetting::Services(vec![self.service.name.value.clone()])),
            };
            options.extend(own.map(|own| (option.name.clone(), own)));
        }
        let asks = self.service.callers.is_some() && options.get("cert").is_some_and(is_given);
        let looks = options.get("allow").is_some_and(is_given);
        if asks && !looks && self.option("mtls").is_some() {
            options.entry("mtls".into()).or_insert(OptionSetting::Flag(true));
        }
    }

    /// The declared callers, for an emitter that can tell them apart.
    fn callers(&self) -> Option<OptionSetting> {
        let callers = self.service.callers.as_ref()?;
        if callers.is_empty() {
            let message = format!(
                "`callers` of {:?} is empty: this emitter cannot express \"deny all\"",
                self.service.name.value
            );
            let expected = "at least one caller, or `allow = false` to admit every client with a certificate";
            self.diagnostics.add(&self.entry.span, message, Some(expected.into()));
            return None;
        }
        Some(OptionSetting::Services(callers.iter().map(|caller| caller.value.clone()).collect()))
    }

    fn require(&self, options: &BTreeMap<String, OptionSetting>) {
        // What is written in the wrong form is not missing as well.
        let written =
            |name: &str| self.entry.options.iter().any(|(key, _)| key.value.replace('_', "-") == name);
        let missing = |option: &&OptionSpec| {
            option.required && !options.contains_key(&option.name) && !written(&option.name)
        };
        for option in self.emitter.options.iter().filter(missing) {
            let message =
                format!("emitter {:?} needs `{}` ({})", self.emitter.name, option.variable(), option.help);
            self.diagnostics.add(&self.entry.span, message, None);
        }
    }
}

fn is_given(given: &OptionSetting) -> bool {
    *given != OptionSetting::Flag(false)
}

fn in_range(option: &OptionSpec, number: i64) -> Result<i64, (String, Option<String>)> {
    let (min, max) = (option.min.unwrap_or(i64::MIN), option.max.unwrap_or(i64::MAX));
    match (min..=max).contains(&number) {
        true => Ok(number),
        false => {
            Err((format!("{number} is out of range"), Some(format!("a whole number from {min} to {max}"))))
        }
    }
}
