//! RabbitMQ, started with exactly what the emitter makes, and pika as its client.

use super::comments::commands;
use super::daemon::{Outcome, emit, hand_over, outcome, own_shell, program, shell, workspace_with};
use crate::harness::{Judge, Server, Workspace, free_port, judge, python_with};

/// Logs in, declares a queue, sends a message and receives it. Host, port, CA file, highest TLS version, and, if there
/// is one, a client's certificate and key.
const CLIENT: &str = r#"
import pika, ssl, sys
host, port, authorities, version, *credential = sys.argv[1:]
context = ssl.create_default_context(cafile=authorities)
context.maximum_version = ssl.TLSVersion[version]
if credential:
    context.load_cert_chain(*credential)
parameters = pika.ConnectionParameters(
    host="127.0.0.1", port=int(port), ssl_options=pika.SSLOptions(context, host), socket_timeout=20,
    stack_timeout=30, blocked_connection_timeout=30,
    credentials=pika.credentials.ExternalCredentials() if credential else pika.PlainCredentials("guest", "guest"))
connection = pika.BlockingConnection(parameters)
channel = connection.channel()
channel.queue_declare("greetings", exclusive=True)
channel.basic_publish("", "greetings", b"hello")
print(channel.basic_get("greetings", auto_ack=True)[2].decode(), connection._impl._transport._sock.version())
connection.close()
"#;

/// Begins with the line of the PROXY protocol, or with nothing, and prints which logins the server offers over TLS.
/// Port, CA file, line.
const GREETING: &str = r#"
import socket, ssl, sys
port, authorities, line = sys.argv[1:]
context = ssl.create_default_context(cafile=authorities)
plain = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
if line:
    plain.sendall(line.encode() + b"\r\n")
stream = context.wrap_socket(plain, server_hostname="localhost")
stream.sendall(b"AMQP\x00\x00\x09\x01")
offer = stream.recv(65536)
print(stream.version(), [name for name in ("PLAIN", "EXTERNAL") if name.encode() in offer])
"#;

/// The broker, started with what the emitter makes for the server's certificate `broker`.
pub(super) struct Broker {
    pub(super) workspace: Workspace,
    python: Judge,
    pub(super) server: Server,
    pub(super) port: u16,
    variables: Vec<(&'static str, String)>,
    // Names nodes to each other; one of its own, because a shared one would outlive the test.
    _epmd: Server,
}

impl Broker {
    /// Nothing if a program is missing.
    pub(super) fn start(options: &[&str]) -> Option<Self> {
        let (rabbitmq, epmd, python) = (judge("rabbitmq-server")?, judge("epmd")?, python_with("pika")?);
        let (workspace, port) = (workspace_with("server", "broker"), free_port());
        let deploy = workspace.file("deploy").display().to_string();
        let number = port.to_string();
        let place = ["rabbitmq", "--cert", "broker", "--bind", "127.0.0.1", "--port", &number, "--conf-dir"];
        emit(&workspace, &[&place, &[deploy.as_str()][..], options].concat());
        workspace.write("client.py", CLIENT);
        workspace.write("greeting.py", GREETING);
        hand_over(&workspace);
        let epmd_port = free_port();
        let mut command = program(&workspace, &epmd);
        command.args(["-address", "127.0.0.1", "-port", &epmd_port.to_string()]);
        let epmd = Server::start(command, epmd_port);
        let mut command = program(&workspace, &rabbitmq);
        let file = |name: &str| workspace.file(name).display().to_string();
        let search = std::env::var("PATH").expect("a path");
        let tools = rabbitmq.path().parent().expect("a directory").display();
        let variables = vec![
            ("PATH", format!("{tools}:{search}")),
            ("RABBITMQ_NODENAME", format!("test{port}@localhost")),
            ("RABBITMQ_CONFIG_FILE", file("deploy/rabbitmq.conf")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", file("deploy/enabled_plugins")),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null".into()),
            ("RABBITMQ_MNESIA_BASE", file("mnesia")),
            ("RABBITMQ_LOG_BASE", file("")),
            ("RABBITMQ_LOGS", "-".into()),
            ("RABBITMQ_DIST_PORT", free_port().to_string()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}".into()),
            ("ERL_EPMD_PORT", epmd_port.to_string()),
            // As under systemd: the script becomes the server, which is then stopped by its own handle.
            ("NOTIFY_SOCKET", file("nobody-listens")),
        ];
        command.envs(variables.clone());
        let server = Server::start(command, port);
        server.says("Server startup complete");
        Some(Self { workspace, python, server, port, variables, _epmd: epmd })
    }

