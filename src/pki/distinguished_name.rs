//! Distinguished names of certificates (RFC 5280, section 4.1.2.4), attribute by attribute.

use std::fmt;
use std::hash::{Hash, Hasher};

use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::oid::Oid;
use super::spec::Subject;
use super::text::{hex, printable};

/// commonName (X.520).
pub const COMMON_NAME: Oid = Oid::known("2.5.4.3");
/// organizationName (X.520).
pub const ORGANIZATION: Oid = Oid::known("2.5.4.10");

/// Attributes that have a short name; others show their object identifier.
const SHORT_NAMES: [(&str, &str); 10] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// A distinguished name as it is in a certificate. Two are equal when their DER is.
#[derive(Debug, Clone)]
pub struct DistinguishedName {
    der: Vec<u8>,
    parts: Vec<Vec<Attribute>>,
}

/// One attribute of a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub oid: Oid,
    /// The string type of its value.
    pub string_type: StringType,
    /// The octets of its value.
    pub value: Vec<u8>,
    /// Its value as text, where the octets are text of that string type.
    pub text: Option<String>,
}

/// The ASN.1 string type of an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum StringType {
    Utf8,
    Numeric,
    Printable,
    Teletex,
    Ia5,
    Visible,
    Universal,
    Bmp,
    /// Another type, by its tag number.
    Other(u32),
}

impl DistinguishedName {
    /// Reads DER; nothing if it is not a name.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        X509Name::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, name)| Self::read(&name))
    }

    pub(super) fn read(name: &X509Name<'_>) -> Self {
        let parts = name.iter_rdn().map(|part| part.iter().map(Attribute::read).collect());
        Self { der: name.as_raw().to_vec(), parts: parts.collect() }
    }

    /// The DER that it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The relative distinguished names in their order; nearly always of one attribute each.
    pub fn parts(&self) -> &[Vec<Attribute>] {
        &self.parts
    }

    /// Every attribute in its order.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }

    /// Whether it has no attribute.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Every common name.
    pub fn common_names(&self) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.attributes().filter(|attribute| attribute.oid == COMMON_NAME)
    }

    /// The last common name, which is the most specific one, with control characters escaped.
    pub fn common_name(&self) -> Option<String> {
        self.common_names().next_back()?.text.as_deref().map(printable)
    }

    /// The first organization, with control characters escaped.
    pub fn organization(&self) -> Option<String> {
        let mut attributes = self.attributes().filter(|attribute| attribute.oid == ORGANIZATION);
        attributes.next()?.text.as_deref().map(printable)
    }

    /// Whether a certificate for `subject` would have this name.
    pub(crate) fn is_of(&self, subject: &Subject) -> bool {
        let own = self.attributes().map(|attribute| (attribute.oid.as_str(), attribute.text.as_deref()));
        own.eq(subject.attributes().into_iter().map(|(oid, text)| (oid, Some(text))))
    }

    /// `CN=web,O=Example`: the last attribute first, as RFC 4514 has it.
    pub fn to_rfc4514(&self) -> String {
        let parts = self.parts.iter().rev().map(|part| {
            part.iter().map(|attribute| attribute.escaped(",+\"\\<>;")).collect::<Vec<_>>().join("+")
        });
        parts.collect::<Vec<_>>().join(",")
    }

    /// `/O=Example/CN=web`, as OpenSSL's one-line form has it, which MySQL and MariaDB compare: nothing is escaped.
    pub fn to_slashes(&self) -> String {
        self.attributes().map(|attribute| format!("/{}", attribute.escaped(""))).collect()
    }
}

/// `C=DE, O=Example, CN=web`: in the order of the certificate, as openssl and people write it.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            for (index, attribute) in part.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { " + " })?;
                f.write_str(&attribute.escaped(",+=\\\"<>;"))?;
            }
        }
        Ok(())
    }
}

impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for DistinguishedName {}

impl Hash for DistinguishedName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl Attribute {
    fn read(attribute: &AttributeTypeAndValue<'_>) -> Self {
        let (string_type, value) =
            (StringType::of(attribute.attr_value().tag().0), attribute.as_slice().to_vec());
        Self {
            oid: attribute.attr_type().to_id_string().into(),
            text: string_type.decode(&value),
            string_type,
            value,
        }
    }

    /// Its short name, or its object identifier where it has none.
    pub fn name(&self) -> &str {
        let id = self.oid.as_str();
        SHORT_NAMES.iter().find(|(known, _)| *known == id).map_or(id, |(_, short)| short)
    }

    /// `CN=web`, with a backslash in front of `separators`.
    fn escaped(&self, separators: &str) -> String {
        let mut text = format!("{}=", self.name());
        let value = self.text.clone().unwrap_or_else(|| format!("#{}", hex(&self.value)));
        for c in value.chars() {
            if separators.contains(c) {
                text.push('\\');
            }
            text.push(c);
        }
        printable(&text)
    }
}

impl StringType {
    fn of(tag: u32) -> Self {
        match tag {
            12 => Self::Utf8,
            18 => Self::Numeric,
            19 => Self::Printable,
            20 => Self::Teletex,
            22 => Self::Ia5,
            26 => Self::Visible,
            28 => Self::Universal,
            30 => Self::Bmp,
            other => Self::Other(other),
        }
    }

    /// The text of `value`. Types that are subsets of ASCII are read as UTF-8, which many tools write into them.
    fn decode(self, value: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 | Self::Numeric | Self::Printable | Self::Ia5 | Self::Visible => {
                std::str::from_utf8(value).ok().map(str::to_owned)
            }
            // Latin-1 is what every tool writes under this name.
            Self::Teletex => Some(value.iter().copied().map(char::from).collect()),
            Self::Bmp => {
                let (units, rest) = value.as_chunks::<2>();
                let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
                String::from_utf16(&units).ok().filter(|_| rest.is_empty())
            }
            Self::Universal => {
                let (units, rest) = value.as_chunks::<4>();
                let text = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
                Option::filter(text, |_: &String| rest.is_empty())
            }
            Self::Other(_) => None,
        }
    }
}
