//! Distinguished names of certificates, as text (RFC 4514 order reversed, as openssl and people write it).

use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::spec::Subject;

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

/// A name in DER as text; nothing if it is not one.
pub fn from_der(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, name)| to_text(&name))
}

/// `C=DE, O=Example, CN=web`: in the order of the certificate, with the separators of a value escaped.
pub(crate) fn to_text(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for attribute in name.iter_attributes() {
        let id = attribute.attr_type().to_id_string();
        let name = SHORT_NAMES.iter().find(|(known, _)| *known == id).map_or(id.as_str(), |(_, short)| short);
        let value = attribute.as_str().map_or_else(|_| super::hex(attribute.as_slice()), str::to_owned);
        push(&mut text, name, &value);
    }
    text
}

/// The same of a subject that no certificate has yet.
pub(crate) fn of_subject(subject: &Subject) -> String {
    let attributes = [
        ("C", &subject.country),
        ("O", &subject.organization),
        ("OU", &subject.organizational_unit),
        ("serialNumber", &subject.serial_number),
        ("CN", &subject.common_name),
    ];
    let mut text = String::new();
    for (name, value) in attributes {
        if let Some(value) = value {
            push(&mut text, name, value);
        }
    }
    text
}

fn push(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push_str(", ");
    }
    text.push_str(name);
    text.push('=');
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if ",+=\\\"<>;".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    text.push_str(&super::printable(&escaped));
}

/// The last common name, which is the most specific one.
pub(crate) fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().last().and_then(|attribute| attribute.as_str().ok()).map(super::printable)
}

/// The first organization.
pub(crate) fn organization(name: &X509Name<'_>) -> Option<String> {
    name.iter_organization().next().and_then(|attribute| attribute.as_str().ok()).map(super::printable)
}
