//! A test suite's PKI in memory: a mutual TLS connection on loopback, and clients that the server must refuse.
//!
//! Run it with `cargo run --example in_memory --no-default-features`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use pkictl::rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use pkictl::{ClientAuth, EphemeralPki};

fn main() -> Result<(), Box<dyn Error>> {
    let pki = EphemeralPki::new()?;
    let server = pki.server_config(&pki.server("localhost")?, ClientAuth::Required)?;

    let good = pki.client("backend-1")?;
    let expired = pki.issue_client("backend-1").expired().issue()?;
    let wrong_purpose = pki.issue_client("backend-1").wrong_purpose().issue()?;
    let foreign = EphemeralPki::new()?.client("backend-1")?;

    let mut stdout = std::io::stdout().lock();
    for (name, client) in
        [("good", good), ("expired", expired), ("wrong purpose", wrong_purpose), ("foreign", foreign)]
    {
        let answer = call(server.clone(), pki.client_config(Some(&client))?);
        writeln!(stdout, "{name}: {}", answer.unwrap_or_else(|error| format!("refused, {error}")))?;
    }
    Ok(())
}

/// What the client reads, or why the server refuses it.
fn call(server: Arc<ServerConfig>, client: Arc<ClientConfig>) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let tcp = TcpStream::connect(listener.local_addr()?)?;
    let mut tls = StreamOwned::new(ServerConnection::new(server)?, listener.accept()?.0);
    let serving = thread::spawn(move || tls.write_all(b"hello"));

    let mut greeting = [0; 5];
    let mut tls = StreamOwned::new(ClientConnection::new(client, "localhost".try_into()?)?, tcp);
    let read = tls.read_exact(&mut greeting);
    serving.join().map_err(|_| "the server's thread panicked")??;
    read?;
    Ok(String::from_utf8_lossy(&greeting).into_owned())
}
