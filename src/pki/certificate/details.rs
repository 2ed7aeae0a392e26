//! What a certificate says, field by field.

use serde::Serialize;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{self, GeneralName, ParsedExtension};

use crate::pki::name::SubjectAltName;
use crate::pki::spec::KeyUsage;
use crate::pki::subtrees::{Subtree, Subtrees};
use crate::pki::validity::{Validity, machine_time};
use crate::pki::{distinguished_name, printable};

/// What a certificate says.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    /// 1 or 3; only 3 carries extensions.
    pub version: u32,
    /// Hexadecimal, as openssl prints it.
    pub serial: String,
    /// Distinguished name of the holder.
    pub subject: String,
    /// Most specific common name of the holder.
    pub common_name: Option<String>,
    /// Organization of the holder.
    pub organization: Option<String>,
    /// Distinguished name of the signer.
    pub issuer: String,
    /// When it is valid.
    #[serde(serialize_with = "serialize_validity", flatten)]
    pub validity: Validity,
    /// Subject alternative names that this crate knows the form of.
    #[serde(serialize_with = "serialize_sans")]
    pub sans: Vec<SubjectAltName>,
    /// Names in the extension that this crate does not know the form of, for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    /// Whether the subject alternative name extension is critical.
    pub sans_critical: bool,
    /// `ec-p256`, `rsa-2048`, ... or the object identifier of an unknown algorithm.
    pub key_type: String,
    /// `ecdsa-with-SHA256`, ... or the object identifier of an unknown algorithm.
    pub signature_algorithm: String,
    /// basicConstraints: present, cA, pathLenConstraint.
    pub basic_constraints: Option<BasicConstraints>,
    /// Names of RFC 5280; `None` when the extension is absent.
    pub key_usage: Option<Vec<String>>,
    /// Names of RFC 5280 or object identifiers; `None` when the extension is absent.
    pub ext_key_usage: Option<Vec<String>>,
    /// Subject key identifier, hexadecimal.
    pub subject_key_id: Option<String>,
    /// Authority key identifier, hexadecimal.
    pub authority_key_id: Option<String>,
    /// Names that an authority may sign; `None` when the extension is absent.
    #[serde(serialize_with = "serialize_constraints", skip_serializing_if = "Option::is_none")]
    pub name_constraints: Option<Box<Subtrees>>,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: String,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: String,
}

/// The basic constraints extension (RFC 5280, section 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BasicConstraints {
    /// Whether the holder may sign certificates.
    pub ca: bool,
    /// Longest chain of further authorities.
    pub path_len: Option<u32>,
    /// Whether the extension is critical.
    pub critical: bool,
}

impl Details {
    /// Reads every field; the error says which one is damaged.
    pub(super) fn read(parsed: &X509Certificate<'_>, der: &[u8]) -> Result<Self, String> {
        let validity = parsed.validity();
        let mut details = Self {
            version: parsed.version().0 + 1,
            serial: crate::pki::hex(parsed.raw_serial()),
            subject: distinguished_name::to_text(parsed.subject()),
            common_name: distinguished_name::common_name(parsed.subject()),
            organization: distinguished_name::organization(parsed.subject()),
            issuer: distinguished_name::to_text(parsed.issuer()),
            validity: Validity {
                not_before: validity.not_before.to_datetime(),
                not_after: validity.not_after.to_datetime(),
            },
            sans: vec![],
            other_names: vec![],
            sans_critical: false,
            key_type: key_type(parsed.public_key()),
            signature_algorithm: signature_name(&parsed.signature_algorithm.algorithm.to_id_string()),
            basic_constraints: None,
            key_usage: None,
            ext_key_usage: None,
            subject_key_id: None,
            authority_key_id: None,
            name_constraints: None,
            sha256: crate::pki::sha256_hex(der),
            spki_sha256: crate::pki::sha256_hex(parsed.public_key().raw),
        };
        for extension in parsed.extensions() {
            details.read_extension(extension.parsed_extension(), extension.critical)?;
        }
        Ok(details)
    }

