//! What is wrong with certificates: each judgement is here once, for code that proves them and code that only reads them.

use time::OffsetDateTime;

use super::algorithm::{Hash, KeyType, SignatureAlgorithm};
use super::certificate::Certificate;
use super::key::{KeyAlgorithm, PrivateKey};
use super::name::{DnsName, SubjectAltName};
use super::spec::Subject;
use super::spiffe;
use super::text::hex;
use super::usage::KeyUsage;
use super::validity::{Validity, human_time};
use crate::explanation::Explanation;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// What would be right.
    pub expected: String,
    /// What is there instead.
    pub found: String,
}

impl Defect {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }
}

impl From<Defect> for Explanation {
    fn from(Defect { expected, found }: Defect) -> Self {
        Self::new(expected, found)
    }
}

/// A version without extensions, which rustls refuses (RFC 5280, section 4.1.2.1).
pub fn old_version(certificate: &Certificate) -> Option<Defect> {
    let version = certificate.details.version;
    let found = || format!("version {version}, which has no extensions");
    (version != 3).then(|| Defect::new(format!("{:?} of version 3", certificate.title()), found()))
}

/// A signature with SHA-1, MD5 or MD2.
pub fn broken_hash(certificate: &Certificate) -> Option<Defect> {
    let algorithm = &certificate.details.signature_algorithm;
    let broken = matches!(algorithm, SignatureAlgorithm::Rsa(hash) | SignatureAlgorithm::Ecdsa(hash)
        if matches!(hash, Hash::Md2 | Hash::Md5 | Hash::Sha1));
    let expected = || format!("{:?} signed with SHA-256 or better", certificate.title());
    broken.then(|| Defect::new(expected(), algorithm.to_string()))
}

/// The end of validity has passed.
pub fn expired(certificate: &Certificate, now: OffsetDateTime) -> Option<Defect> {
    let end = certificate.details.validity.not_after;
    (end < now).then(|| valid_now(certificate, now, format!("expired on {}", human_time(end))))
}

/// Validity has not begun.
pub fn not_yet_valid(certificate: &Certificate, now: OffsetDateTime) -> Option<Defect> {
    let start = certificate.details.validity.not_before;
    (start > now).then(|| valid_now(certificate, now, format!("not valid before {}", human_time(start))))
}

fn valid_now(certificate: &Certificate, now: OffsetDateTime, found: String) -> Defect {
    Defect::new(format!("{:?} valid on {}", certificate.title(), human_time(now)), found)
}

/// A CA without subject key identifier, or no authority key identifier below a root: Python's strict mode refuses it
/// (RFC 5280, sections 4.2.1.1 and 4.2.1.2).
pub fn key_identifiers(certificate: &Certificate) -> Vec<Defect> {
    let (name, details) = (certificate.title(), &certificate.details);
    let subject = (details.subject_key_id.is_none() && certificate.is_authority())
        .then(|| format!("a subject key identifier in {name:?}"));
    let authority = (details.authority_key_id.is_none() && !certificate.is_self_issued())
        .then(|| format!("an authority key identifier in {name:?}"));
    subject.into_iter().chain(authority).map(|expected| Defect::new(expected, "none")).collect()
}

/// A leaf without subject key identifier, which RFC 5280 (section 4.2.1.2) recommends and no one demands.
pub fn unidentified_leaf(certificate: &Certificate) -> Option<Defect> {
    let missing = certificate.details.subject_key_id.is_none() && !certificate.is_authority();
    missing.then(|| Defect::new(format!("a subject key identifier in {:?}", certificate.title()), "none"))
}

/// Every name, for people.
fn all_names(certificate: &Certificate) -> Vec<String> {
    certificate.details.names.iter().map(ToString::to_string).collect()
}

/// No subject alternative name: clients have not looked at the common name for years (RFC 9525, section 2).
pub fn no_names(certificate: &Certificate) -> Option<Defect> {
    let common_name = certificate.details.subject.common_name();
    let found =
        || common_name.map_or("no name at all".into(), |name| format!("the common name {name:?} alone"));
    all_names(certificate)
        .is_empty()
        .then(|| Defect::new("subjectAltName with the names of the holder", found()))
}

/// Names, but none by which a server can be called.
pub fn no_host(certificate: &Certificate) -> Option<Defect> {
    let callable = |san: &SubjectAltName| !matches!(san, SubjectAltName::Email(_));
    let names = all_names(certificate);
    let missing = !names.is_empty() && !certificate.details.sans().any(callable);
    missing.then(|| Defect::new("a host name or an address", names.join(", ")))
}

