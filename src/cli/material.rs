//! Certificates and keys by name from the environment, or by path from anywhere.

use std::path::{Path, PathBuf};

use super::args::Global;
use super::failure::Failure;
use super::passphrase::{self, Purpose};
use crate::bundle::{Files, Identity, Trust};
use crate::error::{Error, Result};
use crate::pki::{Certificate, Label, pem};
use crate::store::{self, Environment, ROOT};

/// A credential of the environment, or a chain from a file with its key and authorities from other files.
pub(super) fn identity(
    environment: &Environment,
    what: &str,
    key: Option<&Path>,
    authorities: Option<&Path>,
) -> Result<Identity, Failure> {
    if key.is_none() && authorities.is_none() {
        if let Ok(name) = what.parse::<Label>()
            && environment.credential_path(&name).is_dir()
        {
            return credential(environment, &name);
        }
        if !Path::new(what).exists() {
            let name: Label = what.parse()?;
            if !environment.has_authority() {
                environment.authority_chain(ROOT)?;
            }
            return credential(environment, &name);
        }
    }
    from_files(Path::new(what), key, authorities)
}

/// An authority of the environment with its private key, and the file of the key's passphrase. Its name is that of its
/// directory.
pub(super) fn authority(
    environment: &Environment,
    name: &str,
    passphrase_file: Option<&Path>,
    global: &Global,
) -> Result<Identity, Failure> {
    let passphrase = if environment.authority_key_is_encrypted(name) {
        let place = environment.authority_path(name).join("ca.key").display().to_string();
        Some(passphrase::find(passphrase_file, Purpose::Open, &place, global)?)
    } else {
        None
    };
    let identity = Identity::from(environment.authority(name, passphrase.as_ref())?);
    Ok(Identity { name: name.to_owned(), ..identity })
}

fn credential(environment: &Environment, name: &Label) -> Result<Identity, Failure> {
    let identity = Identity::from(environment.credential(name)?);
    let directory = absolute(&environment.credential_path(name));
    let files = Files {
        chain: directory.join("tls.crt"),
        key: Some(directory.join("tls.key")),
        anchors: Some(directory.join("ca.crt")),
    };
    Ok(Identity { files: Some(files), ..identity })
}

/// Configurations are read by programs that run elsewhere; where the working directory is gone, as it was written.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Material made elsewhere: a chain, its key (perhaps in the same file), and the authorities above it.
pub(super) fn from_files(
    chain: &Path,
    key: Option<&Path>,
    authorities: Option<&Path>,
) -> Result<Identity, Failure> {
    let mut identity = unchecked_from_files(chain, key)?;
    if let Some(key) = &identity.key {
        identity.leaf().require_key(key, &identity.name, "the private key")?;
    }
    if let Some(path) = authorities {
        let trust = trust_from_file(path)?;
        let known = |new: &Certificate| identity.chain.contains(new);
        let new: Vec<Certificate> = trust.intermediates.into_iter().filter(|new| !known(new)).collect();
        identity.chain.extend(new);
        identity.anchors = trust.anchors;
        if let Some(files) = &mut identity.files {
            files.anchors = Some(absolute(path));
        }
    }
    Ok(identity)
}

/// A chain and its key, whether or not they belong together.
pub(super) fn unchecked_from_files(chain: &Path, key_path: Option<&Path>) -> Result<Identity, Failure> {
    let place = chain.display().to_string();
    let bytes = zeroize::Zeroizing::new(store::read_file(chain)?);
    let mut certificates = pem::certificates(&bytes, &place)?;
    let key_file = key_path.or_else(|| holds_key(&bytes).then_some(chain));
    let key = key_file.map(read_key).transpose()?;
    let mut anchors: Vec<Certificate> = Vec::new();
    // A root in the chain file is an anchor; no server sends it.
    while certificates.len() > 1 && certificates.last().is_some_and(Certificate::is_self_issued) {
        anchors.extend(certificates.pop().filter(|root| !anchors.contains(root)));
    }
    let files = Files { chain: absolute(chain), key: key_file.map(absolute), anchors: None };
    Ok(Identity { name: place, chain: certificates, key, anchors, files: Some(files) })
}

fn holds_key(bytes: &[u8]) -> bool {
    bytes.windows(12).any(|window| window == b"PRIVATE KEY-")
}

fn read_key(path: &Path) -> Result<crate::pki::PrivateKey, Failure> {
    let place = path.display().to_string();
    let bytes = zeroize::Zeroizing::new(store::read_file(path)?);
    pem::private_key(&bytes, None, &place).map_err(|error| match error {
        Error::PassphraseNeeded { .. } => Failure {
            hint: Some(format!(
                "servers and the OpenShift router read unencrypted keys only: decrypt it with `openssl pkey -in {place} -out NEW.key`"
            )),
            ..Error::UnusableKey { place, reason: "it is protected by a passphrase".into() }.into()
        },
        other => other.into(),
    })
}

/// What peers of the environment trust.
pub(super) fn environment_trust(environment: &Environment) -> Result<Trust> {
    let mut trust = Trust { anchors: environment.authority_chain(ROOT)?, intermediates: vec![] };
    for name in environment.authorities().iter().filter(|name| *name != ROOT) {
        trust.intermediates.push(environment.authority_chain(name)?.swap_remove(0));
    }
    Ok(trust)
}

/// An authority of the environment with those above it, or a file of CA certificates.
pub(super) fn trust(environment: &Environment, what: &str) -> Result<Trust, Failure> {
    if environment.has_authority() && environment.authorities().iter().any(|name| name == what) {
        let mut chain = environment.authority_chain(what)?;
        let anchors = chain.split_off(chain.len() - 1);
        return Ok(Trust { anchors, intermediates: chain });
    }
    if Path::new(what).exists() {
        return Ok(trust_from_file(Path::new(what))?);
    }
    environment.authority_chain(what)?;
    Err(Error::io("read", what, std::io::ErrorKind::NotFound.into()).into())
}

/// CA certificates of a file: self-signed ones are anchors, the others stand below them.
pub(super) fn trust_from_file(path: &Path) -> Result<Trust> {
    let all = pem::certificates(&store::read_file(path)?, &path.display().to_string())?;
    let (anchors, intermediates) = all.into_iter().partition(Certificate::is_self_issued);
    Ok(Trust { anchors, intermediates })
}
