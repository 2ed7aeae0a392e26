//! Name constraints bind: openssl itself signs names outside of them with our authority's key, and nobody takes those.

use std::path::{Path, PathBuf};

use super::openssl_verify::alone;
use super::table::table;
use super::words;
use crate::harness::{Judge, Workspace, judge};

/// What the authority of environment `closed` may not sign.
const OUTSIDE: &[&str] = &[
    "DNS:web.evil.example",
    "DNS:evilshop.svc",
    "DNS:web.shop.svc,DNS:web.evil.example",
    "DNS:*.svc",
    "IP:192.0.2.1",
    "IP:fd00::1",
    "URI:spiffe://evil.example/web",
    "email:person@evil.example",
];

/// What certtool says of such a leaf.
const VIOLATION: &str = "The certificate chain violates the signer's constraints.";

/// A leaf under the issuing authority of `environment`, signed by openssl, which asks nobody.
fn foreign_leaf(openssl: &Judge, workspace: &Workspace, environment: &str, san: &str) -> PathBuf {
    let authority = if environment == "closed" { "issuing" } else { "root" };
    let extensions = format!(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=critical,{san}\n"
    );
    let extensions = workspace.write("extensions", extensions);
    let [key, request, leaf] = ["leaf.key", "leaf.csr", "leaf.pem"].map(|name| workspace.file(name));
    openssl.accepts(words(&[
        &"req",
        &"-new",
        &"-newkey",
        &"ec",
        &"-pkeyopt",
        &"ec_paramgen_curve:P-256",
        &"-nodes",
        &"-subj",
        &"/O=Example",
        &"-keyout",
        &key,
        &"-out",
        &request,
    ]));
    openssl.accepts(words(&[
        &"x509",
        &"-req",
        &"-in",
        &request,
        &"-days",
        &"1",
        &"-extfile",
        &extensions,
        &"-out",
        &leaf,
        &"-CA",
        &table().authority(environment, authority, "ca.crt"),
        &"-CAkey",
        &table().authority(environment, authority, "ca.key"),
    ]));
    leaf
}

fn openssl_verify(openssl: &Judge, environment: &str, leaf: &Path) -> (bool, String) {
    let root = table().authority(environment, "root", "ca.crt");
    let mut line = alone(&[&"-purpose", &"sslserver", &"-CAfile", &root]);
    let issuing = table().authority(environment, "issuing", "ca.crt");
    if issuing.exists() {
        line.extend(words(&[&"-untrusted", &issuing]));
    }
    line.push(leaf.into());
    openssl.run(line, "")
}

fn certtool_verify(
    certtool: &Judge,
    workspace: &Workspace,
    environment: &str,
    leaf: &Path,
) -> (bool, String) {
    let root = table().authority(environment, "root", "ca.crt");
    let mut chain = std::fs::read_to_string(leaf).expect("a leaf");
    chain +=
        &std::fs::read_to_string(table().authority(environment, "issuing", "ca.crt")).unwrap_or_default();
    let chain = workspace.write("chain.pem", chain);
    certtool.run(words(&[&"--verify", &"--load-ca-certificate", &root, &"--infile", &chain]), "")
}

#[test]
fn openssl_refuses_every_name_outside() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    for san in OUTSIDE {
        let leaf = foreign_leaf(&openssl, &workspace, "closed", san);
        let (success, text) = openssl_verify(&openssl, "closed", &leaf);
        assert!(!success && text.contains("subtree violation"), "{san}: {text}");
    }
}

#[test]
fn gnutls_refuses_every_name_outside() {
    let (Some(openssl), Some(certtool)) = (judge("openssl"), judge("certtool")) else { return };
    let workspace = Workspace::new();
    // GnuTLS knows no constraints on URIs.
    for san in OUTSIDE.iter().filter(|san| !san.starts_with("URI:")) {
        let leaf = foreign_leaf(&openssl, &workspace, "closed", san);
        let (success, text) = certtool_verify(&certtool, &workspace, "closed", &leaf);
        assert!(!success && text.contains(VIOLATION), "{san}: {text}");
    }
}

/// Without this, a mistake in how the leaves above are made would look like a constraint that holds.
#[test]
fn both_take_the_same_kind_of_leaf_for_a_name_inside() {
    let (Some(openssl), Some(certtool)) = (judge("openssl"), judge("certtool")) else { return };
    let workspace = Workspace::new();
    let inside = [
        ("closed", "DNS:shop.svc,DNS:a.b.shop.svc,DNS:localhost,IP:127.0.0.1,IP:::1"),
        ("names", "DNS:example.org,DNS:*.example.org"),
        ("addresses", "IP:10.255.0.1"),
    ];
    for (environment, san) in inside {
        let leaf = foreign_leaf(&openssl, &workspace, environment, san);
        let (success, text) = openssl_verify(&openssl, environment, &leaf);
        assert!(success, "openssl, {san}: {text}");
        let (success, text) = certtool_verify(&certtool, &workspace, environment, &leaf);
        assert!(success, "certtool, {san}: {text}");
    }
}

#[test]
fn permitting_names_closes_addresses_and_permitting_addresses_closes_names() {
    let (Some(openssl), Some(certtool)) = (judge("openssl"), judge("certtool")) else { return };
    let workspace = Workspace::new();
    let outside = [
        ("names", "IP:127.0.0.1"),
        ("names", "IP:::1"),
        ("names", "IP:0.0.0.0"),
        ("addresses", "DNS:example.org"),
        ("addresses", "IP:11.0.0.1"),
        ("addresses", "IP:::ffff:10.0.0.1"),
    ];
    for (environment, san) in outside {
        let leaf = foreign_leaf(&openssl, &workspace, environment, san);
        let (success, text) = openssl_verify(&openssl, environment, &leaf);
        assert!(!success && text.contains("subtree violation"), "openssl, {environment}, {san}: {text}");
        let (success, text) = certtool_verify(&certtool, &workspace, environment, &leaf);
        assert!(!success && text.contains(VIOLATION), "certtool, {environment}, {san}: {text}");
    }
}