/// A host in the common name that subjectAltName does not serve.
pub fn host_in_common_name_alone(certificate: &Certificate) -> Option<Defect> {
    let (name, names) = (host_in_common_name(certificate)?, all_names(certificate));
    let missing = !names.is_empty() && !certificate.serves_host(&name);
    let found = || format!("{name} in the common name alone, beside {}", names.join(", "));
    missing.then(|| Defect::new(format!("{name} in subjectAltName, too"), found()))
}

/// The common name, if it is a host's.
pub fn host_in_common_name(certificate: &Certificate) -> Option<String> {
    let name = certificate.details.subject.common_name()?;
    (name.contains('.') && name.parse::<DnsName>().is_ok()).then_some(name)
}

/// No extended key usage at all: rustls accepts it, OpenSSL with purposes, Go and Apple do not.
pub fn no_purpose(certificate: &Certificate, needed: &str) -> Option<Defect> {
    let found = "no extended key usage: it would serve every purpose, and several peers refuse it";
    let missing = certificate.details.ext_key_usage.is_none();
    missing.then(|| Defect::new(format!("extended key usage with {needed}"), found))
}

/// A key that may not sign handshakes: TLS 1.3 signs every one, so does TLS 1.2 with ephemeral keys (RFC 8446, section
/// 4.4.2.2).
pub fn no_handshake_signature(certificate: &Certificate) -> Option<Defect> {
    let usages = certificate.details.key_usage?;
    let found = || if usages.is_empty() { "an empty key usage".into() } else { usages.to_string() };
    let missing = !usages.contains(KeyUsage::DigitalSignature);
    missing.then(|| Defect::new("digitalSignature in key usage", found()))
}

/// Wildcards that OpenSSL, curl and rustls do not match.
pub fn wide_wildcards(certificate: &Certificate) -> Vec<Defect> {
    let names = certificate.details.sans().filter_map(SubjectAltName::as_dns);
    let expected = "a wildcard in front of at least two labels, such as *.apps.example";
    names.filter(|name| name.is_too_wide()).map(|name| Defect::new(expected, name.to_string())).collect()
}

/// A URI that is meant as a SPIFFE ID and is none, or one that is not the only URI (SPIFFE-ID, section 2; X.509-SVID,
/// section 2).
pub fn spiffe_names<'a>(names: impl Iterator<Item = &'a SubjectAltName>) -> Vec<Defect> {
    let uris: Vec<&str> = names
        .filter_map(|name| match name {
            SubjectAltName::Uri(uri) => Some(uri.as_str()),
            _ => None,
        })
        .collect();
    let meant = uris.iter().filter(|uri| spiffe::is_meant(uri));
    let malformed =
        meant.filter_map(|uri| Some(Defect::new(spiffe::validate(uri).err()?, format!("URI:{uri}"))));
    let extra = spiffe::extra_uris(&uris);
    let several = (!extra.is_empty()).then(|| {
        let expected = "a SPIFFE ID as the only URI (X.509-SVID, section 2)";
        Defect::new(expected, format!("{} URIs: {}", extra.len(), extra.join(", ")))
    });
    malformed.chain(several).collect()
}

/// A period that is longer than Apple takes.
pub fn too_long_for_apple(leaf: &Certificate) -> Option<Defect> {
    let length = leaf.details.validity.length();
    let days = length.whole_days();
    let rest = length - time::Duration::days(days);
    let found = || match rest.is_zero() {
        true => format!("{days} days"),
        false => format!("{days} days and {rest}"),
    };
    (length > Validity::APPLE_MAX).then(|| Defect::new("at most 825 days", found()))
}

/// A CA's own certificate in the place of a leaf, as plain `openssl req -x509` makes it: OpenSSL accepts it as a server,
/// rustls does not (CaUsedAsEndEntity).
pub fn authority_as_leaf(leaf: &Certificate) -> Option<Defect> {
    let expected = "a leaf: basicConstraints without cA";
    leaf.is_authority().then(|| Defect::new(expected, "basicConstraints with cA TRUE"))
}

/// keyCertSign without cA TRUE (RFC 5280, section 4.2.1.9).
pub fn certificate_signing_leaf(leaf: &Certificate) -> Option<Defect> {
    let found = "keyCertSign without cA TRUE, which RFC 5280 (section 4.2.1.9) forbids";
    let signs = leaf.details.key_usage.is_some_and(|usages| usages.contains(KeyUsage::KeyCertSign));
    (!leaf.is_authority() && signs).then(|| Defect::new("a leaf without keyCertSign", found))
}

/// A private key that is not the certificate's.
pub fn foreign_key(certificate: &Certificate, key: &PrivateKey) -> Option<Defect> {
    let error = certificate.require_key(key, "the certificate", "the private key").err()?;
    let expected = error.expected().unwrap_or_else(|| "the key of the certificate".into());
    Some(Defect::new(expected, error.found().unwrap_or_else(|| error.to_string())))
}

