//! Who calls whom, for TLS clients that nobody here wrote: what must work, and what must be refused and why.

use std::path::{Path, PathBuf};

use super::table::{Credential, Table, table};
use super::tls_server::serve;
use crate::harness::{Judge, Server};

const BOTH: &[&str] = &["1.2", "1.3"];

/// Why a call must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The client finds another name in the certificate than it asked for.
    WrongName,
    /// The client does not trust the root.
    UnknownRoot,
    /// The client finds a certificate that may not serve.
    MayNotServe,
    /// The server gets no certificate.
    NoCertificate,
    /// The server does not trust the root of the client.
    ForeignClient,
    /// The server gets a certificate that may not call.
    MayNotCall,
}

/// One call.
pub struct Call {
    /// Where the server listens on 127.0.0.1.
    pub port: u16,
    /// `1.2` or `1.3`.
    pub tls: &'static str,
    /// The roots that the client trusts.
    pub roots: PathBuf,
    /// The name that the client wants to find.
    pub host: String,
    /// The client's certificate.
    pub client: Option<&'static Credential>,
    /// Why it must fail, if it must.
    pub refusal: Option<Refusal>,
    /// The server, for messages.
    pub server: String,
}

impl Call {
    /// What a failed assertion calls it.
    pub fn title(&self) -> String {
        let client = self.client.map_or("nobody".into(), Credential::title);
        format!(
            "{client} calls {} as {}, TLS {}, expected {:?}",
            self.server, self.host, self.tls, self.refusal
        )
    }

    /// One line for a helper program: port, version, roots, host, chain, key; `-` for what is not there.
    pub fn line(&self) -> String {
        let none = Path::new("-");
        let (chain, key) =
            self.client.map_or((none, none), |client| (client.chain.as_path(), client.key.as_path()));
        format!(
            "{}\t{}\t{}\t{}\t{}\t{}\n",
            self.port,
            self.tls,
            self.roots.display(),
            self.host,
            chain.display(),
            key.display()
        )
    }
}

/// Running servers and the calls to make.
pub struct Scenes {
    _servers: Vec<Server>,
    /// The calls.
    pub calls: Vec<Call>,
}

impl Scenes {
    /// Starts the servers, apart from those that `knows` leaves out.
    #[track_caller]
    pub fn start(openssl: &Judge, knows: impl Fn(&Credential) -> bool) -> Self {
        let mut scenes = Self { _servers: vec![], calls: vec![] };
        for credential in
            table().credentials.iter().filter(|credential| credential.serves && knows(credential))
        {
            // A SPIFFE ID is no host name that a web client could check.
            if !credential.hosts.is_empty() {
                let port = scenes.serve(openssl, credential, false);
                for (index, host) in credential.hosts.iter().enumerate() {
                    // Which name it is has nothing to do with the version.
                    let versions = if index == 0 { BOTH } else { &BOTH[1..] };
                    scenes.call(port, versions, credential, host, None, None);
                }
            }
        }
        for environment in Table::environments() {
            let server = table().of(environment).find(|credential| credential.serves && knows(credential));
            let Some(server) = server else { continue };
            let port = scenes.serve(openssl, server, true);
            for client in table().of(environment).filter(|credential| credential.calls && knows(credential)) {
                scenes.call(port, BOTH, server, &server.hosts[0], Some(client), None);
            }
        }
        scenes.refusals(openssl);
        scenes
    }

    /// Checks what a client said of each call: `None` where it worked. `words` tells how it says a refusal.
    #[track_caller]
    pub fn judge(&self, said: &[Option<String>], words: impl Fn(Refusal, &str) -> &'static str) {
        assert_eq!(said.len(), self.calls.len(), "not every call was made");
        for (call, said) in self.calls.iter().zip(said) {
            match (call.refusal, said) {
                (None, None) => {}
                (Some(refusal), Some(said)) if said.contains(words(refusal, call.tls)) => {}
                _ => panic!("{}: {}", call.title(), said.as_deref().unwrap_or("it worked")),
            }
        }
    }

    fn refusals(&mut self, openssl: &Judge) {
        let server = table().credential("chain", "web-ec-p256");
        let client = table().credential("chain", "backend-ec-p256");
        let no_client = table().credential("chain", "db-ec-p256");
        let foreign = table().credential("root", "backend-ec-p256");

        let plain = self.serve(openssl, server, false);
        self.call(plain, BOTH, server, "other.example", None, Some(Refusal::WrongName));
        self.call(plain, BOTH, foreign, "web.shop.svc", None, Some(Refusal::UnknownRoot));
        let impostor = self.serve(openssl, client, false);
        self.call(impostor, BOTH, client, "web.shop.svc", None, Some(Refusal::MayNotServe));
        let mutual = self.serve(openssl, server, true);
        self.call(mutual, BOTH, server, "web.shop.svc", None, Some(Refusal::NoCertificate));
        self.call(mutual, BOTH, server, "web.shop.svc", Some(foreign), Some(Refusal::ForeignClient));
        self.call(mutual, BOTH, server, "web.shop.svc", Some(no_client), Some(Refusal::MayNotCall));
    }

    fn serve(&mut self, openssl: &Judge, credential: &Credential, mutual: bool) -> u16 {
        let (server, port) = serve(openssl, credential, mutual);
        self._servers.push(server);
        port
    }

    /// Calls with some versions of TLS; the client trusts the root of `trusting`.
    fn call(
        &mut self,
        port: u16,
        versions: &[&'static str],
        trusting: &Credential,
        host: &str,
        client: Option<&'static Credential>,
        refusal: Option<Refusal>,
    ) {
        for &tls in versions {
            self.calls.push(Call {
                port,
                tls,
                roots: trusting.anchor.clone(),
                host: host.to_owned(),
                client,
                refusal,
                server: trusting.title(),
            });
        }
    }
}
