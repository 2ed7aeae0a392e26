//! `openssl s_server` with a credential of ours, which answers every request with a page.

use super::table::Credential;
use crate::harness::{Judge, Server, free_port};

/// What every client sends.
pub const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";
/// What the server answers when the handshake and the data both went through.
pub const ANSWER: &str = "HTTP/1.0 200 ok";

/// Starts a server; with `mutual` it asks for a client certificate of its own environment and insists.
#[track_caller]
pub fn serve(openssl: &Judge, credential: &Credential, mutual: bool) -> (Server, u16) {
    let port = free_port();
    let mut command = openssl.command();
    command.arg("s_server").arg("-accept").arg(format!("127.0.0.1:{port}")).arg("-www");
    command.arg("-cert").arg(&credential.leaf).arg("-key").arg(&credential.key);
    if let Some(intermediates) = &credential.intermediates {
        command.arg("-cert_chain").arg(intermediates);
    }
    if mutual {
        command.args(["-Verify", "4", "-verify_return_error", "-x509_strict", "-no-CApath", "-no-CAstore"]);
        command.arg("-CAfile").arg(&credential.anchor);
    }
    (Server::start(command, port), port)
}
