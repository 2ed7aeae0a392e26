//! The router: it ends TLS or passes it on by name, decides by host and path, and calls the pod.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::ServerName;
use rustls::server::{Accepted, Acceptor};
use rustls::{ClientConfig, ClientConnection, ServerConfig};

use super::http::{self, HttpRequest};
use super::table::{Plain, RouteTable};
use super::wire::{broken, end, over_tls, pair, pass, spawn};
use super::{RouterError, pod};
use crate::handshake::{Server, SessionError};

/// A router with its Routes; a Route is known by its place.
pub(super) struct Router<'a> {
    pub(super) table: RouteTable<'a>,
    /// What is shown for hosts without a certificate of their own.
    pub(super) default: Server,
    /// What is behind each Route; nothing behind those that were not admitted.
    pub(super) backends: Vec<Option<Backend>>,
    /// A pod with an untrusted certificate.
    pub(super) foreign_pod: Arc<ServerConfig>,
}

/// One Route in the router.
pub(super) struct Backend {
    /// The certificate that is shown for its host.
    pub(super) shown: Option<Server>,
    pub(super) backend: Upstream,
}

/// How the pod is called.
pub(super) enum Upstream {
    Plain,
    Tls {
        router: Arc<ClientConfig>,
        pod: Arc<ServerConfig>,
    },
    /// The pod ends TLS itself.
    Raw {
        pod: Arc<ServerConfig>,
    },
    Nobody(RouterError),
}

/// What the router did with a connection.
#[derive(Debug, Default)]
pub(super) struct RouterTrace {
    /// Why there was no page.
    pub(super) why: Option<RouterError>,
    /// What the pod says, if it was called and did not answer.
    pub(super) pod: Option<SessionError>,
}

impl From<RouterError> for RouterTrace {
    fn from(why: RouterError) -> Self {
        Self { why: Some(why), pod: None }
    }
}

impl Router<'_> {
    /// A connection to the port for plain HTTP.
    pub(super) fn http(&self, mut stream: TcpStream) -> RouterTrace {
        let trace = match read(&mut stream) {
            Ok((head, asked)) => {
                let (answer, trace) = match self.table.http(&asked.host, &asked.path) {
                    Plain::Redirect => {
                        let to = format!("https://{}{}", asked.host, asked.path);
                        (http::response(302, Some(&to), ""), RouterTrace::default())
                    }
                    Plain::Pod(route) => self.forward(&head, Some(route), false),
                    Plain::Nobody => self.forward(&head, None, false),
                };
                // A visitor that left says so itself.
                let _ = stream.write_all(&answer);
                trace
            }
            Err(_) => RouterTrace::default(),
        };
        end(&mut stream);
        trace
    }

    /// A connection to the port for TLS. With `foreign`, the pod that is called is not the Route's.
    pub(super) fn https(&self, mut stream: TcpStream, foreign: bool) -> RouterTrace {
        let Ok((hello, bytes)) = read_hello(&mut stream) else { return RouterTrace::default() };
        let name = hello.client_hello().server_name().map(str::to_owned);
        let passthrough = name.as_deref().and_then(|name| self.table.passthrough(name));
        if let Some(route) = passthrough {
            return self.pass_on(route, stream, &bytes);
        }
        let own = name.as_deref().and_then(|name| self.table.certificate(name));
        let own = own.and_then(|route| self.backends.get(route)?.as_ref()?.shown.as_ref());
        let Ok(connection) = hello.into_connection(own.unwrap_or(&self.default).config.clone()) else {
            return RouterTrace::default();
        };
        let talk = |stream: &mut rustls::Stream<'_, _, TcpStream>| {
            let (head, asked) = read(stream)?;
            let (answer, trace) = self.forward(&head, self.table.https(&asked.host, &asked.path), foreign);
            stream.write_all(&answer)?;
            stream.flush()?;
            Ok(trace)
        };
        over_tls(connection, stream, talk).0.unwrap_or_default()
    }

    /// Calls the pod of a Route and returns its answer, or 503.
    fn forward(&self, head: &[u8], route: Option<usize>, foreign: bool) -> (Vec<u8>, RouterTrace) {
        let backend = route.and_then(|route| Some((route, self.backends.get(route)?.as_ref()?)));
        let trace = match backend {
            None => RouterError::NoRoute.into(),
            Some((_, Backend { backend: Upstream::Nobody(why), .. })) => why.clone().into(),
            Some((_, Backend { backend: Upstream::Raw { .. }, .. })) => RouterError::NoRoute.into(),
            Some((route, Backend { backend: Upstream::Plain, .. })) => {
                match call(route, None, |stream| ask(stream, head)) {
                    Ok(answer) => return (answer, RouterTrace::default()),
                    Err(trace) => *trace,
                }
            }
            Some((route, Backend { backend: Upstream::Tls { router, pod }, .. })) => {
                let pod = if foreign { &self.foreign_pod } else { pod };
                match call(route, Some(pod.clone()), |stream| ask_over_tls(router, stream, head)) {
                    Ok(answer) => return (answer, RouterTrace::default()),
                    Err(trace) => *trace,
                }
            }
        };
        let status = trace.why.as_ref().map_or(503, RouterError::status);
        (http::response(status, None, "no pod"), trace)
    }

    /// Passes a connection on, with what was read of it already.
    fn pass_on(&self, route: usize, mut stream: TcpStream, bytes: &[u8]) -> RouterTrace {
        let backend = self.backends.get(route).and_then(Option::as_ref);
        let Some(Backend { backend: Upstream::Raw { pod }, .. }) = backend else {
            return match backend {
                Some(Backend { backend: Upstream::Nobody(why), .. }) => why.clone().into(),
                _ => RouterError::NoRoute.into(),
            };
        };
        let relay = |mut to_pod: TcpStream| {
            let failed = |error| RouterError::Pod(broken(error).into());
            to_pod.write_all(bytes).map_err(failed)?;
            let (mut from_visitor, mut into_pod) =
                (stream.try_clone().map_err(failed)?, to_pod.try_clone().map_err(failed)?);
            thread::scope(|scope| {
                spawn(scope, move || pass(&mut from_visitor, &mut into_pod))?;
                pass(&mut to_pod, &mut stream);
                Ok(vec![])
            })
            .map_err(|error: SessionError| RouterError::Pod(error.into()))
        };
        match call(route, Some(pod.clone()), relay) {
            Ok(_) => RouterTrace::default(),
            Err(trace) => RouterTrace { why: None, ..*trace },
        }
    }
}

