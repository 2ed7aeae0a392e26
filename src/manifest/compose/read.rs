//! What a draft needs of a Compose file, in each of the forms that the Compose Specification has for it. Whatever else
//! is there is passed over.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};

/// Largest file that is read: no project comes near.
const MAX_FILE: usize = 1 << 20;

/// A Compose file.
#[derive(Debug, Deserialize)]
pub(super) struct ComposeFile {
    #[serde(default)]
    pub(super) services: Option<Entries<ComposeService>>,
    #[serde(default)]
    pub(super) include: Option<IgnoredAny>,
}

/// A service of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ComposeService {
    pub(super) image: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) domainname: Option<String>,
    pub(super) container_name: Option<String>,
    pub(super) depends_on: Option<Entries<Dependency>>,
    pub(super) links: Option<Vec<String>>,
    pub(super) networks: Option<Entries<Network>>,
    pub(super) ports: Option<Vec<IgnoredAny>>,
    pub(super) expose: Option<Vec<IgnoredAny>>,
    pub(super) extends: Option<IgnoredAny>,
}

/// Why one service waits for another.
#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    #[serde(default)]
    pub(super) condition: Option<String>,
}

/// How a service is known on a network.
#[derive(Debug, Deserialize)]
pub(super) struct Network {
    #[serde(default)]
    pub(super) aliases: Option<Vec<String>>,
}

/// Names with what is said of each, in the order of the text: a list of names, or a map.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(String, Option<T>)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names, as a list or as a map")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = items.next_element::<String>()? {
            entries.push((name, None));
        }
        Ok(Entries(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> std::result::Result<Self::Value, A::Error> {
        let mut entries: Vec<(String, Option<T>)> = Vec::new();
        while let Some((name, value)) = items.next_entry::<String, Option<T>>()? {
            if name.is_empty() {
                return Err(A::Error::custom("a name is empty"));
            }
            entries.push((name, value));
        }
        Ok(Entries(entries))
    }
}

/// Reads a Compose file. `place` is where it came from, for errors.
pub(super) fn read(text: &str, place: &str) -> Result<(ComposeFile, Vec<(String, ComposeService)>)> {
    let refuse = |reason: String| Error::Syntax { place: place.to_owned(), reason };
    if text.len() > MAX_FILE {
        return Err(refuse("it is longer than 1 MiB, and no Compose file is".into()));
    }
    let said = |error: &serde_saphyr::Error| {
        error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter)
    };
    let mut file: ComposeFile = serde_saphyr::from_str(text).map_err(|error| refuse(said(&error)))?;
    let services = file.services.take().map(|services| services.0).unwrap_or_default();
    if services.is_empty() {
        return Err(refuse("it has no `services`, so it is not a Compose file of a project".into()));
    }
    Ok((file, services.into_iter().map(|(name, service)| (name, service.unwrap_or_default())).collect()))
}
