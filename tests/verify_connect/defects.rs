//! Servers whose versions or chains are not as they should be.

use super::{check, detail, report, serve, serve_leaf, troubles, workspace};
use crate::harness::judge;

#[test]
fn one_version_is_enough_unless_another_was_named() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "web", &["-tls1_2"]);
    let report_12 = report(&workspace, port, 0, &[]);
    assert_eq!(detail(&report_12, "tls13"), "not offered: received the alert protocol_version");
    let run = report(&workspace, port, 3, &["--tls", "1.3,1.2"]);
    assert_eq!(troubles(&run), ["failed tls13"]);
    let alone = report(&workspace, port, 3, &["--tls", "1.3"]);
    assert_eq!(check(&alone, "reachable")["found"], "TLS 1.3: received the alert protocol_version");

    let (_server, port) = serve(&openssl, &workspace, "web", &["-tls1_3", "-groups", "P-256"]);
    let report_13 = report(&workspace, port, 0, &["--tls", "1.3"]);
    assert_eq!(detail(&report_13, "key-exchange"), "secp256r1; not X25519, secp384r1");
    assert_eq!(
        detail(&report(&workspace, port, 0, &[]), "tls12"),
        "not offered: received the alert protocol_version"
    );
}

#[test]
fn a_version_that_the_standards_forbid_is_found() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let weak = ["-cipher", "ALL:@SECLEVEL=0"];
    let (_server, port) = serve(&openssl, &workspace, "web", &weak);
    let both = report(&workspace, port, 3, &[]);
    assert_eq!(troubles(&both), ["failed old-versions"]);
    assert_eq!(check(&both, "old-versions")["found"], "TLS 1.1 is offered");
    let (_server, port) = serve(&openssl, &workspace, "web", &[&weak[..], &["-tls1"]].concat());
    let only = report(&workspace, port, 3, &[]);
    let found = check(&only, "reachable")["found"].as_str().expect("a text").to_owned();
    assert!(found.ends_with("; it speaks TLS 1.0"), "{found}");
}

#[test]
fn each_defect_of_the_chain_is_found_for_its_reason() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = workspace();
    let (_server, port) = serve(&openssl, &workspace, "old", &[]);
    let expired = report(&workspace, port, 3, &[]);
    assert_eq!(troubles(&expired), ["failed dates", "failed server-auth-tls13", "failed server-auth-tls12"]);
    assert!(
        check(&expired, "server-auth-tls13")["found"]
            .as_str()
            .is_some_and(|found| found.starts_with("the certificate expired on ")),
        "{expired:#}"
    );

    let (_server, port) = serve(&openssl, &workspace, "web", &[]);
    let wrong = report(&workspace, port, 3, &["--host", "other.example.com"]);
    assert_eq!(troubles(&wrong), ["failed host", "failed server-auth-tls13", "failed server-auth-tls12"]);
    assert_eq!(check(&wrong, "host")["expected"], "other.example.com among its names");
    let foreign = workspace.file("pki/other/certs/backend/ca.crt").display().to_string();
    let untrusted = report(&workspace, port, 3, &["--roots", &foreign]);
    assert_eq!(
        troubles(&untrusted),
        ["failed chain", "failed server-auth-tls13", "failed server-auth-tls12"]
    );

    let (_server, port) = serve_leaf(&openssl, &workspace, "web", &[]);
    let short = report(&workspace, port, 3, &[]);
    assert_eq!(troubles(&short), ["failed chain", "failed server-auth-tls13", "failed server-auth-tls12"]);
    assert_eq!(check(&short, "chain")["found"], "a chain that ends before it");
}
