//! Everything that was given, and how it hangs together: who signed whom, who is a leaf, which key is beside what.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use super::source::{Source, SourceGroup};
use crate::pki::certificate::Certificate;
use crate::pki::request::CertificationRequest;
use crate::pki::{DistinguishedName, ExtendedKeyUsage, PrivateKey, SubjectAltName, defect, sha256_hex};

/// Certificates with the name of an issuer that are tried; a hostile file may hold thousands.
const MAX_ISSUERS: usize = 16;

/// Where something is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location {
    /// The place of its source among the sources.
    pub(super) source: usize,
    /// Its line in the file, from 1.
    pub(super) line: Option<usize>,
}

/// Something, and where it is.
pub(super) struct Located<T> {
    pub(super) location: Location,
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
enum IssuerMatch {
    /// Its own key.
    Itself,
    /// The certificate at this index.
    Given(usize),
    /// Not the one at this index, although it has the issuer's name.
    Namesake(usize),
    /// None of them.
    Unknown,
}

/// Everything that was given.
pub(super) struct CertificateGraph {
    pub(super) now: OffsetDateTime,
    pub(super) sources: Vec<Source>,
    pub(super) certificates: Vec<Located<Certificate>>,
    pub(super) keys: Vec<Located<Key>>,
    pub(super) requests: Vec<Located<CertificationRequest>>,
    signers: Vec<IssuerMatch>,
    leaves: Vec<bool>,
    /// SHA-256 of the public keys that belong to the private keys.
    key_digests: HashSet<String>,
    /// SHA-256 of the certificates that signed another one.
    signed_others: HashSet<String>,
    /// The certificates of the files whose names belong together.
    groups: HashMap<SourceGroup, GroupMembers>,
}

/// Certificates that belong together by the names of their files.
struct GroupMembers {
    first: usize,
    key_digests: HashSet<String>,
}

impl CertificateGraph {
    pub(super) fn new(now: OffsetDateTime) -> Self {
        Self {
            now,
            sources: vec![],
            certificates: vec![],
            keys: vec![],
            requests: vec![],
            signers: vec![],
            leaves: vec![],
            key_digests: HashSet::new(),
            signed_others: HashSet::new(),
            groups: HashMap::new(),
        }
    }

    /// Finds out who signed whom and who is a leaf, when all is there.
    pub(super) fn resolve_issuers(&mut self) {
        let mut by_subject: HashMap<&DistinguishedName, Vec<usize>> = HashMap::new();
        for (index, located) in self.certificates.iter().enumerate() {
            let known = by_subject.entry(&located.item.details.subject).or_default();
            if known.len() < MAX_ISSUERS
                && !known.iter().any(|one| self.certificates[*one].item == located.item)
            {
                known.push(index);
            }
        }
        let signer = |located: &Located<Certificate>| {
            let own = &located.item;
            if own.is_self_issued() && own.is_signed_by(own) {
                return IssuerMatch::Itself;
            }
            let named = by_subject.get(&own.details.issuer).map(Vec::as_slice).unwrap_or_default();
            let others = || named.iter().copied().filter(|one| self.certificates[*one].item != *own);
            let signed = others().find(|one| own.is_signed_by(&self.certificates[*one].item));
            let checkable = others().all(|one| defect::is_checkable(own, &self.certificates[one].item));
            match (signed, others().next()) {
                (Some(index), _) => IssuerMatch::Given(index),
                (None, Some(index)) if checkable => IssuerMatch::Namesake(index),
                _ => IssuerMatch::Unknown,
            }
        };
        self.signers = self.certificates.iter().map(signer).collect();
        self.index();
        self.leaves = (0..self.certificates.len()).map(|index| self.decide_leaf(index)).collect();
    }

    /// What the rules look up, so that none of them compares everything with everything.
    fn index(&mut self) {
        let issuers = self.signers.iter().filter_map(|signer| match signer {
            IssuerMatch::Given(issuer) => Some(self.certificates[*issuer].item.details.sha256.clone()),
            _ => None,
        });
        self.signed_others = issuers.collect();
        let open = self.keys.iter().filter_map(|key| match &key.item {
            Key::Open(key) => Some(digest(key)),
            _ => None,
        });
        self.key_digests = open.collect();
        for (index, located) in self.certificates.iter().enumerate() {
            let group = self.sources[located.location.source].group.clone();
            let members = || GroupMembers { first: index, key_digests: HashSet::new() };
            let members = self.groups.entry(group).or_insert_with(members);
            members.key_digests.insert(located.item.details.spki_sha256.clone());
        }
    }

