//! What a visitor does on a connection: handshake, then patience, then perhaps a question.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::{Connection, ProtocolVersion};

use super::describe::alert_name;
use super::speak::{SessionError, flush, io, turn};

/// Silence after a TLS 1.3 handshake that counts as consent, at least; on slow lines it is longer.
const QUIET: Duration = Duration::from_secs(1);
/// Enough of an answer to know what it is.
const ENOUGH: usize = 16 * 1024;
/// Enough of a plain text to know what it is.
const SPECIMEN: usize = 200;
/// Time for the rest of a plain text to arrive.
const REST: Duration = Duration::from_millis(100);

/// What is asked in the protocol above TLS, because some servers refuse a certificate only there.
#[derive(Debug)]
pub(crate) struct Question {
    /// Asked only if this protocol was agreed on (ALPN); without it always.
    pub(crate) alpn: Option<&'static str>,
    /// The question.
    pub(crate) bytes: Vec<u8>,
    /// Whether these bytes are the whole answer.
    pub(crate) is_answer: fn(&[u8]) -> bool,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProbeOutcome {
    /// The handshake is complete and the server did not object; what the server answered to the question, if one was put.
    Agreed(Option<Vec<u8>>),
    /// The server sent this alert.
    Alert(String),
    /// The first bytes were not of TLS.
    PlainText(Vec<u8>),
    /// The connection was closed without an alert.
    Closed,
    /// Nothing came in time.
    TimedOut,
    /// Another end, in words.
    Failed(String),
}

impl From<SessionError> for ProbeOutcome {
    fn from(broken: SessionError) -> Self {
        match broken {
            SessionError::Tls(rustls::Error::AlertReceived(alert)) => {
                Self::Alert(alert_name(alert).into_owned())
            }
            SessionError::Closed => Self::Closed,
            SessionError::TimedOut => Self::TimedOut,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// How it ended. The server's judgement on a client is waited for only if it asked for a certificate.
pub(super) fn listen(
    connection: &mut Connection,
    stream: &mut TcpStream,
    deadline: Instant,
    question: Option<&Question>,
    was_asked: impl Fn() -> bool,
) -> Result<ProbeOutcome, ProbeOutcome> {
    let started = Instant::now();
    let left = deadline.saturating_duration_since(started).max(Duration::from_millis(1));
    stream.set_nodelay(true).and_then(|()| stream.set_write_timeout(Some(left))).map_err(io)?;
    flush(connection, stream)?;
    if let Some(text) = plain_text(stream, deadline)? {
        return Err(ProbeOutcome::PlainText(text));
    }
    while connection.is_handshaking() {
        turn(connection, stream, deadline)?;
    }
    flush(connection, stream)?;
    if !was_asked() {
        return Ok(ProbeOutcome::Agreed(None));
    }
    let mut heard = Vec::new();
    let patience = Instant::now() + QUIET.max(started.elapsed() * 4);
    settle(connection, stream, deadline.min(patience), &mut heard)?;
    let agreed = connection.alpn_protocol();
    match question.filter(|question| question.alpn.is_none_or(|name| agreed == Some(name.as_bytes()))) {
        Some(question) => ask(connection, stream, deadline, question, heard),
        None => Ok(ProbeOutcome::Agreed(None)),
    }
}

/// The first bytes, if they are not TLS. They stay where they are otherwise.
fn plain_text(stream: &mut TcpStream, deadline: Instant) -> Result<Option<Vec<u8>>, SessionError> {
    /// The content types of records (RFC 8446, section 5.1).
    const RECORDS: std::ops::RangeInclusive<u8> = 20..=24;
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left)).map_err(io)?;
    let mut first = [0];
    if stream.peek(&mut first).map_err(io)? == 0 {
        return Err(SessionError::Closed);
    }
    if RECORDS.contains(&first[0]) {
        return Ok(None);
    }
    Ok(Some(specimen(stream)))
}

/// What comes in a moment.
pub(crate) fn specimen(stream: &mut TcpStream) -> Vec<u8> {
    let mut text = Vec::new();
    let mut part = [0; SPECIMEN];
    let end = Instant::now() + REST;
    while text.len() < SPECIMEN && Instant::now() < end && stream.set_read_timeout(Some(REST)).is_ok() {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(count) => text.extend(&part[..count]),
        }
    }
    text.truncate(SPECIMEN);
    text
}

/// In TLS 1.2 the server's Finished says that it accepts the certificate. In TLS 1.3 the client is done before the server
/// has looked at it; the refusal comes with a later read, and consent with a ticket (RFC 8446, section 4.6.1), with
/// data, or with silence.
fn settle(
    connection: &mut Connection,
    stream: &mut TcpStream,
    patience: Instant,
    heard: &mut Vec<u8>,
) -> Result<(), SessionError> {
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Ok(());
    }
    loop {
        drain(connection, heard)?;
        let has_ticket =
            matches!(&*connection, Connection::Client(client) if client.tls13_tickets_received() > 0);
        if has_ticket || !heard.is_empty() {
            return Ok(());
        }
        match turn(connection, stream, patience) {
            Err(SessionError::TimedOut) => return Ok(()),
            other => other?,
        }
    }
}

fn ask(
    connection: &mut Connection,
    stream: &mut TcpStream,
    deadline: Instant,
    question: &Question,
    mut heard: Vec<u8>,
) -> Result<ProbeOutcome, ProbeOutcome> {
    connection.writer().write_all(&question.bytes).map_err(io)?;
    loop {
        let more = drain(connection, &mut heard).and_then(|()| {
            let is_enough = heard.len() > ENOUGH || (question.is_answer)(&heard);
            if is_enough { Ok(false) } else { turn(connection, stream, deadline).map(|()| true) }
        });
        match more {
            Ok(true) => {}
            Ok(false) => return Ok(ProbeOutcome::Agreed(Some(heard))),
            // An alert after half of an answer is still an alert.
            Err(SessionError::Closed | SessionError::TimedOut) if !heard.is_empty() => {
                return Ok(ProbeOutcome::Agreed(Some(heard)));
            }
            Err(broken) => return Err(broken.into()),
        }
    }
}

/// Takes the plain text that is there.
fn drain(connection: &mut Connection, heard: &mut Vec<u8>) -> Result<(), SessionError> {
    let mut part = [0; 4096];
    loop {
        match connection.reader().read(&mut part) {
            Ok(0) => return Err(SessionError::Closed),
            Ok(count) => heard.extend(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(io(error)),
        }
    }
}
