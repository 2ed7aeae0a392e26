//! The forms of options that are written as one text.

use std::net::IpAddr;

use minijinja::Value;

use super::option::{OptionSpec, OptionType};
use crate::error::{Error, Result, ValueKind};
use crate::pki::DnsName;
use crate::pki::name::{is_dns1123_label, is_dns1123_subdomain};

impl OptionSpec {
    /// The value that templates see for a text.
    pub(super) fn text(&self, text: &str) -> Result<Value> {
        match self.kind {
            OptionType::Word => {
                self.form(text, is_word, "letters, digits and . _ - / : @, with no - in front")
            }
            OptionType::Choice => {
                let is_one = |text: &str| self.choices.iter().any(|choice| choice == text);
                self.form(text, is_one, &format!("one of {}", self.choices.join(", ")))
            }
            OptionType::Hostname => self.host(text).map(|name| Value::from(name.as_str())),
            OptionType::Address => self.address(text),
            OptionType::Port => self.port(text),
            OptionType::Directory => {
                self.form(text, is_directory, "the path of a directory, without control characters")
            }
            OptionType::Label | OptionType::Namespace => {
                let form = "1 to 63 small letters, digits and `-`, a letter or digit at both ends (RFC 1123)";
                self.form(text, is_dns1123_label, form)
            }
            OptionType::Name => {
                let form = "at most 253 small letters, digits, `-` and `.`, a letter or digit at both ends of each part (RFC 1123)";
                self.form(text, is_dns1123_subdomain, form)
            }
            OptionType::Service => {
                let name = service_name(text);
                let form = "the name of a Service: 1 to 63 small letters, digits and `-`, beginning with a letter (RFC 1035)";
                self.form(text, |_| is_dns1035_label(name), form).map(|_| Value::from(name))
            }
            OptionType::Integer => match text.parse() {
                Ok(number) => self.integer(number, text),
                Err(_) => Err(self.refuse(text, "it is not a whole number", None)),
            },
            _ => Ok(Value::from(text)),
        }
    }

    fn form(&self, text: &str, fits: impl Fn(&str) -> bool, form: &str) -> Result<Value> {
        if fits(text) {
            return Ok(Value::from(text));
        }
        let reason = match self.kind {
            OptionType::Word => "it contains a character that is not allowed".into(),
            OptionType::Choice => "it is unknown".into(),
            OptionType::Namespace => "it is not a namespace".into(),
            OptionType::Directory => "it is not a directory".into(),
            OptionType::Service => "it is not a Service name".into(),
            _ if text.len() > 63 => format!("it is not a Kubernetes name; it has {} characters", text.len()),
            _ => "it is not a Kubernetes name".to_owned(),
        };
        Err(self.refuse(text, &reason, Some(form.into())))
    }

    fn host(&self, text: &str) -> Result<DnsName> {
        text.parse().map_err(|error| match error {
            Error::Invalid { reason, .. } => {
                let form =
                    "labels of at most 63 characters with dots between, 253 in all (RFC 1035, section 2.3.4)";
                self.refuse(text, &reason, Some(form.into()))
            }
            other => other,
        })
    }

    /// An address without its brackets, or a host name. The port has an option of its own.
    fn address(&self, text: &str) -> Result<Value> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Value::from(address.to_string()));
        }
        if let Ok(name) = text.parse::<DnsName>()
            && !name.is_wildcard()
        {
            return Ok(Value::from(name.as_str()));
        }
        let reason = match text.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => {
                "it holds a port, which has an option of its own"
            }
            _ => "it is not an address to listen on",
        };
        Err(self.refuse(text, reason, Some("an IPv4 or IPv6 address, or a host name, without a port".into())))
    }

    /// A number, or the name of a port (RFC 6335, section 5.1, as Kubernetes accepts it).
    fn port(&self, text: &str) -> Result<Value> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u16>() {
            Ok(number) if digits && number > 0 => return Ok(Value::from(number)),
            _ if !digits && is_service_name(text) => return Ok(Value::from(text)),
            _ => {}
        }
        let form = "a number from 1 to 65535, or a name: at most 15 small letters, digits and single inner `-`, with a letter (RFC 6335)";
        Err(self.refuse(text, "it is not a port", Some(form.into())))
    }

    pub(super) fn integer(&self, number: i64, text: &str) -> Result<Value> {
        let (min, max) = (self.min.unwrap_or(i64::MIN), self.max.unwrap_or(i64::MAX));
        if (min..=max).contains(&number) {
            return Ok(Value::from(number));
        }
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("a number from {min} to {max}"),
            (Some(min), None) => format!("a number from {min}"),
            _ => format!("a number up to {max}"),
        };
        Err(self.refuse(text, "it is out of range", Some(range)))
    }

    /// An error that names the option.
    pub(super) fn refuse(&self, value: &str, reason: &str, expected: Option<String>) -> Error {
        let reason = format!("{reason} (option {:?})", self.name);
        Error::Invalid { what: ValueKind::OptionValue, value: value.to_owned(), reason, expected }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c))
}

fn is_directory(text: &str) -> bool {
    let is_control = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    !text.is_empty() && !text.chars().any(is_control)
}

/// A Service as `oc` accepts it: `web`, `svc/web`, `service/web` or `services/web`.
fn service_name(text: &str) -> &str {
    ["svc/", "service/", "services/"].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text)
}

/// A label of RFC 1035, as Kubernetes requires for a Service: it begins with a letter.
fn is_dns1035_label(text: &str) -> bool {
    is_dns1123_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_service_name(text: &str) -> bool {
    text.len() <= 15
        && is_dns1123_label(text)
        && !text.contains("--")
        && text.bytes().any(|b| b.is_ascii_lowercase())
}
