//! Redis, started with exactly what the emitter makes, and redis-cli and redis-py with what it makes for clients.

use super::comments::command;
use super::daemon::{Outcome, emit, hand_over, outcome, own_shell, program, shell, workspace_with};
use crate::harness::{Judge, Server, Workspace, free_port, judge, python_with};

struct Cache {
    workspace: Workspace,
    redis: Judge,
    python: Judge,
    port: u16,
}

impl Cache {
    /// The emitter's files, for a certificate of this profile; nothing if a program is missing.
    fn with(profile: &str, options: &[&str]) -> Option<Self> {
        let (redis, _, python) = (judge("redis-server")?, judge("redis-cli")?, python_with("redis")?);
        let (workspace, port) = (workspace_with(profile, "cache"), free_port());
        let place = ["redis", "--cert", "cache", "--host", "localhost", "--port", &port.to_string()];
        emit(&workspace, &[&place, options].concat());
        hand_over(&workspace);
        Some(Self { workspace, redis, python, port })
    }

    fn start(&self, port: u16, options: &[&str]) -> Server {
        let mut command = program(&self.workspace, &self.redis);
        command.args([
            "deploy/redis-tls.conf",
            "--save",
            "",
            "--repl-diskless-sync-delay",
            "0",
            "--loglevel",
            "verbose",
            "--bind",
            "127.0.0.1",
            "127.0.0.2",
        ]);
        command.args(["--tls-port", &port.to_string()]).args(options);
        Server::start(command, port)
    }

    /// redis-cli as emitted, with more arguments.
    fn ask(&self, arguments: &str) -> Outcome {
        let script = format!(". deploy/redis-client.sh; redis_tls {arguments}");
        outcome(shell(&self.workspace, &script), "")
    }

    /// redis-py with the emitted URI, changed by a sed script.
    fn ask_by_uri(&self, change: &str) -> Outcome {
        let program = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL'], socket_timeout=20).ping())";
        let script = format!(
            ". deploy/redis-client.sh; REDIS_URL=$(echo \"$REDIS_URL\" | sed '{change}'); exec {} -c \"{program}\"",
            self.python.path().display()
        );
        outcome(own_shell(&self.workspace, &script), "")
    }

    fn credential(&self, environment: &str, name: &str) -> String {
        let directory = self.workspace.file("pki").join(environment).join("certs").join(name);
        let directory = directory.display();
        format!("--cert {directory}/tls.crt --key {directory}/tls.key")
    }
}

#[test]
fn a_server_with_mtls_admits_clients_of_its_authorities_and_replicas() {
    let options = ["--mtls", "--client", "backend", "--replication"];
    let Some(cache) = Cache::with("peer", &options) else { return };
    let server = cache.start(cache.port, &[]);
    cache.ask("ping").says("PONG");
    cache.ask_by_uri("").says("True");
    let files = cache.workspace.credential("backend", "");
    let line = command(&cache.workspace.read("deploy/redis-tls.conf"), "Check");
    outcome(shell(&cache.workspace, &format!("cd {}; {line}", files.display())), "").says("PONG");
    let line = command(&cache.workspace.read("deploy/redis-client.sh"), "Check");
    outcome(shell(&cache.workspace, &format!(". deploy/redis-client.sh; {line}")), "").says("PONG");

    cache.ask(&format!("{} ping", cache.credential("foreign", "backend"))).fails();
    server.says("certificate verify failed");
    cache.ask_by_uri("s/&ssl_certfile.*//").fails();
    server.says("peer did not return a certificate");

    let second = free_port();
    let primary = cache.port.to_string();
    let _replica = cache.start(second, &["--replicaof", "127.0.0.1", &primary]);
    server.says("Synchronization with replica");
}

#[test]
fn a_server_without_mtls_asks_for_no_certificate_and_still_speaks_tls_alone() {
    let Some(cache) = Cache::with("server", &["--tls", "modern"]) else { return };
    let server = cache.start(cache.port, &[]);
    cache.ask("ping").says("PONG");
    cache.ask_by_uri("").says("True");
    cache.ask_by_uri("s/^rediss/redis/; s/?.*//").fails();
    server.says("wrong version number");
    let foreign = cache.workspace.file("pki/foreign/certs/backend/ca.crt");
    cache.ask(&format!("--cacert {} ping", foreign.display())).is_refused("certificate verify failed");
}

#[test]
fn a_client_by_the_uri_refuses_a_server_of_another_name() {
    let Some(cache) = Cache::with("server", &[]) else { return };
    let _server = cache.start(cache.port, &[]);
    cache.ask_by_uri("").says("True");
    // Another address of this machine, which the certificate does not name.
    cache.ask_by_uri("s/localhost/127.0.0.2/").is_refused("certificate is not valid for '127.0.0.2'");
}
