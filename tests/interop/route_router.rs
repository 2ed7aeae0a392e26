//! `verify --route` and a real HAProxy, configured as the OpenShift router, get the same Route files: their visitors
//! must get the same.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::router_haproxy::Router;
use super::shop::{Answer, DOMAIN, Shop};
use crate::harness::{Server, free_port, judge};

/// Routes with the ports of their pods, and what `verify` is told beside their files.
struct Case {
    routes: Vec<(Value, u16)>,
    secret: Option<Value>,
    options: Vec<String>,
    _pods: Vec<Server>,
}

#[test]
fn visitors_of_a_real_haproxy_get_what_the_report_says() {
    let Some(shop) = Shop::open() else { return };
    let Some(mut case) = routes(&shop) else { return };
    compare(&shop, &mut case, 70);
}

#[test]
fn callers_of_pods_that_ask_for_certificates_get_what_the_report_says() {
    let Some(shop) = Shop::open() else { return };
    let (pod, port) = shop.tls_pod("test", &["--mtls"]);
    let (passthrough, reencrypt) = (passthrough(&shop, "raw"), reencrypt(&shop, "api"));
    let mut case = Case {
        routes: vec![(passthrough, port), (reencrypt, port)],
        secret: None,
        options: ["--pod-mtls", "--client", "backend-1"].map(str::to_owned).to_vec(),
        _pods: vec![pod],
    };
    compare(&shop, &mut case, 12);
}

