//! The authority: makes itself, signs others. The only caller of `rcgen`.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
    SigningKey,
};

use super::certificate::Certificate;
use super::credential::Credential;
use super::issuer::Issuer;
use super::key::{KeyAlgorithm, PrivateKey, PublicKey};
use super::label::Label;
use super::name::SubjectAltName;
use super::spec::{CertificateSpec, Role, Subject};
use super::usage::{ExtendedKeyUsage, KeyUsage};
use crate::error::{Error, Result, ValueKind};
use crate::explanation::Explanation;

/// A certificate authority with its private key.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    /// Authorities above it, the root last; empty for a root.
    above: Vec<Certificate>,
    key: PrivateKey,
}

/// A certificate that was just signed, with the key that was made for it.
#[derive(Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// Its private key.
    pub key: PrivateKey,
}

impl Authority {
    /// Creates a root that signs itself.
    pub fn root(spec: &CertificateSpec) -> Result<Self> {
        require_role(spec, Role::RootCa)?;
        let Issued { certificate, key } = Self::self_signed(spec)?;
        Ok(Self { certificate, above: vec![], key })
    }

    /// Creates a key and signs a certificate for it with the same key: no CA vouches for it.
    pub fn self_signed(spec: &CertificateSpec) -> Result<Issued> {
        let key = PrivateKey::generate(spec.key_algorithm)?;
        let der =
            parameters(spec, key.public_key())?.self_signed(&Signer { key: &key }).map_err(rcgen_failed)?;
        Ok(Issued { certificate: Certificate::from_der(der.der(), "new certificate")?, key })
    }

    /// Takes an existing authority: its certificate, the authorities above it (root last), and its key.
    pub fn from_parts(certificate: Certificate, above: Vec<Certificate>, key: PrivateKey) -> Result<Self> {
        if !certificate.is_authority() {
            return Err(Error::Contradiction {
                reason: format!("{:?} is not a CA", certificate.title()),
                explanation: Explanation::new("basicConstraints with cA TRUE", "a leaf certificate"),
            });
        }
        certificate.require_key(
            &key,
            &format!("the certificate of {:?}", certificate.title()),
            "its private key",
        )?;
        Ok(Self { certificate, above, key })
    }

    /// Makes an authority under this one.
    pub fn intermediate(&self, spec: &CertificateSpec) -> Result<Self> {
        require_role(spec, Role::IntermediateCa)?;
        let issued = self.issue(spec)?;
        let above = std::iter::once(self.certificate.clone()).chain(self.above.iter().cloned()).collect();
        Ok(Self { certificate: issued.certificate, above, key: issued.key })
    }

    /// Makes a key and signs a certificate for it.
    pub fn issue(&self, spec: &CertificateSpec) -> Result<Issued> {
        let key = PrivateKey::generate(spec.key_algorithm)?;
        let certificate = self.sign(spec, key.public_key())?;
        Ok(Issued { certificate, key })
    }

    /// Signs a certificate for someone else's public key.
    pub fn sign(&self, spec: &CertificateSpec, public_key: &PublicKey) -> Result<Certificate> {
        if spec.role.is_authority() {
            self.leave_room()?;
        }
        // The issuer field must repeat the subject of the certificate byte for byte, so it is read from there.
        let signer = Signer { key: &self.key };
        let issuer =
            rcgen::Issuer::from_ca_cert_der(&self.certificate.der().into(), signer).map_err(rcgen_failed)?;
        let der = parameters(spec, public_key)?
            .signed_by(&Public { key: public_key }, &issuer)
            .map_err(rcgen_failed)?;
        Certificate::from_der(der.der(), "new certificate")
    }

    /// Refuses one more authority below this one where a path length constraint, its own or that of one above it, leaves
    /// no room (RFC 5280, section 4.2.1.9): no client would take what the new one signs.
    fn leave_room(&self) -> Result<()> {
        let chain = std::iter::once(&self.certificate).chain(&self.above);
        for (count, authority) in (1..).zip(chain) {
            let limit = authority.details.basic_constraints.and_then(|constraints| constraints.path_len);
            if let Some(limit) = limit.filter(|limit| *limit < count) {
                return Err(Error::NoRoomBelow { authority: authority.title(), limit, count });
            }
        }
        Ok(())
    }

    /// Puts an issued leaf, the authorities above it and the root together.
    pub fn credential(&self, name: Label, issued: Issued) -> Credential {
        let mut intermediates: Vec<Certificate> =
            std::iter::once(&self.certificate).chain(&self.above).cloned().collect();
        let anchor = intermediates.pop().unwrap_or_else(|| self.certificate.clone());
        Credential { name, certificate: issued.certificate, intermediates, key: issued.key, anchor }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The root above it, or itself.
    pub fn anchor(&self) -> &Certificate {
        self.above.last().unwrap_or(&self.certificate)
    }

    /// Its certificate, the authorities above it (root last), and its key.
    pub fn into_parts(self) -> (Certificate, Vec<Certificate>, PrivateKey) {
        (self.certificate, self.above, self.key)
    }

    /// It, as those below it see it.
    pub fn issuer(&self) -> Issuer<'_> {
        Issuer { certificate: &self.certificate, above: &self.above }
    }
}

/// Refuses what its profile makes something else of: under the name of an authority there would be none.
fn require_role(spec: &CertificateSpec, wanted: Role) -> Result<()> {
    if spec.role == wanted {
        return Ok(());
    }
    Err(Error::Contradiction {
        reason: format!("profile {:?} makes no certificate of the role {wanted}", spec.profile),
        explanation: Explanation::new(format!("role = \"{wanted}\""), format!("role = \"{}\"", spec.role)),
    })
}

