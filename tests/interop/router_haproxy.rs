//! HAProxy, configured from Routes as the OpenShift router configures it (openshift/router, its
//! `haproxy-config.template`): the same frontends, maps, certificate files and backend lines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::shop::{DOMAIN, Shop};
use crate::harness::{Server, free_port, judge};

/// A router with Routes, each in front of one pod on this machine.
pub(super) struct Router {
    _server: Server,
    http_port: u16,
    https_port: u16,
}

impl Router {
    /// Starts a router for Routes and the ports of their pods; nothing if HAProxy is missing.
    pub(super) fn start(shop: &Shop, routes: &[(Value, u16)]) -> Option<Self> {
        Self::start_with(shop, routes, Path::new("there is none"))
    }

    /// The same, with the CA of the cluster's services, which Routes without destinationCACertificate trust.
    pub(super) fn start_with(shop: &Shop, routes: &[(Value, u16)], service_ca: &Path) -> Option<Self> {
        let haproxy = judge("haproxy")?;
        let directory = shop.workspace.file("router");
        std::fs::create_dir_all(&directory).expect("a directory");
        // The router's own certificate is one for all hosts of its domain; here, one that no client trusts.
        let default = directory.join("default.pem");
        let wildcard = format!("_wildcard.{DOMAIN}");
        let own =
            |file| std::fs::read_to_string(shop.file("prod", &wildcard, file)).expect("a file of the shop");
        std::fs::write(&default, own("tls.key") + &own("tls.crt")).expect("a file");
        let (http_port, https_port) = (free_port(), free_port());
        let mut files =
            Files { directory: directory.clone(), service_ca: service_ca.to_owned(), ..Files::default() };
        for (route, port) in routes {
            files.admit(route, *port);
        }
        let configuration = directory.join("haproxy.config");
        std::fs::write(&configuration, files.configuration(http_port, https_port)).expect("a file");
        haproxy.accepts(["-c".as_ref(), "-f".as_ref(), configuration.as_os_str()]);
        let mut command = haproxy.command();
        command.arg("-db").arg("-f").arg(configuration);
        Some(Self { _server: Server::start(command, https_port), http_port, https_port })
    }

    /// The URL of a host with TLS.
    pub(super) fn https(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.https_port)
    }

    /// The URL of a host without TLS.
    pub(super) fn http(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.http_port)
    }
}

/// How the pattern of a wildcard begins.
const WILDCARD: &str = "^[^.]*";

/// `GenerateRouteRegexp` of the router (`pkg/router/template/util`), in its two parts.
fn host_pattern(host: &str, wildcard: bool) -> String {
    match host.split_once('.').filter(|_| wildcard) {
        Some((_, parent)) => format!("[^.]*{}", format!(".{parent}").replace('.', "\\.")),
        None => host.replace('.', "\\."),
    }
}

fn pattern(host: &str, path: &str) -> String {
    let rest = match path {
        _ if path.trim_end_matches('/').is_empty() => "(/.*)?".to_owned(),
        _ if path.ends_with('/') => format!("{path}(.*)?"),
        _ => format!("{path}(/.*)?"),
    };
    format!("^{host}\\.?(:[0-9]+)?{rest}$")
}

/// What the router writes for its Routes.
#[derive(Default)]
struct Files {
    directory: PathBuf,
    service_ca: PathBuf,
    /// Hosts that plain HTTP is let through for, and where to.
    http: Vec<String>,
    /// All hosts, with 1 where plain HTTP is redirected.
    redirect: Vec<String>,
    /// Hosts whose TLS the router does not end, and where they go.
    passthrough: Vec<String>,
    /// Hosts whose TLS the router ends, and where they go.
    edge_reencrypt: Vec<String>,
    /// The certificate of each host.
    certificates: Vec<String>,
    backends: String,
}