/// Every kind of Route, whole and damaged.
fn routes(shop: &Shop) -> Option<Case> {
    let openssl = judge("openssl")?;
    let (web, web_port) = shop.plain_pod("web");
    let (api, api_port) = shop.tls_pod("test", &[]);
    let (prod, prod_port) = shop.tls_pod("prod", &[]);
    let mut routes = vec![
        (edge(shop, "web", ""), web_port),
        (edge(shop, "allow", "--insecure-policy Allow"), web_port),
        (edge(shop, "redirect", "--insecure-policy Redirect --path /x"), web_port),
        (reencrypt(shop, "api"), api_port),
        (passthrough(shop, "raw"), api_port),
    ];
    let changed = |from: Value, name: &str, change: &dyn Fn(&mut Value)| {
        let mut route = from;
        route["metadata"]["name"] = json!(name);
        route["spec"]["host"] = json!(format!("{name}.{DOMAIN}"));
        change(&mut route);
        route
    };
    let web_route = || edge(shop, "web", "");
    let without = |route: &mut Value, field: &str| {
        route["spec"]["tls"].as_object_mut().expect("tls").remove(field);
    };
    routes.push((
        changed(web_route(), "open", &|route| {
            route["spec"].as_object_mut().expect("a spec").remove("tls");
        }),
        web_port,
    ));
    routes.push((
        changed(web_route(), "below", &|route| {
            route["spec"]["host"] = json!(format!("web.{DOMAIN}"));
            route["spec"]["path"] = json!("/below");
        }),
        web_port,
    ));
    // Two labels below the wildcard.
    routes.push((changed(web_route(), "deep.er", &|_| ()), web_port));
    routes.push((changed(web_route(), "torn", &|route| without(route, "caCertificate")), web_port));
    let wildcard = format!("*.sub.{DOMAIN}");
    let issue = |words: &[&str]| {
        shop.workspace.pkictl(&[&["issue"], words, &["--env", "test"]].concat()).succeeds();
    };
    issue(&["wildcard", &wildcard]);
    issue(&["server", "old", "--not-after=-1d", "--san", &format!("old.{DOMAIN}")]);
    let own = |name: &str| {
        ["tls.crt", "tls.key"]
            .map(|file| std::fs::read_to_string(shop.file("test", name, file)).expect("a credential"))
    };
    let show = |route: &mut Value, name: &str| {
        let [certificate, key] = own(name);
        route["spec"]["tls"]["certificate"] = json!(certificate);
        route["spec"]["tls"]["key"] = json!(key);
        without(route, "caCertificate");
    };
    routes.push((changed(web_route(), "old", &|route| show(route, "old")), web_port));
    routes.push((
        changed(web_route(), "any.sub", &|route| {
            show(route, &format!("_wildcard.sub.{DOMAIN}"));
            route["spec"]["wildcardPolicy"] = json!("Subdomain");
        }),
        web_port,
    ));
    let external = changed(web_route(), "external", &|route| {
        for field in ["certificate", "key", "caCertificate"] {
            without(route, field);
        }
        route["spec"]["tls"]["externalCertificate"] = json!({"name": "web-tls"});
    });
    let [certificate, key] = own(&format!("_wildcard.{DOMAIN}"));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "web-tls"}, "stringData": {"tls.crt": certificate, "tls.key": key}});
    routes.push((external, web_port));
    let api_route = || reencrypt(shop, "api");
    routes.push((
        changed(api_route(), "prod", &|route| route["spec"]["to"]["name"] = json!("prod")),
        prod_port,
    ));
    for namespace in ["shop", "elsewhere"] {
        let route = changed(api_route(), &format!("service-{namespace}"), &|route| {
            without(route, "destinationCACertificate");
            route["metadata"]["namespace"] = json!(namespace);
        });
        routes.push((route, api_port));
    }
    // As many make the certificate of a pod: self-signed, and a CA by `openssl req -x509`.
    let path = |file: &str| shop.workspace.file(file).display().to_string();
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=pod -days 2 -keyout";
    let (key, certificate) = (path("self.key"), path("self.crt"));
    openssl.accepts(words.split(' ').chain([key.as_str(), "-out", &certificate]));
    let port = free_port();
    let mut command = shop.gunicorn("self");
    command.arg(format!("--bind=127.0.0.1:{port}")).arg(format!("--certfile={certificate}"));
    let pod = Server::start(
        {
            command.arg(format!("--keyfile={key}"));
            command
        },
        port,
    );
    let read = |file: &str| std::fs::read_to_string(file).expect("a file of openssl");
    shop.workspace.write("self.pem", read(&certificate) + &read(&key));
    routes.push((
        changed(api_route(), "self", &|route| {
            route["spec"]["to"]["name"] = json!("self");
            route["spec"]["tls"]["destinationCACertificate"] = json!(read(&certificate));
        }),
        port,
    ));
    let prod_files = ["tls.crt", "tls.key"].map(|file| shop.file("prod", "rest-api", file));
    let prod_pem = prod_files.map(|file| std::fs::read_to_string(file).expect("a credential")).concat();
    shop.workspace.write("prod.pem", prod_pem);
    let root = shop.file("test", "rest-api", "ca.crt").display().to_string();
    let options = ["--pod-cert", "prod=prod.pem", "--pod-cert", "self=self.pem", "--service-ca", &root];
    Some(Case {
        routes,
        secret: Some(secret),
        options: options.map(str::to_owned).to_vec(),
        _pods: vec![web, api, prod, pod],
    })
}

/// Runs `verify` and HAProxy on the same Routes and compares what each visitor gets. There are `least` visits.
fn compare(shop: &Shop, case: &mut Case, least: usize) {
    let files: Vec<PathBuf> = case
        .routes
        .iter()
        .map(|(route, _)| route)
        .chain(&case.secret)
        .enumerate()
        .map(|(nth, object)| shop.workspace.write(&format!("routes/{nth}.json"), object.to_string()))
        .collect();
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut line = vec!["verify", "--env", "test", "--format", "json", "--route"];
    line.extend(names.iter().map(String::as_str));
    line.extend(case.options.iter().map(String::as_str));
    let report = shop.workspace.pkictl(&line).json();
    // The router reads the Secret of an external certificate into the Route.
    let is_external = |route: &Value| !route["spec"]["tls"]["externalCertificate"].is_null();
    for (route, _) in case.routes.iter_mut().filter(|(route, _)| is_external(route)) {
        let data = &case.secret.as_ref().expect("its Secret")["stringData"];
        route["spec"]["tls"]["certificate"] = data["tls.crt"].clone();
        route["spec"]["tls"]["key"] = data["tls.key"].clone();
    }
    let service_ca = shop.file("test", "rest-api", "ca.crt");
    let Some(router) = Router::start_with(shop, &case.routes, &service_ca) else { return };
    let mut visits = 0;
    for check in report["checks"].as_array().expect("checks") {
        let id = check["id"].as_str().expect("an id");
        let (id, tls) = id
            .rsplit_once("-tls1")
            .map_or((id, "1.3"), |(id, version)| (id, if version == "2" { "1.2" } else { "1.3" }));
        let others = ["route-admitted", "route-foreign-pod", "route-foreign-client"];
        // Refusals by Routes that nobody reaches are not tried.
        if others.contains(&id) || check["outcome"] == "skipped" && id == "route-untrusted-root" {
            continue;
        }
        let subject = check["subject"].as_str().expect("a subject");
        let url = subject.split(' ').nth(1).expect("a URL");
        let answer = visit(shop, &router, id, url, tls);
        let (said, got) = (said(check), got(&answer));
        assert!(said.split(" or ").any(|one| one == got), "curl got {got:?}: {check:#}\n{answer:#?}");
        visits += 1;
    }
    assert!(visits >= least, "only {visits} visits were compared");
}

