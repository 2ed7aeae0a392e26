//! Host names, subject alternative names, and the labels that credentials are kept under.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::spiffe;
use crate::error::{Error, Result, ValueKind};

/// Longest DNS name, without the trailing dot (RFC 1035, section 3.1).
const MAX_NAME: usize = 253;
/// Longest label of a DNS name (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// A DNS name in the form that certificates carry: A-labels, lower case, no trailing dot, perhaps `*` as the whole
/// left-most label (RFC 6125, section 6.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(String);

impl DnsName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the left-most label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// Whether a wildcard is directly in front of a single label (`*.test`), which OpenSSL, curl and rustls refuse.
    pub fn is_too_wide(&self) -> bool {
        self.is_wildcard() && !self.0[2..].contains('.')
    }

    /// What a wildcard is in front of, and does not cover itself.
    pub fn apex(&self) -> Option<DnsName> {
        self.0.strip_prefix("*.").map(|apex| DnsName(apex.to_owned()))
    }

    /// Whether a certificate with this name serves `host` (RFC 6125: `*` covers exactly one label).
    pub fn covers(&self, host: &DnsName) -> bool {
        match self.0.strip_prefix("*.") {
            None => self == host,
            Some(apex) => host.0.split_once('.').is_some_and(|(first, rest)| {
                rest == apex && (first == "*" || !host.is_wildcard()) && !first.is_empty()
            }),
        }
    }

    /// The name with its A-labels read, as people write it.
    pub fn to_unicode(&self) -> String {
        Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow).0.into_owned()
    }

    /// Whether some label holds `_`, which DNS-1123 and several clients refuse.
    pub fn has_underscore(&self) -> bool {
        self.0.contains('_')
    }
}

impl FromStr for DnsName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::invalid(ValueKind::DnsName, text, reason));
        let (star, rest) = match text.strip_prefix("*.") {
            Some(rest) => ("*.", rest),
            None => ("", text),
        };
        let rest = rest.strip_suffix('.').unwrap_or(rest);
        if rest.is_empty() {
            return refuse("it is empty");
        }
        if rest.contains('*') {
            return refuse("`*` must be the whole left-most label, and only that one");
        }
        let ascii = to_ascii(rest).map_err(|reason| Error::invalid(ValueKind::DnsName, text, reason))?;
        let name = format!("{star}{ascii}");
        if name.len() > MAX_NAME {
            return refuse(&format!("it is {} characters long, at most {MAX_NAME} are allowed", name.len()));
        }
        for label in ascii.split('.') {
            if label.is_empty() {
                return refuse("a label is empty");
            }
            if label.len() > MAX_LABEL {
                return refuse(&format!(
                    "a label is {} characters long, at most {MAX_LABEL} are allowed",
                    label.len()
                ));
            }
            if let Some(bad) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_') {
                return refuse(&format!("the character {bad:?} is not allowed"));
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refuse("a label starts or ends with a hyphen");
            }
        }
        if ascii.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
            return refuse("the last label is a number, so resolvers take it for an address");
        }
        Ok(Self(name))
    }
}

/// The A-labels of a name (UTS 46), in small letters.
fn to_ascii(name: &str) -> Result<String, &'static str> {
    let is_a_label = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if name.is_ascii() && !name.split('.').any(is_a_label) {
        return Ok(name.to_ascii_lowercase());
    }
    if name.chars().any(is_symbol) {
        return Err("it holds a character that no host name has");
    }
    // Which characters of ASCII a host may have, and how long it may be, is judged by whoever asks.
    let (denied, hyphens) = (AsciiDenyList::EMPTY, Hyphens::Allow);
    let ascii = Uts46::new().to_ascii(name.as_bytes(), denied, hyphens, DnsLength::Ignore);
    ascii.map(Into::into).map_err(|_| match name.is_ascii() {
        true => "a label that begins with `xn--` is not an A-label (RFC 5890, section 2.3.2.1)",
        false => "it has no form as A-labels (IDNA)",
    })
}

/// Punctuation, symbols and emoji: IDNA 2008 has letters, digits and their marks only (RFC 5892), UTS 46 lets more pass.
fn is_symbol(c: char) -> bool {
    let is_among = matches!(c,
        '\u{a1}'..='\u{b6}' | '\u{b8}'..='\u{bf}' | '\u{d7}' | '\u{f7}' | '\u{2000}'..='\u{200b}'
        | '\u{200e}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3003}'..='\u{303f}'
        | '\u{fe00}'..='\u{fe6f}' | '\u{1f000}'..='\u{1faff}' | '\u{e0000}'..='\u{e0fff}');
    is_among && !c.is_alphanumeric()
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One subject alternative name (RFC 5280, section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectAltName {
    /// A host name (dNSName).
    Dns(DnsName),
    /// An IPv4 or IPv6 address (iPAddress); never a network.
    Ip(IpAddr),
    /// A URI such as a SPIFFE ID (uniformResourceIdentifier).
    Uri(String),
    /// A mailbox (rfc822Name).
    Email(String),
}

impl SubjectAltName {
    /// The value without its type.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Uri(text) | Self::Email(text) => text.clone(),
        }
    }

    /// The host name, if this is one.
    pub fn as_dns(&self) -> Option<&DnsName> {
        match self {
            Self::Dns(name) => Some(name),
            _ => None,
        }
    }

    /// Whether a TLS client that connects to `host` (a name or an address) would take this name.
    pub fn covers(&self, host: &str) -> bool {
        match (self, host.parse::<IpAddr>()) {
            (Self::Ip(own), Ok(address)) => *own == address,
            (Self::Dns(own), Err(_)) => host.parse().is_ok_and(|host| own.covers(&host)),
            _ => false,
        }
    }
}

