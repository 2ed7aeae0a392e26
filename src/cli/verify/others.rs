//! The other environments of the PKI directory.

use super::subjects::identity_of;
use super::{authorities, words};
use crate::bundle::Identity;
use crate::cli::failure::Failure;
use crate::cli::global::Global;
use crate::pki::ExtendedKeyUsage;
use crate::store::Environment;
use crate::verify;

/// Every other environment, with its clients.
pub(super) fn others(
    environment: &Environment,
    global: &Global,
) -> Result<Vec<verify::ForeignEnvironment>, Failure> {
    let names = global.store().environments().into_iter().filter(|name| name != environment.name());
    let other = |name: String| {
        let other = global.store().environment(&name)?;
        let trust = authorities::of_environment(&other).map(|(trust, _)| trust);
        let trust = trust
            .map_err(|error| format!("what environment {name} trusts cannot be read: {}", words(&error)));
        let (clients, unusable) = callers(&other);
        Ok(verify::ForeignEnvironment { name, trust, clients, unusable })
    };
    names.map(other).collect()
}

/// All clients of an environment; and credentials that cannot be read or used, with the reason.
pub(super) fn callers(environment: &Environment) -> (Vec<Identity>, Vec<(String, String)>) {
    let (mut clients, mut unusable) = (Vec::new(), Vec::new());
    for name in environment.credentials() {
        match identity_of(environment, &name) {
            Ok((identity, _)) if !identity.leaf().allows(ExtendedKeyUsage::ClientAuth) => {}
            Ok((identity, None)) => clients.push(identity),
            Ok((_, Some(error))) => {
                unusable.push((name.to_string(), format!("its key cannot be used: {}", words(&error))));
            }
            Err(error) => {
                let reason = format!("its files cannot be read, so it may be a client: {}", words(&error));
                unusable.push((name.to_string(), reason));
            }
        }
    }
    (clients, unusable)
}
