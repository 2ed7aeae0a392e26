//! Routes in a real HAProxy that is configured as the OpenShift router configures it, in front of gunicorn.

use serde_json::Value;

use super::router_haproxy::Router;
use super::shop::{DOMAIN, Shop, document};

#[test]
fn an_edge_route_shows_the_wildcard_certificate_and_reaches_a_plain_pod() {
    let Some(shop) = Shop::open() else { return };
    let (_pod, port) = shop.plain_pod("web");
    let Some(router) = Router::start(&shop, &[(web(&shop, &[]), port)]) else { return };
    let answer = shop.get(&router.https(&host("web")), &[]);
    answer.is_from("web", "http");
    assert_eq!(answer.shown_by(), format!("*.{DOMAIN}"));
    // A host without a Route meets the router's own certificate.
    let stranger = shop.get(&router.https(&host("other")), &[]);
    stranger.is_refused("unable to get local issuer certificate");
}

#[test]
fn plain_http_goes_where_the_policy_of_the_route_says() {
    let Some(shop) = Shop::open() else { return };
    let (_pod, port) = shop.plain_pod("web");
    let mut routes = vec![];
    for policy in ["None", "Allow", "Redirect"] {
        let (name, host) = (policy.to_lowercase(), host(&policy.to_lowercase()));
        let options = [name.as_str(), "--service", "web", "--hostname", &host, "--insecure-policy", policy];
        routes.push((edge(&shop, &options), port));
    }
    let silent = host("silent");
    routes.push((edge(&shop, &["silent", "--service", "web", "--hostname", &silent]), port));
    let open = host("open");
    let plain = shop.emit(&["route", "plain", "open", "--service", "web", "--hostname", &open]);
    routes.push((document(&plain), port));
    let Some(router) = Router::start(&shop, &routes) else { return };
    for name in ["none", "silent"] {
        assert_eq!(shop.get(&router.http(&host(name)), &[]).status, "503", "{name}");
    }
    for name in ["allow", "open"] {
        shop.get(&router.http(&host(name)), &[]).is_from("web", "http");
    }
    let redirected = shop.get(&router.http(&host("redirect")), &[]);
    assert_eq!(redirected.status, "302");
    assert!(redirected.talk.contains(&format!("location: https://{}", host("redirect"))), "{redirected:#?}");
    for name in ["none", "allow", "redirect", "silent"] {
        shop.get(&router.https(&host(name)), &[]).is_from("web", "http");
    }
}

#[test]
fn a_reencrypt_route_reaches_a_pod_with_tls() {
    let Some(shop) = Shop::open() else { return };
    let (_pod, port) = shop.tls_pod("test", &[]);
    let Some(router) = Router::start(&shop, &[(reencrypt(&shop), port)]) else { return };
    let answer = shop.get(&router.https(&host("rest-api")), &[]);
    answer.is_from("rest-api", "https");
    assert_eq!(answer.shown_by(), format!("*.{DOMAIN}"));
}

#[test]
fn a_reencrypt_route_does_not_trust_a_pod_of_another_environment() {
    let Some(shop) = Shop::open() else { return };
    let (pod, port) = shop.tls_pod("prod", &[]);
    let Some(router) = Router::start(&shop, &[(reencrypt(&shop), port)]) else { return };
    let answer = shop.get(&router.https(&host("rest-api")), &[]);
    assert_eq!((answer.status.as_str(), answer.shown_by()), ("503", format!("*.{DOMAIN}").as_str()));
    // The pod is there and would have answered: it is the router that hung up.
    pod.says("unknown ca");
}

#[test]
fn a_passthrough_route_leaves_the_client_to_the_pod() {
    let Some(shop) = Shop::open() else { return };
    let (pod, port) = shop.tls_pod("test", &["--mtls"]);
    let name = host("rest-api");
    let options =
        ["route", "passthrough", "rest-api", "--service", "rest-api", "--port", "8443", "--hostname", &name];
    let route = document(&shop.emit(&options));
    let (_page, page_port) = shop.plain_pod("web");
    let Some(router) = Router::start(&shop, &[(route, port), (web(&shop, &[]), page_port)]) else { return };
    let url = router.https(&name);
    let answer = shop.get_as_backend(&url, "test");
    answer.is_from("rest-api", "https");
    assert_eq!(answer.shown_by(), "rest-api");
    // The customer who reads the page cannot call the API, and it is the pod that says so.
    shop.get(&router.https(&host("web")), &[]).is_from("web", "http");
    shop.get(&url, &[]).is_refused("alert certificate required");
    pod.says("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    shop.get_as_backend(&url, "prod").is_refused("alert unknown ca");
    pod.says("unable to get local issuer certificate");
}

fn host(name: &str) -> String {
    format!("{name}.{DOMAIN}")
}

fn web(shop: &Shop, options: &[&str]) -> Value {
    let host = host("web");
    edge(shop, &[&["web", "--service", "web", "--port", "8080", "--hostname", &host], options].concat())
}

fn edge(shop: &Shop, options: &[&str]) -> Value {
    let wildcard = format!("*.{DOMAIN}");
    document(&shop.emit(&[&["route", "edge", "--cert", &wildcard], options].concat()))
}

fn reencrypt(shop: &Shop) -> Value {
    let (wildcard, name) = (format!("*.{DOMAIN}"), host("rest-api"));
    let options = ["--service", "svc/rest-api", "--port", "8443", "--hostname", &name];
    let certificates = ["--cert", &wildcard, "--dest-cert", "rest-api"];
    document(&shop.emit(&[&["route", "reencrypt"], &options[..], &certificates[..]].concat()))
}
