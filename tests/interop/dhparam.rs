//! Diffie-Hellman parameters, judged by openssl.

use crate::harness::{Workspace, judge};

#[test]
fn openssl_takes_the_parameters_for_the_groups_of_the_rfc() {
    let Some(openssl) = judge("openssl") else { return };
    let workspace = Workspace::new();
    for bits in ["2048", "3072", "4096"] {
        workspace.pkictl(&["emit", "dhparam", "--bits", bits, "-o", "dhparam.pem", "--force"]).succeeds();
        let file = workspace.file("dhparam.pem").display().to_string();
        let said = openssl.accepts(["dhparam", "-in", &file, "-check", "-noout"]);
        assert!(said.contains("appear to be ok"), "{said}");
        // openssl knows the prime by name only if it is exactly that of RFC 7919.
        let said = openssl.accepts(["dhparam", "-in", &file, "-noout", "-text"]);
        assert!(said.contains(&format!("GROUP: ffdhe{bits}")), "{said}");
    }
}
