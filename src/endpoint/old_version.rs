//! TLS 1.1 and older, which no library here speaks: one ClientHello by hand, and the first answer to it.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::dial::Dialled;
use crate::handshake::alert_name;
use crate::pki::random_bytes;

/// Cipher suites of TLS 1.0 and 1.1 that servers had (IANA, "TLS Cipher Suites"): ECDHE, DHE and RSA with AES in CBC
/// mode and with 3DES; the last one says that renegotiation is safe (RFC 5746).
const SUITES: [u16; 11] =
    [0xc009, 0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035, 0xc012, 0x000a, 0x00ff];
/// TLS 1.1 as ClientHello says it (RFC 4346): the newest of the old ones, so that a server chooses the best that it has.
const TLS_1_1: u16 = 0x0302;
/// supported_groups with secp256r1, secp384r1 and secp521r1; ec_point_formats with uncompressed (RFC 8422).
const CURVES: [u8; 18] = [0, 10, 0, 8, 0, 6, 0, 23, 0, 24, 0, 25, 0, 11, 0, 2, 1, 0];

/// What the endpoint says to a client that has nothing newer than TLS 1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It speaks this version with it.
    Speaks(&'static str),
    /// It does not, in words.
    Refuses(String),
    /// Nothing that tells.
    Unclear(String),
}

/// Says ClientHello and hears the first answer. `host` is sent if it is a name.
pub(super) fn ask(mut dialled: Dialled, host: &str) -> Answer {
    let random = match random_bytes::<32>() {
        Ok(random) => random,
        Err(error) => return Answer::Unclear(error.to_string()),
    };
    let left =
        |deadline: Instant| deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let stream = &mut dialled.stream;
    let sent = stream
        .set_write_timeout(Some(left(dialled.deadline)))
        .and_then(|()| stream.write_all(&client_hello(random, host)));
    if let Err(error) = sent {
        return Answer::Unclear(format!("connection lost: {error}"));
    }
    // Record header, handshake header, version.
    let mut answer = Vec::with_capacity(11);
    while answer.len() < 11 {
        let mut part = [0; 11];
        let want = 11 - answer.len();
        let read = stream
            .set_read_timeout(Some(left(dialled.deadline)))
            .and_then(|()| stream.read(&mut part[..want]));
        match read {
            Ok(0) => break,
            Ok(count) => answer.extend(&part[..count]),
            Err(error) if is_timeout(&error) => break,
            Err(error) if answer.is_empty() => return Answer::Refuses(format!("connection lost: {error}")),
            Err(_) => break,
        }
        if Instant::now() >= dialled.deadline {
            break;
        }
    }
    read_answer(&answer, Instant::now() >= dialled.deadline)
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

fn read_answer(answer: &[u8], is_late: bool) -> Answer {
    match answer {
        [22, _, _, _, _, 2, _, _, _, high, low, ..] => match u16::from_be_bytes([*high, *low]) {
            0x0302 => Answer::Speaks("TLS 1.1"),
            0x0301 => Answer::Speaks("TLS 1.0"),
            0x0300 => Answer::Speaks("SSL 3.0"),
            other => Answer::Unclear(format!("it answered with version {other:#06x}")),
        },
        [21, _, _, _, _, _, alert, ..] => {
            Answer::Refuses(format!("refused with the alert {}", alert_name((*alert).into())))
        }
        [] if is_late => Answer::Unclear("it gave no answer in time".into()),
        [] => Answer::Refuses("the connection was closed".into()),
        _ => Answer::Unclear("it answered something other than TLS".into()),
    }
}

fn client_hello(random: [u8; 32], host: &str) -> Vec<u8> {
    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() {
        // server_name with one host_name (RFC 6066, section 3).
        let name = [&[0][..], &sized(host.as_bytes())].concat();
        extensions.extend([0, 0]);
        extensions.extend(sized(&sized(&name)));
    }
    extensions.extend(CURVES);
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let body =
        [&TLS_1_1.to_be_bytes()[..], &random, &[0], &sized(&suites), &[1, 0], &sized(&extensions)].concat();
    let handshake = [&[1, 0][..], &sized(&body)].concat();
    [&[22, 3, 1][..], &sized(&handshake)].concat()
}

/// Bytes behind their length, in two bytes. A host name is shorter than 254 bytes, so everything here fits.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::{Answer, client_hello, read_answer};

    #[test]
    fn every_length_in_the_client_hello_is_right() {
        let hello = client_hello([7; 32], "web.test");
        let length = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
        assert_eq!(length(3), hello.len() - 5);
        assert_eq!(length(7), hello.len() - 9);
        // Version, random and an empty session stand before the suites.
        let suites = 9 + 2 + 32 + 1;
        let extensions = suites + 2 + length(suites) + 2;
        assert_eq!(length(extensions), hello.len() - extensions - 2);
        assert!(hello.windows(8).any(|window| window == b"web.test"));
        assert!(!client_hello([7; 32], "10.0.0.1").windows(8).any(|window| window == b"10.0.0.1"));
    }

    #[test]
    fn answers_are_read_for_what_they_are() {
        let hello = |low| [22, 3, low, 0, 80, 2, 0, 0, 76, 3, low];
        assert_eq!(read_answer(&hello(2), false), Answer::Speaks("TLS 1.1"));
        assert_eq!(read_answer(&hello(1), false), Answer::Speaks("TLS 1.0"));
        let refused = Answer::Refuses("refused with the alert protocol_version".into());
        assert_eq!(read_answer(&[21, 3, 2, 0, 2, 2, 70], false), refused);
        assert_eq!(read_answer(&[], false), Answer::Refuses("the connection was closed".into()));
        assert!(matches!(read_answer(&[], true), Answer::Unclear(_)));
        assert!(matches!(read_answer(b"HTTP/1.1 40", false), Answer::Unclear(_)));
    }
}
