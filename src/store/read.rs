//! Reading what the store wrote, and what others put there.

use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::pki::{Certificate, Credential, Label, Passphrase, PrivateKey, pem};

/// Largest file that is read: the certificates of a whole operating system have a quarter of that.
pub const MAX_FILE: u64 = 1 << 20;

/// Reads a whole file, refusing what cannot be a certificate or key: directories and files over 1 MiB.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| Error::io("read", path, error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::Encoding {
            place: path.display().to_string(),
            reason: "this is a directory".into(),
            expected: "a file".into(),
            found: "a directory".into(),
        });
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(MAX_FILE) as usize);
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::Encoding {
            place: path.display().to_string(),
            reason: "the file is too large to hold certificates or keys".into(),
            expected: "at most 1 MiB".into(),
            found: format!("{} bytes", metadata.len().max(bytes.len() as u64)),
        });
    }
    Ok(bytes)
}

pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    pem::certificates(&read_file(path)?, &path.display().to_string())
}

/// The one certificate of a file; of several, the first.
pub(super) fn certificate(path: &Path) -> Result<Certificate> {
    Ok(certificates(path)?.swap_remove(0))
}

/// A private key that nobody else could have read.
pub(super) fn private_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<PrivateKey> {
    refuse_lax_mode(path)?;
    let bytes = zeroize::Zeroizing::new(read_file(path)?);
    pem::private_key(&bytes, passphrase, &path.display().to_string())
}

/// The whole set of a credential. It may be replaced while it is read; then the second look finds the new one.
pub(super) fn credential(path: &Path, name: &Label) -> Result<Credential> {
    let once = || -> Result<Credential> {
        let mut chain = certificates(&path.join("tls.crt"))?;
        let key = private_key(&path.join("tls.key"), None)?;
        let anchor = certificate(&path.join("ca.crt"))?;
        let leaf = chain.remove(0);
        leaf.require_key(
            &key,
            &path.join("tls.crt").display().to_string(),
            &path.join("tls.key").display().to_string(),
        )?;
        Ok(Credential { name: name.clone(), certificate: leaf, intermediates: chain, key, anchor })
    };
    match once() {
        Err(Error::KeyMismatch { .. }) => once(),
        other => other,
    }
}

/// Names of the directories below `path`, sorted, without hidden ones.
pub(super) fn directories(path: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![] };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
fn refuse_lax_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?.permissions().mode()
        & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(Error::LaxMode { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_lax_mode(_: &Path) -> Result<()> {
    Ok(())
}