/// An issuer of another name than the certificate says.
pub fn other_issuer(holder: &Certificate, next: &Certificate) -> Option<Defect> {
    let named = &holder.details.issuer;
    let expected = || format!("the issuer of {:?} next in the chain: {named}", holder.title());
    (*named != next.details.subject).then(|| Defect::new(expected(), next.details.subject.to_string()))
}

/// A signature by another key than that of the issuer.
pub fn foreign_signature(holder: &Certificate, issuer: &Certificate) -> Option<Defect> {
    let expected = || format!("{:?} signed with the key of {:?}", holder.title(), issuer.title());
    let found = "a signature by another key, under the same name";
    (!holder.is_signed_by(issuer)).then(|| Defect::new(expected(), found))
}

/// Whether this crate can tell if `issuer` signed `holder`: of foreign kinds of keys and signatures it knows nothing.
pub fn is_checkable(holder: &Certificate, issuer: &Certificate) -> bool {
    is_checkable_by(&issuer.details.key_type, &holder.details.signature_algorithm)
}

/// Whether this crate can check a signature of this algorithm by a key of this kind.
pub fn is_checkable_by(key_type: &KeyType, signature_algorithm: &SignatureAlgorithm) -> bool {
    is_known_key(key_type) && !matches!(signature_algorithm, SignatureAlgorithm::RsaPss(_))
}

/// Whether this crate can sign and check with a key of this kind.
pub fn is_known_key(key_type: &KeyType) -> bool {
    KeyAlgorithm::ALL.into_iter().any(|known| *key_type == known)
}

/// An authority key identifier that is not the issuer's.
pub fn other_key_identifier(holder: &Certificate, issuer: &Certificate) -> Option<Defect> {
    let wanted = holder.details.authority_key_id.as_ref()?;
    let own = issuer.details.subject_key_id.as_ref()?;
    let (name, above) = (holder.title(), issuer.title());
    let expected =
        || format!("the authority key identifier of {name:?} equal to {}, which {above:?} has", hex(own));
    (wanted != own).then(|| Defect::new(expected(), hex(wanted)))
}

/// An issuer that is not a CA.
pub fn no_authority(holder: &Certificate, issuer: &Certificate) -> Option<Defect> {
    let (name, above) = (holder.title(), issuer.title());
    let expected = || format!("{above:?} with basicConstraints cA TRUE, because it signed {name:?}");
    (!issuer.is_authority()).then(|| Defect::new(expected(), "a certificate that is not a CA"))
}

/// An authority whose key usage does not say that it signs certificates.
pub fn no_certificate_signature(authority: &Certificate) -> Option<Defect> {
    let usages = authority.details.key_usage;
    let signs = usages.is_some_and(|usages| usages.contains(KeyUsage::KeyCertSign));
    let found = || usages.map_or("no key usage".into(), |usages| usages.to_string());
    (!signs).then(|| Defect::new(format!("keyCertSign in the key usage of {:?}", authority.title()), found()))
}

/// More CAs below an authority than its path length allows.
pub fn too_deep(authority: &Certificate, below: usize) -> Option<Defect> {
    let longest = authority.details.basic_constraints.and_then(|constraints| constraints.path_len)?;
    let above = authority.title();
    let expected = || format!("at most {longest} CAs below {above:?} (path length constraint)");
    (below as u64 > u64::from(longest)).then(|| Defect::new(expected(), below.to_string()))
}

/// One subject for a leaf and a CA above it: OpenSSL takes such a leaf for self-signed (error 18); rustls does not
/// notice.
pub fn same_name(leaf: &Certificate, authority: &Certificate) -> Option<Defect> {
    (leaf.details.subject == authority.details.subject).then(|| in_both(authority)).flatten()
}

/// The same of a leaf that is not issued yet.
pub fn same_subject(subject: &Subject, authority: &Certificate) -> Option<Defect> {
    authority.details.subject.is_of(subject).then(|| in_both(authority)).flatten()
}

fn in_both(authority: &Certificate) -> Option<Defect> {
    let subject = &authority.details.subject;
    let expected = || format!("a leaf with another subject than its CA {:?}", authority.title());
    (!subject.is_empty()).then(|| Defect::new(expected(), format!("{subject} in both")))
}

/// Names of a leaf that an authority above it may not sign.
pub fn outside_constraints(leaf: &Certificate, authority: &Certificate) -> Vec<Defect> {
    let Some(constraints) = &authority.details.name_constraints else { return vec![] };
    let outside = leaf.details.sans().filter(|name| !constraints.permits(name));
    let expected = format!("names that {:?} may sign: {constraints}", authority.title());
    outside.map(|name| Defect::new(expected.clone(), name.to_string())).collect()
}
