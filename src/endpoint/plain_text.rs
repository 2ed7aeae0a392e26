//! What speaks on a port on which TLS was expected.

use crate::pki::printable;

/// How much of a peer's words is shown.
const SHOWN: usize = 60;

/// Plain texts by their beginning, and what to do about each.
const KNOWN: [(&[u8], &str, &str); 9] = [
    (b"HTTP/", "plain HTTP", "connect to the port that serves HTTPS, or let this one serve TLS"),
    (b"<", "plain HTTP", "connect to the port that serves HTTPS, or let this one serve TLS"),
    (b"SSH-", "SSH, which has no TLS", "connect to the port of the TLS server"),
    (
        b"220",
        "plain SMTP or FTP",
        "ask an SMTP server for STARTTLS first, or connect to the port on which TLS begins at once",
    ),
    (b"* ", "plain IMAP", "ask it for STARTTLS first, or connect to the port on which TLS begins at once"),
    (b"+OK", "plain POP3", "connect to the port on which TLS begins at once"),
    (b"AMQP", "plain AMQP", "connect to the port of AMQPS: AMQP has no STARTTLS"),
    (b"-", "plain Redis, or something like it", "connect to the port that the server has for TLS (tls-port)"),
    (b"E", "plain PostgreSQL, or something like it", "ask it for TLS in PostgreSQL's way first"),
];

/// What these first bytes are, and what to do.
pub(super) fn describe(text: &[u8]) -> (String, &'static str) {
    let unknown = (
        "something other than TLS",
        "connect to a port on which TLS begins at once, or say which protocol asks for it",
    );
    let (name, fix) = match KNOWN.iter().find(|(begin, ..)| text.starts_with(begin)) {
        Some((_, name, fix)) => (*name, *fix),
        // The first packet of a MySQL server: length, number 0, protocol 10.
        None if text.get(3..5) == Some(&[0, 10]) => {
            ("plain MySQL or MariaDB", "MySQL's way to begin TLS is not supported")
        }
        None => unknown,
    };
    (format!("{name}: {}", quote(text)), fix)
}

/// The first line, as it can be shown on a terminal.
pub(super) fn quote(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    let rest = if shown.len() < line.len() { "..." } else { "" };
    format!("\"{}{rest}\"", printable(&shown))
}

#[cfg(test)]
mod tests {
    use super::{describe, quote};

    #[test]
    fn each_known_protocol_is_named_and_has_its_own_advice() {
        let found = |text: &[u8]| describe(text).0;
        assert_eq!(
            found(b"HTTP/1.1 400 Bad Request\r\nServer: x"),
            "plain HTTP: \"HTTP/1.1 400 Bad Request\""
        );
        assert_eq!(found(b"SSH-2.0-x\r\n"), "SSH, which has no TLS: \"SSH-2.0-x\"");
        assert!(found(b"J\0\0\0\x0a8.0").starts_with("plain MySQL or MariaDB"));
        assert!(describe(b"220 mail ESMTP").1.contains("STARTTLS"));
        assert!(found(&[0xff, 0]).starts_with("something other than TLS"));
    }

    #[test]
    fn what_a_stranger_sends_cannot_steer_the_terminal() {
        assert_eq!(quote(b"\x1b[31mred\nnext"), "\"\\u{1b}[31mred\"");
        assert_eq!(quote("é".repeat(61).as_bytes()), format!("\"{}...\"", "é".repeat(60)));
    }
}
