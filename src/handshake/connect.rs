//! Two threads, one TCP connection: a client calls a server on 127.0.0.1, data goes both ways, both results are joined.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, Error, ServerConfig, ServerConnection};

use super::describe::is_beyond;
use super::speak::{LIMIT, Session, SessionError, io, speak};
use super::version::TlsVersion;
use super::{Address, Client, Leaf, Server};
use crate::parallel::in_lanes;

/// One connection to be made.
pub(crate) struct Call {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    host: ServerName<'static>,
    pub(super) version: TlsVersion,
    /// The certificate that the client must see.
    pub(super) server_leaf: Leaf,
    /// The certificate that the client has to show.
    pub(super) client_leaf: Option<Leaf>,
    /// Whether the server asks for it.
    pub(super) asks: bool,
}

/// How a connection ended on both sides.
#[derive(Debug)]
pub struct Exchange {
    pub(super) client: Result<Session, SessionError>,
    pub(super) server: Result<Session, SessionError>,
    /// From connect to the end of both sides.
    pub took: Duration,
}

impl Call {
    /// `client` calls `server` as `address`.
    pub(crate) fn new(server: &Server, client: &Client, address: &Address) -> Self {
        let (config, host) = match address {
            Address::Host(host) => (client.config.clone(), host.clone()),
            Address::Uri(uri, host) => (client.for_uri(uri), host.clone()),
        };
        Self {
            server: server.config.clone(),
            client: config,
            host,
            version: client.version,
            server_leaf: server.leaf.clone(),
            client_leaf: client.leaf.clone(),
            asks: server.asks,
        }
    }
}

impl Exchange {
    /// What the client knows, if it was satisfied.
    pub fn client(&self) -> Option<&Session> {
        self.client.as_ref().ok()
    }

    /// What the server knows, if it was satisfied.
    pub fn server(&self) -> Option<&Session> {
        self.server.as_ref().ok()
    }

    /// How it ended for the client, in words.
    pub fn client_says(&self) -> String {
        says(&self.client)
    }

    /// How it ended for the server, in words.
    pub fn server_says(&self) -> String {
        says(&self.server)
    }

    /// Why it proves nothing: a side met a signature that it cannot check.
    pub(super) fn beyond(&self) -> Option<String> {
        [("client", &self.client), ("server", &self.server)].into_iter().find_map(|(side, result)| {
            match result {
                Err(broken @ SessionError::Tls(Error::InvalidCertificate(error))) if is_beyond(error) => {
                    Some(format!("the {side} cannot judge the certificate: {broken}"))
                }
                _ => None,
            }
        })
    }

    pub(super) fn not_tried() -> Self {
        Self::failed("no thread could be started for it")
    }

    fn failed(reason: &str) -> Self {
        let broken = || Err(SessionError::Io(reason.to_owned()));
        Self { client: broken(), server: broken(), took: Duration::ZERO }
    }
}

fn says(side: &Result<Session, SessionError>) -> String {
    side.as_ref().err().map_or_else(|| "accepted".into(), ToString::to_string)
}

/// Makes all calls, as many at once as there are processors; the results have the order of the calls.
pub(crate) fn all(calls: &[Call]) -> Vec<Exchange> {
    in_lanes(calls, |next| lane(next))
}

/// A client thread (this one) and a server thread with its listener, which take one call after the other.
fn lane(calls: &mut dyn Iterator<Item = (usize, &Call)>) -> Vec<(usize, Exchange)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listener = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    thread::scope(|scope| {
        let (to_server, orders) = channel();
        let (report, from_server) = channel();
        let ready = listener.and_then(|(address, listener)| {
            listener.set_nonblocking(true)?;
            let serve = move || serve(&listener, &orders, &report);
            Ok((address, thread::Builder::new().spawn_scoped(scope, serve)?))
        });
        let mut done = Vec::new();
        for (index, call) in calls {
            let exchange = match &ready {
                Ok((address, _)) => ask(call, *address, &to_server, &from_server),
                Err(error) => Exchange::failed(&format!("no server could be started on 127.0.0.1: {error}")),
            };
            done.push((index, exchange));
        }
        drop(to_server);
        // A server that panicked has failed its own connections; a scope would let it end all others, too.
        if let Ok((_, server)) = ready {
            let _ = server.join();
        }
        done
    })
}

/// What the server thread is told: how to serve, and the address that the connection comes from.
type Order = (Arc<ServerConfig>, SocketAddr);

fn ask(
    call: &Call,
    address: SocketAddr,
    to_server: &Sender<Order>,
    from_server: &Receiver<Result<Session, SessionError>>,
) -> Exchange {
    let started = Instant::now();
    let connection = match ClientConnection::new(call.client.clone(), call.host.clone()) {
        Ok(connection) => Connection::Client(connection),
        Err(error) => {
            return Exchange { client: Err(SessionError::Tls(error)), ..Exchange::failed("not called") };
        }
    };
    let stream = TcpStream::connect_timeout(&address, LIMIT).and_then(|one| Ok((one.local_addr()?, one)));
    let (own, stream) = match stream {
        Ok(connected) => connected,
        Err(error) => return Exchange::failed(&format!("no connection to 127.0.0.1: {error}")),
    };
    let gone = || Err(SessionError::Io("the server thread ended".into()));
    if to_server.send((call.server.clone(), own)).is_err() {
        return Exchange { client: gone(), server: gone(), took: started.elapsed() };
    }
    let client = speak(connection, stream, started + LIMIT);
    // The server gives up by itself, at the latest when its own limit is over.
    let server = from_server.recv().unwrap_or_else(|_| gone());
    Exchange { client, server, took: started.elapsed() }
}

fn serve(listener: &TcpListener, orders: &Receiver<Order>, report: &Sender<Result<Session, SessionError>>) {
    for (config, caller) in orders {
        let deadline = Instant::now() + LIMIT;
        let result = accept(listener, caller, deadline).and_then(|stream| {
            let connection = ServerConnection::new(config).map_err(SessionError::Tls)?;
            speak(Connection::Server(connection), stream, deadline)
        });
        if report.send(result).is_err() {
            return;
        }
    }
}

/// The connection that comes from `caller`; connections from elsewhere on this machine are dropped.
pub(crate) fn accept(
    listener: &TcpListener,
    caller: SocketAddr,
    deadline: Instant,
) -> Result<TcpStream, SessionError> {
    while Instant::now() < deadline {
        match listener.accept() {
            Ok((stream, peer)) if peer == caller => {
                // BSD and Windows hand the listener's mode on.
                stream.set_nonblocking(false).map_err(io)?;
                return Ok(stream);
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_micros(200)),
            Err(error) => return Err(io(error)),
        }
    }
    Err(SessionError::TimedOut)
}
