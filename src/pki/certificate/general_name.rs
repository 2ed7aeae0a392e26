//! Names in certificates (RFC 5280, section 4.2.1.6), exactly as they are there.

use std::fmt;
use std::net::IpAddr;

use x509_parser::asn1_rs::{Any, Class, FromDer, Oid};

use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::name::SubjectAltName;
use crate::pki::text::{hex, printable};

/// rfc822Name, dNSName, directoryName, uniformResourceIdentifier, iPAddress and registeredID.
const EMAIL: u32 = 1;
const DNS: u32 = 2;
const DIRECTORY: u32 = 4;
const URI: u32 = 6;
const IP: u32 = 7;
const REGISTERED_ID: u32 = 8;

/// One GeneralName.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneralName {
    /// The number of its form: 2 is dNSName (RFC 5280, appendix A.2).
    pub tag: u32,
    /// Its octets.
    pub value: Vec<u8>,
    /// The name, where its form is known to this crate and the octets are one.
    pub parsed: Option<SubjectAltName>,
}

impl GeneralName {
    pub(super) fn read(any: &Any<'_>) -> Result<Self, String> {
        if any.class() != Class::ContextSpecific {
            return Err("a name of no form that RFC 5280 knows".into());
        }
        let (tag, value) = (any.tag().0, any.data);
        Ok(Self { tag, value: value.to_vec(), parsed: parse(tag, value) })
    }

    /// Its octets as text, if they are.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.value).ok()
    }

    /// The name without its form.
    pub fn value(&self) -> String {
        let text = self.to_string();
        text.split_once(':').map_or(text.clone(), |(_, value)| value.to_owned())
    }

    /// Whether it is a dNSName.
    pub fn is_dns(&self) -> bool {
        self.tag == DNS
    }
}

/// A host is ASCII (IA5String): clients compare no other octets.
fn parse(tag: u32, value: &[u8]) -> Option<SubjectAltName> {
    let text = || std::str::from_utf8(value).ok();
    match tag {
        DNS => text().filter(|text| text.is_ascii())?.parse().ok().map(SubjectAltName::Dns),
        URI => Some(SubjectAltName::Uri(printable(text()?))),
        EMAIL => Some(SubjectAltName::Email(printable(text()?))),
        IP => {
            let v4 = || <[u8; 4]>::try_from(value).ok().map(IpAddr::from);
            let v6 = || <[u8; 16]>::try_from(value).ok().map(IpAddr::from);
            v4().or_else(v6).map(SubjectAltName::Ip)
        }
        _ => None,
    }
}

/// `DNS:web.example.com`, or what openssl prints for other forms.
impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.parsed {
            return name.fmt(f);
        }
        let (form, text) = match self.tag {
            EMAIL => ("email", self.text().map(printable)),
            DNS => ("DNS", self.text().map(printable)),
            URI => ("URI", self.text().map(printable)),
            IP => ("IP", None),
            DIRECTORY => ("DirName", DistinguishedName::from_der(&self.value).map(|name| name.to_string())),
            REGISTERED_ID => ("Registered ID", Some(Oid::new(self.value.as_slice().into()).to_id_string())),
            0 => {
                let oid = Oid::from_der(&self.value).ok();
                ("othername", oid.map(|(_, oid)| oid.to_id_string()))
            }
            3 => ("X400Name", None),
            5 => ("EdiPartyName", None),
            _ => ("unknown", None),
        };
        write!(f, "{form}:{}", text.unwrap_or_else(|| hex(&self.value)))
    }
}
