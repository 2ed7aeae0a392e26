//! The names that credentials, authorities and environments are kept under.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::name::{DnsName, SubjectAltName};
use crate::error::{Error, Result, ValueKind};

/// Longest label: that of a DNS name, without the trailing dot (RFC 1035, section 3.1).
const MAX_LENGTH: usize = 253;
/// What is wrong with a label that would share a directory with a wildcard or an address.
const RESERVED: &str = "`_wildcard.` and `_ipv6.` are how directories of such names begin";
/// Longest name of a directory on the usual file systems, in bytes.
const MAX_DIRECTORY: usize = 255;

/// The name that a credential, authority or environment is kept and asked for under.
///
/// A host name, a wildcard, an address, a mailbox or a plain word: what can be a directory name without surprise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// The label as it is shown and asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is neither a wildcard nor an address nor a mailbox.
    pub fn is_word(&self) -> bool {
        !self.0.contains(['*', ':', '@']) && self.0.parse::<IpAddr>().is_err()
    }

    /// The directory name: `*` is written as `_wildcard`, an IPv6 address as `_ipv6.` with `-` for `:`.
    pub fn directory(&self) -> String {
        match self.0.strip_prefix("*.") {
            Some(rest) => format!("_wildcard.{rest}"),
            None if self.0.contains(':') => format!("_ipv6.{}", self.0.replace(':', "-")),
            None => self.0.clone(),
        }
    }

    /// The label that is kept in `directory`.
    pub fn from_directory(directory: &str) -> Result<Self> {
        if let Some(rest) = directory.strip_prefix("_wildcard.") {
            return format!("*.{rest}").parse();
        }
        match directory.strip_prefix("_ipv6.") {
            Some(rest) => rest.replace('-', ":").parse(),
            None => directory.parse(),
        }
    }

    /// The label as people write it: A-labels are read.
    pub fn to_unicode(&self) -> String {
        match self.0.parse::<DnsName>() {
            Ok(name) if self.0.contains("xn--") => name.to_unicode(),
            _ => self.0.clone(),
        }
    }

    /// The subject alternative name that the label itself is, if it is a host name, an address or a mailbox.
    pub fn as_san(&self) -> Option<SubjectAltName> {
        self.0.parse().ok()
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: &str| {
            Err(Error::Invalid {
                what: ValueKind::Name,
                value: text.to_owned(),
                reason: reason.to_owned(),
                expected: Some(
                    "a host name, a wildcard, an address, or a word of letters, digits, `-`, `_`, `.`, `@`"
                        .into(),
                ),
            })
        };
        if text.is_empty() {
            return refuse("it is empty");
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        // A host name with its final dot is the same host's.
        let text = text.strip_suffix('.').filter(|host| host.parse::<DnsName>().is_ok()).unwrap_or(text);
        let length = text.chars().count();
        if length > MAX_LENGTH {
            return refuse(&format!("it is {length} characters long, at most {MAX_LENGTH} are allowed"));
        }
        if text.contains('/') || text.contains('\\') {
            return refuse("it would be a path");
        }
        if text.starts_with('-') {
            return refuse("it starts with `-`, so every command would take it for an option");
        }
        if text.starts_with('.') || text.ends_with('.') {
            return refuse("it starts or ends with a dot");
        }
        if text.contains('*') || !text.is_ascii() {
            let name: DnsName = text.parse().map_err(|error| match error {
                Error::Invalid { reason, .. } => {
                    Error::Invalid { what: ValueKind::Name, value: text.to_owned(), reason, expected: None }
                }
                other => other,
            })?;
            let label = Self(name.to_string());
            if label.directory().len() > MAX_DIRECTORY {
                return refuse("it is too long for the name of a directory");
            }
            return if is_reserved(&label.0) { refuse(RESERVED) } else { Ok(label) };
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_.@+".contains(*c)) {
            return refuse(&format!("the character {bad:?} is not allowed"));
        }
        if is_reserved(text) {
            return refuse(RESERVED);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether a directory of this name is that of a wildcard or of an IPv6 address.
fn is_reserved(text: &str) -> bool {
    text.starts_with("_wildcard.") || text.starts_with("_ipv6.")
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn labels_that_would_leave_the_directory_or_look_like_options_are_refused() {
        for text in [
            "../x",
            "a/b",
            "-x",
            "",
            "*.*.x",
            "🦀",
            ".hidden",
            "a\\b",
            "a\nb",
            &"x".repeat(300),
            &format!("*.{}y", "x.".repeat(124)),
        ] {
            assert!(text.parse::<Label>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_label_that_no_directory_leads_back_to_is_refused() {
        for text in [
            "_ipv6.bücher.example",
            "_wildcard.bücher.example",
            "_IPV6.bücher.example",
            "_ipv6.a",
            "_wildcard.a.b",
        ] {
            let error = text.parse::<Label>().expect_err(text).to_string();
            assert!(error.contains("how directories of such names begin"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn labels_and_directories_map_one_to_one(text in "(_ipv6\\.|_wildcard\\.|\\*\\.)?[a-zü:_.-]{1,12}(\\.[a-zé0-9]{1,8}){0,3}") {
            if let Ok(label) = text.parse::<Label>() {
                let directory = label.directory();
                let kept = Label::from_directory(&directory).expect("a directory that a label made");
                proptest::prop_assert_eq!(&kept, &label, "{}", directory);
                proptest::prop_assert_eq!(kept.to_string().parse::<Label>().expect("the same label"), label);
            }
        }
    }

    #[test]
    fn a_label_and_its_directory_are_the_same_name() {
        for text in
            ["web", "*.apps.example.com", "10.0.0.1", "2001:db8::1", "::1", "app_user", "me@example.com"]
        {
            let label: Label = text.parse().expect("a label");
            assert_eq!(Label::from_directory(&label.directory()).expect("a directory name"), label);
        }
        assert_eq!("web.example.com.".parse::<Label>().expect("a label").as_str(), "web.example.com");
        assert_eq!("jörg".parse::<Label>().expect("a label").to_unicode(), "jörg");
        assert_eq!(
            "*.apps.example.com".parse::<Label>().expect("a label").directory(),
            "_wildcard.apps.example.com"
        );
    }
}