/// The same visit, by curl.
fn visit(shop: &Shop, router: &Router, id: &str, url: &str, tls: &str) -> Answer {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (host, path) = rest.split_once('/').expect("a path");
    let base = if scheme == "https" { router.https(host) } else { router.http(host) };
    let url = format!("{base}{path}");
    let stranger = shop.file("prod", "rest-api", "ca.crt");
    let version = ["--tls-max", tls];
    let backend =
        ["tls.crt", "tls.key"].map(|file| shop.file("test", "backend-1", file).display().to_string());
    let client = ["--cert", &backend[0], "--key", &backend[1]];
    match id {
        "route-untrusted-root" => shop.ask(&url, &stranger, &version),
        "route-unknown-host" => shop.get(&url, &[&version[..], &["--insecure"]].concat()),
        "route-https" if host.starts_with("rest-api.") => shop.get(&url, &[&version[..], &client].concat()),
        _ => shop.get(&url, &version),
    }
}

/// What the report says that a visitor gets.
fn said(check: &Value) -> &str {
    let text = if check["outcome"] == "failed" { &check["found"] } else { &check["detail"] };
    let text = text.as_str().expect("a text");
    let kinds = [
        "200",
        "302",
        "502 or 503",
        "503",
        "no page: the visitor refuses",
        "no page: the visitor received the alert",
    ];
    kinds.into_iter().find(|kind| text.starts_with(kind)).unwrap_or_else(|| panic!("{check:#}"))
}

/// What curl got.
fn got(answer: &Answer) -> &str {
    if answer.exit == Some(0) {
        return &answer.status;
    }
    let by_visitor = ["SSL certificate problem", "no alternative certificate subject name matches"];
    if by_visitor.iter().any(|words| answer.talk.contains(words)) {
        return "no page: the visitor refuses";
    }
    assert!(answer.talk.contains("alert"), "{answer:#?}");
    "no page: the visitor received the alert"
}

fn edge(shop: &Shop, name: &str, more: &str) -> Value {
    let line = format!("edge {name} --service web --hostname {name}.{DOMAIN} --cert *.{DOMAIN} {more}");
    emit(shop, &line)
}

fn reencrypt(shop: &Shop, name: &str) -> Value {
    let line = format!("reencrypt {name} --service rest-api --hostname {name}.{DOMAIN} --cert *.{DOMAIN}");
    emit(shop, &format!("{line} --dest-cert rest-api"))
}

fn passthrough(shop: &Shop, name: &str) -> Value {
    let mut route = emit(shop, &format!("passthrough {name} --service rest-api --hostname {name}.{DOMAIN}"));
    // The pod's certificate names this host.
    route["spec"]["host"] = json!(format!("rest-api.{DOMAIN}"));
    route
}

fn emit(shop: &Shop, line: &str) -> Value {
    let words: Vec<&str> = ["route"].into_iter().chain(line.split_whitespace()).collect();
    super::shop::document(&shop.emit(&words))
}
