//! Profiles: what kind of certificate to make, as TOML files. A profile holds no key and no host name.

mod common_name;
mod decide;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{Error, Result, ThingKind};
use crate::explanation::Explanation;
use crate::pki::{Cidr, DnsName, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, NameConstraints, Role, Span};
use crate::template::{Form, Library, is_name};

pub use decide::{Decision, Request};

/// All profiles that are known: the built-in ones and those of users' directories.
#[derive(Debug, Clone)]
pub struct Profiles {
    library: Library,
}

impl Profiles {
    /// The built-in profiles, and before them those of `directories`.
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self { library: Library::new("profiles", directories) }
    }

    /// The built-in profiles only.
    pub fn built_in() -> Self {
        Self::new(vec![])
    }

    /// The names of all profiles, sorted.
    pub fn names(&self) -> Vec<String> {
        self.library.names(Form::File)
    }

    /// The text of a profile, ready to copy and change.
    pub fn text(&self, name: &str) -> Result<(String, String)> {
        let found = if is_name(name) { self.library.read(&format!("{name}.toml"))? } else { None };
        found.ok_or_else(|| Error::NotFound {
            what: ThingKind::Profile,
            name: name.to_owned(),
            place: "the built-in profiles and the profile directories".into(),
            known: self.names(),
        })
    }

    /// A profile, read and checked.
    pub fn load(&self, name: &str) -> Result<Profile> {
        let (text, place) = self.text(name)?;
        Profile::parse(name, &text, &place)
    }
}

/// A template of a certificate.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name of its file, without the extension.
    pub name: String,
    /// One line for lists.
    pub summary: String,
    /// What its certificates are for.
    pub role: Role,
    /// Kind of key, unless the request asks for another.
    pub key_algorithm: KeyAlgorithm,
    /// Time from issue to expiry, unless the request asks for another.
    pub validity: Span,
    /// Values that a request may set.
    pub variables: BTreeMap<String, Variable>,
    key_usage: Option<Vec<KeyUsage>>,
    ext_key_usage: Option<Vec<ExtendedKeyUsage>>,
    subject: SubjectTemplate,
    sans: Vec<String>,
    path_len: Option<u8>,
    name_constraints: NameConstraints,
}

/// A value that a profile's templates use and a request may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// What it means.
    pub help: String,
    /// Its value when the request sets none; may use `{{ name }}` and `{{ environment }}`. Without one it is required.
    pub default: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectTemplate {
    country: Option<String>,
    organization: Option<String>,
    organizational_unit: Option<String>,
    common_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    summary: String,
    role: String,
    #[serde(default = "default_key_type")]
    key_type: String,
    validity: String,
    key_usage: Option<Vec<String>>,
    ext_key_usage: Option<Vec<String>>,
    #[serde(default)]
    subject: SubjectTemplate,
    #[serde(default)]
    sans: Vec<String>,
    path_len: Option<u8>,
    #[serde(default)]
    name_constraints: ConstraintsFile,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstraintsFile {
    #[serde(default)]
    permitted_dns: Vec<String>,
    #[serde(default)]
    permitted_ip: Vec<String>,
}

fn default_key_type() -> String {
    KeyAlgorithm::EcP256.to_string()
}

impl Profile {
    /// Reads a profile. `place` says where the text came from, for errors.
    pub fn parse(name: &str, text: &str, place: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(text, place, &error))?;
        let within =
            |error: Error| Error::Syntax { place: place.to_owned(), reason: error_with_form(&error) };
        let role: Role = file.role.parse().map_err(within)?;
        let all =
            |texts: Vec<String>| texts.iter().map(|text| text.parse()).collect::<Result<Vec<KeyUsage>>>();
        let key_usage = file.key_usage.map(all).transpose().map_err(within)?;
        let ext_key_usage = file
            .ext_key_usage
            .map(|texts| texts.iter().map(|text| text.parse()).collect::<Result<Vec<ExtendedKeyUsage>>>())
            .transpose()
            .map_err(within)?;
        let name_constraints = NameConstraints {
            permitted_dns: file
                .name_constraints
                .permitted_dns
                .iter()
                .map(|text| NameConstraints::permit_dns(text))
                .collect::<Result<Vec<DnsName>>>()
                .map_err(within)?,
            permitted_ip: file
                .name_constraints
                .permitted_ip
                .iter()
                .map(|text| text.parse())
                .collect::<Result<Vec<Cidr>>>()
                .map_err(within)?,
        };
        let profile = Self {
            name: name.to_owned(),
            summary: file.summary,
            role,
            key_algorithm: file.key_type.parse().map_err(within)?,
            validity: file.validity.parse().map_err(within)?,
            variables: file.variables,
            key_usage,
            ext_key_usage,
            subject: file.subject,
            sans: file.sans,
            path_len: file.path_len,
            name_constraints,
        };
        profile.check().map_err(|reason| Error::Syntax { place: place.to_owned(), reason })?;
        Ok(profile)
    }

    /// Refuses what RFC 5280 rules out, so that no request can run into it.
    fn check(&self) -> Result<(), String> {
        let usages = self.key_usage.as_deref().unwrap_or_default();
        let signs = usages.contains(&KeyUsage::KeyCertSign);
        if self.role.is_authority() {
            if self.ext_key_usage.as_ref().is_some_and(|usages| !usages.is_empty()) {
                return Err("an authority has no ext_key_usage: it would restrict everything below it".into());
            }
            if self.key_usage.is_some() && !signs {
                return Err("an authority needs keyCertSign in key_usage (RFC 5280, section 4.2.1.3)".into());
            }
        } else {
            if signs {
                return Err("a leaf has no keyCertSign in key_usage (RFC 5280, section 4.2.1.9)".into());
            }
            if self.path_len.is_some() || !self.name_constraints.is_empty() {
                return Err(
                    "path_len and name_constraints belong to authorities only (RFC 5280, section 4.2.1.9)"
                        .into(),
                );
            }
            if self.key_usage.is_some() && !usages.contains(&KeyUsage::DigitalSignature) {
                return Err(
                    "a leaf needs digitalSignature in key_usage: TLS 1.3 signs every handshake".into()
                );
            }
            let purposes = self.ext_key_usage.as_ref();
            if purposes.is_some_and(|given| !self.role.ext_key_usage().iter().all(|own| given.contains(own)))
            {
                return Err(format!(
                    "ext_key_usage lacks what the role {} is for (RFC 5280, section 4.2.1.12)",
                    self.role
                ));
            }
        }
        if let Some(name) = decide::RESERVED.iter().find(|name| self.variables.contains_key(**name)) {
            return Err(format!(
                "a variable cannot be called {name:?}: every template has a value of that name"
            ));
        }
        self.fits(self.key_algorithm, usages).map_err(|error| error.to_string())
    }

    /// Refuses usages that a key of this kind does not have, no matter who chose it.
    fn fits(&self, key: KeyAlgorithm, usages: &[KeyUsage]) -> Result<()> {
        match usages.iter().find(|usage| !usage.fits(key)) {
            None => Ok(()),
            Some(usage) => Err(Error::Contradiction {
                reason: format!(
                    "key_usage {usage} is not valid for {key} keys (RFC 3279, section 2.3.1; RFC 8813 and RFC 9295, section 3)"
                ),
                explanation: Explanation::new(
                    "digitalSignature; keyEncipherment with RSA only, keyAgreement with ECDSA only",
                    format!("{usage} in profile {:?}", self.name),
                ),
            }),
        }
    }
}

