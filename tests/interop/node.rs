//! Node.js with exactly the modules that the emitter makes: https and Express as servers, an agent as the client.

use super::shop::{DOMAIN, Shop};
use super::web::{self, knock};
use crate::harness::{Judge, Server, free_port, judge, peers, skip};

/// Answers as the shop's application does. How it is served: `https`, or `express`. It takes every upgrade.
const SERVER: &str = r#"
const [how, port] = process.argv.slice(2)
const { options, admit } = require('./deploy/tls-server.cjs')
const answer = (request, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ service: 'rest-api', scheme: request.socket.encrypted ? 'https' : 'http' }))
}
let app = answer
if (how === 'express') {
  app = require('express')()
  app.get('/', answer)
}
const server = require('node:https').createServer(options, app)
if (admit) admit(server)
server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
server.on('tlsClientError', (error, socket) => console.error('refused: %s', socket.authorizationError ?? error.code))
server.listen(Number(port), '127.0.0.1')
"#;

/// Two requests with the emitted agent, the second on a connection that continues the first one's session. Port, host.
const CLIENT: &str = r#"
const https = require('node:https')
const [port, servername] = process.argv.slice(2)
const { options } = require('./deploy/tls-client.cjs')
const agent = new https.Agent({ ...options, keepAlive: false })
const request = (agent, next) => https.get({ host: '127.0.0.1', port, servername, agent }, (response) => {
  const session = response.socket.isSessionReused() ? 'resumed' : 'new'
  let text = ''
  response.on('data', (part) => { text += part })
  response.on('end', () => {
    console.log(text, session)
    setTimeout(next, 50)
  })
}).on('error', (error) => {
  console.error(error.code, error.message)
  process.exit(1)
})
request(agent, () => request(agent, () => request(require('./deploy/tls-client.cjs').agent, () => process.exit(0))))
"#;

struct Node {
    shop: Shop,
    node: Judge,
    port: u16,
    server: Server,
}

impl Node {
    /// A server of the emitted options; nothing if a program is missing.
    fn start(how: &str, options: &[&str]) -> Option<Self> {
        let (node, shop, port) = (judge("node")?, web::open()?, free_port());
        if !peers().join("npm/node_modules/express").is_dir() {
            return skip("express is not installed");
        }
        shop.emit(&[&["node", "--cert", "rest-api", "--local", "-d", "deploy"], options].concat());
        shop.workspace.write("server.cjs", SERVER);
        shop.workspace.write("client.cjs", CLIENT);
        let mut command = node.command();
        command.current_dir(shop.workspace.path()).env("NODE_PATH", peers().join("npm/node_modules"));
        command.args(["server.cjs", how, &port.to_string()]);
        let server = Server::start(command, port);
        Some(Self { shop, node, port, server })
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }

    /// The emitted client, which expects this host: whether it got its answers, and what it printed.
    fn call(&self, host: &str) -> (bool, String) {
        let mut command = self.node.command();
        command.current_dir(self.shop.workspace.path());
        command.args(["client.cjs", &self.port.to_string(), host]);
        let output = command.output().expect("node runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }
}

#[test]
fn https_admits_the_callers_that_are_named_and_nobody_else() {
    let options = ["--allow", "backend-1", "--client", "backend-1"];
    let Some(node) = Node::start("https", &options) else { return };
    let (shop, url) = (&node.shop, node.url());
    shop.get_as_backend(&url, "test").is_from("rest-api", "https");
    knock(shop, &url, Some("test")).is_from("rest-api", "https");

    let (success, text) = node.call("localhost");
    assert!(success, "{text}");
    // A session that goes on has been checked again, and its caller is still known.
    let answer = "{\"service\":\"rest-api\",\"scheme\":\"https\"}";
    assert_eq!(text, format!("{answer} new\n{answer} resumed\n{answer} new\n"));
    let (success, text) = node.call("other.example.com");
    assert!(!success && text.contains("ERR_TLS_CERT_ALTNAME_INVALID"), "{text}");

    let other = shop.get_with(&url, "test", "backend-2");
    assert_eq!(other.status, "000", "{other:#?}");
    node.server.says("not admitted: \"backend-2\"");
    let (chain, key) = (shop.file("test", "backend-2", "tls.crt"), shop.file("test", "backend-2", "tls.key"));
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let upgrade =
        ["--header", "Connection: Upgrade", "--header", "Upgrade: x", "--cert", &chain, "--key", &key];
    assert_eq!(shop.get(&url, &upgrade).status, "000");

    knock(shop, &url, None).is_refused("alert handshake failure");
    node.server.says("refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE");
    let foreign = knock(shop, &url, Some("prod"));
    assert_eq!(foreign.status, "000", "{foreign:#?}");
    node.server.says("refused: UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    let elsewhere = format!("https://other.{DOMAIN}:{}/", node.port);
    shop.get_as_backend(&elsewhere, "test").is_refused("no alternative certificate subject name matches");
}

#[test]
fn express_with_mtls_speaks_tls_1_3_alone_and_admits_every_client_of_its_authorities() {
    let Some(node) = Node::start("express", &["--mtls", "--tls", "modern"]) else { return };
    let (shop, url) = (&node.shop, node.url());
    shop.get_as_backend(&url, "test").is_from("rest-api", "https");
    shop.get_with(&url, "test", "backend-2").is_from("rest-api", "https");
    knock(shop, &url, Some("test")).is_refused("alert protocol version");
    assert_eq!(shop.get(&url, &[]).status, "000");
    node.server.says("refused: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE");
}

#[test]
fn https_without_mtls_asks_for_no_certificate() {
    let Some(node) = Node::start("https", &[]) else { return };
    let (shop, url) = (&node.shop, node.url());
    shop.get(&url, &["--tls-max", "1.2"]).is_from("rest-api", "https");
    shop.get(&url, &["--tlsv1.3"]).is_from("rest-api", "https");
    let stranger = shop.ask(&url, &shop.file("prod", "rest-api", "ca.crt"), &[]);
    stranger.is_refused("unable to get local issuer certificate");
}
