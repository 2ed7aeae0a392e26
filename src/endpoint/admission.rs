//! Whether a client was let in. TLS alone does not tell: nginx answers with HTTP 400, PostgreSQL with a message, after
//! a handshake without objection.

use super::dial::no_answer;
use super::{Endpoint, StartTls, plain_text};
use crate::handshake::{Probe, ProbeOutcome, Question};
use crate::pki::{SubjectAltName, printable};

/// The protocol of the question that is put to web servers.
pub(super) const HTTP: &str = "http/1.1";

/// What became of a client. The texts say by what it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// Let in.
    Taken(String),
    /// Refused because of the certificate, or because there was none.
    Refused(String),
    /// TLS took it, and the application says no: perhaps because of the certificate, perhaps not.
    Denied(String),
    /// The server closed the connection and gave no reason.
    Closed(String),
    /// Another end, which may have any reason: an alert that does not speak of this client, silence, a lost connection.
    Failed(String),
    /// TLS took it; what the application thinks cannot be found out without knowing more.
    Unknown(String),
}

/// How a visit ended, in words.
pub(super) fn words(ended: &ProbeOutcome, endpoint: &Endpoint<'_>) -> String {
    match ended {
        ProbeOutcome::Agreed(_) => "the handshake is complete".into(),
        ProbeOutcome::Alert(alert) => format!("received the alert {alert}"),
        ProbeOutcome::PlainText(text) => plain_text::describe(text).0,
        ProbeOutcome::Closed => "the connection was closed without an alert".into(),
        ProbeOutcome::TimedOut => no_answer(&format!("from {}", endpoint.host_port), endpoint.limit),
        ProbeOutcome::Failed(reason) => reason.clone(),
    }
}

/// What is asked after the handshake.
pub(super) fn question(endpoint: &Endpoint<'_>) -> Option<Question> {
    Some(match endpoint.starttls {
        StartTls::Direct => Question {
            alpn: Some(HTTP),
            bytes: format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", authority(endpoint))
                .into_bytes(),
            is_answer: |heard| http_status(heard).is_some_and(|status| status != 400),
        },
        StartTls::Postgres => {
            let user =
                endpoint.clients.first().and_then(|client| client.leaf().details.subject.common_name());
            Question {
                alpn: None,
                bytes: startup(user.as_deref().unwrap_or("postgres")),
                is_answer: |heard| postgres_message(heard).is_some(),
            }
        }
        StartTls::Smtp => Question { alpn: None, bytes: b"NOOP\r\n".to_vec(), is_answer: ends_line },
        StartTls::Imap => Question { alpn: None, bytes: b"p2 NOOP\r\n".to_vec(), is_answer: ends_line },
    })
}

fn authority(endpoint: &Endpoint<'_>) -> String {
    let host = if is_uri(endpoint.host) { endpoint.host_port.host() } else { endpoint.host };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{host}:{}", endpoint.host_port.port())
}

/// Who calls, and so what a refusal must be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientKind {
    /// A client with a certificate that should be accepted.
    Own,
    /// No certificate was shown.
    WithoutCertificate,
    /// A certificate of a CA that the server does not know.
    Foreign,
}

/// Whether a name is none that HTTP knows a host by.
fn is_uri(name: &str) -> bool {
    matches!(name.parse(), Ok(SubjectAltName::Uri(_)))
}

impl ClientKind {
    /// The alerts by which servers refuse this client for what it is (RFC 8446, section 6.2): Go and Java send
    /// bad_certificate for all of them, and for a missing one TLS 1.2 has only handshake_failure.
    fn alerts(self) -> &'static [&'static str] {
        match self {
            // Whatever the reason is, it is not accepted.
            Self::Own => &[],
            Self::WithoutCertificate => {
                &["certificate_required", "handshake_failure", "bad_certificate", "access_denied"]
            }
            Self::Foreign => &["unknown_ca", "bad_certificate", "certificate_unknown", "access_denied"],
        }
    }
}

impl Admission {
    /// What a visit says about its client.
    pub(super) fn of(visit: &Probe, endpoint: &Endpoint<'_>, kind: ClientKind) -> Self {
        match &visit.ended {
            ProbeOutcome::Agreed(None) => {
                Self::Taken("the handshake is complete, and the server did not object".into())
            }
            ProbeOutcome::Agreed(Some(heard)) => match endpoint.starttls {
                StartTls::Direct => http(heard, kind),
                StartTls::Postgres => postgres(heard, kind),
                StartTls::Smtp | StartTls::Imap => Self::Taken("the server answers".into()),
            },
            ProbeOutcome::Alert(alert)
                if visit.asked.is_some() && kind.alerts().contains(&alert.as_str()) =>
            {
                Self::Refused(words(&visit.ended, endpoint))
            }
            ProbeOutcome::Closed => Self::Closed(words(&visit.ended, endpoint)),
            other => Self::Failed(words(other, endpoint)),
        }
    }

    /// By what it is known.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Taken(text)
            | Self::Refused(text)
            | Self::Denied(text)
            | Self::Closed(text)
            | Self::Failed(text)
            | Self::Unknown(text) => text,
        }
    }
}

fn http(heard: &[u8], kind: ClientKind) -> Admission {
    let text = String::from_utf8_lossy(heard);
    let Some(status) = http_status(heard) else {
        return Admission::Taken("the server answers".into());
    };
    let says = format!("HTTP {status}");
    match status {
        // nginx's words, and its own codes, which only its error_page can bring out.
        400 if text.contains("No required SSL certificate was sent") => {
            because(ClientKind::WithoutCertificate, kind, format!("{says} because of the certificate"))
        }
        400 if text.contains("SSL certificate") => {
            because(ClientKind::Foreign, kind, format!("{says} because of the certificate"))
        }
        496 => because(ClientKind::WithoutCertificate, kind, says),
        495 => because(ClientKind::Foreign, kind, says),
        401 | 403 => Admission::Denied(says),
        _ => Admission::Taken(format!("it answers with {says}")),
    }
}

