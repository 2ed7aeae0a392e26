//! Rules about fields and how they go together.

use pkictl::lint::{self, Finding};
use serde_json::{Value, json};

use super::{Case, findings, merge, plain, tls};
use crate::fixtures::{Pki, now};

pub(super) fn objects() -> Vec<Case> {
    let name = |name: &str, namespace: &str| {
        findings(|route| route["metadata"] = json!({"name": name, "namespace": namespace}))
    };
    vec![
        (lint::resources("a: [", now()), &["manifest-syntax"]),
        (findings(|_| ()), &[]),
        (findings(|route| route["spec"]["to"]["weight"] = json!("100")), &["route-field-type"]),
        (findings(|route| route["spec"]["host"] = json!(true)), &["route-field-type"]),
        (
            findings(|route| drop(route.as_object_mut().expect("an object").remove("spec"))),
            &["route-required"],
        ),
        (plain(&json!({"port": {}})), &["route-required"]),
        (findings(|route| route["spec"]["hostname"] = json!("x")), &["route-field-unknown"]),
        (plain(&json!({"to": {"namespace": "x"}})), &["route-field-unknown"]),
        (findings(|route| route["apiVersion"] = json!("v1")), &["route-api-version"]),
        (findings(|route| route["metadata"] = json!({})), &["route-name-missing"]),
        (findings(|route| route["metadata"] = json!({"generateName": "web-"})), &[]),
        (name("Web", "shop"), &["route-name"]),
        (name("web", "shop.x"), &["route-namespace"]),
        (name("a.b-c", "shop"), &[]),
    ]
}

pub(super) fn hosts() -> Vec<Case> {
    let host = |host: &str| plain(&json!({ "host": host }));
    let long = |length: usize| format!("{}.example.com", "a".repeat(length));
    let generated = |name: String, namespace: Option<&str>| {
        let route = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route",
            "metadata": {"name": name, "namespace": namespace}, "spec": {"to": {"name": "web"}}});
        lint::resources(&route.to_string(), now())
    };
    let relaxed = json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "spec": {"host": long(64), "to": {"name": "web"}},
        "metadata": {"name": "web", "annotations": {"route.openshift.io/allow-non-dns-compliant-host": "true"}}});
    let labels = vec!["a".repeat(60); 5].join(".");
    vec![
        (host(""), &["route-host-empty"]),
        (host("Web.example.com"), &["route-host-syntax"]),
        (host("*.example.com"), &["route-host-syntax"]),
        (host("a_b.example.com"), &["route-host-syntax"]),
        (host("web.example.com."), &["route-host-syntax"]),
        (host("web..example.com"), &["route-host-syntax"]),
        (host("-web.example.com"), &["route-host-syntax"]),
        (host("wéb.example.com"), &["route-host-syntax"]),
        (host("web example"), &["route-host-syntax"]),
        (host(&long(63)), &[]),
        (host(&long(64)), &["route-host-label"]),
        (lint::resources(&relaxed.to_string(), now()), &[]),
        (host(&labels), &["route-host-length"]),
        (generated("a".repeat(58), Some("shop")), &[]),
        (generated("a".repeat(59), Some("shop")), &["route-host-generated"]),
        (generated("a".repeat(61), None), &[]),
        (generated("a".repeat(62), None), &["route-host-generated"]),
        (plain(&json!({"subdomain": "A"})), &["route-subdomain"]),
        (plain(&json!({"subdomain": "a", "host": "x.example.com"})), &["route-subdomain-ignored"]),
        (plain(&json!({"path": ""})), &["route-path"]),
        (plain(&json!({"path": "x"})), &["route-path"]),
        (plain(&json!({"path": "/a b"})), &["route-path"]),
        (plain(&json!({"path": "/a#b"})), &["route-path"]),
        (plain(&json!({"path": "/a\nb"})), &["route-path-control"]),
        (plain(&json!({"path": "/a\tb"})), &["route-path-control"]),
        (plain(&json!({"path": "/a/b"})), &[]),
        (plain(&json!({"wildcardPolicy": "All"})), &["route-wildcard-policy"]),
        (
            plain(&json!({"wildcardPolicy": "Subdomain"})),
            &["route-wildcard-host", "route-wildcard-admission"],
        ),
        (
            plain(&json!({"wildcardPolicy": "Subdomain", "host": "a.example.com"})),
            &["route-wildcard-admission"],
        ),
    ]
}

