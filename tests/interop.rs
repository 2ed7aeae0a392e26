//! What the emitters make, in the servers, the router and the images that it is made for.

mod apache;
mod caddy;
mod celery;
mod cert_manager;
mod cluster;
mod comments;
mod compose;
mod connect;
mod daemon;
mod deep;
mod deployment;
mod dhparam;
mod dockerfile;
mod env;
mod envoy;
mod gateway;
mod gunicorn;
mod haproxy;
mod ingress;
mod k8s_secret;
mod k8s_trust;
mod kafka;
mod mariadb;
mod mosquitto;
mod nginx;
mod node;
mod postgres;
mod rabbitmq;
mod redis;
mod route;
mod route_router;
mod router_haproxy;
mod shop;
mod traefik;
mod traefik_kubernetes;
mod trust_manager;
mod uwsgi;
mod vault;
mod vault_listener;
mod web;

/// An emitter that claims a proof has a module of its name here, with tests in it.
#[test]
fn every_emitter_that_claims_a_proof_has_its_test_here() {
    let emitters = pkictl::emit::Emitters::built_in();
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    for name in emitters.names() {
        let emitter = emitters.load(&name).expect("a built-in emitter");
        if emitter.proven_by.starts_with("unproven") {
            continue;
        }
        let module = here.join(format!("{}.rs", name.replace('-', "_")));
        let text = std::fs::read_to_string(&module).unwrap_or_default();
        assert!(
            text.contains("#[test]"),
            "{name} claims {:?}, and {} tests nothing",
            emitter.proven_by,
            module.display()
        );
    }
}
