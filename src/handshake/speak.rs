//! One side of a connection: handshake, data both ways, and an end at which no alert gets lost.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustls::{Connection, ProtocolVersion};

use super::describe::{describe, group_name};
use super::version::TlsVersion;

/// Time for one connection, from connect to close. On loopback only a defect needs more than milliseconds.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);
/// What the client sends and the server returns.
const MESSAGE: &[u8] = b"pkictl verify: there and back again";

/// What one side knows of a connection that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The TLS version, if it is a known one.
    pub version: Option<TlsVersion>,
    /// The group of the key exchange: `X25519`.
    pub key_exchange: String,
    /// The leaf that the other side showed, in DER.
    pub peer: Option<Vec<u8>>,
}

/// Why a side has no session.
#[derive(Debug)]
pub(crate) enum SessionError {
    /// A TLS error, or an alert from the other side.
    Tls(rustls::Error),
    /// The operating system said no.
    Io(String),
    /// Nothing came in time.
    TimedOut,
    /// The connection was closed without a reason.
    Closed,
    /// Something else came back than was sent.
    OtherData,
}

/// Handshake, data both ways, and an end at which no alert gets lost.
pub(super) fn speak(
    mut connection: Connection,
    mut stream: TcpStream,
    deadline: Instant,
) -> Result<Session, SessionError> {
    stream.set_nodelay(true).map_err(io)?;
    stream.set_write_timeout(Some(LIMIT)).map_err(io)?;
    let result = talk(&mut connection, &mut stream, deadline);
    if result.is_ok() {
        connection.send_close_notify();
    }
    // On failure this is the alert that tells the other side why; if it cannot be sent, the other side will say so.
    let _ = flush(&mut connection, &mut stream);
    linger(&mut stream, deadline);
    result.map(|()| session(&connection))
}

fn talk(connection: &mut Connection, stream: &mut TcpStream, deadline: Instant) -> Result<(), SessionError> {
    while connection.is_handshaking() {
        turn(connection, stream, deadline)?;
    }
    // With TLS 1.3 a client whose certificate is refused learns it only now, from the first read.
    if matches!(connection, Connection::Client(_)) {
        connection.writer().write_all(MESSAGE).map_err(io)?;
    }
    let received = receive(connection, stream, deadline)?;
    if received != MESSAGE {
        return Err(SessionError::OtherData);
    }
    if matches!(connection, Connection::Server(_)) {
        connection.writer().write_all(&received).map_err(io)?;
        flush(connection, stream)?;
    }
    Ok(())
}

/// As many bytes as the message has.
fn receive(
    connection: &mut Connection,
    stream: &mut TcpStream,
    deadline: Instant,
) -> Result<Vec<u8>, SessionError> {
    let mut received = vec![0; MESSAGE.len()];
    let mut length = 0;
    while length < received.len() {
        match connection.reader().read(&mut received[length..]) {
            Ok(0) => return Err(SessionError::Closed),
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => turn(connection, stream, deadline)?,
            Err(error) => return Err(io(error)),
        }
    }
    Ok(received)
}

/// Sends what waits, then reads what comes.
pub(super) fn turn(
    connection: &mut Connection,
    stream: &mut TcpStream,
    deadline: Instant,
) -> Result<(), SessionError> {
    flush(connection, stream)?;
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(SessionError::TimedOut);
    }
    stream.set_read_timeout(Some(left)).map_err(io)?;
    match connection.read_tls(stream) {
        Ok(0) => Err(SessionError::Closed),
        Ok(_) => connection.process_new_packets().map(drop).map_err(SessionError::Tls),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) => Err(io(error)),
    }
}

pub(super) fn flush(connection: &mut Connection, stream: &mut TcpStream) -> Result<(), SessionError> {
    while connection.wants_write() {
        connection.write_tls(stream).map_err(io)?;
    }
    Ok(())
}

/// Closing a socket with unread data in it resets the connection, which can destroy an alert on its way. So each side
/// says that it is done and then waits for the other.
pub(crate) fn linger(stream: &mut TcpStream, deadline: Instant) {
    let mut rest = [0; 4096];
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut rest) {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

fn session(connection: &Connection) -> Session {
    Session {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Some(TlsVersion::V12),
            Some(ProtocolVersion::TLSv1_3) => Some(TlsVersion::V13),
            _ => None,
        },
        key_exchange: connection
            .negotiated_key_exchange_group()
            .map_or_else(|| "no key exchange".into(), |group| group_name(group.name())),
        peer: connection.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec()),
    }
}

pub(crate) fn io(error: std::io::Error) -> SessionError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => SessionError::TimedOut,
        ErrorKind::UnexpectedEof => SessionError::Closed,
        _ => SessionError::Io(format!("connection lost: {error}")),
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => f.write_str(&describe(error)),
            Self::Io(reason) => f.write_str(reason),
            Self::TimedOut => write!(f, "no answer within {} s", LIMIT.as_secs()),
            Self::Closed => f.write_str("the connection was closed without an alert"),
            Self::OtherData => f.write_str("other data came back than was sent"),
        }
    }
}
