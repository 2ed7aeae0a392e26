//! Apache httpd, started with exactly what the emitter makes.

use super::comments::command;
use super::daemon::{Outcome, outcome, own_shell};
use super::shop::Shop;
use super::web::{
    CALLER, announced, begin, knock, refuses_another_authority, soon, version_1, version_2,
    visitors_look_whom_they_reach,
};
use crate::harness::{Judge, Server, free_port};

/// Where Debian has the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

#[test]
fn apache_admits_the_callers_that_are_named_and_nobody_else() {
    let Some((shop, apache)) = begin("apache2") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let allowed = ["--local", "--allow", "backend-1,partner,deep", "--upstream", &upstream];
    let (server, port) = start(&shop, &apache, &allowed);
    let url = format!("https://localhost:{port}/");
    let admitted = shop.get_as_backend(&url, "test");
    // gunicorn believes X-Forwarded-Proto.
    admitted.is_from("rest-api", "https");
    assert_eq!(admitted.shown_by(), "rest-api");
    shop.get_with(&url, "test", "partner").is_from("rest-api", "https");
    shop.get_with(&url, "test", "deep").is_from("rest-api", "https");
    assert_eq!(shop.get_with(&url, "test", "backend-2").status, "403");
    server.says("AH01630: client denied by server configuration");
    knock(&shop, &url, None).is_refused("alert handshake failure");
    server.says("peer did not return a certificate");
    knock(&shop, &url, Some("prod")).is_refused("alert unknown ca");
    server.says("Certificate Verification: Error (20): unable to get local issuer certificate");
    visitors_look_whom_they_reach(&shop, port);
}

#[test]
fn apache_counts_the_authorities_above_a_caller_and_reads_its_file_again_as_the_comment_says() {
    let Some((shop, apache)) = begin("apache2") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let (server, port) = start(&shop, &apache, &["--local", "--mtls", "--upstream", &upstream]);
    let url = format!("https://localhost:{port}/");
    shop.get_with(&url, "test", "deep").is_from("rest-api", "https");
    // With room for one authority (Apache counts the root, too) the same caller is refused.
    let file = format!("deploy-{port}/apache-site.conf");
    let text = shop.workspace.read(&file);
    assert!(text.contains("SSLVerifyDepth 3"), "{text}");
    shop.workspace.write(&file, text.replace("SSLVerifyDepth 3", "SSLVerifyDepth 2"));
    run(&shop, &apache, port, &command(&text, "Load")).succeeds();
    soon("the caller below two authorities is refused", || {
        shop.get_with(&url, "test", "deep").exit != Some(0)
    });
    server.says("Certificate Verification: Certificate Chain too long");
    shop.get_as_backend(&url, "test").is_from("rest-api", "https");
}

#[test]
fn apache_takes_the_callers_address_from_the_proxy_protocol() {
    let Some((shop, apache)) = begin("apache2") else { return };
    let (_pod, pod) = shop.plain_pod("rest-api");
    let upstream = format!("http://127.0.0.1:{pod}");
    let options = ["--local", "--proxy-protocol", "--tls", "modern", "--upstream", &upstream];
    let (server, port) = start(&shop, &apache, &options);
    for header in [version_1(), version_2()] {
        shop.get(&format!("https://localhost:{}/", announced(port, header)), &[])
            .is_from("rest-api", "https");
    }
    server.says(&format!("{CALLER} 200"));
    assert_eq!(server.log().matches(&format!("{CALLER} 200")).count(), 2, "{}", server.log());
    let direct = shop.get(&format!("https://localhost:{port}/"), &[]);
    // Apache hangs up without a word of why.
    let announced_ones = server.log().matches("received valid PROXY header").count();
    assert_eq!((direct.exit, announced_ones), (Some(35), 2), "{direct:#?}\n{}", server.log());
    let old = format!("https://localhost:{}/", announced(port, version_1()));
    shop.get(&old, &["--tls-max", "1.2"]).is_refused("alert protocol version");
}

