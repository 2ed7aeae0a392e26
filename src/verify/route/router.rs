//! The router: it ends TLS or passes it on by name, decides by host and path, and calls the pod.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::ServerName;
use rustls::server::{Accepted, Acceptor};
use rustls::{ClientConfig, ClientConnection, ServerConfig};

use super::http::{self, Request};
use super::table::{Plain, Table};
use super::wire::{broken, end, over_tls, pair, pass, spawn};
use super::{Why, pod};
use crate::verify::handshake::{Broken, Server};

/// A router with its Routes; a Route is known by its place.
pub(super) struct Router<'a> {
    pub(super) table: Table<'a>,
    /// What is shown for hosts without a certificate of their own.
    pub(super) default: Server,
    /// What stands behind each Route; nothing behind those that were not admitted.
    pub(super) legs: Vec<Option<Leg>>,
    /// A pod with a certificate that nobody trusts.
    pub(super) foreign_pod: Arc<ServerConfig>,
}

/// One Route in the router.
pub(super) struct Leg {
    /// The certificate that is shown for its host.
    pub(super) shown: Option<Server>,
    pub(super) backend: Backend,
}

/// How the pod is called.
pub(super) enum Backend {
    Plain,
    Tls {
        router: Arc<ClientConfig>,
        pod: Arc<ServerConfig>,
    },
    /// The pod ends TLS itself.
    Raw {
        pod: Arc<ServerConfig>,
    },
    Nobody(Why),
}

/// What the router did with a connection.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Why there was no page.
    pub(super) why: Option<Why>,
    /// What the pod says, if it was called and did not answer.
    pub(super) pod: Option<Broken>,
}

impl From<Why> for Trail {
    fn from(why: Why) -> Self {
        Self { why: Some(why), pod: None }
    }
}

impl Router<'_> {
    /// A connection to the port for plain HTTP.
    pub(super) fn http(&self, mut stream: TcpStream) -> Trail {
        let trail = match read(&mut stream) {
            Ok((head, asked)) => {
                let (answer, trail) = match self.table.http(&asked.host, &asked.path) {
                    Plain::Redirect => {
                        let to = format!("https://{}{}", asked.host, asked.path);
                        (http::response(302, Some(&to), ""), Trail::default())
                    }
                    Plain::Pod(route) => self.forward(&head, Some(route), false),
                    Plain::Nobody => self.forward(&head, None, false),
                };
                // A visitor who left says so himself.
                let _ = stream.write_all(&answer);
                trail
            }
            Err(_) => Trail::default(),
        };
        end(&mut stream);
        trail
    }

    /// A connection to the port for TLS. With `foreign`, the pod that is called is not the Route's.
    pub(super) fn https(&self, mut stream: TcpStream, foreign: bool) -> Trail {
        let Ok((hello, bytes)) = read_hello(&mut stream) else { return Trail::default() };
        let name = hello.client_hello().server_name().map(str::to_owned);
        let passthrough = name.as_deref().and_then(|name| self.table.passthrough(name));
        if let Some(route) = passthrough {
            return self.pass_on(route, stream, &bytes);
        }
        let own = name.as_deref().and_then(|name| self.table.certificate(name));
        let own = own.and_then(|route| self.legs.get(route)?.as_ref()?.shown.as_ref());
        let Ok(connection) = hello.into_connection(own.unwrap_or(&self.default).config.clone()) else {
            return Trail::default();
        };
        let talk = |stream: &mut rustls::Stream<'_, _, TcpStream>| {
            let (head, asked) = read(stream)?;
            let (answer, trail) = self.forward(&head, self.table.https(&asked.host, &asked.path), foreign);
            stream.write_all(&answer)?;
            stream.flush()?;
            Ok(trail)
        };
        over_tls(connection, stream, talk).0.unwrap_or_default()
    }

    /// Calls the pod of a Route and returns its answer, or 503.
    fn forward(&self, head: &[u8], route: Option<usize>, foreign: bool) -> (Vec<u8>, Trail) {
        let leg = route.and_then(|route| Some((route, self.legs.get(route)?.as_ref()?)));
        let trail = match leg {
            None => Why::NoRoute.into(),
            Some((_, Leg { backend: Backend::Nobody(why), .. })) => why.clone().into(),
            Some((_, Leg { backend: Backend::Raw { .. }, .. })) => Why::NoRoute.into(),
            Some((route, Leg { backend: Backend::Plain, .. })) => {
                match call(route, None, |stream| ask(stream, head)) {
                    Ok(answer) => return (answer, Trail::default()),
                    Err(trail) => *trail,
                }
            }
            Some((route, Leg { backend: Backend::Tls { router, pod }, .. })) => {
                let pod = if foreign { &self.foreign_pod } else { pod };
                match call(route, Some(pod.clone()), |stream| ask_over_tls(router, stream, head)) {
                    Ok(answer) => return (answer, Trail::default()),
                    Err(trail) => *trail,
                }
            }
        };
        let status = trail.why.as_ref().map_or(503, Why::status);
        (http::response(status, None, "no pod"), trail)
    }

    /// Passes a connection on, with what was read of it already.
    fn pass_on(&self, route: usize, mut stream: TcpStream, bytes: &[u8]) -> Trail {
        let leg = self.legs.get(route).and_then(Option::as_ref);
        let Some(Leg { backend: Backend::Raw { pod }, .. }) = leg else {
            return match leg {
                Some(Leg { backend: Backend::Nobody(why), .. }) => why.clone().into(),
                _ => Why::NoRoute.into(),
            };
        };
        let relay = |mut to_pod: TcpStream| {
            let failed = |error| Why::Pod(broken(error).into());
            to_pod.write_all(bytes).map_err(failed)?;
            let (mut from_visitor, mut into_pod) =
                (stream.try_clone().map_err(failed)?, to_pod.try_clone().map_err(failed)?);
            thread::scope(|scope| {
                spawn(scope, move || pass(&mut from_visitor, &mut into_pod))?;
                pass(&mut to_pod, &mut stream);
                Ok(vec![])
            })
            .map_err(|error: Broken| Why::Pod(error.into()))
        };
        match call(route, Some(pod.clone()), relay) {
            Ok(_) => Trail::default(),
            Err(trail) => Trail { why: None, ..*trail },
        }
    }
}

