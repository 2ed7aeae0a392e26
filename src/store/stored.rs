//! A credential as it is there, file by file: for anyone who wants to know what is wrong with it.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Environment, MAX_FILE};
use crate::error::Result;
use crate::pki::{Certificate, Label, PrivateKey, pem};

/// The three files of a credential.
#[derive(Debug)]
pub struct StoredCredential {
    /// `tls.crt`: leaf and intermediates.
    pub chain: StoredFile<Vec<Certificate>>,
    /// `tls.key`.
    pub key: StoredFile<PrivateKey>,
    /// `ca.crt`: the first certificate in it.
    pub anchor: StoredFile<Certificate>,
    /// The permission bits of the key's file, when others can read it.
    pub lax_mode: Option<u32>,
}

/// One file.
#[derive(Debug)]
pub enum StoredFile<T> {
    /// There is none.
    Missing,
    /// It cannot be read; why.
    Damaged(String),
    /// It holds what it should hold.
    Whole {
        /// What it holds.
        value: T,
        /// Whether it holds anything else: a comment, another certificate, other line ends.
        edited: bool,
    },
}

impl<T> StoredFile<T> {
    /// What it holds, if it can be read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Whole { value, .. } => Some(value),
            Self::Missing | Self::Damaged(_) => None,
        }
    }

    /// The same, taken out.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Whole { value, .. } => Some(value),
            Self::Missing | Self::Damaged(_) => None,
        }
    }
}

impl Environment {
    /// What there is of a credential, whether or not its parts fit; nothing where nothing has its name. What is not a
    /// directory was never a credential, and is an error: it must not be taken for one and replaced.
    pub fn find(&self, name: &Label) -> Result<Option<StoredCredential>> {
        let path = self.credential_path(name);
        crate::artifact::require_directory(&path)?;
        if !path.is_dir() {
            return Ok(None);
        }
        let place = |file: &str| path.join(file).display().to_string();
        Ok(Some(StoredCredential {
            chain: look(&path.join("tls.crt"), |bytes| {
                let chain = pem::certificates(bytes, &place("tls.crt"))?;
                let text: String = chain.iter().map(Certificate::pem).collect();
                Ok((chain, text.as_bytes() != bytes))
            }),
            key: look(&path.join("tls.key"), |bytes| {
                let key = pem::private_key(bytes, None, &place("tls.key"))?;
                let edited = key.pkcs8_pem().as_bytes() != bytes;
                Ok((key, edited))
            }),
            anchor: look(&path.join("ca.crt"), |bytes| {
                let anchor = pem::certificates(bytes, &place("ca.crt"))?.swap_remove(0);
                let edited = anchor.pem().as_bytes() != bytes;
                Ok((anchor, edited))
            }),
            lax_mode: lax_mode(&path.join("tls.key")),
        }))
    }
}

fn look<T>(path: &Path, read: impl Fn(&[u8]) -> Result<(T, bool)>) -> StoredFile<T> {
    let size = match path.metadata() {
        // A pipe would be waited for without end.
        Ok(found) if !found.is_file() && !found.is_dir() => {
            return StoredFile::Damaged("neither a file nor a directory".into());
        }
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return StoredFile::Missing,
        Err(error) => return StoredFile::Damaged(error.to_string()),
    };
    if size > MAX_FILE {
        return StoredFile::Damaged(format!("{size} bytes are too many"));
    }
    match super::read_file(path).map(Zeroizing::new).and_then(|bytes| read(&bytes)) {
        Ok((value, edited)) => StoredFile::Whole { value, edited },
        Err(error) => StoredFile::Damaged(error.found().unwrap_or_else(|| error.to_string())),
    }
}

#[cfg(unix)]
fn lax_mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().ok()?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn lax_mode(_: &Path) -> Option<u32> {
    None
}
