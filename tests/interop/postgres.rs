//! PostgreSQL, started with exactly what the emitter makes, and psql with what it makes for clients.

use std::process::Command;

use super::comments::{command, commands};
use super::daemon::{Outcome, emit, hand_over, outcome, program, shell, workspace_with};
use crate::harness::{Judge, Server, Workspace, free_port, judge};

const WHO: &str = "SELECT current_user, ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

/// A common name in which much wants to be quoted.
const ODD_NAME: &str = "it's \"odd\", #1 \\0";

pub(super) struct Database {
    pub(super) workspace: Workspace,
    postgres: Judge,
    pub(super) port: u16,
}

impl Database {
    /// A data directory with the roles `app` and `backend`, and the emitter's files in place; nothing if a program is missing.
    pub(super) fn with(options: &[&str]) -> Option<Self> {
        let (postgres, initdb, _) = (judge("postgres")?, judge("initdb")?, judge("psql")?);
        let workspace = workspace_with("postgres-server", "db");
        let _ = workspace.pkictl(&["issue", "client", "odd", "--cn", ODD_NAME]).succeeds();
        let port = free_port();
        emit(
            &workspace,
            &[&["postgres", "--cert", "db", "--host", "localhost", "--port", &port.to_string()], options]
                .concat(),
        );
        hand_over(&workspace);
        let mut command = program(&workspace, &initdb);
        command.args(["-D", "data", "-U", "postgres", "-A", "trust", "--no-sync"]);
        outcome(command, "").says("Success");
        let database = Self { workspace, postgres, port };
        let mut command = program(&database.workspace, &database.postgres);
        command.args(["--single", "-D", "data", "-c", "exit_on_error=true", "postgres"]);
        let administrator = outcome(shell(&database.workspace, "id -un"), "").text;
        let roles = format!(
            "CREATE ROLE app LOGIN\nCREATE ROLE backend LOGIN PASSWORD 'secret'\nCREATE ROLE \"{}\" LOGIN SUPERUSER\n",
            administrator.trim()
        );
        outcome(command, &roles).says("backend>");
        for file in ["pg_hba.conf", "pg_ident.conf"] {
            let _ = std::fs::copy(
                database.workspace.file("deploy").join(file),
                database.workspace.file("data").join(file),
            );
        }
        let conf = database.workspace.read("data/postgresql.conf");
        database
            .workspace
            .write("data/postgresql.conf", conf + &database.workspace.read("deploy/postgresql-tls.conf"));
        Some(database)
    }

    fn command(&self) -> Command {
        let mut command = program(&self.workspace, &self.postgres);
        command.args(["-D", "data", "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-k"]);
        command.arg(self.workspace.path());
        command
    }

    pub(super) fn start(&self) -> Server {
        let server = Server::start(self.command(), self.port);
        // It listens before it lets anybody in.
        server.says("database system is ready to accept connections");
        server
    }

    /// psql with the emitted variables and then `changes`.
    fn login(&self, changes: &str) -> Outcome {
        self.run(changes, "psql -w -d postgres")
    }

    /// What the comment of an emitted file says to run: in the directory of the server's files, by the administrator on
    /// this machine.
    fn checked(&self, file: &str, number: usize) -> Outcome {
        let line = &commands(&self.workspace.read(format!("deploy/{file}")), "Check")[number];
        let here = self.workspace.path().display();
        let place =
            format!("export PGHOST={here} PGPORT={} PGDATABASE=postgres; cd pki/dev/certs/db", self.port);
        outcome(shell(&self.workspace, &format!("{place}\n{line}")), "")
    }

    fn run(&self, changes: &str, psql: &str) -> Outcome {
        let script = format!(". deploy/postgres-client.sh\n{changes}\nexec {psql} -Atc \"{WHO}\"");
        let mut command = shell(&self.workspace, &script);
        command.env("PGCONNECT_TIMEOUT", "20");
        outcome(command, "")
    }

    /// Variables for the credential of another client.
    fn credential(&self, environment: &str, name: &str) -> String {
        let directory = self.workspace.file("pki").join(environment).join("certs").join(name);
        let directory = directory.display();
        format!("export PGSSLCERT={directory}/tls.crt PGSSLKEY={directory}/tls.key")
    }
}

