//! The PKI of a Rust test suite: handshakes by rustls with what it issues, the bad ones refused for their reason, and
//! openssl's judgement of the files.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pkictl::pki::{Credential, KeyAlgorithm};
use pkictl::rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, ServerConfig, ServerConnection,
};
use pkictl::{ClientAuth, CredentialBuilder, EphemeralPki};

use crate::harness::{Workspace, judge};

/// How a handshake ended for each side.
#[derive(Debug)]
struct Ends {
    client: Result<(), Error>,
    server: Result<(), Error>,
    /// How many certificates the client sent.
    client_chain: usize,
}

/// A handshake in memory: bytes go to and fro until both sides are done or one refuses.
fn handshake(client: Arc<ClientConfig>, server: Arc<ServerConfig>, host: &str) -> Ends {
    let host = host.to_owned().try_into().expect("a host name");
    let mut client = ClientConnection::new(client, host).expect("a client");
    let mut server = ServerConnection::new(server).expect("a server");
    let mut ends = Ends { client: Ok(()), server: Ok(()), client_chain: 0 };
    for _ in 0..10 {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        while client.wants_write() {
            client.write_tls(&mut to_server).expect("memory");
        }
        server.read_tls(&mut to_server.as_slice()).expect("memory");
        ends.server = ends.server.and(server.process_new_packets().map(drop));
        while server.wants_write() {
            server.write_tls(&mut to_client).expect("memory");
        }
        client.read_tls(&mut to_client.as_slice()).expect("memory");
        ends.client = ends.client.and(client.process_new_packets().map(drop));
        if ends.client.is_err() || ends.server.is_err() {
            return ends;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking(), "the handshake does not end");
    ends.client_chain = server.peer_certificates().map_or(0, <[_]>::len);
    ends
}

/// A server with this credential, called by a client without one.
fn calls(pki: &EphemeralPki, server: &Credential) -> Result<(), Error> {
    let server = pki.server_config(server, ClientAuth::Off).expect("a server");
    handshake(pki.client_config(None).expect("a client"), server, "localhost").client
}

/// A good server, called by a client with this credential.
fn admits(pki: &EphemeralPki, client: &Credential) -> Result<(), Error> {
    let server = pki.server("localhost").expect("a server");
    let server = pki.server_config(&server, ClientAuth::Required).expect("a server");
    handshake(pki.client_config(Some(client)).expect("a client"), server, "localhost").server
}

#[track_caller]
fn reason(end: Result<(), Error>) -> CertificateError {
    match end {
        Err(Error::InvalidCertificate(reason)) => reason,
        end => panic!("not refused because of a certificate: {end:?}"),
    }
}

/// What makes a certificate bad, and whether an error is the one for it.
type Mistake =
    (&'static str, fn(CredentialBuilder<'_>) -> CredentialBuilder<'_>, fn(&CertificateError) -> bool);

const MISTAKES: [Mistake; 6] = [
    ("expired", |leaf| leaf.expired(), |error| matches!(error, CertificateError::ExpiredContext { .. })),
    (
        "over a minute ago",
        |leaf| leaf.not_after(SystemTime::now() - Duration::from_secs(60)),
        |error| matches!(error, CertificateError::ExpiredContext { .. }),
    ),
    (
        "not yet valid",
        |leaf| leaf.not_yet_valid(),
        |error| matches!(error, CertificateError::NotValidYetContext { .. }),
    ),
    (
        "for another purpose",
        |leaf| leaf.wrong_purpose(),
        |error| matches!(error, CertificateError::InvalidPurposeContext { .. }),
    ),
    ("self-signed", |leaf| leaf.self_signed(), |error| matches!(error, CertificateError::UnknownIssuer)),
    (
        "without its intermediate",
        |leaf| leaf.without_intermediate(),
        |error| matches!(error, CertificateError::UnknownIssuer),
    ),
];

fn pkis() -> [EphemeralPki; 2] {
    let new = || EphemeralPki::new().expect("a PKI");
    [new(), new().with_intermediate().expect("an intermediate")]
}

#[test]
fn good_certificates_of_every_kind_of_key_open_connections() {
    let types = [KeyAlgorithm::EcP256, KeyAlgorithm::EcP384, KeyAlgorithm::Ed25519, KeyAlgorithm::Rsa(2048)];
    for (pki, length) in pkis().into_iter().zip(1..) {
        for key_type in types {
            let leaf = |builder: CredentialBuilder<'_>| builder.key_type(key_type).issue().expect("a leaf");
            let (server, client) = (leaf(pki.issue_server("localhost")), leaf(pki.issue_client("backend-1")));
            assert_eq!(server.key.algorithm(), key_type);
            let server = pki.server_config(&server, ClientAuth::Required).expect("a server");
            let client = pki.client_config(Some(&client)).expect("a client");
            let ends = handshake(client, server, "localhost");
            assert!(ends.client.is_ok() && ends.server.is_ok(), "{key_type}: {ends:?}");
            assert_eq!(ends.client_chain, length, "{key_type}");
        }
    }
}

#[test]
fn what_a_server_asks_of_clients_decides_about_one_without_a_certificate() {
    let pki = EphemeralPki::new().expect("a PKI");
    let (server, client) = (pki.server("localhost").expect("one"), pki.client("backend-1").expect("one"));
    for (asks, without, chain) in [
        (ClientAuth::Required, Err(Error::NoCertificatesPresented), 1),
        (ClientAuth::Optional, Ok(()), 1),
        (ClientAuth::Off, Ok(()), 0),
    ] {
        let server = pki.server_config(&server, asks).expect("a server");
        let ends = handshake(pki.client_config(None).expect("a client"), server.clone(), "localhost");
        assert_eq!(ends.server, without, "{asks:?}");
        let ends = handshake(pki.client_config(Some(&client)).expect("a client"), server, "localhost");
        assert_eq!((ends.server, ends.client_chain), (Ok(()), chain), "{asks:?}");
    }
}

#[test]
fn a_bad_certificate_is_refused_by_the_other_side_for_its_reason() {
    for pki in pkis() {
        for (mistake, make, is_reason) in MISTAKES {
            let server = make(pki.issue_server("localhost")).issue().expect(mistake);
            let error = reason(calls(&pki, &server));
            assert!(is_reason(&error), "a server {mistake}: {error:?}");
            let client = make(pki.issue_client("backend-1")).issue().expect(mistake);
            let error = reason(admits(&pki, &client));
            assert!(is_reason(&error), "a client {mistake}: {error:?}");
        }
    }
}

#[test]
fn another_pki_is_trusted_by_nobody_here() {
    let [own, foreign] = [(); 2].map(|()| EphemeralPki::new().expect("a PKI"));
    let server = foreign.server("localhost").expect("a server");
    assert_eq!(reason(calls(&own, &server)), CertificateError::UnknownIssuer);
    assert_eq!(calls(&foreign, &server), Ok(()));
    let client = foreign.client("backend-1").expect("a client");
    assert_eq!(reason(admits(&own, &client)), CertificateError::UnknownIssuer);
}

#[test]
fn a_pki_at_another_time_judges_dates_by_that_time() {
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let pki = EphemeralPki::at(then).expect("a PKI");
    assert_eq!(calls(&pki, &pki.server("localhost").expect("a server")), Ok(()));
    let expired = pki.issue_server("localhost").expired().issue().expect("a server");
    assert!(matches!(reason(calls(&pki, &expired)), CertificateError::ExpiredContext { .. }));
    let builder = pki.issue_server("localhost").validity(Duration::from_secs(30)).not_before(then);
    let validity = builder.issue().expect("a server").certificate.details.validity;
    assert_eq!(validity.not_after.unix_timestamp() - validity.not_before.unix_timestamp(), 30);
    assert_eq!(validity.not_before.unix_timestamp(), 1_000_000_000);
}

#[test]
fn names_beside_the_first_are_served_and_others_are_not() {
    let pki = EphemeralPki::new().expect("a PKI");
    let server =
        pki.issue_server("web.test").alt_name("10.0.0.7").alt_name("*.api.test").issue().expect("one");
    let config = pki.server_config(&server, ClientAuth::Off).expect("a server");
    let client = pki.client_config(None).expect("a client");
    for (host, good) in [("web.test", true), ("10.0.0.7", true), ("a.api.test", true), ("localhost", false)] {
        let end = handshake(client.clone(), config.clone(), host).client;
        assert_eq!(end.is_ok(), good, "{host}: {end:?}");
    }
}

#[test]
fn what_cannot_be_issued_is_an_error_when_it_is_issued() {
    let pki = EphemeralPki::new().expect("a PKI");
    for (builder, text) in [
        (pki.issue_server(""), "invalid"),
        (pki.issue_server("localhost").alt_name("no name"), "no name"),
        (pki.issue_peer("localhost").wrong_purpose(), "no purpose is wrong for the role peer"),
        (pki.issue_profile("root-ca", "localhost"), "profile \"root-ca\" makes CA certificates"),
        (pki.issue_profile("sorver", "localhost"), "sorver"),
        (pki.issue_server("localhost").validity(Duration::MAX), "it leaves the calendar"),
    ] {
        let error = builder.issue().expect_err(text).to_string();
        assert!(error.contains(text), "{error}, not {text}");
    }
    assert!(pki.with_intermediate().expect("one").with_intermediate().is_err());
}

#[cfg(unix)]
#[test]
fn its_files_are_written_with_their_modes_and_judged_by_openssl() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new();
    let pki = EphemeralPki::new().expect("a PKI");
    let write = |credential: &Credential| credential.write_files(workspace.file("made")).expect("files");
    let files = write(&pki.server("localhost").expect("a server"));
    let mode = std::fs::metadata(&files.key).expect("a key").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let Some(openssl) = judge("openssl") else { return };
    let judged = |credential: &Credential| {
        let files = write(credential);
        let [anchor, chain] = [&files.anchor, &files.chain].map(|path| path.to_str().expect("a path"));
        let line = ["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-CAfile", anchor, chain];
        openssl.run(line, "")
    };
    assert!(judged(&pki.server("localhost").expect("a server")).0);
    // The numbers of x509_vfy.h: expired, not yet valid, purpose, self-signed leaf, no issuer.
    for ((mistake, make, _), number) in MISTAKES.into_iter().zip([10, 10, 9, 26, 18, 20]) {
        let (good, text) = judged(&make(pki.issue_server("localhost")).issue().expect(mistake));
        assert!(!good && text.contains(&format!("error {number} at 0 depth")), "{mistake}: {text}");
    }
}
