//! Everything that was given, and how it hangs together: who signed whom, who is a leaf, which key lies beside what.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::file::File;
use crate::pki::certificate::Certificate;
use crate::pki::request::CertificationRequest;
use crate::pki::{DistinguishedName, ExtendedKeyUsage, PrivateKey, SubjectAltName, defect};

/// Certificates with the name of an issuer that are tried; a hostile file may hold thousands.
const MAX_ISSUERS: usize = 16;

/// A file, or a field of a manifest.
pub(super) struct Source {
    /// What people call it: the file, or the file and the field.
    pub(super) place: String,
    /// The file.
    pub(super) file: String,
    /// Whether it is loaded as the authorities that somebody trusts.
    pub(super) trusted: bool,
    /// Permission bits; `None` where they say nothing.
    pub(super) mode: Option<u32>,
    /// Whether it is under version control.
    pub(super) tracked: bool,
}

impl Source {
    pub(super) fn new(place: &str, file: &str, of: &File<'_>) -> Self {
        let trusted = of.trusted || words(last_part(place)).any(|word| TRUST_WORDS.contains(&word.as_str()));
        Self {
            place: place.to_owned(),
            file: file.to_owned(),
            trusted,
            mode: of.mode.filter(|_| place == file),
            tracked: of.tracked,
        }
    }

    /// Whether the names say that both belong together: `web.crt` and `web-key.pem` in one directory.
    fn is_beside(&self, other: &Source) -> bool {
        let directory = |source: &Source| {
            let last = last_part(&source.place).len();
            source.place[..source.place.len() - last].to_owned()
        };
        let stem = |source: &Source| -> Vec<String> {
            words(last_part(&source.place)).filter(|word| !KIND_WORDS.contains(&word.as_str())).collect()
        };
        directory(self) == directory(other) && stem(self) == stem(other)
    }
}

/// Words in names of files that are loaded as trusted authorities.
const TRUST_WORDS: [&str; 11] =
    ["ca", "cas", "cacert", "cacerts", "root", "roots", "rootca", "trust", "truststore", "anchor", "anchors"];

/// Words in names of files that say what kind of thing a file holds, not whose.
const KIND_WORDS: [&str; 11] =
    ["key", "cert", "crt", "cer", "pem", "der", "chain", "fullchain", "private", "certificate", "certs"];

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

fn last_part(place: &str) -> &str {
    let part = place.rsplit(['/', '\\']).next().unwrap_or(place);
    part.rsplit(": ").next().unwrap_or(part)
}

/// Where something stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    /// The place of its source among the sources.
    pub(super) source: usize,
    /// Its line in the file, from 1.
    pub(super) line: Option<usize>,
}

/// Something, and where it stands.
pub(super) struct Held<T> {
    pub(super) at: At,
    pub(super) item: T,
}

/// A private key.
pub(super) enum Key {
    Open(Box<PrivateKey>),
    Encrypted,
    /// Why it could not be read.
    Unusable(String),
}

/// Who signed a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    /// Its own key.
    Itself,
    /// The certificate at this index.
    Given(usize),
    /// Not the one at this index, although it has the issuer's name.
    Namesake(usize),
    /// Nobody here.
    Unknown,
}

/// Everything that was given.
pub(super) struct Scene {
    pub(super) now: OffsetDateTime,
    pub(super) sources: Vec<Source>,
    pub(super) certificates: Vec<Held<Certificate>>,
    pub(super) keys: Vec<Held<Key>>,
    pub(super) requests: Vec<Held<CertificationRequest>>,
    signers: Vec<Signer>,
    leaves: Vec<bool>,
}

impl Scene {
    pub(super) fn new(now: OffsetDateTime) -> Self {
        Self {
            now,
            sources: vec![],
            certificates: vec![],
            keys: vec![],
            requests: vec![],
            signers: vec![],
            leaves: vec![],
        }
    }

    /// Finds out who signed whom and who is a leaf, when all is there.
    pub(super) fn settle(&mut self) {
        let mut by_subject: HashMap<&DistinguishedName, Vec<usize>> = HashMap::new();
        for (index, held) in self.certificates.iter().enumerate() {
            let known = by_subject.entry(&held.item.details.subject).or_default();
            if known.len() < MAX_ISSUERS && !known.iter().any(|one| self.certificates[*one].item == held.item)
            {
                known.push(index);
            }
        }
        let signer = |held: &Held<Certificate>| {
            let own = &held.item;
            if own.is_self_issued() && own.is_signed_by(own) {
                return Signer::Itself;
            }
            let named = by_subject.get(&own.details.issuer).map(Vec::as_slice).unwrap_or_default();
            let others = || named.iter().copied().filter(|one| self.certificates[*one].item != *own);
            let signed = others().find(|one| own.is_signed_by(&self.certificates[*one].item));
            let checkable = others().all(|one| defect::is_checkable(own, &self.certificates[one].item));
            match (signed, others().next()) {
                (Some(index), _) => Signer::Given(index),
                (None, Some(index)) if checkable => Signer::Namesake(index),
                _ => Signer::Unknown,
            }
        };
        self.signers = self.certificates.iter().map(signer).collect();
        self.leaves = (0..self.certificates.len()).map(|index| self.decide_leaf(index)).collect();
    }

