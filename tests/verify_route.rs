//! `verify --route`: Routes in every form that people have them in, and what a visitor would get.

mod forms;
mod pods;

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
  ok    a visitor that does not trust the root refuses the certificate          4 checks
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
        "no client reaches the pod, so a refusal would prove nothing"
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
            "the router rejects Route web: spec.tls.key: the private key does not belong to the certificate",
        ),
        (path, "the API server rejects Route web: spec.path: the path does not begin with / (x)"),
        (
            refused,
            "its status says that it was not admitted: ExtendedValidationFailed: spec.tls.key: Invalid value",
        ),
    ] {
        cluster.0.write("route.json", route.to_string());
        let checks = cluster.checks("route.json");
        let (found, fix) = failure(&checks, "route-admitted");
        assert!(found.starts_with(words) && found.ends_with("; clients get 503 from the router"), "{found}");
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
