//! Certificates in the form that templates see. A new field is a promise to every user's template: none is taken back.

use minijinja::{Value, context};

use crate::bundle::{Identity, Trust};
use crate::pki::Certificate;
use crate::pki::validity::machine_time;

/// A credential: `name`, `chain` (leaf and intermediates), `leaf`, `intermediates`, `issuers`, `anchors`, `bundle`,
/// `key` (PKCS#8, or none), `has_key`, `sans` (without their type), `common_name`, `not_after`, `key_type`, `trust`.
pub(super) fn identity(identity: &Identity) -> Value {
    let leaf = identity.leaf();
    // Where a place of use wants the authority that signed the leaf, a root is that authority if nothing is between.
    let issuers = match identity.intermediates() {
        [] => identity.anchors_pem(),
        _ => identity.intermediates_pem(),
    };
    let trust_of =
        Trust { anchors: identity.anchors.clone(), intermediates: identity.intermediates().to_vec() };
    context! {
        name => identity.name.as_str(),
        chain => identity.chain_pem(),
        leaf => leaf.pem(),
        intermediates => identity.intermediates_pem(),
        issuers => issuers,
        anchors => identity.anchors_pem(),
        bundle => identity.trust_bundle_pem(),
        key => identity.key.as_ref().map(|key| key.pkcs8_pem().to_string()),
        has_key => identity.key.is_some(),
        sans => leaf.details.sans.iter().map(|san| san.value()).collect::<Vec<_>>(),
        common_name => leaf.details.common_name.clone(),
        not_after => machine_time(leaf.details.validity.not_after),
        key_type => leaf.details.key_type.as_str(),
        trust => trust(&trust_of),
    }
}

/// Authorities: `anchors` (roots), `bundle` (roots and intermediates), and `certificates`, one entry each with `name`
/// (the common name), `file` (a safe file name) and `pem`.
pub(super) fn trust(trust: &Trust) -> Value {
    let roots = numbered("root", &trust.anchors);
    let others = numbered("intermediate", &trust.intermediates);
    context! {
        anchors => trust.anchors_pem(),
        bundle => trust.bundle_pem(),
        certificates => roots.into_iter().chain(others).collect::<Vec<_>>(),
    }
}

/// File names end in `.crt`, which `update-ca-certificates` requires, and do not change when an authority is renewed.
fn numbered(kind: &str, certificates: &[Certificate]) -> Vec<Value> {
    let entry = |(index, certificate): (usize, &Certificate)| {
        let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
        context! {
            name => certificate.title(),
            file => format!("pkictl-{kind}{number}.crt"),
            pem => certificate.pem(),
        }
    };
    certificates.iter().enumerate().map(entry).collect()
}
