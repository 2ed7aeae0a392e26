//! gunicorn, started with exactly what the emitter makes.

use super::comments::command;
use super::daemon::outcome;
use super::shop::{DOMAIN, Shop, document, variable};
use crate::harness::{Server, deadline, free_port};

#[test]
fn a_customer_reaches_a_server_that_asks_for_no_certificate() {
    let Some(shop) = Shop::open() else { return };
    let (server, port) = shop.tls_pod("test", &[]);
    let url = format!("https://localhost:{port}/");
    let answer = shop.get(&url, &["--tls-max", "1.2"]);
    answer.is_from("rest-api", "https");
    assert_eq!(answer.shown_by(), "rest-api");
    // Two options in one word would leave the server without TLS or without its log.
    server.says("\"GET / HTTP/1.1\" 200");
    let stranger = shop.ask(&url, &shop.file("prod", "rest-api", "ca.crt"), &[]);
    stranger.is_refused("unable to get local issuer certificate");
}

#[test]
fn a_server_with_mtls_admits_its_clients_and_nobody_else() {
    let Some(shop) = Shop::open() else { return };
    let (server, port) = shop.tls_pod("test", &["--mtls"]);
    admits_clients_of_its_authority_only(&shop, &server, port);
}

#[test]
fn the_config_file_does_the_same_as_the_variable_by_the_commands_of_its_comment() {
    let Some(shop) = Shop::open() else { return };
    let port = free_port();
    // The path is relative: the file is for this machine, and nothing of it is for a pod.
    let mount = ["--mount", "pki/test/certs/rest-api", "--port", &port.to_string()];
    let file = shop.emit(&[&["gunicorn", "--cert", "rest-api", "--mtls"], &mount[..]].concat());
    shop.workspace.write("gunicorn.conf.py", &file);
    let run = |word: &str| shop.gunicorn_by(&command(&file, word), "rest-api");
    outcome(run("Check"), "").says("");
    let server = Server::start(run("Start"), port);
    admits_clients_of_its_authority_only(&shop, &server, port);
}

#[test]
fn a_modern_server_speaks_tls_1_3_alone() {
    let Some(shop) = Shop::open() else { return };
    let (port, directory) = (free_port(), shop.workspace.file("deploy"));
    let (mount, out) = (shop.file("test", "rest-api", ""), directory.display().to_string());
    let mount = mount.display().to_string();
    let place = ["--mount", mount.trim_end_matches('/'), "--bind", "127.0.0.1", "--port", &port.to_string()];
    let _ =
        shop.emit(&[&["gunicorn", "--cert", "rest-api", "--tls", "modern", "-d", &out], &place[..]].concat());
    let deployment = document(&shop.workspace.read("deploy/gunicorn-deployment.yaml"));
    let mounted = &deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][1]["mountPath"];
    let mut command = shop.gunicorn("rest-api");
    // There is no container here: the file lies elsewhere than where the ConfigMap would be mounted.
    let words = variable(&deployment).replace(mounted.as_str().expect("a path"), &out);
    command.env("GUNICORN_CMD_ARGS", words);
    let _server = Server::start(command, port);
    let url = format!("https://localhost:{port}/");
    shop.get(&url, &["--tlsv1.3"]).is_from("rest-api", "https");
    shop.get(&url, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn a_server_on_this_machine_admits_the_callers_that_are_named_and_nobody_else() {
    let Some(shop) = Shop::open() else { return };
    shop.workspace.pkictl(&["issue", "client", "backend-2", "--env", "test"]).succeeds();
    let port = free_port();
    let number = port.to_string();
    let options = ["gunicorn", "--cert", "rest-api", "--allow", "backend-1", "--local", "--port", &number];
    shop.workspace.write("gunicorn.conf.py", shop.emit(&options));
    let mut command = shop.gunicorn("rest-api");
    command.args(["--config", "gunicorn.conf.py"]);
    let server = Server::start(command, port);
    admits_clients_of_its_authority_only(&shop, &server, port);
    let url = format!("https://localhost:{port}/");
    let other = shop.get_with(&url, "test", "backend-2");
    assert_eq!((other.status.as_str(), other.body.as_str()), ("403", ""), "{other:#?}");
    server.says("not admitted: ['backend-2']");
    let elsewhere = format!("https://other.{DOMAIN}:{port}/");
    shop.get_as_backend(&elsewhere, "test").is_refused("no alternative certificate subject name matches");
}

#[test]
fn a_worker_whose_callers_cannot_be_checked_does_not_start() {
    let Some(shop) = Shop::open() else { return };
    let port = free_port().to_string();
    let options = ["gunicorn", "--cert", "rest-api", "--allow", "backend-1", "--local", "--port", &port];
    shop.workspace.write("gunicorn.conf.py", shop.emit(&options));
    let mut command = shop.gunicorn("rest-api");
    command.args(["--config", "gunicorn.conf.py", "--worker-class", "asgi"]);
    let output = assert_cmd::Command::from_std(command).timeout(deadline(30)).output();
    let output = output.expect("gunicorn runs");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && log.contains("so no caller can be checked"), "{log}");
}

