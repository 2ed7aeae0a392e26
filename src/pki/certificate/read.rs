//! From x509-parser's types to those of this crate.

use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::details::{BasicConstraints, Details, Serial};
use super::extension::{self, Content};
use crate::pki::algorithm::{Curve, KeyType, PssParameters, SignatureAlgorithm};
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::oid::Oid;
use crate::pki::text::sha256_hex;
use crate::pki::validity::Validity;

/// Reads every field.
pub(super) fn details(parsed: &X509Certificate<'_>, der: &[u8]) -> Details {
    let validity = parsed.validity();
    let mut details = Details {
        version: parsed.version().0 + 1,
        serial: Serial(parsed.raw_serial().to_vec()),
        subject: DistinguishedName::read(parsed.subject()),
        issuer: DistinguishedName::read(parsed.issuer()),
        validity: Validity {
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
        },
        key_type: key_type(parsed.public_key()),
        signature_algorithm: signature_algorithm(&parsed.signature_algorithm),
        names: vec![],
        basic_constraints: None,
        key_usage: None,
        ext_key_usage: None,
        subject_key_id: None,
        authority_key_id: None,
        name_constraints: None,
        extensions: vec![],
        sha256: sha256_hex(der),
        spki_sha256: sha256_hex(parsed.public_key().raw),
    };
    for parsed in parsed.extensions() {
        let (extension, content) = extension::read(parsed);
        match content {
            Some(Content::Names(names)) => details.names.extend(names),
            Some(Content::BasicConstraints { ca, path_len }) => {
                let critical = extension.critical;
                details.basic_constraints = Some(BasicConstraints { ca, path_len, critical });
            }
            Some(Content::KeyUsage(usages)) => details.key_usage = Some(usages),
            Some(Content::ExtendedKeyUsage(usages)) => details.ext_key_usage = Some(usages),
            Some(Content::SubjectKeyId(id)) => details.subject_key_id = Some(id),
            Some(Content::AuthorityKeyId(id)) => details.authority_key_id = id,
            Some(Content::NameConstraints(subtrees)) => details.name_constraints = Some(Box::new(subtrees)),
            None => {}
        }
        details.extensions.push(extension);
    }
    details
}

/// The kind of a public key.
pub(in crate::pki) fn key_type(key: &SubjectPublicKeyInfo<'_>) -> KeyType {
    let oid = Oid::from(key.algorithm.algorithm.to_id_string());
    match oid.as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => {
                let zeros = rsa.modulus.iter().take_while(|octet| **octet == 0).count();
                let octets = &rsa.modulus[zeros..];
                let unused = octets.first().map_or(0, |first| first.leading_zeros());
                KeyType::Rsa(octets.len() as u32 * 8 - unused)
            }
            _ => KeyType::Other(oid),
        },
        "1.2.840.10045.2.1" => KeyType::Ec(curve(&key.algorithm)),
        "1.3.101.112" => KeyType::Ed25519,
        "1.3.101.113" => KeyType::Ed448,
        _ => KeyType::Other(oid),
    }
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> Curve {
    use x509_parser::asn1_rs::Tag;
    let Some(parameters) = &algorithm.parameters else { return Curve::Missing };
    match parameters.tag() {
        Tag::Oid => match parameters.as_oid().map(|oid| oid.to_id_string()).as_deref() {
            Ok("1.2.840.10045.3.1.7") => Curve::P256,
            Ok("1.3.132.0.34") => Curve::P384,
            Ok("1.3.132.0.35") => Curve::P521,
            Ok(other) => Curve::Named(other.to_owned().into()),
            Err(_) => Curve::Missing,
        },
        Tag::Sequence => Curve::Explicit,
        _ => Curve::Missing,
    }
}

/// How something is signed.
pub(in crate::pki) fn signature_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> SignatureAlgorithm {
    let oid = algorithm.algorithm.to_id_string();
    if oid != "1.2.840.113549.1.1.10" {
        return SignatureAlgorithm::of(oid.into());
    }
    let read = algorithm.parameters.as_ref().and_then(|any| RsaSsaPssParams::try_from(any).ok());
    SignatureAlgorithm::RsaPss(read.map(|read| {
        PssParameters {
            hash: read.hash_algorithm_oid().to_id_string().into(),
            mask_hash: read
                .mask_gen_algorithm()
                .ok()
                .filter(|mask| mask.mgf.to_id_string() == "1.2.840.113549.1.1.8")
                .map(|mask| mask.hash.to_id_string().into()),
            salt_length: read.salt_length(),
        }
    }))
}