#[test]
fn an_allowed_caller_logs_in_by_certificate_as_the_mapped_user_and_nobody_else_does() {
    let options = [
        "--allow",
        "backend",
        "--allow",
        "odd",
        "--allow",
        "deep",
        "--client",
        "backend",
        "--user",
        "app",
        "--database",
        "postgres",
    ];
    let Some(database) = Database::with(&options) else { return };
    let server = database.start();
    database.login("").says("app|t|TLSv1.3");
    database.run("", "env -i PATH=\"$PATH\" psql -w \"$DATABASE_URL\"").says("app|t|TLSv1.3");

    database.login(&database.credential("dev", "odd")).says("app|t|TLSv1.3");
    // PostgreSQL counts no authorities between a caller and the root.
    database.login(&database.credential("dev", "deep")).says("app|t|TLSv1.3");

    database.checked("postgresql-tls.conf", 0).says("(0 rows)");
    database.checked("postgresql-tls.conf", 1).says("(0 rows)");
    database.checked("postgresql-tls.conf", 2).says("Verification: OK");
    database.checked("pg_hba.conf", 0).says("(0 rows)");
    database.checked("pg_ident.conf", 0).says("| backend");
    let line = command(&database.workspace.read("deploy/postgres-client.sh"), "Check");
    let client = format!(". deploy/postgres-client.sh\n{line}");
    outcome(shell(&database.workspace, &client), "").says("TLSv1.3 | /CN=backend");

    let intruder = database.credential("dev", "intruder");
    database.login(&intruder).is_refused("certificate authentication failed for user \"app\"");
    server.says("no match in usermap \"tls\" for user \"app\" authenticated as \"intruder\"");
    // Its own name is a role, but the server was told of no caller that may be it.
    database.login("export PGUSER=backend").is_refused("no pg_hba.conf entry for host");
    database.login("export PGSSLCERT=none PGSSLKEY=none").is_refused("requires a valid client certificate");
    database.login(&database.credential("foreign", "backend")).is_refused("alert unknown ca");
    server.says("certificate verify failed");
    database.login("export PGSSLMODE=disable").is_refused("pg_hba.conf rejects connection");
}

#[test]
fn a_client_refuses_a_server_of_another_name_or_another_authority() {
    let Some(database) = Database::with(&["--allow", "backend", "--client", "backend"]) else { return };
    let _server = database.start();
    database.login("").says("backend|t|TLSv1.3");
    database
        .login("export PGHOST=other.example.com PGHOSTADDR=127.0.0.1")
        .is_refused("does not match host name \"other.example.com\"");
    let foreign = database.workspace.file("pki/foreign/certs/backend/ca.crt");
    database
        .login(&format!("export PGSSLROOTCERT={}", foreign.display()))
        .is_refused("certificate verify failed");
}

#[test]
fn the_common_name_is_the_user_where_no_caller_is_named() {
    let Some(database) = Database::with(&["--mtls", "--client", "backend", "--tls", "modern"]) else {
        return;
    };
    let server = database.start();
    database.login("").says("backend|t|TLSv1.3");
    database.login("export PGUSER=app").is_refused("certificate authentication failed for user \"app\"");
    server.says("provided user name (app) and authenticated user name (backend) do not match");
    let old = "export PGSSLMINPROTOCOLVERSION=TLSv1.2 PGSSLMAXPROTOCOLVERSION=TLSv1.2";
    database.login(old).is_refused("alert protocol version");
}

#[test]
fn passwords_travel_over_tls_only_where_no_certificate_is_asked_for() {
    let Some(database) = Database::with(&["--user", "backend"]) else { return };
    let _server = database.start();
    let password = "export PGPASSWORD=secret";
    database.login(password).says("backend|t|TLSv1.3");
    database.login("export PGPASSWORD=wrong").is_refused("password authentication failed");
    database.login(&format!("{password} PGSSLMODE=disable")).is_refused("pg_hba.conf rejects connection");
}

#[test]
#[cfg(unix)]
fn a_key_that_others_may_read_stops_the_server_as_the_comment_says() {
    use std::os::unix::fs::PermissionsExt;
    let Some(database) = Database::with(&[]) else { return };
    let key = database.workspace.credential("db", "tls.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    outcome(database.command(), "").is_refused("has group or world access");
    assert!(
        database
            .workspace
            .read("deploy/postgresql-tls.conf")
            .contains("starts only if tls.key has mode 0600")
    );
}
