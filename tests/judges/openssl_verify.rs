//! `openssl verify -x509_strict`: chain, purpose and name of every certificate.

use std::ffi::{OsStr, OsString};

use super::table::{Credential, table};
use super::words;
use crate::harness::{Judge, judge};

/// Arguments that verify against the roots that are named, and none of this machine.
pub(super) fn alone(more: &[&dyn AsRef<OsStr>]) -> Vec<OsString> {
    let own: [&dyn AsRef<OsStr>; 4] = [&"verify", &"-x509_strict", &"-no-CApath", &"-no-CAstore"];
    words(&[&own, more].concat())
}

/// Arguments that verify a credential against its root.
fn arguments(credential: &Credential, more: &[&str]) -> Vec<OsString> {
    let mut arguments = alone(&[&"-CAfile", &credential.anchor]);
    if let Some(intermediates) = &credential.intermediates {
        arguments.extend(["-untrusted".into(), intermediates.into()]);
    }
    arguments.extend(more.iter().map(OsString::from));
    arguments.push(credential.leaf.clone().into());
    arguments
}

/// The option that checks a host name or an address.
fn name_option(host: &str) -> &'static str {
    if host.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" }
}

#[track_caller]
fn accepts(openssl: &Judge, credential: &Credential, more: &[&str]) {
    let (success, text) = openssl.run(arguments(credential, more), "");
    assert!(success, "{} {more:?}\n{text}", credential.title());
}

#[track_caller]
fn refuses(openssl: &Judge, credential: &Credential, more: &[&str], reason: &str) {
    let (success, text) = openssl.run(arguments(credential, more), "");
    assert!(!success && text.contains(reason), "{} {more:?}, not {reason:?}\n{text}", credential.title());
}

#[test]
fn every_certificate_is_good_for_its_purpose_and_names() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in &table().credentials {
        assert!(credential.serves || credential.calls, "{} is good for nothing", credential.title());
        if credential.calls {
            accepts(&openssl, credential, &["-purpose", "sslclient"]);
        }
        if credential.serves {
            accepts(&openssl, credential, &["-purpose", "sslserver"]);
        }
        for host in &credential.hosts {
            accepts(&openssl, credential, &["-purpose", "sslserver", name_option(host), host]);
        }
    }
}

#[test]
fn no_certificate_is_good_for_a_purpose_that_is_not_its_own() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in &table().credentials {
        if !credential.calls {
            refuses(&openssl, credential, &["-purpose", "sslclient"], "error 26 at 0 depth");
        }
        if !credential.serves {
            refuses(&openssl, credential, &["-purpose", "sslserver"], "error 26 at 0 depth");
        }
    }
}

#[test]
fn no_certificate_is_good_for_a_name_that_is_not_its_own() {
    let Some(openssl) = judge("openssl") else { return };
    for credential in table().credentials.iter().filter(|credential| credential.serves) {
        refuses(&openssl, credential, &["-verify_hostname", "other.example"], "error 62 at 0 depth");
        refuses(&openssl, credential, &["-verify_ip", "198.51.100.1"], "error 64 at 0 depth");
    }
    let wildcard = table().credential("root", "*.ec-p256.example.com");
    for outside in ["ec-p256.example.com", "a.b.ec-p256.example.com"] {
        refuses(&openssl, wildcard, &["-verify_hostname", outside], "error 62 at 0 depth");
    }
}

#[test]
fn a_chain_without_its_intermediate_is_refused() {
    let Some(openssl) = judge("openssl") else { return };
    let whole = table().credential("chain", "web-ec-p256");
    let text = openssl.refuses(alone(&[&"-CAfile", &whole.anchor, &whole.leaf]));
    assert!(text.contains("error 20 at 0 depth"), "{text}");
}

#[test]
fn a_root_of_another_environment_is_refused() {
    let Some(openssl) = judge("openssl") else { return };
    let own = table().credential("root", "web-ec-p256");
    let other = table().credential("chain", "web-ec-p256");
    let text = openssl.refuses(alone(&[&"-CAfile", &other.anchor, &own.leaf]));
    assert!(text.contains("error 20 at 0 depth"), "{text}");
}

#[test]
fn every_authority_is_good_under_its_root() {
    let Some(openssl) = judge("openssl") else { return };
    for authority in table().authorities() {
        let root = authority.parent().expect("a directory").with_file_name("root").join("ca.crt");
        openssl.accepts(alone(&[&"-check_ss_sig", &"-CAfile", &root, &authority]));
    }
}

#[test]
fn an_expired_certificate_is_refused_now_and_was_good_in_its_time() {
    let Some(openssl) = judge("openssl") else { return };
    let expired = &table().expired;
    refuses(&openssl, expired, &[], "error 10 at 0 depth");
    let at = |days: i64| (time::OffsetDateTime::now_utc() - time::Duration::days(days)).unix_timestamp();
    let good = ["-purpose", "sslserver", "-verify_hostname", "old.shop.svc"];
    accepts(&openssl, expired, &[&good[..], &["-attime", &at(2).to_string()]].concat());
    refuses(&openssl, expired, &["-attime", &at(25).to_string()], "error 9 at 0 depth");
}
