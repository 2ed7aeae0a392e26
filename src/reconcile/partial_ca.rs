//! Authorities of which only a part is left: a key that others trust may be in it, so no one makes another unasked.

use super::{Reason, Reconciler};
use crate::error::{Error, Result};
use crate::manifest::DeclaredAuthority;
use crate::store::{self, ISSUING, ROOT};

impl Reconciler<'_> {
    /// There is no root certificate. Where something of an authority is left, a key may be in it that others trust.
    pub(super) fn detect_partial_ca(&self, store: &store::Environment) -> Result<Option<Reason>> {
        let root = store.authority_path(ROOT);
        let place = root.parent().unwrap_or(&root);
        match place.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", place, error)),
            Ok(_) if self.remake_authorities => {
                let text = format!("{} is missing", root.join("ca.crt").display());
                Ok(Some(Reason::new("certificate-missing", text)))
            }
            Ok(_) => Err(Error::Refused {
                reason: format!(
                    "{} is there, but the root's certificate {} is missing or cannot be read",
                    place.display(),
                    root.join("ca.crt").display()
                ),
                advice: Some(format!(
                    "put the certificate back, or move {} away: then a new CA is made",
                    place.display()
                )),
            }),
        }
    }
}

/// Why an authority can no longer sign anything. One that need not sign is not asked.
pub(super) fn lost_key(wanted: &DeclaredAuthority, store: &store::Environment) -> Option<Reason> {
    match store.authority(signing_name(wanted), None) {
        Err(error @ (Error::NoAuthorityKey { .. } | Error::KeyMismatch { .. })) => {
            Some(Reason::new("key-missing", error.to_string()))
        }
        _ => None,
    }
}

pub(super) fn signing_name(wanted: &DeclaredAuthority) -> &'static str {
    if wanted.intermediate { ISSUING } else { ROOT }
}
