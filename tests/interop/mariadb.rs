//! MariaDB, started with exactly what the emitter makes, and its client with what it makes for clients.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};

use super::comments::commands;
use super::daemon::{Outcome, emit, hand_over, outcome, program, shell, workspace_with};
use crate::harness::{Judge, Server, Workspace, free_port, judge};

struct Database {
    workspace: Workspace,
    client: Judge,
    server: Server,
    port: u16,
}

impl Database {
    /// With the emitted accounts made; nothing if a program is missing.
    fn start(options: &[&str]) -> Option<Self> {
        let (mariadbd, install, client) =
            (judge("mariadbd")?, judge("mariadb-install-db")?, judge("mariadb")?);
        let (workspace, port) = (workspace_with("server", "db"), free_port());
        let number = port.to_string();
        let place =
            ["mariadb", "--cert", "db", "--host", "localhost", "--port", &number, "--client", "backend"];
        emit(&workspace, &[&place, options].concat());
        hand_over(&workspace);
        let data = format!("--datadir={}", workspace.file("data").display());
        let mut command = program(&workspace, &install);
        // Tables for a moment in a place of its own: in /tmp, several servers at once get into each other's way.
        let temporary = format!("--tmpdir={}", workspace.file("data").display());
        command.args(["--no-defaults", &data, "--auth-root-authentication-method=normal", "--skip-test-db"]);
        command.arg(&temporary);
        outcome(command, "").succeeds();
        let check = ["--defaults-file=deploy/mariadb-server.cnf", &data];
        let mut command = program(&workspace, &mariadbd);
        command.args(check).args(["--help", "--verbose"]);
        let known = outcome(command, "");
        let variable = known.text.lines().find(|line| line.starts_with("require-secure-transport"));
        assert!(variable.is_some_and(|line| line.ends_with("TRUE")), "{known:#?}");
        let mut command = program(&workspace, &mariadbd);
        command.args(check).args([
            "--bind-address=127.0.0.1,127.0.0.2",
            "--skip-name-resolve",
            "--socket=mariadb.sock",
            &temporary,
        ]);
        command.args(["--pid-file=mariadb.pid", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M"]);
        let server = Server::start(command, port);
        server.says("ready for connections");
        let mut command = program(&workspace, &client);
        command.args(["--no-defaults", "--user=root", "--socket=data/mariadb.sock"]);
        let accounts = workspace.read("deploy/mariadb-accounts.sql");
        let others =
            "CREATE DATABASE shop_1; CREATE DATABASE shopx1; CREATE USER other IDENTIFIED BY 'secret';";
        outcome(command, &format!("{others}\n{accounts}")).succeeds();
        Some(Self { workspace, client, server, port })
    }

    /// The client with an emitted file of options, and more of them.
    fn ask(&self, file: &str, options: &[&str]) -> Outcome {
        let mut command = program(&self.workspace, &self.client);
        command.arg(format!("--defaults-file={file}")).args(options).arg("--skip-column-names");
        let question = "SELECT CURRENT_USER(); SHOW STATUS LIKE 'Ssl_version'; SHOW DATABASES";
        command.args(["--connect-timeout=20", "--execute", question]);
        outcome(command, "")
    }

    fn login(&self, options: &[&str]) -> Outcome {
        self.ask("deploy/mariadb-client.cnf", options)
    }

    fn login_with(&self, environment: &str, name: &str, options: &[&str]) -> Outcome {
        let directory = self.workspace.file("pki").join(environment).join("certs").join(name);
        let (chain, key) = (directory.join("tls.crt"), directory.join("tls.key"));
        let files = [format!("--ssl-cert={}", chain.display()), format!("--ssl-key={}", key.display())];
        self.login(&[&[files[0].as_str(), files[1].as_str()], options].concat())
    }

    /// With an emitted file that names no certificate.
    fn login_without_certificate(&self, options: &[&str]) -> Outcome {
        let text = self.workspace.read("deploy/mariadb-client.cnf");
        let kept = text.lines().filter(|line| !line.starts_with("ssl-cert") && !line.starts_with("ssl-key"));
        self.workspace.write("bare.cnf", kept.collect::<Vec<_>>().join("\n"));
        self.ask("bare.cnf", options)
    }
}

#[test]
fn an_account_belongs_to_the_subject_of_its_caller() {
    let Some(database) = Database::start(&["--allow", "backend", "--database", "shop_1"]) else { return };
    for (file, number) in [("mariadb-server.cnf", 0), ("mariadb-server.cnf", 1), ("mariadb-client.cnf", 0)] {
        let line = &commands(&database.workspace.read(format!("deploy/{file}")), "Check")[number];
        // MariaDB's own directory is another's here.
        let line =
            line.replace("--user=mysql", &format!("--datadir={}", database.workspace.file("data").display()));
        let script = format!("PATH=$PATH:/usr/sbin; cd deploy; {line}");
        let said = if line.contains("--help") { "" } else { "Ssl_version\tTLSv1.3" };
        outcome(shell(&database.workspace, &script), "").says(said);
    }
    let allowed = database.login(&[]);
    allowed.says("backend@%\nSsl_version\tTLSv1.3\ninformation_schema\nshop_1\n");
    // An underscore is a wildcard in a grant unless it is escaped.
    assert!(!allowed.text.contains("shopx1"), "{allowed:#?}");

    database.login_with("dev", "intruder", &[]).is_refused("Access denied for user 'backend'");
    database.server.says("X509 subject mismatch: should be '/CN=backend' but is '/CN=intruder'");
    database.login_without_certificate(&[]).is_refused("Access denied for user 'backend'");
    // With TLS 1.3 the client may lose the alert with the connection.
    let old = ["--tls-version=TLSv1.2"];
    database.login_with("foreign", "backend", &old).is_refused("tlsv1 alert unknown ca");
    // An account that needs no certificate cannot do without TLS, either.
    let other = ["--user=other", "--password=secret"];
    database.login_without_certificate(&other).says("other@%");
    let plain = [&other[..], &["--skip-ssl", "--skip-ssl-verify-server-cert"]].concat();
    database.login_without_certificate(&plain).is_refused("Access denied for user 'other'");
    database.login(&["--host=127.0.0.2"]).is_refused("Validation of SSL server certificate failed");
    let foreign = database.workspace.file("pki/foreign/certs/backend/ca.crt");
    let foreign = format!("--ssl-ca={}", foreign.display());
    database.login(&[&foreign]).is_refused("unable to get local issuer certificate");
}

#[test]
fn any_certificate_of_the_authorities_opens_an_account_that_names_no_caller() {
    let Some(database) = Database::start(&["--mtls", "--user", "app", "--tls", "modern"]) else { return };
    database.login(&[]).says("app@%\nSsl_version\tTLSv1.3\n");
    database.login_with("dev", "intruder", &[]).says("app@%");
    database.login_without_certificate(&[]).is_refused("Access denied for user 'app'");
    database.login(&["--tls-version=TLSv1.2"]).is_refused("protocol version");
}

/// A load balancer for one connection, which says in front of it for whom it is.
fn load_balancer(server: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || -> std::io::Result<()> {
        let (mut caller, _) = listener.accept()?;
        let mut server = TcpStream::connect(("127.0.0.1", server))?;
        server.write_all(b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 3306\r\n")?;
        let (mut answers, mut back) = (server.try_clone()?, caller.try_clone()?);
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut answers, &mut back);
            back.shutdown(Shutdown::Both)
        });
        std::io::copy(&mut caller, &mut server)?;
        server.shutdown(Shutdown::Both)
    });
    port
}

#[test]
fn a_server_behind_a_proxy_knows_the_caller_by_the_word_of_a_load_balancer_that_it_was_told_of() {
    let options = ["--allow", "backend", "--proxy-protocol"];
    let Some(database) = Database::start(&options) else { return };
    let port = format!("--port={}", load_balancer(database.port));
    let question = "--execute=SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID();";
    database.login(&[&port, question]).says("192.0.2.7:4711");
    // Who comes without a header is the caller itself.
    database.login(&[question]).says("127.0.0.1:");

    let elsewhere = [&options[..], &["--proxy-from", "198.51.100.0/24"]].concat();
    let Some(database) = Database::start(&elsewhere) else { return };
    let port = format!("--port={}", load_balancer(database.port));
    // MariaDB ends the connection at the header, and says nothing of it; without one, the same caller is let in.
    database.login(&[&port]).fails();
    database.login(&[]).says("backend@%");
}