impl FromStr for SubjectAltName {
    type Err = Error;

    /// Takes `DNS:`, `IP:`, `URI:`, `email:` and `mailto:` in any case, and infers the type of a bare value.
    fn from_str(text: &str) -> Result<Self> {
        if let Some((prefix, value)) = text.split_once(':') {
            match prefix.to_ascii_lowercase().as_str() {
                "dns" => return value.parse().map(Self::Dns),
                "ip" | "ip address" => return parse_ip(value).map(Self::Ip),
                "uri" => return parse_uri(value).map(Self::Uri),
                "email" | "mail" | "mailto" => return parse_email(value).map(Self::Email),
                _ if value.starts_with("//") || prefix.eq_ignore_ascii_case("urn") => {
                    return parse_uri(text).map(Self::Uri);
                }
                _ => {}
            }
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if bare.parse::<IpAddr>().is_ok() || looks_like_address(text) {
            return parse_ip(text).map(Self::Ip);
        }
        if text.contains('@') {
            return parse_email(text).map(Self::Email);
        }
        text.parse().map(Self::Dns)
    }
}

impl fmt::Display for SubjectAltName {
    /// `DNS:web.example.com`, the form that openssl prints and takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Dns(_) => "DNS",
            Self::Ip(_) => "IP",
            Self::Uri(_) => "URI",
            Self::Email(_) => "email",
        };
        write!(f, "{kind}:{}", self.value())
    }
}

fn looks_like_address(text: &str) -> bool {
    let digits_and = |extra: &str| text.chars().all(|c| c.is_ascii_hexdigit() || extra.contains(c));
    (text.matches(':').count() >= 2 && digits_and(":./"))
        || text.split_once('/').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok())
        || (text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn parse_ip(text: &str) -> Result<IpAddr> {
    let reason = if text.contains('/') {
        "a certificate names single addresses, not networks"
    } else {
        "it is not an IPv4 or IPv6 address"
    };
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| Error::invalid(ValueKind::IpAddress, text, reason))
}

fn parse_uri(text: &str) -> Result<String> {
    let refuse = |reason: &str| Err(Error::invalid(ValueKind::Uri, text, reason));
    let Some((scheme, rest)) = text.split_once(':') else {
        return refuse("it has no scheme (RFC 3986)");
    };
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        || rest.is_empty()
    {
        return refuse("it is not an absolute URI (RFC 3986)");
    }
    if text.chars().any(|c| !c.is_ascii_graphic() || "<>\"\\^`{|}".contains(c)) {
        return refuse("it holds a character that must be percent-encoded (RFC 3986)");
    }
    match spiffe::validate(text) {
        Err(reason) if spiffe::is_meant(text) => refuse(reason),
        _ => Ok(text.to_owned()),
    }
}

fn parse_email(text: &str) -> Result<String> {
    let refuse = |reason: &str| Err(Error::invalid(ValueKind::EmailAddress, text, reason));
    let Some((mailbox, host)) = text.rsplit_once('@') else {
        return refuse("it has no `@`");
    };
    if mailbox.is_empty() || mailbox.chars().any(|c| !c.is_ascii_graphic() || "@,;:<>()[]\\\"".contains(c)) {
        return refuse("the part before `@` must be plain ASCII (RFC 5280, section 4.2.1.6)");
    }
    if mailbox.split('.').any(str::is_empty) {
        return refuse("a dot before `@` must be between two other characters (RFC 5321, section 4.1.2)");
    }
    let host: DnsName = host.parse()?;
    if host.is_wildcard() {
        return refuse("a mailbox is of one host, not of a wildcard (RFC 5280, section 4.2.1.6)");
    }
    Ok(format!("{mailbox}@{host}"))
}

/// Whether `text` is a label of RFC 1123, as Kubernetes accepts it: 1 to 63 small letters, digits and inner hyphens.
pub fn is_dns1123_label(text: &str) -> bool {
    text.len() <= MAX_LABEL && is_subdomain_part(text)
}