/// Lets a pod serve one connection while `talk` talks to it.
fn call(
    route: usize,
    config: Option<Arc<ServerConfig>>,
    talk: impl FnOnce(TcpStream) -> Result<Vec<u8>, Why>,
) -> Result<Vec<u8>, Box<Trail>> {
    let (to_pod, served) = match pair() {
        Ok(pair) => pair,
        Err(error) => return Err(Box::new(Why::Pod(error.into()).into())),
    };
    let (answer, pod) =
        thread::scope(|scope| match spawn(scope, move || pod::serve(served, config, route)) {
            Ok(pod) => {
                let answer = talk(to_pod);
                (answer, pod.join().unwrap_or(Err(Broken::Closed)))
            }
            Err(error) => (Err(Why::Pod(error.into())), Ok(())),
        });
    match (answer, pod) {
        (Ok(answer), Ok(())) => Ok(answer),
        (Ok(_), Err(pod)) => Err(Box::new(Trail { why: None, pod: Some(pod) })),
        (Err(why), pod) => Err(Box::new(Trail { why: Some(why), pod: pod.err() })),
    }
}

fn ask(mut stream: TcpStream, head: &[u8]) -> Result<Vec<u8>, Why> {
    let answer = stream.write_all(head).and_then(|()| http::read_response(&mut stream));
    end(&mut stream);
    answer.map(|(_, bytes)| bytes).map_err(|error| Why::PodLeft(broken(error).into()))
}

fn ask_over_tls(config: &Arc<ClientConfig>, stream: TcpStream, head: &[u8]) -> Result<Vec<u8>, Why> {
    // An address is not sent as a server name, and the router sends none.
    let nameless = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    let connection = ClientConnection::new(config.clone(), nameless)
        .map_err(|error| Why::Pod(Broken::Tls(error).into()))?;
    let talk = |stream: &mut rustls::Stream<'_, _, TcpStream>| {
        stream.write_all(head)?;
        Ok(http::read_response(stream)?.1)
    };
    let (answer, connection) = over_tls(connection, stream, talk);
    answer.map_err(|error| match connection.is_handshaking() {
        true => Why::Pod(error.into()),
        false => Why::PodLeft(error.into()),
    })
}

fn read(stream: &mut impl Read) -> std::io::Result<(Vec<u8>, Request)> {
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