    fn decide_leaf(&self, index: usize) -> bool {
        let located = &self.certificates[index];
        let (certificate, source) = (&located.item, &self.sources[located.location.source]);
        if self.signed_others.contains(&certificate.details.sha256) {
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
        self.key_digests.contains(&certificate.details.spki_sha256)
    }

    pub(super) fn leaves(&self) -> impl Iterator<Item = &Located<Certificate>> {
        self.certificates.iter().zip(&self.leaves).filter(|(_, leaf)| **leaf).map(|(located, _)| located)
    }

    pub(super) fn authorities(&self) -> impl Iterator<Item = &Located<Certificate>> {
        self.certificates.iter().zip(&self.leaves).filter(|(_, leaf)| !**leaf).map(|(located, _)| located)
    }

    pub(super) fn is_trusted(&self, located: &Located<Certificate>) -> bool {
        self.sources[located.location.source].trusted
    }

    /// From each certificate that has signed nothing here up to the last issuer that is here.
    pub(super) fn paths(&self) -> Vec<Vec<&Located<Certificate>>> {
        let issuers = self.signers.iter().filter_map(|signer| match signer {
            IssuerMatch::Given(issuer) => Some(*issuer),
            _ => None,
        });
        let above: HashSet<usize> = issuers.collect();
        (0..self.certificates.len()).filter(|one| !above.contains(one)).map(|one| self.path(one)).collect()
    }

    fn path(&self, start: usize) -> Vec<&Located<Certificate>> {
        let mut path = vec![&self.certificates[start]];
        let mut at = start;
        while let IssuerMatch::Given(next) = self.signers[at]
            && path.len() < MAX_ISSUERS
        {
            path.push(&self.certificates[next]);
            at = next;
        }
        path
    }

    /// Certificates whose issuer is here by name, but did not sign them; with that issuer.
    pub(super) fn foreign(&self) -> impl Iterator<Item = (&Located<Certificate>, &Certificate)> {
        self.certificates.iter().zip(&self.signers).filter_map(|(located, signer)| match signer {
            IssuerMatch::Namesake(other) => Some((located, &self.certificates[*other].item)),
            _ => None,
        })
    }

    /// The certificates of each source, in their order.
    pub(super) fn by_source(&self) -> Vec<(&Source, Vec<&Located<Certificate>>)> {
        let mut all: Vec<(&Source, Vec<_>)> = self.sources.iter().map(|source| (source, vec![])).collect();
        for located in &self.certificates {
            all[located.location.source].1.push(located);
        }
        all
    }

    pub(super) fn is_leaf(&self, located: &Located<Certificate>) -> bool {
        self.leaves.get(self.index_of(located)).copied().unwrap_or_default()
    }

    /// The certificates are in one vector, in the order of their addresses.
    fn index_of(&self, located: &Located<Certificate>) -> usize {
        let wanted = std::ptr::from_ref(located);
        self.certificates.partition_point(|one| std::ptr::from_ref(one) < wanted)
    }

    /// The issuer of a certificate, if it is among the others.
    pub(super) fn issuer_of(&self, located: &Located<Certificate>) -> Option<&Certificate> {
        match self.signers.get(self.index_of(located))? {
            IssuerMatch::Given(issuer) => Some(&self.certificates[*issuer].item),
            _ => None,
        }
    }

    /// A certificate that a key was meant for, although the key belongs to none that it was meant for: those in the same
    /// file or beside it by name, or the only leaves where it is the only key.
    pub(super) fn mismatch(&self, key: &PrivateKey, location: Location) -> Option<&Certificate> {
        let (own, digest) = (&self.sources[location.source], digest(key));
        if let Some(members) = self.groups.get(&own.group) {
            let first = &self.certificates[members.first].item;
            return (!members.key_digests.contains(&digest)).then_some(first);
        }
        let alone = self.keys.len() == 1 && !own.trusted;
        let matched = self.leaves().any(|leaf| leaf.item.details.spki_sha256 == digest);
        self.leaves().next().filter(|_| alone && !matched).map(|leaf| &leaf.item)
    }
}

/// SHA-256 of the public key that belongs to a private key, as certificates have it.
fn digest(key: &PrivateKey) -> String {
    sha256_hex(&key.public_key().spki_der())
}
