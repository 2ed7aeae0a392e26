//! uWSGI, started with exactly what the emitter makes.

use std::process::Command;

use super::shop::{Answer, DOMAIN, Shop};
use super::web::{self, knock};
use crate::harness::{Server, free_port, judge};

/// Answers as the shop's application does; its Python is the system's, which has no Flask.
const APPLICATION: &str = r#"
import json

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"service": "rest-api", "scheme": environ["wsgi.url_scheme"]}).encode()]
"#;

/// The server with what the emitter makes, changed by a function; nothing if a program is missing.
fn start(options: &[&str], change: impl Fn(String) -> String) -> Option<(Shop, Command, u16)> {
    let (uwsgi, _) = (judge("uwsgi-core")?, judge("uwsgi_python3")?);
    let (shop, port) = (web::open()?, free_port());
    let number = port.to_string();
    let fixed = ["uwsgi", "--cert", "rest-api", "--local", "--port", &number];
    let file = shop.emit(&[&fixed, options].concat());
    shop.workspace.write("uwsgi-tls.ini", change(file));
    shop.workspace.write("shop_app.py", APPLICATION);
    let mut command = uwsgi.command();
    command.current_dir(shop.workspace.path()).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["--plugin", "http", "--plugin", "python3", "--ini", "uwsgi-tls.ini"]);
    command.args(["--module", "shop_app:app"]);
    Some((shop, command, port))
}

#[test]
fn named_callers_are_admitted_and_nobody_else() {
    let options = ["--allow", "backend-1"];
    let Some((shop, command, port)) = start(&options, |file| file) else { return };
    let server = Server::start(command, port);
    let url = format!("https://localhost:{port}/");
    shop.get_as_backend(&url, "test").is_from("rest-api", "https");
    knock(&shop, &url, Some("test")).is_from("rest-api", "https");

    let is_forbidden = |answer: Answer| {
        assert_eq!((answer.status.as_str(), answer.body.as_str()), ("403", ""), "{answer:#?}");
    };
    is_forbidden(shop.get_with(&url, "test", "backend-2"));
    server.says("(HTTP/1.1 403)");
    // What a caller says of itself counts for nothing.
    let (chain, key) = (shop.file("test", "backend-2", "tls.crt"), shop.file("test", "backend-2", "tls.key"));
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let forged = ["--header", "HTTPS_DN: /CN=backend-1", "--cert", &chain, "--key", &key];
    is_forbidden(shop.get(&url, &forged));

    knock(&shop, &url, None).is_refused("alert handshake failure");
    knock(&shop, &url, Some("prod")).is_refused("alert unknown ca");
    let elsewhere = format!("https://other.{DOMAIN}:{port}/");
    shop.get_as_backend(&elsewhere, "test").is_refused("no alternative certificate subject name matches");
}

#[test]
fn a_modern_server_without_mtls_speaks_tls_1_3_alone() {
    let Some((shop, command, port)) = start(&["--tls", "modern"], |file| file) else { return };
    let _server = Server::start(command, port);
    let url = format!("https://localhost:{port}/");
    shop.get(&url, &["--tlsv1.3"]).is_from("rest-api", "https");
    shop.get(&url, &["--tls-max", "1.2"]).is_refused("alert protocol version");
    let stranger = shop.ask(&url, &shop.file("prod", "rest-api", "ca.crt"), &[]);
    stranger.is_refused("unable to get local issuer certificate");
}

#[test]
fn a_caller_whose_subject_holds_a_space_is_refused_because_the_rule_would_end_there() {
    let Some(shop) = web::open() else { return };
    let options = ["emit", "uwsgi", "--cert", "rest-api", "--allow", "partner", "--env", "test"];
    let run = shop.workspace.pkictl(&options).exits_with(1);
    let reason = "uWSGI cannot compare the subject \"/O=Partner & Co: it's us/CN=partner\"";
    assert!(run.stderr.contains(reason), "{run:#?}");
}

#[test]
fn a_server_that_cannot_check_its_callers_does_not_start() {
    // As in a build without routing, which does not know the option.
    let without_routing = |file: String| file.replace("route-if", "rout-if");
    let Some((_shop, mut command, _)) = start(&["--allow", "backend-1"], without_routing) else { return };
    let output = command.output().expect("uWSGI runs");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{log}");
    assert!(log.contains("unknown config directive: rout-if"), "{log}");
}