/// How S2I images of Python start gunicorn: until 2023 with a port of their own, then with the words of the variable.
const S2I: [&str; 2] = [
    "gunicorn wsgi:app --bind=127.0.0.1:\"$BOUND\" --access-logfile=- --config \"$APP_CONFIG\"",
    "gunicorn wsgi:app $GUNICORN_CMD_ARGS --config \"$APP_CONFIG\"",
];

/// A pod of such an image with the variables of an emitted Deployment. `config` is what it gives to `--config` in place of
/// the emitted file.
fn s2i_pod(shop: &Shop, line: &str, options: &[&str], config: Option<&str>) -> (Server, u16) {
    let (port, out) = (free_port(), shop.workspace.file(format!("deploy-{}", free_port())));
    let (number, out) = (port.to_string(), out.display().to_string());
    let mount = shop.file("test", "rest-api", "").display().to_string();
    let fixed =
        ["gunicorn", "--cert", "rest-api", "--mount", mount.trim_end_matches('/'), "--bind", "127.0.0.1"];
    let _ = shop.emit(&[&fixed, &["--port", &number, "-d", &out][..], options].concat());
    let deployment =
        document(&std::fs::read_to_string(format!("{out}/gunicorn-deployment.yaml")).expect("a file"));
    let mut command = shop.gunicorn_by(line, "rest-api");
    command.env("BOUND", &number).env("APP_CONFIG", "");
    for variable in
        deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().expect("variables")
    {
        let text = |key: &str| variable[key].as_str().expect("a text").replace("/etc/gunicorn", &out);
        command.env(text("name"), text("value"));
    }
    if let Some(config) = config {
        command.env("APP_CONFIG", shop.workspace.write(config, "workers = 1\n"));
    }
    (Server::start(command, port), port)
}

#[test]
fn an_image_of_s2i_serves_as_the_deployment_says() {
    let Some(shop) = Shop::open() else { return };
    shop.workspace.pkictl(&["issue", "client", "backend-2", "--env", "test"]).succeeds();
    for line in S2I {
        let (server, port) = s2i_pod(&shop, line, &["--mtls"], None);
        admits_clients_of_its_authority_only(&shop, &server, port);
        let (server, port) = s2i_pod(&shop, line, &["--allow", "backend-1", "--tls", "modern"], None);
        admits_clients_of_its_authority_only(&shop, &server, port);
        let url = format!("https://localhost:{port}/");
        assert_eq!(shop.get_with(&url, "test", "backend-2").status, "403");
        shop.get_with(&url, "test", "backend-1").is_from("rest-api", "https");
        let old = ["--tls-max", "1.2"];
        shop.get(&url, &old).is_refused("alert protocol version");
    }
}

#[test]
fn a_command_line_with_another_config_file_undoes_neither_tls_nor_client_certificates() {
    let Some(shop) = Shop::open() else { return };
    for line in S2I {
        let options = ["--allow", "backend-1", "--tls", "modern"];
        let (server, port) = s2i_pod(&shop, line, &options, Some("own.py"));
        admits_clients_of_its_authority_only(&shop, &server, port);
    }
}

#[track_caller]
fn admits_clients_of_its_authority_only(shop: &Shop, server: &Server, port: u16) {
    let url = format!("https://127.0.0.1:{port}/");
    shop.get_as_backend(&url, "test").is_from("rest-api", "https");
    shop.get(&url, &[]).is_refused("alert certificate required");
    server.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    shop.get_as_backend(&url, "prod").is_refused("alert unknown ca");
    server.says("unable to get local issuer certificate");
    shop.get_with(&url, "test", "rest-api").is_refused("alert unsupported certificate");
    // OpenSSL calls it unsupported or unsuitable, by its version.
    server.says("certificate purpose");
}
