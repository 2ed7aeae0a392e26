//! curl: every server by every name, every client, and the refusals with their exit codes.

use super::scenes::{Call, Refusal, Scenes};
use super::words;
use crate::harness::{Judge, judge};

/// What curl said when it failed.
fn call(curl: &Judge, call: &Call) -> Option<String> {
    let is_v6 = call.host.parse::<std::net::Ipv6Addr>().is_ok();
    let host = if is_v6 { format!("[{}]", call.host) } else { call.host.clone() };
    let mut line = words(&[
        &"--silent",
        &"--show-error",
        &"--max-time",
        &"20",
        &"--noproxy",
        &"*",
        &"--connect-to",
        &format!("::127.0.0.1:{}", call.port),
        &format!("--tlsv{}", call.tls),
        &"--tls-max",
        &call.tls,
        &"--cacert",
        &call.roots,
        &"--fail",
        &format!("https://{host}/"),
    ]);
    if let Some(client) = call.client {
        line.extend(words(&[&"--cert", &client.chain, &"--key", &client.key]));
    }
    let (success, text) = curl.run(line, "");
    (!success || !text.contains("Ciphers supported")).then_some(text)
}

#[test]
fn curl_reaches_whom_it_may_and_nobody_else() {
    let (Some(curl), Some(openssl)) = (judge("curl"), judge("openssl")) else { return };
    let scenes = Scenes::start(&openssl, |_| true);
    let said: Vec<_> = scenes.calls.iter().map(|one| call(&curl, one)).collect();
    scenes.judge(&said, |refusal, tls| match (refusal, tls) {
        (Refusal::WrongName, _) => "no alternative certificate subject name matches",
        (Refusal::UnknownRoot, _) => "unable to get local issuer certificate",
        (Refusal::MayNotServe, _) => "certificate purpose",
        (Refusal::NoCertificate, "1.2") => "alert handshake failure",
        (Refusal::NoCertificate, _) => "alert certificate required",
        (Refusal::ForeignClient, _) => "alert unknown ca",
        (Refusal::MayNotCall, _) => "alert unsupported certificate",
    });
}
