//! A credential as files, for programs that a test starts.

use std::path::{Path, PathBuf};

use crate::artifact::{self, Existing};
use crate::error::Result;
use crate::pki::Credential;
use crate::store;

/// Where the files of a credential are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialFiles {
    /// `tls.crt`: the certificate, then the intermediates, in PEM.
    pub chain: PathBuf,
    /// `tls.key`: the private key, unencrypted PKCS#8 in PEM; on Unix only the owner can read it.
    pub key: PathBuf,
    /// `ca.crt`: the root that the other side must trust, in PEM.
    pub anchor: PathBuf,
}

impl Credential {
    /// Writes `tls.crt`, `tls.key` (mode 0600) and `ca.crt` into `directory`, which is created if it does not exist. Files of
    /// these names are replaced.
    ///
    /// # Errors
    ///
    /// The operating system refuses to create or replace a file; then the directory is left as it was.
    pub fn write_files(&self, directory: impl AsRef<Path>) -> Result<CredentialFiles> {
        let directory = directory.as_ref();
        artifact::write_all(directory, &store::artifacts(self), Existing::Replace)?;
        let [chain, key, anchor] = ["tls.crt", "tls.key", "ca.crt"].map(|name| directory.join(name));
        Ok(CredentialFiles { chain, key, anchor })
    }
}
