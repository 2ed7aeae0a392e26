//! A visitor calls the router, and what comes of it.

use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error};

use super::RouterError;
use super::http::{self, HttpResponse};
use super::router::{Router, RouterTrace};
use super::wire::{broken, end, over_tls, pair, spawn};
use crate::handshake::SessionError;
use crate::parallel::in_lanes;

/// Who comes, how, and for what.
pub(super) struct Visit {
    pub(super) host: String,
    pub(super) path: String,
    /// The visitor's side of TLS; without it, it comes to the port for plain HTTP.
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Behind a re-encrypt Route is a foreign pod.
    pub(super) foreign_pod: bool,
}

/// What came of a visit.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) got: Result<HttpResponse, SessionError>,
    /// The leaf that the visitor took.
    pub(super) leaf: Option<Vec<u8>>,
    pub(super) router: RouterTrace,
    pub(super) took: Duration,
}

/// Makes all visits, as many at once as there are processors; the responses have the order of the visits.
pub(super) fn all(router: &Router<'_>, visits: &[Visit]) -> Vec<Response> {
    in_lanes(visits, |next| next.map(|(place, visit)| (place, go(router, visit))).collect())
}

fn go(router: &Router<'_>, visit: &Visit) -> Response {
    let started = Instant::now();
    let failed = |error| Response {
        got: Err(error),
        leaf: None,
        router: RouterTrace::default(),
        took: started.elapsed(),
    };
    let (calling, called) = match pair() {
        Ok(pair) => pair,
        Err(error) => return failed(error),
    };
    thread::scope(|scope| {
        let serve = move || match &visit.tls {
            Some(_) => router.https(called, visit.foreign_pod),
            None => router.http(called),
        };
        let serving = match spawn(scope, serve) {
            Ok(serving) => serving,
            Err(error) => return failed(error),
        };
        let (got, leaf) = match &visit.tls {
            Some(config) => over(config, calling, visit),
            None => (plain(calling, visit), None),
        };
        let router = serving.join().unwrap_or_default();
        Response { got, leaf, router, took: started.elapsed() }
    })
}

fn plain(mut stream: TcpStream, visit: &Visit) -> Result<HttpResponse, SessionError> {
    let sent = stream.write_all(&http::request(&visit.host, &visit.path));
    let answer = sent.and_then(|()| http::read_response(&mut stream));
    end(&mut stream);
    Ok(answer.map_err(broken)?.0)
}

fn over(
    config: &Arc<ClientConfig>,
    stream: TcpStream,
    visit: &Visit,
) -> (Result<HttpResponse, SessionError>, Option<Vec<u8>>) {
    let connection = ServerName::try_from(visit.host.clone())
        .map_err(|_| {
            SessionError::Io(format!("{:?} is not a host name that a TLS client accepts", visit.host))
        })
        .and_then(|name| ClientConnection::new(config.clone(), name).map_err(SessionError::Tls));
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => return (Err(error), None),
    };
    let talk = |stream: &mut rustls::Stream<'_, _, TcpStream>| {
        stream.write_all(&http::request(&visit.host, &visit.path))?;
        Ok(http::read_response(stream)?.0)
    };
    let (result, connection) = over_tls(connection, stream, talk);
    let leaf = connection.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
    (result, leaf)
}

impl fmt::Display for Response {
    /// What the visitor got, and why no page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.got {
            Ok(HttpResponse { status: 200, .. }) => f.write_str("200 from the pod"),
            Ok(HttpResponse { status, location: Some(to), .. }) => write!(f, "{status} to {to}"),
            Ok(HttpResponse { status, .. }) => {
                match &self.router.why {
                    // HAProxy answers 503 if it learns of the end before it has sent the request, otherwise 502.
                    Some(RouterError::PodLeft(_)) => f.write_str("502 or 503 from the router")?,
                    _ => write!(f, "{status} from the router")?,
                }
                if let Some(why) = &self.router.why {
                    write!(f, ": {why}")?;
                }
                self.pod_says(f)
            }
            Err(SessionError::Tls(error @ Error::AlertReceived(_))) => {
                write!(f, "no page: the visitor {}", SessionError::Tls(error.clone()))?;
                self.pod_says(f)
            }
            Err(SessionError::Tls(error)) => {
                write!(f, "no page: the visitor refuses: {}", SessionError::Tls(error.clone()))
            }
            Err(error) => {
                write!(f, "no page: {error}")?;
                if let Some(why) = &self.router.why {
                    write!(f, "; the router: {why}")?;
                }
                self.pod_says(f)
            }
        }
    }
}

impl Response {
    fn pod_says(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.router.pod {
            Some(pod) => write!(f, "; the pod: {pod}"),
            None => Ok(()),
        }
    }
}
