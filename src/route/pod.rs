//! A pod: it answers one request with what it was asked, so that a visitor can tell which pod that was.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

use super::http;
use super::wire::{broken, end, over_tls};
use crate::handshake::SessionError;

/// Serves one connection, with TLS or without.
pub(super) fn serve(
    mut stream: TcpStream,
    config: Option<Arc<ServerConfig>>,
    owner: usize,
) -> Result<(), SessionError> {
    match config {
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(SessionError::Tls)?;
            over_tls(connection, stream, |stream| answer(stream, "https", owner)).0
        }
        None => {
            let result = answer(&mut stream, "http", owner).map_err(broken);
            end(&mut stream);
            result
        }
    }
}

/// What the pod of a Route, known by its place, says to a request.
pub(super) fn page(owner: usize, scheme: &str, host: &str, path: &str) -> String {
    format!("pod {owner} was asked over {scheme} for {path} on {host}")
}

fn answer(stream: &mut (impl Read + Write), scheme: &str, owner: usize) -> std::io::Result<()> {
    let asked = http::parse_request(&http::read_head(stream)?)?;
    stream.write_all(&http::response(200, None, &page(owner, scheme, &asked.host, &asked.path)))?;
    stream.flush()
}
