//! GnuTLS: `certtool --verify` for every certificate, and its reading of our keys.

use std::ffi::OsString;

use super::table::{Credential, table};
use super::words;
use crate::harness::judge;

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

/// What certtool says at the end.
const PURPOSE: &str = "trusted. The certificate chain does not match the intended purpose.";
const NAME: &str = "trusted. The name in the certificate does not match the expected.";

fn arguments(credential: &Credential, purpose: &str, host: Option<&str>) -> Vec<OsString> {
    let mut arguments = words(&[
        &"--verify",
        &"--load-ca-certificate",
        &credential.anchor,
        &"--infile",
        &credential.chain,
        &format!("--verify-purpose={purpose}"),
    ]);
    arguments.extend(host.map(|host| format!("--verify-hostname={host}").into()));
    arguments
}

#[test]
fn every_certificate_is_good_for_its_purpose_and_names() {
    let Some(certtool) = judge("certtool") else { return };
    for credential in &table().credentials {
        if credential.calls {
            certtool.accepts(arguments(credential, CLIENT, None));
        }
        if credential.serves {
            certtool.accepts(arguments(credential, SERVER, None));
        }
        for host in &credential.hosts {
            certtool.accepts(arguments(credential, SERVER, Some(host)));
        }
    }
}

#[test]
fn no_certificate_is_good_for_a_purpose_or_a_name_that_is_not_its_own() {
    let Some(certtool) = judge("certtool") else { return };
    for credential in &table().credentials {
        let refused = |purpose, host, reason: &str| {
            let text = certtool.refuses(arguments(credential, purpose, host));
            assert!(text.contains(reason), "{}: {text}", credential.title());
        };
        if !credential.calls {
            refused(CLIENT, None, PURPOSE);
        }
        if !credential.serves {
            refused(SERVER, None, PURPOSE);
        } else if !credential.hosts.is_empty() {
            refused(SERVER, Some("other.example"), NAME);
        }
    }
}

#[test]
fn a_root_of_another_environment_is_refused() {
    let Some(certtool) = judge("certtool") else { return };
    let own = table().credential("root", "web-ec-p256");
    let other = table().credential("chain", "web-ec-p256");
    let text = certtool.refuses(words(&[
        &"--verify",
        &"--load-ca-certificate",
        &other.anchor,
        &"--infile",
        &own.chain,
    ]));
    assert!(
        text.contains(
            "output: Not verified. The certificate is NOT trusted. The certificate issuer is unknown."
        ),
        "{text}"
    );
}

#[test]
fn an_expired_certificate_is_refused_for_that_alone() {
    let Some(certtool) = judge("certtool") else { return };
    let text = certtool.refuses(arguments(&table().expired, SERVER, Some("old.shop.svc")));
    let said = "output: Not verified. The certificate is NOT trusted. The certificate chain uses expired certificate. \n";
    assert!(text.contains(said), "{text}");
}

#[test]
fn every_kind_of_key_is_read() {
    let Some(certtool) = judge("certtool") else { return };
    for credential in &table().credentials {
        let text = certtool.accepts(words(&[&"--key-info", &"--infile", &credential.key]));
        let expected = match credential.key_type.as_str() {
            "ec-p256" | "ec-p384" => "EC/ECDSA",
            "ed25519" => "EdDSA (Ed25519)",
            _ => "RSA",
        };
        assert!(text.contains(expected), "{}: {text}", credential.title());
    }
}
