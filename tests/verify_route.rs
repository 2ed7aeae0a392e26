//! `verify --route`: Routes in every form that people have them in, and what a visitor would get.

use serde_json::{Value, json};

use crate::harness::{Run, Workspace};

const WILDCARD: &str = "*.apps.example.com";

/// An environment with a wildcard certificate, a pod's certificate and a client.
struct Cluster(Workspace);

impl Cluster {
    fn new() -> Self {
        let workspace = Workspace::new();
        for line in [
            "init --org Example --intermediate",
            "issue wildcard *.apps.example.com",
            "issue server rest-api --san rest-api.shop.svc --san rest-api.apps.example.com",
            "issue client backend",
        ] {
            workspace.pkictl(&line.split(' ').collect::<Vec<_>>()).succeeds();
        }
        Self(workspace)
    }

    /// Emits a Route into a file.
    fn emit(&self, file: &str, line: &str) {
        let words = ["emit", "route"].into_iter().chain(line.split(' ')).collect::<Vec<_>>();
        let run = self.0.pkictl(&words).succeeds();
        self.0.write(file, run.stdout);
    }

    fn edge(&self, file: &str, name: &str, more: &str) {
        let host = format!("--hostname {name}.apps.example.com --service {name} --cert {WILDCARD}");
        self.emit(file, format!("edge {name} {host} {more}").trim_end());
    }

    fn reencrypt(&self, file: &str) {
        let host = "--hostname rest-api.apps.example.com --service rest-api";
        self.emit(file, &format!("reencrypt rest-api {host} --cert {WILDCARD} --dest-cert rest-api"));
    }

    fn passthrough(&self, file: &str) {
        self.emit(file, "passthrough rest-api --hostname rest-api.apps.example.com --service rest-api");
    }

    /// The only document of a file.
    fn document(&self, file: &str) -> Value {
        crate::schemas::documents(&self.0.read(file)).remove(0)
    }

    fn pem(&self, name: &str, file: &str) -> String {
        self.0.read(self.0.credential(name, file))
    }

    #[must_use]
    fn verify(&self, line: &str) -> Run {
        self.0.pkictl(&["verify", "--route"].into_iter().chain(line.split(' ')).collect::<Vec<_>>())
    }

    fn checks(&self, line: &str) -> Vec<Value> {
        let report = self.verify(&format!("{line} --format json")).json();
        report["checks"].as_array().expect("checks").clone()
    }
}

/// The checks with this id, on any TLS version.
#[track_caller]
fn of(checks: &[Value], id: &str) -> Vec<Value> {
    let versions = ["", "-tls13", "-tls12"].map(|version| format!("{id}{version}"));
    let is = |check: &&Value| versions.iter().any(|id| check["id"] == **id);
    let found: Vec<Value> = checks.iter().filter(is).cloned().collect();
    assert!(!found.is_empty(), "no check {id} in {checks:#?}");
    found
}

