//! Mosquitto, started with exactly what the emitter makes, and its clients with what it makes for them.

use super::comments::{command, commands};
use super::daemon::{Outcome, emit, hand_over, outcome, program, shell, workspace_with};
use crate::harness::{Judge, Server, Workspace, free_port, judge};

struct Broker {
    workspace: Workspace,
    publisher: Judge,
    subscriber: Judge,
    openssl: Judge,
    server: Server,
    port: u16,
}

impl Broker {
    /// Shows the certificate `broker`; nothing if a program is missing.
    fn start(host: &str, options: &[&str]) -> Option<Self> {
        let (mosquitto, openssl) = (judge("mosquitto")?, judge("openssl")?);
        let (publisher, subscriber) = (judge("mosquitto_pub")?, judge("mosquitto_sub")?);
        let (workspace, port) = (workspace_with("server", "broker"), free_port());
        let again = ["issue", "server", "broker", "--force", "--san", host];
        let _ = workspace.pkictl(&again).succeeds();
        let deploy = workspace.file("deploy").display().to_string();
        let number = port.to_string();
        let place = ["mosquitto", "--cert", "broker", "--bind", "127.0.0.1", "--port", &number];
        let more = ["--host", "localhost", "--client", "backend", "--conf-dir", &deploy];
        emit(&workspace, &[&place[..], &more, options].concat());
        for program in ["mosquitto_pub", "mosquitto_sub"] {
            workspace.write(&format!(".config/{program}"), workspace.read("deploy/mosquitto_pub"));
        }
        hand_over(&workspace);
        let line = &commands(&workspace.read("deploy/mosquitto.conf"), "Check")[0];
        let path = mosquitto.path().display();
        let script = format!("mosquitto() {{ exec {path} \"$@\"; }}\ncd deploy; {line}");
        let server = Server::start(shell(&workspace, &script), port);
        server.says(" running");
        Some(Self { workspace, publisher, subscriber, openssl, server, port })
    }

    /// Sends a message that is kept for who asks later, with more options.
    fn send(&self, topic: &str, options: &[&str]) -> Outcome {
        let mut command = program(&self.workspace, &self.publisher);
        command.args(["-q", "1", "-r", "-t", topic, "-m", "hello"]).args(options);
        outcome(command, "")
    }

    /// Receives one message.
    fn receive(&self, topic: &str, options: &[&str]) -> Outcome {
        let mut command = program(&self.workspace, &self.subscriber);
        command.args(["-C", "1", "-W", "5", "-t", topic]).args(options);
        outcome(command, "")
    }

    /// openssl with one TLS version and a client's certificate.
    fn handshake(&self, version: &str, credential: &[String; 4]) -> Outcome {
        let version = format!("-{}", version.to_lowercase().replace('v', "").replace('.', "_"));
        let [_, chain, _, key] = credential;
        let mut command = program(&self.workspace, &self.openssl);
        command.args(["s_client", &version, "-connect", &format!("127.0.0.1:{}", self.port)]);
        // It sends the first certificate of -cert alone.
        command.args(["-cert", chain, "-cert_chain", chain, "-key", key]);
        outcome(command, "")
    }

    fn credential(&self, environment: &str, name: &str) -> [String; 4] {
        let directory = self.workspace.file("pki").join(environment).join("certs").join(name);
        let file = |name: &str| directory.join(name).display().to_string();
        ["--cert".into(), file("tls.crt"), "--key".into(), file("tls.key")]
    }
}

fn words(options: &[String; 4]) -> [&str; 4] {
    options.each_ref().map(String::as_str)
}

#[test]
fn an_allowed_caller_sends_and_receives_and_nobody_else_does() {
    let Some(broker) = Broker::start("localhost", &["--allow", "backend", "--topic", "shop/#"]) else {
        return;
    };
    broker.send("shop/orders", &[]).succeeds();
    broker.receive("shop/orders", &[]).says("hello");
    broker.server.says("u'backend'");
    for version in ["TLSv1.2", "TLSv1.3"] {
        broker.handshake(version, &broker.credential("dev", "backend")).says(&format!("New, {version}"));
    }
    broker.send("elsewhere", &["-V", "mqttv5"]).says("Not authorized");
    let server = &commands(&broker.workspace.read("deploy/mosquitto.conf"), "Check")[1];
    let client = command(&broker.workspace.read("deploy/mosquitto_pub"), "Check");
    for line in [server.replace("HOST", "localhost"), client] {
        // They wait for a message for five seconds.
        let line = line.replace(" -W 5", " -W 1");
        let checked = outcome(shell(&broker.workspace, &format!("cd pki/dev/certs/backend; {line}")), "");
        checked.is_refused("received SUBACK");
        assert!(checked.text.contains("received CONNACK (0)"), "{checked:#?}");
    }

    let intruder = broker.credential("dev", "intruder");
    // A subscription is not denied, but nothing comes.
    let silence = broker.receive("shop/orders", &words(&intruder));
    silence.is_refused("Timed out");
    assert!(!silence.text.contains("hello"), "{silence:#?}");
    broker.send("shop/orders", &[&["-V", "mqttv5"][..], &words(&intruder)].concat()).says("Not authorized");
    broker.server.says("Denied PUBLISH from");
    broker.send("shop/orders", &words(&broker.credential("foreign", "backend"))).fails();
    broker.server.says("certificate verify failed");
    let bare = broker.workspace.read("deploy/mosquitto_pub");
    let kept = bare.lines().filter(|line| !line.starts_with("--cert") && !line.starts_with("--key"));
    broker.workspace.write(".config/mosquitto_pub", kept.collect::<Vec<_>>().join("\n") + "\n");
    broker.send("shop/orders", &[]).fails();
    broker.server.says("peer did not return a certificate");
}

#[test]
fn a_client_refuses_a_server_of_another_name() {
    let Some(broker) = Broker::start("elsewhere.example.com", &["--mtls", "--tls", "modern"]) else { return };
    broker.send("a", &["-d"]).is_refused("host name verification failed");
    // Nothing but the name is wrong.
    broker.send("a", &["--insecure"]).succeeds();
    broker.receive("a", &["--insecure"]).says("hello");
    let backend = broker.credential("dev", "backend");
    broker.handshake("TLSv1.2", &backend).is_refused("alert protocol version");
    broker.server.says("unsupported protocol");
}
