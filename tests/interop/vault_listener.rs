//! The listener of OpenBao, started with exactly what the emitter makes, and its own client as a caller.

use super::comments::command;
use super::daemon::{Outcome, emit, outcome, own_shell, workspace_with};
use super::web::{CALLER, announced, soon, version_1, version_2};
use crate::harness::{Judge, Server, Workspace, free_port, judge};

struct Vault {
    workspace: Workspace,
    program: Judge,
    server: Server,
    port: u16,
}

impl Vault {
    /// A server that nobody has unsealed; nothing if a program is missing.
    fn start(options: &[&str]) -> Option<Self> {
        let program = judge("bao")?;
        let (workspace, port) = (workspace_with("server", "vault"), free_port());
        let number = port.to_string();
        let place = ["vault-listener", "--cert", "vault", "--bind", "127.0.0.1", "--port", &number];
        emit(&workspace, &[&place[..], &["--host", "localhost", "--client", "backend"], options].concat());
        workspace.write("server/storage.hcl", "storage \"inmem\" {}\npid_file = \"pid\"\n");
        workspace.write("server/listener.hcl", workspace.read("deploy/vault-listener.hcl"));
        let line = format!("exec {} server -config=server", program.path().display());
        let server = Server::start(own_shell(&workspace, &line), port);
        server.says("server started!");
        Some(Self { workspace, program, server, port })
    }

    /// Runs a line in a directory of the workspace; `bao` is the client.
    fn run(&self, directory: &str, line: &str) -> Outcome {
        let client = format!("bao() {{ {} \"$@\"; }}", self.program.path().display());
        outcome(own_shell(&self.workspace, &format!("{client}\ncd {directory}\n{line}")), "")
    }

    /// The client by the emitted variables, then by these changes.
    fn ask(&self, changes: &str, options: &str) -> Outcome {
        let line = command(&self.workspace.read("deploy/vault-client.sh"), "Check");
        self.run(".", &format!(". deploy/vault-client.sh\n{changes}\n{line} {options}"))
    }

    fn credential(&self, environment: &str, name: &str) -> String {
        let directory = self.workspace.file("pki").join(environment).join("certs").join(name);
        let directory = directory.display();
        format!("export BAO_CLIENT_CERT={directory}/tls.crt BAO_CLIENT_KEY={directory}/tls.key")
    }
}

/// The client got an answer: that nobody has unsealed the server, which makes it end with 2.
#[track_caller]
fn answered(outcome: &Outcome) {
    outcome.is_refused("Initialized        false");
}

#[test]
fn a_listener_with_mtls_admits_clients_of_its_authorities_and_nobody_else() {
    let Some(vault) = Vault::start(&["--mtls"]) else { return };
    answered(&vault.ask("", ""));
    answered(&vault.ask(&vault.credential("dev", "deep"), ""));
    let check = command(&vault.workspace.read("deploy/vault-listener.hcl"), "Check");
    answered(&vault.run("pki/dev/certs/backend", &check));

    vault.ask("unset BAO_CLIENT_CERT BAO_CLIENT_KEY", "").fails();
    vault.server.says("tls: client didn't provide a certificate");
    vault.ask(&vault.credential("foreign", "backend"), "").fails();
    vault.server.says("x509: certificate signed by unknown authority");
    vault.ask(&vault.credential("dev", "vault"), "").fails();
    vault.server.says("x509: certificate specifies an incompatible key usage");

    let other = "-tls-server-name=later.example.com";
    vault.ask("", other).is_refused("not later.example.com");
    let foreign = vault.workspace.file("pki/foreign/certs/backend/ca.crt");
    let foreign = format!("export BAO_CACERT={}", foreign.display());
    vault.ask(&foreign, "").is_refused("certificate signed by unknown authority");

    // A renewal, here with one more name, is taken without a restart.
    let again = ["issue", "server", "vault", "--force", "--san", "localhost", "--san", "later.example.com"];
    vault.workspace.pkictl(&again).succeeds();
    vault.run("server", "kill -HUP \"$(cat ../pid)\"").succeeds();
    soon("the renewed certificate is shown", || {
        vault.ask("", other).text.contains("Initialized        false")
    });
}

#[test]
fn a_listener_behind_a_load_balancer_takes_its_word_and_nobody_elses() {
    let Some(vault) = Vault::start(&["--proxy-protocol", "--tls", "modern"]) else { return };
    let Some(openssl) = judge("openssl") else { return };
    // Where a handshake fails, the log says who tried.
    let knock = |vault: &Vault, header: Vec<u8>| {
        let address = format!("127.0.0.1:{}", announced(vault.port, header));
        let said =
            openssl.refuses(["s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", &address]);
        assert!(said.contains("alert protocol version"), "{said}");
    };
    for header in [version_1(), version_2()] {
        let address = format!("-address=https://localhost:{}", announced(vault.port, header.clone()));
        answered(&vault.ask("", &address));
        knock(&vault, header);
    }
    let believed = format!("TLS handshake error from {CALLER}:40000");
    vault.server.says(&believed);
    assert_eq!(vault.server.log().matches(&believed).count(), 2, "{}", vault.server.log());
    let direct = format!("127.0.0.1:{}", vault.port);
    let said = openssl.refuses(["s_client", "-tls1_2", "-connect", &direct]);
    assert!(said.contains("alert protocol version"), "{said}");
    drop(vault);

    let Some(vault) = Vault::start(&["--proxy-protocol", "--proxy-from", "198.51.100.0/24"]) else { return };
    knock(&vault, version_1());
    vault.server.says("TLS handshake error from 127.0.0.1:");
    assert!(!vault.server.log().contains(CALLER), "{}", vault.server.log());
    // The listener outlives a stranger.
    answered(&vault.ask("", ""));
}