    /// A command as the comment of rabbitmq.conf says it, in the directory of a client's files.
    fn run_as_said(&self, word: &str, number: usize) -> Outcome {
        let line = &commands(&self.workspace.read("deploy/rabbitmq.conf"), word)[number];
        let script = format!("cd pki/dev/certs/backend; {}", line.replace("HOST", "127.0.0.1"));
        let mut command = shell(&self.workspace, &script);
        command.envs(self.variables.clone());
        outcome(command, "AMQP    ")
    }

    /// A login with these authorities, host name, highest TLS version and credential.
    fn login(&self, host: &str, version: &str, credential: Option<(&str, &str)>) -> Outcome {
        let certs = |environment: &str, name: &str| {
            self.workspace.file("pki").join(environment).join("certs").join(name).display().to_string()
        };
        let files = credential.map_or(String::new(), |(environment, name)| {
            let directory = certs(environment, name);
            format!("{directory}/tls.crt {directory}/tls.key")
        });
        let (python, port) = (self.python.path().display(), self.port);
        let root = format!("{}/ca.crt", certs("dev", "broker"));
        let script = format!("exec {python} client.py {host} {port} {root} {version} {files}");
        outcome(own_shell(&self.workspace, &script), "")
    }
}

#[test]
fn an_allowed_caller_sends_and_receives_and_nobody_else_logs_in() {
    let Some(broker) = Broker::start(&["--allow", "backend,deep"]) else { return };
    let backend = Some(("dev", "backend"));
    broker.login("localhost", "TLSv1_3", backend).says("hello TLSv1.3");
    broker.login("localhost", "TLSv1_2", backend).says("hello TLSv1.2");

    broker.login("localhost", "TLSv1_3", Some(("dev", "intruder"))).is_refused("ACCESS_REFUSED");
    broker.server.says("EXTERNAL login refused: user 'intruder' - invalid credentials");
    broker.login("localhost", "TLSv1_3", None).fails();
    broker.server.says("Fatal - Certificate required");
    broker.login("localhost", "TLSv1_3", Some(("foreign", "backend"))).fails();
    broker.server.says("Fatal - Unknown CA");
    broker.login("localhost", "TLSv1_3", Some(("dev", "deep"))).says("hello TLSv1.3");
    broker.run_as_said("Check", 0).says(&format!("port: {}, protocol: amqp/ssl", broker.port));
    broker.run_as_said("Check", 1).says("Verification: OK");
    broker.run_as_said("Renew", 0).says("ok");
    let other = broker.login("other.example.com", "TLSv1_3", backend);
    other.is_refused("certificate is not valid for 'other.example.com'");
}

#[test]
fn a_server_behind_a_proxy_takes_passwords_over_tls() {
    let Some(broker) = Broker::start(&["--proxy-protocol", "--tls", "modern"]) else { return };
    let greet = |line: &str| {
        let (python, port) = (broker.python.path().display(), broker.port);
        let root = "pki/dev/certs/broker/ca.crt";
        outcome(
            own_shell(&broker.workspace, &format!("exec {python} greeting.py {port} {root} '{line}'")),
            "",
        )
    };
    greet("PROXY TCP4 192.0.2.7 127.0.0.1 4711 5671").says("TLSv1.3 ['PLAIN']");
    broker.server.says("192.0.2.7:4711");
    greet("").fails();
}
