//! The forms in which Routes come, what is missing in them, and what cannot be run.

use serde_json::json;

use super::{Cluster, failure, of, passed, skipped};
use crate::harness::Workspace;

#[test]
fn routes_are_found_in_every_form_that_a_cluster_or_people_give_them() {
    let cluster = Cluster::new();
    cluster.edge("web.yaml", "web", "");
    let route = cluster.document("web.yaml");
    let wanted = of(&cluster.checks("web.yaml"), "route-https").len();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [route, {"kind": "Service", "apiVersion": "v1"}]});
    let mut parametrised = route.clone();
    parametrised["spec"]["host"] = json!("${NAME}.apps.example.com");
    let template = json!({"apiVersion": "template.openshift.io/v1", "kind": "Template", "objects": [parametrised],
        "parameters": [{"name": "NAME", "value": "web"}]});
    let mut live = route.clone();
    live["metadata"]["creationTimestamp"] = json!("2024-01-01T00:00:00Z");
    live["status"] = json!({"ingress": [{"host": "web.apps.example.com", "routerName": "default",
        "conditions": [{"type": "Admitted", "status": "True"}]}]});
    let several = format!("---\n{{kind: Service}}\n---\n{}", cluster.0.read("web.yaml"));
    for (name, text) in [
        ("list.json", list.to_string()),
        ("template.json", template.to_string()),
        ("live.json", live.to_string()),
        ("several.yaml", several),
    ] {
        cluster.0.write(name, text);
        let checks = cluster.checks(name);
        passed(&checks, "route-https");
        assert_eq!(of(&checks, "route-https").len(), wanted, "{name}");
    }
    let mut open = template.clone();
    open["parameters"][0].as_object_mut().expect("a parameter").remove("value");
    cluster.0.write("open.json", open.to_string());
    let reason = skipped(&cluster.checks("open.json"), "route-runs");
    assert_eq!(reason, "spec.host is not known: it holds a parameter of a Template that has no value");
}

#[test]
fn the_certificate_of_a_secret_is_found_in_another_file_and_in_no_other_namespace() {
    let cluster = Cluster::new();
    cluster.edge("all.yaml", "web", "--external-certificate web-tls --namespace shop");
    let documents = crate::schemas::documents(&cluster.0.read("all.yaml"));
    let of_kind = |kind: &str| documents.iter().find(|one| one["kind"] == kind).expect("an object").clone();
    cluster.0.write("route.json", of_kind("Route").to_string());
    cluster.0.write("secret.json", of_kind("Secret").to_string());
    passed(&cluster.checks("all.yaml"), "route-https");
    passed(&cluster.checks("route.json secret.json"), "route-https");
    let missing = "the Secret \"web-tls\" with its certificate is not among the files";
    assert_eq!(skipped(&cluster.checks("route.json"), "route-runs"), missing);
    let mut elsewhere = of_kind("Secret");
    elsewhere["metadata"]["namespace"] = json!("other");
    cluster.0.write("elsewhere.json", elsewhere.to_string());
    assert_eq!(skipped(&cluster.checks("route.json elsewhere.json"), "route-runs"), missing);
}

#[test]
fn whatever_stands_in_a_route_gets_an_answer() {
    let cluster = Cluster::new();
    let head = "---\napiVersion: route.openshift.io/v1\nkind: Route\n";
    let rest = [
        "",
        "metadata: 1\nspec: []\n",
        "metadata: {name: [], annotations: {a: 1}}\nspec: {to: x, port: 1, tls: [], host: {}, path: 0}\n",
        "metadata: {name: x}\nspec: {host: '..', to: {name: x}}\n",
        "metadata: {name: y}\nspec: {host: .a, to: {name: x}, wildcardPolicy: Subdomain}\n",
        "metadata: {name: z}\nspec: {host: a.b, to: {name: x}, path: \"/\\r\\nx: y\"}\n",
        "metadata: {name: t}\nspec: {host: 127.0.0.1, to: {name: x}, tls: {termination: edge}}\n",
        "spec: {to: {name: x}, tls: {termination: edge, certificate: 1, key: [], externalCertificate: x}}\n",
        "metadata: {name: w}\nspec: {host: b.c, to: {name: x, weight: -1}, tls: {termination: passthrough}}\nstatus: {ingress: {}}\n",
    ];
    cluster.0.write("odd.yaml", rest.map(|rest| format!("{head}{rest}")).concat());
    let run = cluster.verify("odd.yaml --pod-cert rest-api").exits_with(3);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn what_is_not_known_is_skipped_with_the_reason_and_never_passed() {
    let cluster = Cluster::new();
    cluster.emit("raw.yaml", "passthrough shop --hostname shop.apps.example.com --service shop");
    let reason = skipped(&cluster.checks("raw.yaml"), "route-https");
    assert_eq!(reason, "which certificate the pod shows is not known here");
    cluster.emit("nohost.yaml", "edge shop --service shop");
    assert_eq!(
        skipped(&cluster.checks("nohost.yaml"), "route-runs"),
        "it has no host, so the router makes one up"
    );
    cluster.edge("web.yaml", "web", "");
    let mut idle = cluster.document("web.yaml");
    idle["spec"]["to"]["weight"] = json!(0);
    cluster.0.write("idle.json", idle.to_string());
    let (found, fix) = failure(&cluster.checks("idle.json"), "route-https");
    assert_eq!(found, "503 from the router: every backend has the weight 0");
    assert_eq!(fix, "give a backend a weight above 0");
    std::fs::remove_dir_all(cluster.0.credential("backend", "")).expect("the only client");
    let checks = cluster.checks("raw.yaml --pod-cert rest-api --pod-mtls");
    assert_eq!(skipped(&checks, "route-https"), "there is no client certificate to try");
}

#[test]
fn files_without_routes_are_refused_and_broken_ones_are_failed_checks() {
    let cluster = Cluster::new();
    cluster.0.write("pod.yaml", "kind: Pod\n");
    cluster.verify("pod.yaml").fails(2, "error: no Route in pod.yaml");
    cluster.0.write("broken.yaml", "a: [\n");
    cluster.edge("web.yaml", "web", "");
    let checks = cluster.checks("broken.yaml web.yaml");
    assert_eq!(failure(&checks, "manifest-syntax").1, "fix the file at this position");
    passed(&checks, "route-https");
    cluster
        .verify("web.yaml --pod-cert shop=rest-api")
        .fails(2, "error: --pod-cert: no Route has the Service \"shop\"");
    cluster.verify("web.yaml --pod-cert a --pod-cert b").fails(
        2,
        "error: --pod-cert b: these pods already have one\n\nhint: give one per Service: `--pod-cert SERVICE=NAME`",
    );
    cluster.verify("web.yaml --client backend").fails(
        2,
        "error: `--client` and `--client-cert` need `--pod-mtls` with `--route`\n\nhint: add `--pod-mtls` if the pods request client certificates",
    );
    let keyless = cluster.pem("rest-api", "tls.crt");
    cluster.0.write("keyless.pem", keyless);
    cluster.passthrough("raw.yaml");
    cluster.verify("raw.yaml --pod-cert keyless.pem").fails(
        2,
        "error: keyless.pem contains no private key\n\nhint: put chain and key in one file, or issue a credential and use its name",
    );
}

#[test]
fn without_an_environment_the_roots_of_visitors_are_asked_for() {
    Workspace::new().pkictl(&["verify", "--route", "route.yaml"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\n\
         hint: use `--roots FILE` for the roots that visitors trust, or `--env NAME` for the environment",
    );
}
