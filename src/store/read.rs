//! Reading what the store wrote, and what others put there.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::pki::{Certificate, Credential, Label, Passphrase, PrivateKey, pem};

/// Largest file that is read: the certificates of a whole operating system have a quarter of that.
pub const MAX_FILE: u64 = 1 << 20;

/// Reads a whole file, refusing what cannot be a certificate or key: directories and files over 1 MiB.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    read_whole(path, |_| Ok(()))
}

/// The bytes of a file whose metadata `check` takes; both are of one and the same file.
fn read_whole(path: &Path, check: impl Fn(&Metadata) -> Result<()>) -> Result<Vec<u8>> {
    let failed = |error| Error::io("read", path, error);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::Encoding {
            place: path.display().to_string(),
            reason: "not a file".into(),
            expected: "a file".into(),
            found: "a directory".into(),
        });
    }
    check(&metadata)?;
    let mut bytes = Vec::with_capacity(metadata.len().min(MAX_FILE) as usize);
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::Encoding {
            place: path.display().to_string(),
            reason: "the file is too large for certificates or keys".into(),
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

/// A private key that no one else could have read.
pub(super) fn private_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<PrivateKey> {
    let bytes = zeroize::Zeroizing::new(read_whole(path, |metadata| refuse_lax_mode(path, metadata))?);
    pem::private_key(&bytes, passphrase, &path.display().to_string())
}

/// The whole set of a credential.
pub(super) fn credential(path: &Path, name: &Label) -> Result<Credential> {
    whole_set(path, |chain| {
        let key = private_key(&path.join("tls.key"), None)?;
        let anchor = certificate(&path.join("ca.crt"))?;
        let places = ["tls.crt", "tls.key"].map(|file| path.join(file).display().to_string());
        chain[0].require_key(&key, &places[0], &places[1])?;
        let mut chain = chain;
        let leaf = chain.remove(0);
        Ok(Credential { name: name.clone(), certificate: leaf, intermediates: chain, key, anchor })
    })
}

/// A credential's chain, leaf first, and its anchor.
pub(super) fn chain(path: &Path) -> Result<(Vec<Certificate>, Certificate)> {
    whole_set(path, |chain| Ok((chain, certificate(&path.join("ca.crt"))?)))
}

/// Reads files of a set that may be replaced meanwhile: what `rest` read belongs to the chain if the chain is still
/// the same afterwards, for no two certificates are alike.
fn whole_set<T>(path: &Path, rest: impl Fn(Vec<Certificate>) -> Result<T>) -> Result<T> {
    let file = path.join("tls.crt");
    let mut before = read_file(&file)?;
    for _ in 0..MAX_REPLACED {
        let found = pem::certificates(&before, &file.display().to_string()).and_then(&rest);
        let after = read_file(&file)?;
        if before == after {
            return found;
        }
        before = after;
    }
    Err(Error::Contradiction {
        reason: format!("{} kept changing while it was read", path.display()),
        explanation: Explanation::default(),
    })
}

/// How often a set may be replaced under the eyes of one reader: writing takes many times as long as reading.
const MAX_REPLACED: usize = 100;

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

/// A name below `path` that differs from `name` in case only.
pub(super) fn twin(path: &Path, name: &str) -> Option<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|other| other != name && other.eq_ignore_ascii_case(name))
}

#[cfg(unix)]
fn refuse_lax_mode(path: &Path, metadata: &Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(Error::LaxMode { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_lax_mode(_: &Path, _: &Metadata) -> Result<()> {
    Ok(())
}