impl Files {
    fn admit(&mut self, route: &Value, port: u16) {
        assert_eq!((&route["kind"], &route["spec"]["to"]["kind"]), (&"Route".into(), &"Service".into()));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let name = format!("shop:{}", text(&route["metadata"]["name"]).expect("a name"));
        let host = text(&route["spec"]["host"]).expect("a host");
        let tls = &route["spec"]["tls"];
        let termination = text(&tls["termination"]).unwrap_or_default();
        let (prefix, mode, options) = match termination.as_str() {
            "" => ("be_http", "http", String::new()),
            "edge" => ("be_edge_http", "http", String::new()),
            "passthrough" => ("be_tcp", "tcp", String::new()),
            "reencrypt" => {
                let options = match text(&tls["destinationCACertificate"]) {
                    Some(authorities) => {
                        let file = self.write(&format!("cacerts/{name}.pem"), &authorities);
                        format!(" ssl verify required ca-file {}", file.display())
                    }
                    None => {
                        let service = text(&route["spec"]["to"]["name"]).expect("a service");
                        let namespace = text(&route["metadata"]["namespace"]).expect("a namespace");
                        let ca = self.service_ca.display();
                        format!(" ssl verifyhost {service}.{namespace}.svc verify required ca-file {ca}")
                    }
                };
                ("be_secure", "http", options)
            }
            other => panic!("{other:?} is no termination"),
        };
        let backend = format!("{prefix}:{name}");
        let wildcard = route["spec"]["wildcardPolicy"] == "Subdomain";
        let host_pattern = host_pattern(&host, wildcard);
        let pattern = pattern(&host_pattern, route["spec"]["path"].as_str().unwrap_or_default());
        let line = format!("{pattern} {backend}");
        match termination.as_str() {
            "" => self.http.push(line.clone()),
            "passthrough" => self.passthrough.push(format!("^{host_pattern}$ {backend}")),
            _ => {
                self.edge_reencrypt.push(line.clone());
                let host = match host.split_once('.').filter(|_| wildcard) {
                    Some((_, parent)) => format!("*.{parent}"),
                    None => host,
                };
                self.certificate(tls, &name, &host);
            }
        }
        let policy = tls["insecureEdgeTerminationPolicy"].as_str();
        self.redirect.push(format!("{pattern} {}", u8::from(policy == Some("Redirect"))));
        if policy == Some("Allow") {
            self.http.push(line);
        }
        writeln!(
            self.backends,
            "\nbackend {backend}\n  mode {mode}\n  server pod:{name} 127.0.0.1:{port} weight 1{options}"
        )
        .expect("a string grows");
    }

    /// The key, the certificate and its authorities go into one file, in this order.
    fn certificate(&mut self, tls: &Value, name: &str, host: &str) {
        let parts =
            ["key", "certificate", "caCertificate"].map(|field| tls[field].as_str().unwrap_or_default());
        if parts.iter().all(|part| part.is_empty()) {
            return;
        }
        let file = self.write(&format!("certs/{name}.pem"), &parts.map(str::trim_end).join("\n"));
        self.certificates.push(format!("{} {host}", file.display()));
    }

    fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, contents).expect("a file");
        path
    }

    fn configuration(&self, http_port: u16, https_port: u16) -> String {
        // Reversed, those that begin with a wildcard last: the first match counts.
        let map = |name: &str, lines: &[String]| {
            let mut lines = lines.to_vec();
            lines.sort_by(|one, other| {
                let is_wildcard = |line: &str| line.starts_with(WILDCARD);
                is_wildcard(one).cmp(&is_wildcard(other)).then(other.cmp(one))
            });
            self.write(name, &(lines.join("\n") + "\n")).display().to_string()
        };
        let http = map("os_http_be.map", &self.http);
        let redirect = map("os_route_http_redirect.map", &self.redirect);
        let passthrough = map("os_sni_passthrough.map", &self.passthrough);
        let edge_reencrypt = map("os_edge_reencrypt_be.map", &self.edge_reencrypt);
        let certificates = map("cert_config.map", &self.certificates);
        let directory = Path::new(&self.directory).display();
        let backends = &self.backends;
        format!(
            "\
global
  ssl-default-bind-options ssl-min-ver TLSv1.2
  tune.ssl.default-dh-param 2048

defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s

frontend public
  bind 127.0.0.1:{http_port}
  mode http
  http-request set-header Host %[req.hdr(host),lower]
  acl secure_redirect base,map_reg_int({redirect}) -m bool
  http-request redirect location https://%[req.hdr(host),field(1,:)]%[url] code 302 if secure_redirect
  use_backend %[base,map_reg({http})]

frontend public_ssl
  bind 127.0.0.1:{https_port}
  mode tcp
  tcp-request inspect-delay 5s
  tcp-request content accept if {{ req_ssl_hello_type 1 }}
  acl sni req.ssl_sni -m found
  acl sni_passthrough req.ssl_sni,lower,map_reg({passthrough}) -m found
  use_backend %[req.ssl_sni,lower,map_reg({passthrough})] if sni sni_passthrough
  use_backend be_sni if sni
  default_backend be_no_sni

backend be_sni
  mode tcp
  server fe_sni unix@{directory}/sni.sock weight 1 send-proxy

frontend fe_sni
  bind unix@{directory}/sni.sock ssl crt {directory}/default.pem crt-list {certificates} accept-proxy
  mode http
  use_backend %[base,map_reg({edge_reencrypt})]

backend be_no_sni
  mode tcp
  server fe_no_sni unix@{directory}/no-sni.sock weight 1 send-proxy

frontend fe_no_sni
  bind unix@{directory}/no-sni.sock ssl crt {directory}/default.pem accept-proxy
  mode http
  use_backend %[base,map_reg({edge_reencrypt})]
{backends}"
        )
    }
}