#[test]
fn apache_calls_an_upstream_that_asks_for_certificates() {
    let Some((shop, apache)) = begin("apache2") else { return };
    let (pod, number) = shop.tls_pod("test", &["--mtls"]);
    let place = |name| shop.file("test", name, "").display().to_string();
    let (own, client) = (place("rest-api"), place("backend-1"));
    let mounted = ["--mount", own.trim_end_matches('/'), "--client-mount", client.trim_end_matches('/')];
    let call = |options: &[&str]| {
        let (server, port) = start(&shop, &apache, &[&mounted[..], options].concat());
        (server, shop.get(&format!("https://localhost:{port}/"), &[]))
    };
    let upstream = format!("https://localhost:{number}");
    call(&["--upstream", &upstream, "--client", "backend-1"]).1.is_from("rest-api", "https");
    // The proxy's own reason depends on whether the pod hangs up before or after the request is on its way.
    let (_server, answer) = call(&["--upstream", &upstream]);
    assert!(answer.status.starts_with("50"), "{answer:#?}");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    // This, too, means this machine, and is not in the certificate.
    let upstream = format!("https://0x7f.1:{number}");
    let (server, answer) = call(&["--upstream", &upstream, "--client", "backend-1"]);
    assert_eq!(answer.status, "500", "{answer:#?}");
    server.says("AH02411: SSL Proxy: Peer certificate does not match");
}

#[test]
fn apache_refuses_an_upstream_of_another_authority() {
    refuses_another_authority(
        "apache2",
        start,
        "500",
        "Certificate Verification: Error (20): unable to get local issuer certificate",
    );
}

/// Apache with the emitted file in it, and with nothing else but modules and what a test needs to see.
#[track_caller]
fn start(shop: &Shop, apache: &Judge, options: &[&str]) -> (Server, u16) {
    let port = free_port();
    let (number, deploy) = (port.to_string(), format!("deploy-{port}"));
    let pem = shop.workspace.file(&deploy).join("apache-client.pem").display().to_string();
    let place = ["apache", "--cert", "rest-api", "--bind", "127.0.0.1", "--port", &number];
    let files = ["--client-pem", &pem, "-d", &deploy];
    let _ = shop.emit(&[&place[..], &files, options].concat());
    let here = shop.workspace.path().display();
    let modules: String =
        ["authn_core", "authz_core", "headers", "mpm_event", "proxy", "proxy_http", "remoteip", "ssl"]
            .iter()
            .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
            .collect();
    // Apache started by root serves as nobody in particular.
    let main = format!(
        "{modules}ServerRoot {here}\nServerName localhost\nPidFile {here}/{port}.pid\nDefaultRuntimeDir {here}\n\
         User www-data\nGroup www-data\nMutex pthread\nErrorLog /dev/stderr\nLogLevel info remoteip:debug\n\
         LogFormat \"%a %>s\" seen\nCustomLog /dev/stdout seen\nInclude {here}/{deploy}/apache-site.conf\n"
    );
    let main = shop.workspace.write(&format!("{port}.main.conf"), main);
    let text = shop.workspace.read(format!("{deploy}/apache-site.conf"));
    run(shop, apache, port, &command(&text, "Check")).says("Syntax OK");
    let mut command = apache.command();
    command.arg("-f").arg(main).arg("-DFOREGROUND");
    (Server::start(command, port), port)
}

/// A command as a comment says it: apachectl hands options on, and takes a word for one behind `-k`. Only the place of
/// the configuration is another.
fn run(shop: &Shop, apache: &Judge, port: u16, line: &str) -> Outcome {
    let program =
        format!("{} -f {}/{port}.main.conf", apache.path().display(), shop.workspace.path().display());
    let script = format!(
        "apachectl() {{ case $1 in -*) {program} \"$@\" ;; *) {program} -k \"$@\" ;; esac; }}\n{line}"
    );
    outcome(own_shell(&shop.workspace, &script), "")
}
