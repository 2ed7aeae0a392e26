//! A manifest to begin with: it can be applied as it is, and shows every key.

use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use super::toml_key;
use crate::error::{Error, Result, ValueKind};
use crate::pki::{KeyAlgorithm, Label};
use crate::template::{self, Library};

/// A service of a starter.
#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    key: String,
    callers: &'a [&'a str],
    profile: Option<&'a str>,
    target: Option<&'a str>,
}

/// The text of a commented manifest with these services, or with three that show what can be said.
///
/// # Errors
/// [`Error::Invalid`] for a service that is named twice, or whose name no certificate can hold.
pub fn starter(names: &[Label]) -> Result<String> {
    let plain = |name| Service { name, key: toml_key(name), callers: &[], profile: None, target: None };
    let services: Vec<Service<'_>> = match names {
        [] => vec![
            Service { target: Some("nginx"), ..plain("web") },
            Service { callers: &["web"], ..plain("api") },
            Service {
                callers: &["api"],
                profile: Some("postgres-server"),
                target: Some("postgres"),
                ..plain("database")
            },
        ],
        names => names.iter().map(|name| plain(name.as_str())).collect(),
    };
    for (place, name) in names.iter().enumerate() {
        let refuse = |reason: &str| {
            Err(Error::Invalid {
                what: ValueKind::Service,
                value: name.to_string(),
                reason: reason.to_owned(),
                expected: Some("names of different services, each a host name".into()),
            })
        };
        match name.as_san() {
            Some(san) if san.as_dns().is_some_and(|dns| !dns.is_wildcard()) => {}
            _ => return refuse("it is not a host name"),
        }
        if name.as_str() == "localhost" {
            return refuse("every service has this name beside its own");
        }
        if names[..place].contains(name) {
            return refuse("it is named twice");
        }
    }
    let (text, place) = Library::new("manifest", vec![])
        .read("starter.toml.j2")?
        .expect("the file is embedded: without it, every test of the starter fails");
    let key_types = KeyAlgorithm::ALL.map(|algorithm| algorithm.to_string()).join(", ");
    template::render(&place, &text, &context! { services => Serde(&services), key_types })
}
