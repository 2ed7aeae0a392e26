//! Certificates and keys by path, in PEM or DER. A missing file ends the run, as a typing mistake; one that
//! cannot be understood is a failed check.

use std::path::Path;

use zeroize::Zeroizing;

use super::{unreadable, unusable_key};
use crate::bundle::{Identity, Trust};
use crate::cli::material;
use crate::error::Result;
use crate::pki::{Certificate, PrivateKey, pem};
use crate::report::Check;
use crate::store;

/// A chain and its key, if a chain was named.
pub(super) fn read(chain: Option<&Path>, key: Option<&Path>) -> Result<(Vec<Identity>, Vec<Check>)> {
    let Some(chain) = chain else { return Ok((vec![], vec![])) };
    let name = chain.display().to_string();
    let bytes = Zeroizing::new(store::read_file(chain)?);
    let key = match key {
        Some(path) => Some((path, Zeroizing::new(store::read_file(path)?))),
        None => material::holds_key(&bytes).then(|| (chain, bytes.clone())),
    };
    let mut certificates = match certificates(&bytes, &name) {
        Ok(certificates) => certificates,
        Err(error) => return Ok((vec![], vec![unreadable(name, &error)])),
    };
    // No server sends a root. Which ones are trusted, another file says.
    while certificates.len() > 1 && certificates.last().is_some_and(Certificate::is_self_issued) {
        certificates.pop();
    }
    let mut checks = Vec::new();
    let key = key.and_then(|(path, bytes)| match private_key(&bytes, &path.display().to_string()) {
        Ok(key) => Some(key),
        Err(error) => {
            checks.extend(certificates.first().map(|leaf| unusable_key(name.clone(), leaf, &error)));
            None
        }
    });
    let identity = Identity { name, chain: certificates, key, anchors: vec![], files: None };
    Ok((vec![identity], checks))
}

/// CA certificates of a file: self-signed ones are anchors, the others are intermediates.
pub(super) fn trust(path: &Path) -> Result<Trust> {
    let all = certificates(&store::read_file(path)?, &path.display().to_string())?;
    let (anchors, intermediates) = all.into_iter().partition(Certificate::is_self_issued);
    Ok(Trust { anchors, intermediates })
}

fn certificates(bytes: &[u8], place: &str) -> Result<Vec<Certificate>> {
    if is_der(bytes) {
        Ok(vec![Certificate::from_der(bytes, place)?])
    } else {
        pem::certificates(bytes, place)
    }
}

fn private_key(bytes: &Zeroizing<Vec<u8>>, place: &str) -> Result<PrivateKey> {
    if is_der(bytes) {
        return PrivateKey::from_pkcs8(bytes.clone(), place);
    }
    pem::private_key(bytes, None, place)
}

/// Whether bytes begin as a SEQUENCE, which no PEM does.
fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30)
}
