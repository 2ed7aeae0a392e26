//! What an emitter is told, checked against its description.

use std::collections::BTreeMap;

use minijinja::Value;

use super::option::{OptionSpec, OptionType};
use super::{Emitter, values};
use crate::bundle::{Identity, Trust};
use crate::error::{Error, Result, ThingKind};
use crate::explanation::Explanation;
use crate::pki::{ExtendedKeyUsage, PrivateKey};
use crate::template;

/// What an emitter is told.
#[derive(Debug, Default)]
pub struct Input<'a> {
    /// Values by option name, as in `emitter.toml`; what is absent was not given.
    pub options: BTreeMap<String, OptionValue<'a>>,
    /// The environment that the material belongs to.
    pub environment: &'a str,
    /// What the environment's peers trust; absent when all material is given by path.
    pub trust: Option<&'a Trust>,
}

/// The value of an option.
#[derive(Debug, Clone)]
pub enum OptionValue<'a> {
    /// For everything that is written as one text; for an integer in decimal digits.
    Text(String),
    /// For an integer.
    Integer(i64),
    /// For a flag.
    Flag(bool),
    /// For a list.
    List(Vec<String>),
    /// For a server, client or authority.
    Identity(&'a Identity),
    /// For callers and credentials.
    Identities(Vec<&'a Identity>),
    /// For trust.
    Trust(&'a Trust),
}

impl<'a> Input<'a> {
    /// The private keys that templates can see.
    pub(super) fn keys(&self) -> Vec<&'a PrivateKey> {
        let keys = |value: &OptionValue<'a>| match value {
            OptionValue::Identity(identity) => identity.key.iter().collect(),
            OptionValue::Identities(identities) => {
                identities.iter().filter_map(|identity| identity.key.as_ref()).collect()
            }
            _ => Vec::new(),
        };
        self.options.values().flat_map(keys).collect()
    }
}

/// What templates see. Every option is defined: `none`, `false` or an empty list where nothing was given.
pub(super) fn context(emitter: &Emitter, input: &Input<'_>) -> Result<Value> {
    if let Some(unknown) = input.options.keys().find(|name| emitter.options.iter().all(|o| o.name != **name))
    {
        return Err(Error::NotFound {
            what: ThingKind::Option,
            name: unknown.clone(),
            place: format!("emitter {:?}", emitter.name),
            known: emitter.options.iter().map(|option| option.name.clone()).collect(),
        });
    }
    let mut context = BTreeMap::from([
        ("environment".to_owned(), Value::from(input.environment)),
        (
            "trust".to_owned(),
            input.trust.map_or(Value::from(()), |trust| values::trust(trust, Some(input.environment))),
        ),
        ("version".to_owned(), Value::from(env!("CARGO_PKG_VERSION"))),
    ]);
    for option in &emitter.options {
        let value = match input.options.get(&option.name) {
            Some(given) => option.value(given)?,
            None if option.required => {
                return Err(Error::MissingValue {
                    what: ThingKind::Emitter,
                    name: emitter.name.clone(),
                    key: option.name.clone(),
                    help: option.help.clone(),
                });
            }
            None => option.absent(),
        };
        context.insert(option.variable(), value);
    }
    for option in &emitter.options {
        let Some(default) = option.default.as_ref().filter(|_| !input.options.contains_key(&option.name))
        else {
            continue;
        };
        let place = format!("emitter {}, default of {}", emitter.name, option.name);
        let text = template::render(&place, default, &Value::from(context.clone()))?;
        if text.is_empty() {
            continue;
        }
        context.insert(option.variable(), option.value(&OptionValue::Text(text))?);
    }
    Ok(Value::from(context))
}

impl OptionSpec {
    fn absent(&self) -> Value {
        match self.kind {
            OptionType::Flag => Value::from(false),
            OptionType::List | OptionType::Callers | OptionType::Credentials => {
                Value::from(Vec::<String>::new())
            }
            _ => Value::from(()),
        }
    }

    fn value(&self, given: &OptionValue<'_>) -> Result<Value> {
        match (self.kind, given) {
            (OptionType::Integer, OptionValue::Integer(number)) => self.integer(*number, &number.to_string()),
            (_, OptionValue::Text(text)) if self.is_text() => self.text(text),
            (OptionType::Flag, OptionValue::Flag(flag)) => Ok(Value::from(*flag)),
            (OptionType::List, OptionValue::List(texts)) => Ok(Value::from(texts.clone())),
            (OptionType::Server, OptionValue::Identity(identity)) => {
                self.identity(identity, ExtendedKeyUsage::ServerAuth, "serverAuth")
            }
            (OptionType::Client, OptionValue::Identity(identity)) => {
                self.identity(identity, ExtendedKeyUsage::ClientAuth, "clientAuth")
            }
            (OptionType::Callers, OptionValue::Identities(identities)) => identities
                .iter()
                .map(|identity| self.identity(identity, ExtendedKeyUsage::ClientAuth, "clientAuth"))
                .collect::<Result<Vec<_>>>()
                .map(Value::from),
            (OptionType::Credentials, OptionValue::Identities(identities)) => {
                self.distinct(identities)?;
                Ok(identities.iter().map(|identity| values::identity(identity)).collect())
            }
            (OptionType::Authority, OptionValue::Identity(identity)) if identity.leaf().is_authority() => {
                Ok(values::identity(identity))
            }
            (OptionType::Authority, OptionValue::Identity(identity)) => Err(Error::Contradiction {
                reason: format!("{:?} cannot be used as {:?}", identity.name, self.name),
                explanation: Explanation::new(
                    "an authority: a certificate that may sign others",
                    "a certificate that may not",
                ),
            }),
            (OptionType::Trust, OptionValue::Trust(trust)) => Ok(values::trust(trust, None)),
            (kind, _) => Err(Error::Contradiction {
                reason: format!("the option {:?} was given a value of another type", self.name),
                explanation: Explanation::expected(format!("{kind:?}").to_lowercase()),
            }),
        }
    }

    fn identity(&self, identity: &Identity, purpose: ExtendedKeyUsage, name: &str) -> Result<Value> {
        let leaf = identity.leaf();
        if leaf.allows(purpose) {
            return Ok(values::identity(identity));
        }
        Err(Error::Contradiction {
            reason: format!("{:?} cannot be used as {:?}", identity.name, self.name),
            explanation: Explanation {
                expected: Some(format!("a certificate whose extended key usage allows {name}")),
                found: leaf.details.ext_key_usage.as_ref().map(ToString::to_string),
                fix: None,
            },
        })
    }

    /// Each credential becomes an object of its own: one of two with the same name would replace the other.
    fn distinct(&self, identities: &[&Identity]) -> Result<()> {
        let mut seen = BTreeMap::new();
        for identity in identities {
            let name = values::object_name(identity);
            if let Some(other) = seen.insert(name.clone(), &identity.name) {
                return Err(Error::Contradiction {
                    reason: format!(
                        "{other:?} and {:?} cannot both be used as {:?}",
                        identity.name, self.name
                    ),
                    explanation: Explanation::new(
                        "a name of its own for the object that each becomes",
                        format!("{name:?} for both"),
                    ),
                });
            }
        }
        Ok(())
    }
}
