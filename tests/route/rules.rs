//! Each rule of the Route lint is broken once, and only that rule answers.

mod fields;
mod material;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pkictl::lint::{self, Finding, Severity};
use pkictl::pki::{CertificateSpec, KeyAlgorithm, PrivateKey};
use serde_json::{Value, json};

use super::{emit, routes};
use crate::fixtures::{Pki, now};

const HOST: &str = "web.apps.example.com";

/// The findings for a sound Route after `change`.
fn findings(change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    static SOUND: LazyLock<Value> = LazyLock::new(|| edge(&Pki::flat(), |_| ()));
    let mut route = SOUND.clone();
    change(&mut route);
    lint::resources(&route.to_string(), now())
}

/// The same with another certificate.
fn with_certificate(
    pki: &Pki,
    spec: impl FnOnce(&mut CertificateSpec),
    change: impl FnOnce(&mut Value),
) -> Vec<Finding> {
    let mut route = edge(pki, spec);
    change(&mut route);
    lint::resources(&route.to_string(), now())
}

fn edge(pki: &Pki, spec: impl FnOnce(&mut CertificateSpec)) -> Value {
    let web = pki.identity_with("server", HOST, spec);
    let texts = [("termination", "edge"), ("service", "web"), ("hostname", HOST), ("port", "8080")];
    routes(&emit(&texts, &[("cert", &web)])).remove(0)
}

/// A plain Route with `spec` merged into it.
fn plain(spec: &Value) -> Vec<Finding> {
    let mut route = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "web"},
        "spec": {"to": {"kind": "Service", "name": "web"}}});
    merge(&mut route["spec"], spec);
    lint::resources(&route.to_string(), now())
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn tls(tls: &Value) -> Vec<Finding> {
    plain(&json!({ "tls": tls }))
}

/// Findings with the rules that were meant to answer.
type Case = (Vec<Finding>, &'static [&'static str]);

fn all() -> Vec<Case> {
    let fields =
        [fields::objects(), fields::hosts(), fields::backends(), fields::terminations(), fields::headers()];
    let material = [material::pems(), material::certificates(), material::visitors()];
    [fields.concat(), material.concat()].concat()
}

#[test]
fn each_broken_rule_is_found_and_no_other() {
    for (index, (findings, expected)) in all().into_iter().enumerate() {
        let mut found: Vec<&str> = findings.iter().map(|finding| finding.rule.id).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "case {index}: {findings:#?}");
    }
}

#[test]
fn every_rule_is_broken_by_a_case() {
    let tried: BTreeSet<&str> = all().iter().flat_map(|(_, expected)| expected.iter().copied()).collect();
    let all: Vec<&str> = lint::rules().iter().map(|rule| rule.id).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "two rules have one name");
    let of_routes = |id: &&&str| id.starts_with("route-") || **id == "manifest-syntax";
    let known: Vec<&&str> = all.iter().filter(of_routes).collect();
    let untried: Vec<_> = known.iter().filter(|id| !tried.contains(***id)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn a_rule_says_whence_it_comes_and_how_to_mend_it() {
    for rule in lint::rules() {
        assert!(!rule.source.is_empty() && !rule.fix.is_empty(), "{}", rule.id);
        assert!(
            rule.refused_by.is_none() || rule.severity == Severity::Error,
            "{} is refused and no error",
            rule.id
        );
    }
}

#[test]
fn a_finding_quotes_no_private_key() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
    let text = key.pkcs8_pem();
    let body = text.lines().nth(1).expect("base64").to_owned();
    let swapped = findings(|route| {
        route["spec"]["tls"]["key"] = json!(text.replace("END PRIVATE", "END PUBLIC"));
        route["spec"]["tls"]["key-file"] = json!(text.as_str());
        route["spec"]["tls"]["certificate"] = json!(text.as_str());
    });
    let broken = lint::resources(&format!("key: |\n  {}\n bad\n", text.replace('\n', "\n  ")), now());
    assert!(swapped.len() >= 3 && broken.len() == 1, "{swapped:#?}");
    assert!(!format!("{swapped:?}{broken:?}").contains(&body), "{swapped:?}{broken:?}");
}

#[test]
fn routes_are_found_in_lists_and_templates() {
    let bad = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "web"},
        "spec": {"to": {"name": "web"}, "path": "x", "host": "${HOST}"}});
    let ids = |manifest: Value| {
        lint::resources(&manifest.to_string(), now()).iter().map(|f| f.rule.id).collect::<Vec<_>>()
    };
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [bad, {"kind": "Service"}]});
    assert_eq!(ids(list), ["route-host-syntax", "route-path"]);
    let template =
        |parameters: Value| json!({"kind": "Template", "objects": [bad], "parameters": parameters});
    assert_eq!(ids(template(json!([{"name": "HOST"}]))), ["route-path"]);
    assert_eq!(ids(template(json!([{"name": "HOST", "value": "a_b"}]))), ["route-host-syntax", "route-path"]);
    let knative = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Route", "spec": {"traffic": []}});
    assert!(ids(knative).is_empty());
}

#[test]
fn a_finding_says_what_where_and_how_to_mend_it() {
    let found = findings(|route| route["spec"]["tls"]["termination"] = json!("passthrough"));
    let finding = found.iter().find(|f| f.place.ends_with("spec.tls.key")).expect("the key is there");
    let text = serde_json::to_value(finding).expect("it encodes");
    assert_eq!(
        text,
        json!({
            "id": "route-passthrough-certificates",
            "severity": "error",
            "source": "library-go route validation: passthrough termination does not support certificates",
            "refused_by": "API server",
            "fix": "leave it out: the pod shows its own certificate; or choose edge or reencrypt",
            "place": "Route web: spec.tls.key",
            "message": "a passthrough Route has no certificates: the router does not end TLS",
        })
    );
}

#[test]
fn no_damage_to_a_manifest_stops_the_lint() {
    let pki = Pki::with_intermediate();
    let web = pki.identity("server", HOST);
    let texts = [
        ("termination", "reencrypt"),
        ("service", "web"),
        ("hostname", HOST),
        ("external-certificate", "web-tls"),
    ];
    let sound = emit(&texts, &[("cert", &web), ("dest-cert", &web)]).into_bytes();
    let mut random: u64 = 1;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    for _ in 0..300 {
        let mut text = sound.clone();
        for _ in 0..=next(4) {
            let at = next(text.len());
            match next(3) {
                0 => text[at] = b"\n :-{}[]'\"#&*!|%\t0A"[next(19)],
                1 => text.truncate(at.max(1)),
                _ => drop(text.drain(at..(at + next(40)).min(text.len()))),
            }
            if text.is_empty() {
                break;
            }
        }
        lint::resources(&String::from_utf8_lossy(&text), now());
    }
}
