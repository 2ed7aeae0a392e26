//! A test suite's PKI in memory, and an mTLS connection with it on loopback.
//!
//! Run it with `cargo run --example in_memory --no-default-features`.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::SystemTime;

use pkictl::EphemeralPki;
use pkictl::pki::Credential;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};

fn main() -> Result<(), Box<dyn Error>> {
    // The whole PKI: three lines.
    let pki = EphemeralPki::new(SystemTime::now())?;
    let server = pki.server(&["localhost"])?;
    let client = pki.client("backend-1")?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(pki.anchor().der().to_vec()))?;
    let roots = Arc::new(roots);

    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build()?;
    let (chain, key) = rustls_form(&server);
    let server_config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    let (chain, key) = rustls_form(&client);
    let client_config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let serving = std::thread::spawn(move || -> Result<usize, std::io::Error> {
        let (mut tcp, _) = listener.accept()?;
        let mut tls = ServerConnection::new(Arc::new(server_config)).map_err(std::io::Error::other)?;
        let mut stream = Stream::new(&mut tls, &mut tcp);
        let mut question = [0; 4];
        stream.read_exact(&mut question)?;
        stream.write_all(b"pong")?;
        stream.flush()?;
        Ok(tls.peer_certificates().map_or(0, <[_]>::len))
    });

    let mut tcp = TcpStream::connect(address)?;
    let mut tls = ClientConnection::new(Arc::new(client_config), "localhost".try_into()?)?;
    let mut stream = Stream::new(&mut tls, &mut tcp);
    stream.write_all(b"ping")?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"pong");

    let certificates = serving.join().map_err(|_| "the server thread panicked")??;
    assert_eq!(certificates, 1, "the server saw the client's certificate");
    report(&server, &client)
}

fn rustls_form(credential: &Credential) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = credential.chain_der().into_iter().map(CertificateDer::from).collect();
    (chain, PrivatePkcs8KeyDer::from(credential.key_der().to_vec()).into())
}

fn report(server: &Credential, client: &Credential) -> Result<(), Box<dyn Error>> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{} called {} over mTLS", client.name, server.name)?;
    Ok(())
}
