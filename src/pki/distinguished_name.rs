//! Distinguished names of certificates, as text (RFC 4514 order reversed, as openssl and people write it).

use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

/// A name in DER as text; nothing if it is not one.
pub fn from_der(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, name)| to_text(&name))
}

/// `C=DE, O=Example, CN=web`: in the order of the certificate, with the separators of a value escaped.
pub(crate) fn to_text(name: &X509Name<'_>) -> String {
    let parts = name.iter_attributes().map(|attribute| {
        let key = match attribute.attr_type().to_id_string().as_str() {
            "2.5.4.3" => "CN".to_owned(),
            "2.5.4.5" => "serialNumber".to_owned(),
            "2.5.4.6" => "C".to_owned(),
            "2.5.4.7" => "L".to_owned(),
            "2.5.4.8" => "ST".to_owned(),
            "2.5.4.10" => "O".to_owned(),
            "2.5.4.11" => "OU".to_owned(),
            "0.9.2342.19200300.100.1.25" => "DC".to_owned(),
            "0.9.2342.19200300.100.1.1" => "UID".to_owned(),
            "1.2.840.113549.1.9.1" => "emailAddress".to_owned(),
            other => other.to_owned(),
        };
        let value = attribute.as_str().map_or_else(|_| super::hex(attribute.as_slice()), str::to_owned);
        let escaped: String = value
            .chars()
            .flat_map(|c| if ",+=\\\"<>;".contains(c) { vec!['\\', c] } else { vec![c] })
            .collect();
        format!("{key}={}", super::printable(&escaped))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The last common name, which is the most specific one.
pub(crate) fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().last().and_then(|attribute| attribute.as_str().ok()).map(super::printable)
}

/// The first organization.
pub(crate) fn organization(name: &X509Name<'_>) -> Option<String> {
    name.iter_organization().next().and_then(|attribute| attribute.as_str().ok()).map(super::printable)
}