/// `file:line:column: message` of a TOML error.
pub(crate) fn toml_error(text: &str, place: &str, error: &toml::de::Error) -> Error {
    let place = match error.span() {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            format!("{place}:{line}:{column}")
        }
        None => place.to_owned(),
    };
    Error::Syntax { place, reason: error.message().trim().replace('\n', ", ") }
}

fn error_with_form(error: &Error) -> String {
    error.expected().map_or_else(|| error.to_string(), |form| format!("{error}; expected {form}"))
}

#[cfg(test)]
mod tests {
    use super::{Profile, Profiles};

    fn refusal(text: &str) -> String {
        Profile::parse("mine", text, "mine.toml").map(|_| ()).expect_err("the profile is wrong").to_string()
    }

    #[test]
    fn every_built_in_profile_reads() {
        let profiles = Profiles::built_in();
        let names = profiles.names();
        for name in ["client", "intermediate-ca", "peer", "root-ca", "server", "wildcard"] {
            assert!(names.iter().any(|known| known == name), "{name} is missing");
        }
        for name in names {
            profiles.load(&name).expect("a built-in profile");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_line_and_column() {
        let text = "summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\nkeytype = \"rsa-2048\"\n";
        assert!(refusal(text).starts_with("mine.toml:4:1: unknown field `keytype`"), "{}", refusal(text));
    }

    #[test]
    fn what_rfc_5280_rules_out_is_refused() {
        let with = |extra: &str| refusal(&format!("summary = \"x\"\nvalidity = \"1d\"\n{extra}\n"));
        assert!(
            with("role = \"server\"\nkey_usage = [\"digitalSignature\", \"keyCertSign\"]")
                .contains("keyCertSign")
        );
        assert!(with("role = \"root-ca\"\next_key_usage = [\"serverAuth\"]").contains("ext_key_usage"));
        assert!(with("role = \"client\"\npath_len = 1").contains("path_len"));
        assert!(with("role = \"robot\"").contains("one of root-ca"));
        assert!(
            with("role = \"server\"\next_key_usage = [\"clientAuth\"]")
                .contains("lacks what the role server")
        );
        for usage in ["keyEncipherment", "keyAgreement"] {
            let text = with(&format!(
                "role = \"server\"\nkey_type = \"ed25519\"\nkey_usage = [\"digitalSignature\", \"{usage}\"]"
            ));
            assert!(text.contains(&format!("key_usage {usage} is not valid for ed25519 keys")), "{text}");
        }
        for name in ["name", "host", "environment", "organization"] {
            let text = with(&format!("role = \"server\"\n[variables.{name}]\nhelp = \"x\""));
            assert!(text.contains(&format!("a variable cannot be called {name:?}")), "{text}");
        }
    }

    #[cfg(feature = "rsa")]
    #[test]
    fn another_kind_of_key_than_the_profile_s_must_have_its_usages_too() {
        use crate::pki::KeyAlgorithm;
        let text = "summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\nkey_type = \"rsa-2048\"\n\
                    sans = [\"{{ host }}\"]\nkey_usage = [\"digitalSignature\", \"keyEncipherment\"]\n";
        let profile = Profile::parse("mine", text, "mine.toml").expect("it is right for RSA");
        let label = "web".parse().expect("a label");
        let now = time::macros::datetime!(2026-11-21 12:00 UTC);
        let mut request = super::Request::new(&label, "dev");
        assert!(profile.decide(&request, None, now).is_ok());
        request.key_algorithm = Some(KeyAlgorithm::EcP256);
        let error = profile.decide(&request, None, now).expect_err("no ECDSA key enciphers").to_string();
        assert!(error.contains("key_usage keyEncipherment is not valid for ec-p256 keys"), "{error}");
    }
}