/// A refusal that is meant for one kind of client proves nothing of another one.
fn because(meant: ClientKind, kind: ClientKind, found: String) -> Admission {
    if meant == kind { Admission::Refused(found) } else { Admission::Failed(found) }
}

/// The status, once the status line is complete.
fn http_status(heard: &[u8]) -> Option<u16> {
    let line = heard.strip_prefix(b"HTTP/1.")?.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

fn ends_line(heard: &[u8]) -> bool {
    heard.ends_with(b"\n")
}

/// A StartupMessage of protocol 3.0 (PostgreSQL, "Message Formats").
fn startup(user: &str) -> Vec<u8> {
    let user: String = user.chars().filter(|letter| *letter != '\0').collect();
    let body = [
        &[0, 3, 0, 0][..],
        b"user\0",
        user.as_bytes(),
        b"\0database\0postgres\0application_name\0pkictl\0\0",
    ]
    .concat();
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

/// The type and the body of PostgreSQL's first message, once it is complete.
fn postgres_message(heard: &[u8]) -> Option<(u8, &[u8])> {
    let (kind, rest) = heard.split_first()?;
    let (length, rest) = rest.split_at_checked(4)?;
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?.checked_sub(4)?;
    Some((*kind, rest.get(..length)?))
}

fn postgres(heard: &[u8], client: ClientKind) -> Admission {
    let Some((kind, body)) = postgres_message(heard) else {
        return Admission::Failed("an incomplete message of PostgreSQL".into());
    };
    // Fields of an ErrorResponse: a letter, a text, a zero byte.
    let field = |letter: u8| {
        let field = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&letter))?;
        Some(printable(&String::from_utf8_lossy(&field[1..])))
    };
    let (code, message) = (field(b'C').unwrap_or_default(), field(b'M').unwrap_or_default());
    match kind {
        b'R' if body.starts_with(&[0, 0, 0, 0]) => Admission::Taken("PostgreSQL lets it log in".into()),
        b'R' => Admission::Taken("PostgreSQL goes on to ask for a password".into()),
        b'E' if message.contains("valid client certificate") => {
            because(ClientKind::WithoutCertificate, client, format!("PostgreSQL: {message}"))
        }
        // Class 28: invalid authorization. Which roles a certificate may be, is not known here.
        b'E' if code.starts_with("28") => Admission::Unknown(format!("PostgreSQL: {message}")),
        b'E' => Admission::Taken(format!("PostgreSQL knows it, and says: {message}")),
        _ => Admission::Taken("PostgreSQL answers".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, ClientKind, http, http_status, postgres, postgres_message, startup};

    fn error(code: &str, message: &str) -> Vec<u8> {
        let body = format!("SFATAL\0C{code}\0M{message}\0\0");
        let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        [b"E", &length[..], body.as_bytes()].concat()
    }

    #[test]
    fn only_http_that_speaks_of_the_certificate_is_a_refusal_for_it() {
        let page = |status, text| format!("HTTP/1.1 {status} X\r\n\r\n<h1>{text}</h1>").into_bytes();
        let (foreign, none) = (ClientKind::Foreign, ClientKind::WithoutCertificate);
        for (status, text, meant, other) in [
            (400, "No required SSL certificate was sent", none, foreign),
            (400, "The SSL certificate error", foreign, none),
            (496, "", none, foreign),
            (495, "", foreign, none),
        ] {
            assert!(matches!(http(&page(status, text), meant), Admission::Refused(_)), "{status} {text}");
            assert!(matches!(http(&page(status, text), other), Admission::Failed(_)), "{status} {text}");
        }
        assert!(matches!(http(&page(400, "Bad Request"), foreign), Admission::Taken(_)));
        assert_eq!(http(&page(403, ""), foreign), Admission::Denied("HTTP 403".into()));
        assert_eq!(http(&page(200, ""), foreign), Admission::Taken("it answers with HTTP 200".into()));
        assert_eq!(http_status(b"HTTP/1.1 20"), None);
        assert_eq!(http_status(b"220 mail"), None);
    }

    #[test]
    fn postgres_is_believed_only_where_it_speaks_of_the_certificate() {
        let refused = error("28000", "connection requires a valid client certificate");
        let told = |message: &[u8]| postgres(message, ClientKind::WithoutCertificate);
        assert!(matches!(told(&refused), Admission::Refused(_)));
        assert!(matches!(postgres(&refused, ClientKind::Foreign), Admission::Failed(_)));
        assert!(matches!(told(&error("28000", "no pg_hba.conf entry")), Admission::Unknown(_)));
        assert!(matches!(told(&error("3D000", "no such database")), Admission::Taken(_)));
        assert_eq!(told(b"R\0\0\0\x08\0\0\0\0"), Admission::Taken("PostgreSQL lets it log in".into()));
        assert_eq!(postgres_message(&refused[..9]), None);
        assert_eq!(postgres_message(b"E\0\0\0\0"), None);
        assert_eq!(postgres_message(b"E\xff\xff\xff\xff"), None);
    }

    #[test]
    fn a_startup_message_has_its_length_and_no_zero_in_a_name() {
        let message = startup("a\0b");
        assert_eq!(message[..4], u32::try_from(message.len()).expect("short").to_be_bytes());
        assert!(message.windows(8).any(|window| window == b"user\0ab\0"));
    }
}