    fn decide_leaf(&self, index: usize) -> bool {
        let held = &self.certificates[index];
        let (certificate, source) = (&held.item, &self.sources[held.at.source]);
        let has_signed = self.signers.iter().any(
            |signer| matches!(signer, Signer::Given(other) if self.certificates[*other].item == *certificate),
        );
        if has_signed {
            return false;
        }
        if !certificate.is_authority() {
            return !(source.trusted && certificate.is_self_issued());
        }
        // What stands among trusted authorities serves only where its key is, too.
        if source.trusted && !self.has_key_of(certificate) {
            return false;
        }
        let host = |san: &SubjectAltName| matches!(san, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
        let purposes = [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];
        let serves = certificate.details.ext_key_usage.is_some()
            && certificate.is_self_issued()
            && purposes.iter().any(|purpose| certificate.allows(*purpose));
        // What `openssl req -x509` makes without thought, beside its key.
        let plain =
            !source.trusted && certificate.details.key_usage.is_none() && self.has_key_of(certificate);
        certificate.details.sans().any(host)
            || defect::host_in_common_name(certificate).is_some()
            || serves
            || plain
    }

    pub(super) fn has_key_of(&self, certificate: &Certificate) -> bool {
        self.keys.iter().any(|key| matches!(&key.item, Key::Open(key) if certificate.matches(key)))
    }

    pub(super) fn leaves(&self) -> impl Iterator<Item = &Held<Certificate>> {
        self.certificates.iter().zip(&self.leaves).filter(|(_, leaf)| **leaf).map(|(held, _)| held)
    }

    pub(super) fn authorities(&self) -> impl Iterator<Item = &Held<Certificate>> {
        self.certificates.iter().zip(&self.leaves).filter(|(_, leaf)| !**leaf).map(|(held, _)| held)
    }

    pub(super) fn is_trusted(&self, held: &Held<Certificate>) -> bool {
        self.sources[held.at.source].trusted
    }

    /// From each certificate that has signed nothing here up to the last issuer that is here.
    pub(super) fn paths(&self) -> Vec<Vec<&Held<Certificate>>> {
        let is_above = |index: usize| self.signers.contains(&Signer::Given(index));
        (0..self.certificates.len()).filter(|index| !is_above(*index)).map(|index| self.path(index)).collect()
    }

    fn path(&self, start: usize) -> Vec<&Held<Certificate>> {
        let mut path = vec![&self.certificates[start]];
        let mut at = start;
        while let Signer::Given(next) = self.signers[at]
            && path.len() < MAX_ISSUERS
        {
            path.push(&self.certificates[next]);
            at = next;
        }
        path
    }

    /// Certificates whose issuer is here by name, but did not sign them; with that issuer.
    pub(super) fn foreign(&self) -> impl Iterator<Item = (&Held<Certificate>, &Certificate)> {
        self.certificates.iter().zip(&self.signers).filter_map(|(held, signer)| match signer {
            Signer::Namesake(other) => Some((held, &self.certificates[*other].item)),
            _ => None,
        })
    }

    /// The certificates of each source, in their order.
    pub(super) fn by_source(&self) -> Vec<(&Source, Vec<&Held<Certificate>>)> {
        let of = |index| self.certificates.iter().filter(|held| held.at.source == index).collect();
        self.sources.iter().enumerate().map(|(index, source)| (source, of(index))).collect()
    }

    pub(super) fn is_leaf(&self, held: &Held<Certificate>) -> bool {
        self.leaves().any(|leaf| std::ptr::eq(leaf, held))
    }

    /// The certificates that a key was meant for: in the same file, beside it by name, or the only leaves where it is
    /// the only key. Empty if nothing says so.
    pub(super) fn partners(&self, key: At) -> Vec<&Held<Certificate>> {
        let own = &self.sources[key.source];
        let close = |held: &&Held<Certificate>| {
            held.at.source == key.source || self.sources[held.at.source].is_beside(own)
        };
        let found: Vec<_> = self.certificates.iter().filter(close).collect();
        let alone = found.is_empty() && self.keys.len() == 1 && !own.trusted;
        if alone { self.leaves().collect() } else { found }
    }
}