/// ring's signature as rcgen asks for it.
struct Signer<'a> {
    key: &'a PrivateKey,
}

struct Public<'a> {
    key: &'a PublicKey,
}

impl PublicKeyData for Public<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key.raw()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.key.algorithm() {
            KeyAlgorithm::EcP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyAlgorithm::EcP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
            KeyAlgorithm::Rsa(_) => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key.public_key().raw()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        Public { key: self.key.public_key() }.algorithm()
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key.sign(message).map_err(|_| rcgen::Error::RingUnspecified)
    }
}

/// Every field that rcgen writes; none of its defaults is left.
fn parameters(spec: &CertificateSpec, public_key: &PublicKey) -> Result<CertificateParams> {
    spec.subject.check()?;
    if spec.sans.is_empty() && !spec.role.is_authority() && spec.subject == Subject::default() {
        return Err(Error::Contradiction {
            reason: "a certificate needs at least one name".into(),
            explanation: Explanation::expected("a subject or a subject alternative name"),
        });
    }
    let mut parameters = CertificateParams::default();
    parameters.not_before = spec.validity.not_before;
    parameters.not_after = spec.validity.not_after;
    parameters.serial_number = Some(SerialNumber::from_slice(&random_serial()?));
    parameters.subject_alt_names = spec.sans.iter().map(san).collect::<Result<_>>()?;
    parameters.distinguished_name = distinguished_name(&spec.subject)?;
    parameters.is_ca = match (spec.role.is_authority(), spec.path_len) {
        (false, _) => IsCa::ExplicitNoCa,
        (true, Some(length)) => IsCa::Ca(BasicConstraints::Constrained(length)),
        (true, None) => IsCa::Ca(BasicConstraints::Unconstrained),
    };
    parameters.key_usages = spec.key_usage.iter().map(|usage| key_usage(*usage)).collect();
    parameters.extended_key_usages = spec.ext_key_usage.iter().map(|usage| ext_key_usage(*usage)).collect();
    parameters.use_authority_key_identifier_extension = spec.role != Role::RootCa;
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier(public_key));
    if !spec.name_constraints.is_empty() {
        let mut extension =
            CustomExtension::from_oid_content(&[2, 5, 29, 30], spec.name_constraints.to_der());
        extension.set_criticality(true);
        parameters.custom_extensions.push(extension);
    }
    Ok(parameters)
}

/// 160 bits of SHA-256 over the key's own bits (RFC 7093, section 2, method 1). rcgen's hash covers the algorithm, too,
/// which is not one of the methods that a linter can recompute.
fn key_identifier(public_key: &PublicKey) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, public_key.raw()).as_ref()[..20].to_vec()
}

/// 126 random bits behind a leading 1 bit: positive, never zero, never shorter than its 16 octets.
fn random_serial() -> Result<[u8; 16]> {
    let mut serial = super::random_bytes::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}

fn san(name: &SubjectAltName) -> Result<SanType> {
    let ia5 = |text: &str| text.to_owned().try_into().map_err(rcgen_failed);
    Ok(match name {
        SubjectAltName::Dns(name) => SanType::DnsName(ia5(name.as_str())?),
        SubjectAltName::Ip(address) => SanType::IpAddress(*address),
        SubjectAltName::Uri(text) => SanType::URI(ia5(text)?),
        SubjectAltName::Email(text) => SanType::Rfc822Name(ia5(text)?),
    })
}

fn distinguished_name(subject: &Subject) -> Result<DistinguishedName> {
    let printable =
        |text: &String| text.clone().try_into().map(DnValue::PrintableString).map_err(rcgen_failed);
    let utf8 = |text: &Option<String>| text.as_deref().map(DnValue::from);
    let mut name = DistinguishedName::new();
    for (attribute, value) in [
        (DnType::CountryName, subject.country.as_ref().map(printable).transpose()?),
        (DnType::OrganizationName, utf8(&subject.organization)),
        (DnType::OrganizationalUnitName, utf8(&subject.organizational_unit)),
        (DnType::CustomDnType(vec![2, 5, 4, 5]), subject.serial_number.as_ref().map(printable).transpose()?),
        (DnType::CommonName, utf8(&subject.common_name)),
    ] {
        value.into_iter().for_each(|value| name.push(attribute.clone(), value));
    }
    Ok(name)
}

fn key_usage(usage: KeyUsage) -> KeyUsagePurpose {
    match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::NonRepudiation => KeyUsagePurpose::ContentCommitment,
        KeyUsage::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
        KeyUsage::DataEncipherment => KeyUsagePurpose::DataEncipherment,
        KeyUsage::KeyAgreement => KeyUsagePurpose::KeyAgreement,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::CrlSign => KeyUsagePurpose::CrlSign,
        KeyUsage::EncipherOnly => KeyUsagePurpose::EncipherOnly,
        KeyUsage::DecipherOnly => KeyUsagePurpose::DecipherOnly,
    }
}

fn ext_key_usage(usage: ExtendedKeyUsage) -> ExtendedKeyUsagePurpose {
    match usage {
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
    }
}

fn rcgen_failed(error: rcgen::Error) -> Error {
    Error::invalid(ValueKind::CertificateContent, error.to_string(), "it cannot be encoded")
}
