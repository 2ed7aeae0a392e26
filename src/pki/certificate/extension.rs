//! Extensions of certificates and requests: each is read by itself, so that a damaged one hides no other.

use x509_parser::asn1_rs::{Any, Sequence, Tag};
use x509_parser::extensions::{self, X509Extension};
use x509_parser::prelude::FromDer;

use super::general_name::GeneralName;
use crate::pki::oid::Oid;
use crate::pki::subtrees::{Subtree, Subtrees};
use crate::pki::usage::{ExtendedKeyUsages, KeyUsages};

/// id-ce-subjectAltName.
pub(super) const SUBJECT_ALT_NAME: Oid = Oid::known("2.5.29.17");

/// An extension as it is in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its type.
    pub oid: Oid,
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER in it.
    pub value: Vec<u8>,
    /// Whether this crate knows it, and could read it.
    pub state: State,
}

/// How far an extension could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It was read.
    Read,
    /// This crate does not know it.
    Unknown,
    /// It is not what its type says: the reason.
    Damaged(String),
}

/// The content of an extension that this crate knows.
pub(in crate::pki) enum Content {
    Names(Vec<GeneralName>),
    BasicConstraints { ca: bool, path_len: Option<u32> },
    KeyUsage(KeyUsages),
    ExtendedKeyUsage(ExtendedKeyUsages),
    SubjectKeyId(Vec<u8>),
    AuthorityKeyId(Option<Vec<u8>>),
    NameConstraints(Subtrees),
}

/// Reads one extension, and its content where this crate knows its type.
pub(in crate::pki) fn read(extension: &X509Extension<'_>) -> (Extension, Option<Content>) {
    let oid = Oid::from(extension.oid.to_id_string());
    let (content, state) = match content(&oid, extension.value) {
        Ok(Some(content)) => (Some(content), State::Read),
        Ok(None) => (None, State::Unknown),
        Err(reason) => (None, State::Damaged(reason)),
    };
    (Extension { oid, critical: extension.critical, value: extension.value.to_vec(), state }, content)
}

fn content(oid: &Oid, value: &[u8]) -> Result<Option<Content>, String> {
    Ok(Some(match oid.as_str() {
        "2.5.29.14" => Content::SubjectKeyId(whole::<extensions::KeyIdentifier<'_>>(value)?.0.to_vec()),
        "2.5.29.15" => Content::KeyUsage(KeyUsages::from_bits(whole::<extensions::KeyUsage>(value)?.flags)),
        "2.5.29.17" => {
            let names = elements(value)?.iter().map(GeneralName::read).collect::<Result<_, _>>()?;
            Content::Names(names)
        }
        "2.5.29.19" => {
            let read: extensions::BasicConstraints = whole(value)?;
            Content::BasicConstraints { ca: read.ca, path_len: read.path_len_constraint }
        }
        "2.5.29.30" => Content::NameConstraints(subtrees(&whole(value)?)),
        "2.5.29.35" => {
            let read: extensions::AuthorityKeyIdentifier<'_> = whole(value)?;
            Content::AuthorityKeyId(read.key_identifier.map(|id| id.0.to_vec()))
        }
        "2.5.29.37" => {
            let all = elements(value)?;
            let oid = |any: &Any<'_>| {
                any.tag().assert_eq(Tag::Oid)?;
                any.as_oid().map(|oid| oid.to_id_string().into())
            };
            let oids = all.iter().map(oid).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
            Content::ExtendedKeyUsage(ExtendedKeyUsages(oids))
        }
        _ => return Ok(None),
    }))
}

/// Reads a value that nothing follows.
fn whole<'a, T: FromDer<'a, x509_parser::error::X509Error>>(value: &'a [u8]) -> Result<T, String> {
    let (rest, read) = T::from_der(value).map_err(|error| error.to_string())?;
    if rest.is_empty() { Ok(read) } else { Err(format!("{} bytes after the value", rest.len())) }
}

/// The elements of a SEQUENCE.
fn elements(value: &[u8]) -> Result<Vec<Any<'_>>, String> {
    let (rest, Sequence { content }) = Sequence::from_der(value).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes after the value", rest.len()));
    }
    let std::borrow::Cow::Borrowed(mut content) = content else { return Ok(vec![]) };
    let mut found = Vec::new();
    while !content.is_empty() {
        let (rest, element) = Any::from_der(content).map_err(|error| error.to_string())?;
        found.push(element);
        content = rest;
    }
    Ok(found)
}

fn subtrees(constraints: &extensions::NameConstraints<'_>) -> Subtrees {
    use x509_parser::extensions::GeneralName as Base;
    fn known<'a>(subtree: &extensions::GeneralSubtree<'a>) -> Option<Subtree<'a>> {
        match subtree.base {
            Base::DNSName(text) => Some(Subtree::Dns(text)),
            Base::IPAddress(octets) => Some(Subtree::Ip(octets)),
            Base::RFC822Name(text) => Some(Subtree::Email(text)),
            Base::URI(text) => Some(Subtree::Uri(text)),
            _ => None,
        }
    }
    let permitted = constraints.permitted_subtrees.iter().flatten();
    let excluded = constraints.excluded_subtrees.iter().flatten();
    Subtrees::new(permitted.filter_map(known), excluded.filter_map(known))
}
