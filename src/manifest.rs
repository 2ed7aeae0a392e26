//! The manifest, `pkictl.toml`: environments, services, who may call whom, and what to make of it where it is used.
//!
//! Reading never stops at the first mistake: all of them are reported, each with its line and column.

pub mod compose;
mod emits;
mod expand;
mod places;
mod read;
mod roles;
mod schema;
mod starter;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::emit::Emitters;
use crate::pki::{KeyAlgorithm, Label, NameConstraints, Role, Span, SubjectAltName};
use crate::profile::Profiles;

pub use schema::schema;
pub use starter::starter;
pub use table::{Diagnostic, Spanned};

/// The name of a manifest's file, unless another one is named.
pub const FILE_NAME: &str = "pkictl.toml";

/// A manifest without mistakes, with every value decided that does not depend on certificates.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Certificates that end within this time are replaced.
    pub renew_within: Span,
    /// In the order of the text.
    pub environments: Vec<DeclaredEnvironment>,
}

/// One environment, with its name filled in everywhere.
#[derive(Debug, Clone)]
pub struct DeclaredEnvironment {
    /// Its name.
    pub name: String,
    /// The environment's own authority first, then the further ones, each with a root of its own.
    pub authorities: Vec<DeclaredAuthority>,
    /// In the order of the text.
    pub services: Vec<DeclaredService>,
}

/// A certificate authority: a root that nothing else shares.
#[derive(Debug, Clone)]
pub struct DeclaredAuthority {
    /// The environment of the PKI directory that keeps it: `test`, or `test.db` for a further one named `db`.
    pub domain: String,
    /// Organization in its subject and in those of its certificates.
    pub organization: Option<String>,
    /// Whether leaves are signed by an intermediate below the root.
    pub intermediate: bool,
    /// What it may sign.
    pub constraints: NameConstraints,
    /// Kind of its key; the profile's if absent.
    pub key_type: Option<KeyAlgorithm>,
    /// How long its root is valid; the profile's time if absent.
    pub validity: Option<Span>,
}

/// A service that serves, calls, or does both.
#[derive(Debug, Clone)]
pub struct DeclaredService {
    /// The name of the service and of its credential.
    pub name: Label,
    /// The place of its authority in [`DeclaredEnvironment::authorities`].
    pub authority: usize,
    /// The profile of its certificate.
    pub profile: String,
    /// What the profile is for.
    pub role: Role,
    /// Whether some service names it as a caller.
    pub calls: bool,
    /// Names beside those that the profile gives.
    pub names: Vec<SubjectAltName>,
    /// The common name, instead of the profile's.
    pub common_name: Option<String>,
    /// Another kind of key than the profile's.
    pub key_type: Option<KeyAlgorithm>,
    /// Another time than the profile's.
    pub validity: Option<Span>,
    /// Values of the profile's variables.
    pub values: Vec<(String, String)>,
    /// The names of the services that may call it; absent where anybody may who trusts the root.
    pub callers: Option<Vec<String>>,
    /// Copies of its certificate and key under other names.
    pub files: FileCopies,
    /// What to emit for it.
    pub emits: Vec<Emit>,
}

/// Paths of copies, relative to the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileCopies {
    /// The leaf and its intermediates.
    pub certificate: Option<String>,
    /// The private key.
    pub key: Option<String>,
    /// The trust anchor.
    pub ca: Option<String>,
}

/// FileCopies of one place of use.
#[derive(Debug, Clone)]
pub struct Emit {
    /// The emitter.
    pub target: String,
    /// The directory for its files, relative to the manifest.
    pub to: String,
    /// Its options, by their names in the emitter's description.
    pub options: BTreeMap<String, OptionSetting>,
    /// Line of the manifest, for errors that only the emitter can find.
    pub line: usize,
}

/// The value of an emitter's option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionSetting {
    /// A string or a choice.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A flag. For a credential, `false` means none.
    Flag(bool),
    /// Several strings.
    List(Vec<String>),
    /// The credentials of these services.
    Services(Vec<String>),
    /// The service's own authority.
    Authority(String),
}

impl Manifest {
    /// Reads a manifest and holds it against the profiles and emitters that there are.
    ///
    /// # Errors
    /// Every mistake that there is, in the order of the text.
    pub fn read(text: &str, profiles: &Profiles, emitters: &Emitters) -> Result<Self, Vec<Diagnostic>> {
        let diagnostics = table::Diagnostics::new(text);
        let raw = read::read(text, &diagnostics);
        let roles = roles::decide(&raw, profiles, &diagnostics);
        let emits = emits::check(&raw, &roles, emitters, &diagnostics);
        let manifest = expand::expand(&raw, &roles, &emits, &diagnostics);
        let list = diagnostics.into_list();
        if list.is_empty() { Ok(manifest) } else { Err(list) }
    }
}

/// A name as a key of a table: quoted where it must be.
fn toml_key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match !name.is_empty() && name.chars().all(is_bare) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    }
}

impl DeclaredEnvironment {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&DeclaredService> {
        self.services.iter().find(|service| service.name.as_str() == name)
    }

    /// The authority that signs for a service.
    pub fn authority_of(&self, service: &DeclaredService) -> &DeclaredAuthority {
        &self.authorities[service.authority]
    }
}