/// Whether `text` can name a Kubernetes object: small letters, digits and inner hyphens with dots between, at most 253
/// characters in all. Unlike in a host name, a part may have more than 63 (apimachinery, `IsDNS1123Subdomain`).
pub fn is_dns1123_subdomain(text: &str) -> bool {
    text.len() <= MAX_NAME && text.split('.').all(is_subdomain_part)
}

fn is_subdomain_part(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{DnsName, SubjectAltName, is_dns1123_label, is_dns1123_subdomain};

    fn san(text: &str) -> SubjectAltName {
        text.parse().expect("a name of the test")
    }

    #[test]
    fn the_type_of_a_bare_name_is_inferred() {
        assert_eq!(san("Web.Example.COM.").to_string(), "DNS:web.example.com");
        assert_eq!(san("127.0.0.1").to_string(), "IP:127.0.0.1");
        assert_eq!(san("[::1]").to_string(), "IP:::1");
        assert_eq!(san("0:0:0:0:0:0:0:1").to_string(), "IP:::1");
        assert_eq!(san("spiffe://example.org/web").to_string(), "URI:spiffe://example.org/web");
        assert_eq!(san("ops@Example.com").to_string(), "email:ops@example.com");
        assert_eq!(san("mailto:ops@example.com").to_string(), "email:ops@example.com");
        assert_eq!(san("dns:bücher.example").to_string(), "DNS:xn--bcher-kva.example");
    }

    #[test]
    fn names_of_every_script_have_their_a_labels() {
        for (text, ascii) in [
            ("हिन्दी.example", "xn--j2bd4cyah0f.example"),
            ("อยู่.example", "xn--z3cv1b8c.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("col·lectiu.cat", "xn--collectiu-2pa.cat"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
        ] {
            assert_eq!(san(text).value(), ascii, "{text}");
        }
        assert_eq!(
            "xn--bcher-kva.example".parse::<DnsName>().expect("a name").to_unicode(),
            "bücher.example"
        );
    }

    #[test]
    fn malformed_names_are_refused_with_the_reason() {
        for (text, reason) in [
            ("10.0.0.0/8", "not networks"),
            ("1.2.3.4.5", "not an IPv4"),
            ("a..b", "label is empty"),
            ("-a.b", "hyphen"),
            ("*.*.x", "left-most"),
            ("a.*.b", "left-most"),
            ("x*.b", "left-most"),
            ("a b", "' '"),
            ("", "empty"),
            ("web.123", "number"),
            ("spiffe://example.org/", "trailing slash"),
            ("URI:nothing", "scheme"),
            ("email:x", "`@`"),
            ("ops@*.example.com", "not of a wildcard"),
            ("ops..x@example.com", "a dot before `@`"),
            (".ops@example.com", "a dot before `@`"),
            ("xn--a.example", "not an A-label"),
            ("i❤.example", "no host name has"),
            ("a\u{ad}b.example", "no host name has"),
            ("¿.example", "no host name has"),
            ("SPIFFE://example.org/web", "small letters"),
        ] {
            let error = text.parse::<SubjectAltName>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_wildcard_covers_exactly_one_label() {
        let wildcard: DnsName = "*.apps.example.com".parse().expect("a wildcard");
        let covers = |host: &str| wildcard.covers(&host.parse().expect("a host name"));
        assert!(covers("web.apps.example.com"));
        assert!(!covers("apps.example.com"));
        assert!(!covers("a.web.apps.example.com"));
        assert!(covers("*.apps.example.com"));
    }

    #[test]
    fn a_part_of_a_kubernetes_name_may_be_longer_than_a_label() {
        let (long, longest) = ("a".repeat(64), format!("{}.b", "a".repeat(251)));
        assert!(!is_dns1123_label(&long) && is_dns1123_subdomain(&long));
        assert!(is_dns1123_subdomain(&longest) && !is_dns1123_subdomain(&format!("{longest}b")));
        for wrong in ["", "a..b", "-a", "a-.b", "A", "a_b", "a.", ".a"] {
            assert!(!is_dns1123_subdomain(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_longest_label_and_name_are_accepted_and_one_character_more_is_refused() {
        let label = |length: usize| "x".repeat(length);
        let name = |last: usize| format!("{}.{}", vec![label(63); 3].join("."), label(last));
        for (text, fits) in [(label(63), true), (label(64), false), (name(61), true), (name(62), false)] {
            assert_eq!(text.parse::<DnsName>().is_ok(), fits, "{} characters", text.len());
        }
    }

    proptest::proptest! {
        #[test]
        fn a_name_that_was_read_is_read_again_as_the_same(text in "(DNS:|IP:|URI:|email:)?[a-z0-9A-Zü*:/@._-]{1,40}") {
            if let Ok(name) = text.parse::<SubjectAltName>() {
                proptest::prop_assert_eq!(name.to_string().parse::<SubjectAltName>().expect("the same name"), name);
            }
        }
    }
}