    fn read_extension(&mut self, extension: &ParsedExtension<'_>, critical: bool) -> Result<(), String> {
        match extension {
            ParsedExtension::SubjectAlternativeName(names) => {
                self.sans_critical = critical;
                for name in &names.general_names {
                    match read_name(name) {
                        Some(san) => self.sans.push(san),
                        None => self.other_names.push(printable(&name.to_string())),
                    }
                }
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints = Some(BasicConstraints {
                    ca: constraints.ca,
                    path_len: constraints.path_len_constraint,
                    critical,
                });
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(key_usage_names(usage.flags)),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let named = [
                    (usage.any, "anyExtendedKeyUsage"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                    (usage.code_signing, "codeSigning"),
                    (usage.email_protection, "emailProtection"),
                    (usage.time_stamping, "timeStamping"),
                    (usage.ocsp_signing, "OCSPSigning"),
                ];
                let mut names: Vec<String> =
                    named.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()).collect();
                names.extend(usage.other.iter().map(|oid| oid.to_id_string()));
                self.ext_key_usage = Some(names);
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(crate::pki::hex(id.0)),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| crate::pki::hex(id.0));
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.name_constraints = Some(Box::new(read_constraints(constraints)));
            }
            ParsedExtension::ParseError { error } => return Err(format!("a damaged extension: {error}")),
            _ => {}
        }
        Ok(())
    }
}

/// Reads one general name; `None` for a form or a spelling that this crate does not know.
pub(crate) fn read_name(name: &GeneralName<'_>) -> Option<SubjectAltName> {
    match name {
        GeneralName::DNSName(text) => text.parse().ok().map(SubjectAltName::Dns),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|octets| SubjectAltName::Ip(octets.into())),
            16 => <[u8; 16]>::try_from(*octets).ok().map(|octets| SubjectAltName::Ip(octets.into())),
            _ => None,
        },
        GeneralName::URI(text) => Some(SubjectAltName::Uri(printable(text))),
        GeneralName::RFC822Name(text) => Some(SubjectAltName::Email(printable(text))),
        _ => None,
    }
}

fn read_constraints(constraints: &extensions::NameConstraints<'_>) -> Subtrees {
    fn known<'a>(subtree: &extensions::GeneralSubtree<'a>) -> Option<Subtree<'a>> {
        match subtree.base {
            GeneralName::DNSName(text) => Some(Subtree::Dns(text)),
            GeneralName::IPAddress(octets) => Some(Subtree::Ip(octets)),
            GeneralName::RFC822Name(text) => Some(Subtree::Email(text)),
            GeneralName::URI(text) => Some(Subtree::Uri(text)),
            _ => None,
        }
    }
    let permitted = constraints.permitted_subtrees.iter().flatten();
    let excluded = constraints.excluded_subtrees.iter().flatten();
    Subtrees::new(permitted.filter_map(known), excluded.filter_map(known))
}

/// Names of RFC 5280, section 4.2.1.3, in the order of their bits.
pub(crate) fn key_usage_names(flags: u16) -> Vec<String> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    debug_assert!(KeyUsage::ALL.iter().all(|(name, _)| NAMES.contains(name)));
    NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| flags >> bit & 1 == 1)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// The name of a key as this crate writes it, or its object identifier.
pub(crate) fn key_type(key: &x509_parser::x509::SubjectPublicKeyInfo<'_>) -> String {
    let oid = key.algorithm.algorithm.to_id_string();
    let curve =
        || key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
    match oid.as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            Ok(x509_parser::public_key::PublicKey::RSA(rsa)) => format!("rsa-{}", rsa.key_size()),
            _ => "rsa".into(),
        },
        "1.2.840.10045.2.1" => match curve().as_deref() {
            Some("1.2.840.10045.3.1.7") => "ec-p256".into(),
            Some("1.3.132.0.34") => "ec-p384".into(),
            Some("1.3.132.0.35") => "ec-p521".into(),
            other => format!("ec {}", other.unwrap_or("without a named curve")),
        },
        "1.3.101.112" => "ed25519".into(),
        "1.3.101.113" => "ed448".into(),
        _ => oid,
    }
}

/// The usual name of a signature algorithm, or its object identifier.
pub(crate) fn signature_name(oid: &str) -> String {
    match oid {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ed25519",
        other => other,
    }
    .to_owned()
}

fn serialize_validity<S: serde::Serializer>(validity: &Validity, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("not_before", &machine_time(validity.not_before))?;
    map.serialize_entry("not_after", &machine_time(validity.not_after))?;
    map.end()
}

fn serialize_sans<S: serde::Serializer>(sans: &[SubjectAltName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sans.iter().map(ToString::to_string))
}

fn serialize_constraints<S: serde::Serializer>(
    constraints: &Option<Box<Subtrees>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    constraints.as_ref().map(ToString::to_string).serialize(serializer)
}
