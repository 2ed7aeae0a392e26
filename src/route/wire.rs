//! Connections over loopback TCP, and streams of TLS over them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ops::DerefMut;
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Instant;

use rustls::{ConnectionCommon, SideData, Stream};

use crate::handshake::{LIMIT, SessionError, accept, io, linger};

/// Both ends of a new connection: who called, and who was called. The listener is gone when this returns.
pub(super) fn pair() -> Result<(TcpStream, TcpStream), SessionError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io)?;
    let address = listener.local_addr().map_err(io)?;
    listener.set_nonblocking(true).map_err(io)?;
    let calling = TcpStream::connect_timeout(&address, LIMIT).map_err(io)?;
    let called = accept(&listener, calling.local_addr().map_err(io)?, Instant::now() + LIMIT)?;
    for stream in [&calling, &called] {
        stream.set_nodelay(true).map_err(io)?;
        stream.set_read_timeout(Some(LIMIT)).map_err(io)?;
        stream.set_write_timeout(Some(LIMIT)).map_err(io)?;
    }
    Ok((calling, called))
}

/// Runs `talk` over TLS and ends the connection so that no alert gets lost.
pub(super) fn over_tls<T, C, S>(
    mut connection: C,
    mut stream: TcpStream,
    talk: impl FnOnce(&mut Stream<'_, C, TcpStream>) -> std::io::Result<T>,
) -> (Result<T, SessionError>, C)
where
    C: DerefMut<Target = ConnectionCommon<S>>,
    S: SideData,
{
    let result = talk(&mut Stream::new(&mut connection, &mut stream)).map_err(broken);
    if result.is_ok() {
        connection.send_close_notify();
    }
    // If an alert cannot be sent, the other side will say so.
    while connection.wants_write() && connection.write_tls(&mut stream).is_ok_and(|count| count > 0) {}
    end(&mut stream);
    (result, connection)
}

/// Says that nothing more comes, and waits for the other side to say so.
pub(super) fn end(stream: &mut TcpStream) {
    linger(stream, Instant::now() + LIMIT);
}

/// Starts a thread; the error is that of a machine that has no more of them.
pub(super) fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, SessionError> {
    Builder::new().spawn_scoped(scope, work).map_err(io)
}

/// Passes bytes on, untouched, until there are no more.
pub(super) fn pass(from: &mut TcpStream, to: &mut TcpStream) {
    // A broken connection is noticed by the side that waits at its end.
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// What TLS said, or the operating system.
pub(super) fn broken(error: std::io::Error) -> SessionError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => SessionError::Tls(tls.clone()),
        None => io(error),
    }
}