/// Lets a pod serve one connection while `talk` talks to it.
fn call(
    route: usize,
    config: Option<Arc<ServerConfig>>,
    talk: impl FnOnce(TcpStream) -> Result<Vec<u8>, RouterError>,
) -> Result<Vec<u8>, Box<RouterTrace>> {
    let (to_pod, served) = match pair() {
        Ok(pair) => pair,
        Err(error) => return Err(Box::new(RouterError::Pod(error.into()).into())),
    };
    let (answer, pod) =
        thread::scope(|scope| match spawn(scope, move || pod::serve(served, config, route)) {
            Ok(pod) => {
                let answer = talk(to_pod);
                (answer, pod.join().unwrap_or(Err(SessionError::Closed)))
            }
            Err(error) => (Err(RouterError::Pod(error.into())), Ok(())),
        });
    match (answer, pod) {
        (Ok(answer), Ok(())) => Ok(answer),
        (Ok(_), Err(pod)) => Err(Box::new(RouterTrace { why: None, pod: Some(pod) })),
        (Err(why), pod) => Err(Box::new(RouterTrace { why: Some(why), pod: pod.err() })),
    }
}

fn ask(mut stream: TcpStream, head: &[u8]) -> Result<Vec<u8>, RouterError> {
    let answer = stream.write_all(head).and_then(|()| http::read_response(&mut stream));
    end(&mut stream);
    answer.map(|(_, bytes)| bytes).map_err(|error| RouterError::PodLeft(broken(error).into()))
}

fn ask_over_tls(config: &Arc<ClientConfig>, stream: TcpStream, head: &[u8]) -> Result<Vec<u8>, RouterError> {
    // An address is not sent as a server name, and the router sends none.
    let nameless = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let connection = ClientConnection::new(config.clone(), nameless)
        .map_err(|error| RouterError::Pod(SessionError::Tls(error).into()))?;
    let talk = |stream: &mut rustls::Stream<'_, _, TcpStream>| {
        stream.write_all(head)?;
        Ok(http::read_response(stream)?.1)
    };
    let (answer, connection) = over_tls(connection, stream, talk);
    answer.map_err(|error| match connection.is_handshaking() {
        true => RouterError::Pod(error.into()),
        false => RouterError::PodLeft(error.into()),
    })
}

fn read(stream: &mut impl Read) -> std::io::Result<(Vec<u8>, HttpRequest)> {
    let head = http::read_head(stream)?;
    let asked = http::parse_request(&head)?;
    Ok((head, asked))
}

/// Reads until the first message of TLS is whole; returns it with the bytes that were read.
fn read_hello(stream: &mut TcpStream) -> std::io::Result<(Accepted, Vec<u8>)> {
    let (mut acceptor, mut bytes) = (Acceptor::default(), Vec::new());
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        let mut read = &buffer[..count];
        bytes.extend(read);
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        // It takes as much as it has room for.
        while !read.is_empty() {
            acceptor.read_tls(&mut read)?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok((accepted, bytes)),
            Ok(None) => {}
            Err((error, mut alert)) => {
                alert.write_all(stream)?;
                return Err(std::io::Error::other(error));
            }
        }
    }
}
