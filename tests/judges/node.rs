//! Node's `tls` as a client of `openssl s_server`.

use super::scenes::{Call, Refusal, Scenes};
use crate::harness::judge;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls_client.mjs");

#[test]
fn node_reaches_whom_it_may_and_nobody_else() {
    let (Some(node), Some(openssl)) = (judge("node"), judge("openssl")) else { return };
    let scenes = Scenes::start(&openssl, |_| true);
    let input: String = scenes.calls.iter().map(Call::line).collect();
    let (success, text) = node.run([PROGRAM], &input);
    assert!(success, "{text}");
    let said: Vec<_> = text.lines().map(|line| (line != "ok").then(|| line.to_owned())).collect();
    scenes.judge(&said, |refusal, tls| match (refusal, tls) {
        (Refusal::WrongName, _) => "ERR_TLS_CERT_ALTNAME_INVALID",
        (Refusal::UnknownRoot, _) => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        (Refusal::MayNotServe, _) => "INVALID_PURPOSE",
        (Refusal::NoCertificate, "1.2") => "alert handshake failure",
        (Refusal::NoCertificate, _) => "alert certificate required",
        (Refusal::ForeignClient, _) => "alert unknown ca",
        (Refusal::MayNotCall, _) => "alert unsupported certificate",
    });
}
