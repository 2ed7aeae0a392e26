//! A Route, and what its rules look at.

use serde_json::Value;
use time::OffsetDateTime;

use super::pem_field::PemField;
use super::violation::RouteViolation;
use crate::kubernetes::{Resource, secret_of, text_at, value_at};

/// A Route, and what its rules look at.
pub(super) struct RouteContext<'a> {
    pub(super) object: &'a Value,
    title: String,
    in_template: bool,
    pub(super) now: OffsetDateTime,
    pub(super) certificate: PemField<'a>,
    pub(super) key: PemField<'a>,
    pub(super) ca: PemField<'a>,
    pub(super) destination: PemField<'a>,
}

impl<'a> RouteContext<'a> {
    pub(super) fn new(object: &Resource<'a>, all: &[Resource<'a>], now: OffsetDateTime) -> Self {
        let value = object.value;
        let title = match text_at(value, "metadata.name") {
            Some(name) => format!("Route {}", name.escape_debug()),
            None => format!("Route without a name (object {})", object.number),
        };
        let in_tls = |field: &str| {
            let path = format!("spec.tls.{field}");
            let text = text_at(value, &path)
                .filter(|_| text_at(value, "spec.tls.termination") != Some("passthrough"));
            PemField::read(format!("{title}: {path}"), text)
        };
        let (mut certificate, mut key) = (in_tls("certificate"), in_tls("key"));
        if let Some((name, secret)) = secret_of(value, all) {
            let in_secret = |field: &str| {
                let text = secret.get("stringData").and_then(|data| data.get(field)).and_then(Value::as_str);
                PemField::read(format!("Secret {}: {field}", name.escape_debug()), text)
            };
            (certificate, key) = (in_secret("tls.crt"), in_secret("tls.key"));
        }
        let (ca, destination) = (in_tls("caCertificate"), in_tls("destinationCACertificate"));
        Self { object: value, in_template: object.in_template, now, certificate, key, ca, destination, title }
    }

    /// The value at a path such as `spec.to.name`; `null` is nothing.
    pub(super) fn value(&self, path: &str) -> Option<&'a Value> {
        value_at(self.object, path)
    }

    /// The text at a path, if it is known: not a parameter of a Template.
    pub(super) fn text(&self, path: &str) -> Option<&'a str> {
        text_at(self.object, path).filter(|text| self.is_known(text))
    }

    /// Whether text that is not empty, or anything that is not a text, is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.value(path).is_some_and(|value| value.as_str() != Some(""))
    }

    pub(super) fn is_known(&self, text: &str) -> bool {
        !(self.in_template && text.contains("${"))
    }

    pub(super) fn is_passthrough(&self) -> bool {
        self.text("spec.tls.termination") == Some("passthrough")
    }

    pub(super) fn problem(&self, path: &str, message: impl Into<String>) -> RouteViolation {
        let place = format!("{}: {path}", self.title);
        RouteViolation::new(place, message)
    }
}
