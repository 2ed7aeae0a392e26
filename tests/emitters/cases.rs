//! The cases of the emitters, and the material that they are rendered with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pkictl::Result;
use pkictl::artifact::Artifact;
use pkictl::bundle::{Identity, Trust};
use pkictl::emit::{Emitter, Emitters, Input, OptionType, OptionValue};
use serde::Deserialize;

use crate::fixtures::Pki;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    options: toml::Table,
    /// The sentence with which it is refused.
    pub refused: Option<String>,
}

pub struct Material {
    identities: BTreeMap<&'static str, Identity>,
    trust: Trust,
}

impl Material {
    fn new() -> Self {
        let pki = Pki::with_intermediate();
        let credentials = [
            ("plain", "server", "web.apps.example.com"),
            ("wildcard", "wildcard", "*.apps.example.com"),
            ("ipv6", "server", "2001:db8::1"),
            ("client", "client", "backend"),
        ];
        let make = |(key, profile, name)| (key, pki.identity(profile, name));
        let mut identities: BTreeMap<_, _> = credentials.map(make).into();
        let trust = pki.trust();
        identities.insert("issuing", Identity { name: "issuing".into(), ..pki.authority.into() });
        identities.insert("root", Identity { name: "root".into(), ..Pki::flat().authority.into() });
        Self { identities, trust }
    }

    /// The case's options; `server` takes the place of every server credential if given.
    pub fn render(&self, emitter: &Emitter, case: &Case, server: Option<&str>) -> Result<Vec<Artifact>> {
        let mut options = BTreeMap::new();
        for (name, value) in &case.options {
            let kind = emitter.options.iter().find(|option| option.name == *name).map(|option| option.kind);
            let text = || value.as_str().unwrap_or_else(|| panic!("{name} of {} is no text", case.name));
            let identity = |name: &str| &self.identities[name];
            let value = match kind {
                Some(OptionType::Server) => OptionValue::Identity(identity(server.unwrap_or_else(text))),
                Some(OptionType::Client | OptionType::Authority) => OptionValue::Identity(identity(text())),
                Some(OptionType::Callers | OptionType::Credentials) => {
                    let items = value.as_array().expect("a list").iter();
                    OptionValue::Identities(
                        items.map(|item| identity(item.as_str().expect("a name"))).collect(),
                    )
                }
                Some(OptionType::Trust) => OptionValue::Trust(&self.trust),
                Some(OptionType::Flag) => OptionValue::Flag(value.as_bool().expect("a flag")),
                Some(OptionType::Integer) => OptionValue::Integer(value.as_integer().expect("a number")),
                Some(OptionType::List) => {
                    let items = value.as_array().expect("a list").iter();
                    OptionValue::List(items.map(|item| item.as_str().expect("a text").to_owned()).collect())
                }
                _ => OptionValue::Text(text().to_owned()),
            };
            options.insert(name.clone(), value);
        }
        emitter.render(&Input { options, environment: "dev", trust: Some(&self.trust) })
    }

    /// The text with names for what differs from run to run.
    pub fn anonymous(&self, text: &str) -> String {
        let mut sections = BTreeMap::new();
        let mut text = text.replace(&format!("pkictl {}", env!("CARGO_PKG_VERSION")), "pkictl <version>");
        for (kind, certificates) in
            [("root", &self.trust.anchors), ("intermediate", &self.trust.intermediates)]
        {
            for certificate in certificates {
                sections.insert(body(&certificate.pem()), format!("<{kind}>"));
                text = text.replace(&certificate.title(), &format!("<name of {kind}>"));
                text = text.replace(&format!("-{}", &certificate.details.sha256[..8]), "-fingerprint");
            }
        }
        for (name, identity) in &self.identities {
            sections.entry(body(&identity.leaf().pem())).or_insert_with(|| format!("<leaf of {name}>"));
            let key = identity.key.as_ref().expect("made with its key");
            sections.insert(body(&key.pkcs8_pem()), format!("<key of {name}>"));
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(start) = rest.find("-----BEGIN ") {
            let section = &rest[start..];
            let close = section.find("-----END ").expect("a whole section");
            let end = close + section[close + 9..].find("-----").expect("a whole section") + 14;
            out.push_str(&rest[..start]);
            out.push_str(sections.get(&body(&section[..end])).map_or("<unknown section>", String::as_str));
            rest = &section[end..];
        }
        out + rest
    }
}

/// The base64 of a PEM section, also where its line ends are escaped or indented.
fn body(section: &str) -> String {
    let lines = section.replace("\\n", "\n");
    lines.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect()
}

pub fn directory(emitter: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/emit").join(emitter).join("expected")
}

pub fn each_case(mut check: impl FnMut(&Material, &Emitter, &Case)) {
    let emitters = Emitters::built_in();
    let material = Material::new();
    for name in emitters.names() {
        let emitter = emitters.load(&name).expect("a built-in emitter");
        let file = directory(&name).join("cases.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let cases: Cases =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let names: BTreeSet<&str> = cases.case.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.case.len(), "two cases of {name} have one name");
        assert!(cases.case.iter().any(|case| case.refused.is_none()), "{name} has no case that renders");
        cases.case.iter().for_each(|case| check(&material, &emitter, case));
    }
}