pub(super) fn backends() -> Vec<Case> {
    let to = |to: Value| plain(&json!({ "to": to }));
    let others = |names: &[&str]| {
        plain(
            &json!({"alternateBackends": names.iter().map(|name| json!({"kind": "Service", "name": name})).collect::<Vec<_>>()}),
        )
    };
    let port = |port: Value| plain(&json!({"port": {"targetPort": port}}));
    vec![
        (to(json!({"kind": "Pod"})), &["route-to-kind"]),
        (to(json!({"kind": ""})), &[]),
        (to(json!({"name": ""})), &["route-to-name"]),
        (to(json!({"name": null})), &["route-required"]),
        (others(&["a", ""]), &["route-to-name"]),
        (to(json!({"weight": 257})), &["route-weight"]),
        (to(json!({"weight": -1})), &["route-weight"]),
        (to(json!({"weight": 256})), &[]),
        (others(&["a", "b", "c"]), &[]),
        (others(&["a", "b", "c", "d"]), &["route-alternate-backends"]),
        (others(&["a", "a"]), &["route-alternate-backends"]),
        (port(json!(0)), &["route-port"]),
        (port(json!("")), &["route-port"]),
        (port(json!(65535)), &[]),
        (port(json!("https")), &[]),
        (port(json!(65536)), &["route-port-range"]),
        (port(json!(-1)), &["route-port-range"]),
        (port(json!("8080")), &["route-port-quoted"]),
    ]
}

pub(super) fn terminations() -> Vec<Case> {
    let pass = |more: Value| {
        let mut fields = json!({"termination": "passthrough"});
        merge(&mut fields, &more);
        tls(&fields)
    };
    let edge = |more: Value| findings(|route| merge(&mut route["spec"]["tls"], &more));
    let external = json!({"externalCertificate": {"name": "web-tls"}});
    vec![
        (tls(&json!({"termination": "Edge"})), &["route-termination"]),
        (tls(&json!({})), &["route-required"]),
        (edge(json!({"insecureEdgeTerminationPolicy": "Deny"})), &["route-insecure-policy"]),
        (edge(json!({"insecureEdgeTerminationPolicy": "Allow"})), &[]),
        (pass(json!({"insecureEdgeTerminationPolicy": "Allow"})), &["route-passthrough-allow"]),
        (pass(json!({"insecureEdgeTerminationPolicy": "Redirect"})), &[]),
        (pass(json!({"certificate": "x"})), &["route-passthrough-certificates"]),
        (pass(json!({"key": "x"})), &["route-passthrough-certificates"]),
        (pass(json!({"caCertificate": "x"})), &["route-passthrough-certificates"]),
        (pass(json!({"destinationCACertificate": "x"})), &["route-passthrough-certificates"]),
        (pass(external.clone()), &["route-passthrough-certificates"]),
        (plain(&json!({"tls": {"termination": "passthrough"}, "path": "/x"})), &["route-passthrough-path"]),
        (
            plain(&json!({"tls": {"termination": "passthrough"}, "httpHeaders": {"actions": {}}})),
            &["route-passthrough-headers"],
        ),
        (
            findings(|route| {
                route["spec"]["tls"]["destinationCACertificate"] = json!(Pki::flat().authority.anchor().pem())
            }),
            &["route-edge-destination"],
        ),
        (
            edge(external.clone()),
            &["route-external-and-certificate", "route-external-and-key", "route-external-and-ca"],
        ),
        (edge(json!({"key": null})), &["route-certificate-without-key"]),
        (edge(json!({"certificate": "", "caCertificate": null})), &["route-key-without-certificate"]),
        (edge(json!({"certificate": null, "key": null})), &["route-ca-without-certificate"]),
        (tls(&json!({"termination": "reencrypt"})), &["route-destination-ca-missing"]),
    ]
}

pub(super) fn headers() -> Vec<Case> {
    let many: Vec<Value> =
        (0..21).map(|i| json!({"name": format!("X-{i}"), "action": {"type": "Delete"}})).collect();
    let twice =
        json!([{"name": "X", "action": {"type": "Delete"}}, {"name": "X", "action": {"type": "Delete"}}]);
    let value = |text: &str| header("request", "X", &set(text));
    vec![
        (plain(&json!({"httpHeaders": {"actions": {"response": many}}})), &["route-header-count"]),
        (header("request", "X Y", &set("a")), &["route-header-name"]),
        (plain(&json!({"httpHeaders": {"actions": {"request": twice}}})), &["route-header-name"]),
        (header("response", "Set-Cookie", &set("a")), &["route-header-reserved"]),
        (header("response", "X", &json!({"type": "Add"})), &["route-header-action"]),
        (header("response", "X", &json!({"type": "Set"})), &["route-header-action"]),
        (
            header("response", "X", &json!({"type": "Delete", "set": {"value": "a"}})),
            &["route-header-action"],
        ),
        (header("response", "X", &json!({"set": {"value": "a"}})), &["route-required"]),
        (value("100%"), &["route-header-value"]),
        (value(""), &["route-header-value"]),
        (value("%[req.hdr(a b)]"), &["route-header-value"]),
        (value("%{+Z}[ssl_c_der]"), &["route-header-value"]),
        (value("%[res.hdr(a)]"), &["route-header-value"]),
        (value("a\tb"), &["route-header-value"]),
        (value("100%% %{+Q,-X}[ssl_c_der,base64,lower] é"), &[]),
    ]
}

fn header(direction: &str, name: &str, action: &Value) -> Vec<Finding> {
    plain(&json!({"httpHeaders": {"actions": {direction: [{"name": name, "action": action}]}}}))
}

fn set(value: &str) -> Value {
    json!({"type": "Set", "set": {"value": value}})
}