/// What all checks with this id found, which must have failed, and what their fix is.
#[track_caller]
fn failure(checks: &[Value], id: &str) -> (String, String) {
    let all = of(checks, id);
    let words = |check: &Value| {
        assert_eq!(check["outcome"], "failed", "{check:#}");
        let text = |field: &str| check[field].as_str().expect("a text").to_owned();
        (text("found"), text("fix"))
    };
    let mut found: Vec<_> = all.iter().map(words).collect();
    found.dedup();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[track_caller]
fn passed(checks: &[Value], id: &str) {
    for check in of(checks, id) {
        assert_eq!(check["outcome"], "passed", "{check:#}");
    }
}

#[track_caller]
fn skipped(checks: &[Value], id: &str) -> String {
    let check = of(checks, id).remove(0);
    assert_eq!(check["outcome"], "skipped", "{check:#}");
    check["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn a_report_says_what_visitors_get_and_what_they_are_refused() {
    let cluster = Cluster::new();
    cluster.edge("web.yaml", "web", "--insecure-policy Redirect");
    cluster.reencrypt("api.yaml");
    let run = cluster.verify("web.yaml api.yaml").succeeds();
    let (report, summary) = run.stdout.rsplit_once("\n\n").expect("a summary");
    assert_eq!(
        report,
        "web.yaml, api.yaml

what the cluster admits
  ok    web       1 check
  ok    rest-api  1 check

connections that must work
  ok    web: https://web.apps.example.com/                                  2 checks
  ok    web: http://web.apps.example.com/ -> https://web.apps.example.com/  1 check
  ok    rest-api: https://rest-api.apps.example.com/                        2 checks

connections that must be refused
  ok    a visitor who does not trust the root refuses the certificate           4 checks
  ok    a host without a Route meets the router's own certificate, and no page  4 checks
  ok    a visitor without TLS gets no page                                      1 check
  ok    the router refuses a pod of a foreign CA                                2 checks"
    );
    assert!(summary.starts_with("18 passed, 0 failed, 0 skipped in "), "{summary}");
    let checks = cluster.checks("web.yaml");
    let detail = of(&checks, "route-https-tls13")[0]["detail"].as_str().expect("a detail").to_owned();
    assert!(
        detail.starts_with("200 from the pod, certificate \"*.apps.example.com\", TLS 1.3, "),
        "{detail}"
    );
    let report = cluster.verify("web.yaml --format junit").succeeds().stdout;
    assert!(report.contains("<testsuite name=\"handshake\""), "{report}");
}

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
fn plain_http_gets_what_the_policy_says() {
    let cluster = Cluster::new();
    for (policy, id, detail) in [
        ("None", "route-no-http", "503 from the router: no Route has this host and path"),
        ("Allow", "route-http", "200 from the pod"),
        ("Redirect", "route-http", "302 to https://web.apps.example.com/x"),
    ] {
        cluster.edge("web.yaml", "web", &format!("--insecure-policy {policy} --path /x"));
        let checks = cluster.checks("web.yaml");
        passed(&checks, id);
        let found = of(&checks, id)[0]["detail"].as_str().expect("a detail").to_owned();
        assert!(found.starts_with(&format!("{detail}, ")), "{found}");
        passed(&checks, "route-other-path");
    }
}

#[test]
fn a_wildcard_route_serves_hosts_beside_its_own_and_shows_them_its_certificate() {
    let cluster = Cluster::new();
    cluster.edge("all.yaml", "web", "--wildcard-policy Subdomain");
    let checks = cluster.checks("all.yaml");
    passed(&checks, "route-https");
    let subjects: Vec<Value> = of(&checks, "route-https").iter().map(|one| one["subject"].clone()).collect();
    assert!(subjects.contains(&json!("web: https://any-host.apps.example.com/")), "{subjects:?}");
    // A Route without a certificate whose host the wildcard covers is shown behind it.
    cluster.emit("bare.yaml", "edge bare --hostname bare.apps.example.com --service bare");
    passed(&cluster.checks("all.yaml bare.yaml"), "route-https");
    let reason = skipped(&cluster.checks("bare.yaml"), "route-https");
    assert!(reason.contains("the Route has no certificate"), "{reason}");
    // The certificate must cover the hosts beside, too.
    cluster.0.pkictl(&["issue", "server", "one", "--san", "web.apps.example.com"]).succeeds();
    let mut narrow = cluster.document("all.yaml");
    for (field, file) in [("certificate", "tls.crt"), ("key", "tls.key")] {
        narrow["spec"]["tls"][field] = json!(cluster.pem("one", file));
    }
    narrow["spec"]["tls"].as_object_mut().expect("tls").remove("caCertificate");
    cluster.0.write("narrow.json", narrow.to_string());
    let checks = cluster.checks("narrow.json --tls 1.3");
    let outcomes: Vec<Value> = of(&checks, "route-https").iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, ["passed", "failed"]);
    assert!(
        checks.iter().any(|check| check["found"]
            .as_str()
            .is_some_and(|found| found.contains("not valid for any-host.apps.example.com"))),
        "{checks:#?}"
    );
}

#[test]
fn what_visitors_would_not_take_is_said_with_the_reason() {
    let cluster = Cluster::new();
    cluster.edge("web.yaml", "web", "");
    let mut other = cluster.document("web.yaml");
    other["spec"]["host"] = json!("web.other.example.com");
    cluster.0.write("other.json", other.to_string());
    let checks = cluster.checks("other.json");
    let (found, fix) = failure(&checks, "route-https");
    assert!(found.contains("not valid for web.other.example.com; it names *.apps.example.com"), "{found}");
    assert_eq!(fix, "give the Route a certificate for web.other.example.com, or change spec.host");
    assert_eq!(
        skipped(&checks, "route-untrusted-root"),
        "nobody reaches the pod, so a refusal would prove nothing"
    );
    // Without its intermediate the chain leads nowhere.
    let mut torn = cluster.document("web.yaml");
    torn["spec"]["tls"].as_object_mut().expect("tls").remove("caCertificate");
    cluster.0.write("torn.json", torn.to_string());
    let (found, fix) = failure(&cluster.checks("torn.json"), "route-https");
    assert!(found.starts_with("no page: the visitor refuses: unknown issuer"), "{found}");
    assert!(fix.contains("spec.tls.caCertificate"), "{fix}");
    // Other roots than those of the environment.
    cluster.0.pkictl(&["init", "--env", "prod"]).succeeds();
    let run = cluster.verify("web.yaml --roots pki/prod/ca/root/ca.crt").exits_with(3);
    assert!(run.stdout.contains("the visitor refuses: unknown issuer"), "{}", run.stdout);
    cluster.0.pkictl(&["issue", "wildcard", WILDCARD, "--not-after=-1d", "--force"]).succeeds();
    let mut expired = cluster.document("web.yaml");
    for (field, file) in [("certificate", "tls.crt"), ("key", "tls.key")] {
        expired["spec"]["tls"][field] = json!(cluster.pem("_wildcard.apps.example.com", file));
    }
    cluster.0.write("expired.json", expired.to_string());
    let (found, _) = failure(&cluster.checks("expired.json"), "route-https");
    assert!(found.starts_with("no page: the visitor refuses: the certificate expired on "), "{found}");
}

#[test]
fn the_router_trusts_a_pod_only_as_the_route_says() {
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    passed(&cluster.checks("api.yaml"), "route-https");
    // With TLS 1.3 a pod looks at the certificate when the router has sent its request already.
    let alert = "received the alert certificate_required; the pod: the peer showed no certificate";
    let (found, fix) = failure(&cluster.checks("api.yaml --pod-mtls"), "route-https");
    assert_eq!(found, format!("502 or 503 from the router: the pod left without an answer: {alert}"));
    assert!(fix.contains("choose passthrough"), "{fix}");
    cluster.0.pkictl(&["init", "--env", "prod"]).succeeds();
    cluster.0.pkictl(&["issue", "server", "rest-api", "--env", "prod"]).succeeds();
    let both = |env: &str| {
        let path = |file: &str| cluster.0.read(format!("pki/{env}/certs/rest-api/{file}"));
        path("tls.crt") + &path("tls.key")
    };
    cluster.0.write("prod.pem", both("prod"));
    let (found, fix) = failure(&cluster.checks("api.yaml --pod-cert prod.pem"), "route-https");
    assert!(found.starts_with("503 from the router: no connection to the pod: unknown issuer"), "{found}");
    assert!(found.ends_with("the pod: received the alert unknown_ca"), "{found}");
    assert!(fix.contains("spec.tls.destinationCACertificate; it must be self-signed"), "{fix}");
    // OpenSSL takes no intermediate for an anchor.
    let mut rootless = cluster.document("api.yaml");
    let chain = cluster.0.read("pki/dev/ca/issuing/ca.crt");
    let issuing = chain.split_inclusive("-----END CERTIFICATE-----\n").next().expect("a certificate");
    rootless["spec"]["tls"]["destinationCACertificate"] = json!(issuing);
    cluster.0.write("rootless.json", rootless.to_string());
    let (found, _) = failure(&cluster.checks("rootless.json"), "route-https");
    assert!(found.contains("unknown issuer"), "{found}");
}

#[test]
fn a_pod_is_taken_whose_own_certificate_the_route_names() {
    // As OpenSSL does it, even if that certificate is a CA's.
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    let root = |file: &str| cluster.0.read(format!("pki/dev/ca/root/{file}"));
    cluster.0.write("root.pem", root("ca.crt") + &root("ca.key"));
    passed(&cluster.checks("api.yaml --pod-cert root.pem"), "route-https");
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
fn without_a_destination_ca_the_ca_of_the_services_and_the_name_of_the_service_count() {
    let cluster = Cluster::new();
    cluster.reencrypt("api.yaml");
    let mut bare = cluster.document("api.yaml");
    bare["spec"]["tls"].as_object_mut().expect("tls").remove("destinationCACertificate");
    cluster.0.write("bare.json", bare.to_string());
    let (found, fix) = failure(&cluster.checks("bare.json"), "route-https");
    assert!(found.contains("unknown issuer"), "{found}");
    assert!(fix.starts_with("set spec.tls.destinationCACertificate"), "{fix}");
    let ca = "--service-ca pki/dev/ca/root/ca.crt";
    passed(&cluster.checks(&format!("bare.json {ca} -n shop")), "route-https");
    let (found, fix) = failure(&cluster.checks(&format!("bare.json {ca} -n other")), "route-https");
    assert!(
        found.contains("not valid for rest-api.other.svc; it names rest-api, rest-api.shop.svc"),
        "{found}"
    );
    assert!(fix.starts_with("give the pod a certificate for SERVICE.NAMESPACE.svc"), "{fix}");
    let reason = skipped(&cluster.checks(&format!("bare.json {ca}")), "route-https");
    assert!(reason.ends_with("rest-api.NAMESPACE.svc, and the namespace is not known"), "{reason}");
    // A name does not matter where the Route says whom to trust.
    cluster.0.pkictl(&["issue", "server", "nameless", "--san", "x.example"]).succeeds();
    passed(&cluster.checks("api.yaml --pod-cert rest-api=nameless"), "route-https");
}

#[test]
fn behind_passthrough_the_pod_decides_who_is_taken() {
    let cluster = Cluster::new();
    cluster.passthrough("raw.yaml");
    passed(&cluster.checks("raw.yaml"), "route-https");
    let checks = cluster.checks("raw.yaml --pod-mtls");
    for id in
        ["route-https", "route-no-client", "route-foreign-client", "route-untrusted-root", "route-no-http"]
    {
        passed(&checks, id);
    }
    assert_eq!(
        of(&checks, "route-https")[0]["subject"],
        "rest-api: https://rest-api.apps.example.com/ <- backend"
    );
    let detail = of(&checks, "route-no-client-tls13")[0]["detail"].as_str().expect("a detail").to_owned();
    let refusal = "no page: the visitor received the alert certificate_required; the pod: the peer showed no certificate";
    assert!(detail.starts_with(refusal), "{detail}");
    // Somebody else's client is refused where it should be taken.
    cluster.0.pkictl(&["init", "--env", "prod"]).succeeds();
    cluster.0.pkictl(&["issue", "client", "backend", "--env", "prod"]).succeeds();
    let client = "--client-cert pki/prod/certs/backend/tls.crt --client-key pki/prod/certs/backend/tls.key";
    let roots = "--roots pki/dev/ca/root/ca.crt";
    let (found, _) =
        failure(&cluster.checks(&format!("raw.yaml --pod-mtls {client} {roots}")), "route-https");
    assert!(
        found.starts_with("no page: the visitor received the alert unknown_ca; the pod: unknown issuer"),
        "{found}"
    );
    let (found, fix) = failure(
        &cluster.checks(&format!("raw.yaml --pod-cert {WILDCARD} --roots pki/prod/ca/root/ca.crt")),
        "route-https",
    );
    assert!(found.starts_with("no page: the visitor refuses: unknown issuer"), "{found}");
    assert!(fix.starts_with("let the pod send its intermediates"), "{fix}");
}

#[test]
fn a_route_that_the_cluster_does_not_admit_is_not_run_and_the_reason_is_given() {
    let cluster = Cluster::new();
    cluster.edge("web.yaml", "web", "");
    let mut foreign_key = cluster.document("web.yaml");
    foreign_key["spec"]["tls"]["key"] = json!(cluster.pem("rest-api", "tls.key"));
    let mut path = cluster.document("web.yaml");
    path["spec"]["path"] = json!("x");
    let mut refused = cluster.document("web.yaml");
    refused["status"] = json!({"ingress": [{"conditions": [{"type": "Admitted", "status": "False",
        "reason": "ExtendedValidationFailed", "message": "spec.tls.key: Invalid value"}]}]});
    for (route, words) in [
        (
            foreign_key,
            "the router refuses Route web: spec.tls.key: the private key does not belong to the certificate",
        ),
        (path, "the API server refuses Route web: spec.path: the path does not begin with / (x)"),
        (
            refused,
            "its status says that it was not admitted: ExtendedValidationFailed: spec.tls.key: Invalid value",
        ),
    ] {
        cluster.0.write("route.json", route.to_string());
        let checks = cluster.checks("route.json");
        let (found, fix) = failure(&checks, "route-admitted");
        assert!(found.starts_with(words) && found.ends_with("; visitors get 503 from the router"), "{found}");
        assert!(!fix.is_empty());
        assert_eq!(checks.len(), 1, "{checks:#?}");
    }
}

#[test]
fn of_two_routes_for_one_host_the_older_one_has_it() {
    let cluster = Cluster::new();
    cluster.edge("web.yaml", "web", "");
    let mut young = cluster.document("web.yaml");
    young["metadata"]["name"] = json!("young");
    cluster.0.write("young.json", young.to_string());
    let checks = cluster.checks("web.yaml young.json");
    let admitted = of(&checks, "route-admitted");
    assert_eq!((&admitted[0]["outcome"], &admitted[1]["subject"]), (&json!("passed"), &json!("young")));
    let (found, _) = failure(&admitted[1..], "route-admitted");
    assert!(found.starts_with("the older Route web has them (HostAlreadyClaimed)"), "{found}");
    let mut below = young.clone();
    below["spec"]["path"] = json!("/young");
    cluster.0.write("below.json", below.to_string());
    cluster.verify("web.yaml below.json").succeeds();
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
    cluster.verify("pod.yaml").fails(2, "error: there is no Route in pod.yaml");
    cluster.0.write("broken.yaml", "a: [\n");
    cluster.edge("web.yaml", "web", "");
    let checks = cluster.checks("broken.yaml web.yaml");
    assert_eq!(failure(&checks, "manifest-syntax").1, "mend the file at this place");
    passed(&checks, "route-https");
    cluster
        .verify("web.yaml --pod-cert shop=rest-api")
        .fails(2, "error: --pod-cert: no Route leads to the Service \"shop\"");
    cluster.verify("web.yaml --pod-cert a --pod-cert b").fails(
        2,
        "error: --pod-cert b: there is one for these pods already\n\nhint: give each Service one: `--pod-cert SERVICE=NAME`",
    );
    cluster.verify("web.yaml --client backend").fails(
        2,
        "error: clients are named, but pods do not ask for certificates\n\nhint: add `--pod-mtls` if they do",
    );
    let keyless = cluster.pem("rest-api", "tls.crt");
    cluster.0.write("keyless.pem", keyless);
    cluster.passthrough("raw.yaml");
    cluster.verify("raw.yaml --pod-cert keyless.pem").fails(
        2,
        "error: keyless.pem holds no private key\n\nhint: put chain and key into one file, or issue a credential and give its name",
    );
}

#[test]
fn without_an_environment_the_roots_of_visitors_are_asked_for() {
    Workspace::new().pkictl(&["verify", "--route", "route.yaml"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\n\
         hint: name the roots that visitors trust with `--roots FILE`, or the environment with `--env NAME`",
    );
}
