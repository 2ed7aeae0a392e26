//! What a manifest declares reaches the servers: `apply` writes to the letter what `emit --allow` writes, of which the
//! interop tests show that the real servers admit the declared caller and refuse the other one of the same CA.

use std::collections::BTreeMap;
use std::path::Path;

use super::{applied, workspace};

/// Every file below a directory.
fn contents(path: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(path).expect("a directory").flatten();
    let read = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(entry.path()).expect("a text"))
    };
    files.map(read).collect()
}

#[test]
fn apply_writes_what_emit_writes_with_the_callers_as_allow() {
    let targets: [(&str, &str, &[&str]); 5] = [
        ("nginx", "", &[]),
        ("haproxy", ", upstream = \"http://127.0.0.1:9000\"", &["--upstream", "http://127.0.0.1:9000"]),
        ("envoy", ", upstream = \"http://127.0.0.1:9000\"", &["--upstream", "http://127.0.0.1:9000"]),
        ("postgres", "", &[]),
        ("rabbitmq", "", &[]),
    ];
    let emits: Vec<String> = targets
        .iter()
        .map(|(target, more, _)| format!("{{ target = \"{target}\", to = \"by-apply/{target}\"{more} }}"))
        .collect();
    let workspace = applied(&format!(
        "version = 1\nenvironments = [\"test\"]\n[service.api]\nnames = [\"api.example.com\"]\ncallers = [\"job\", \"shop\"]\nemit = [{}]\n[service.job]\n[service.shop]\n[service.other]\nnames = [\"other.example.com\"]\n",
        emits.join(", ")
    ));
    for (target, _, more) in targets {
        let directory = format!("by-emit/{target}");
        let arguments = [
            "emit", target, "--env", "test", "--cert", "api", "--allow", "job", "--allow", "shop", "-d",
            &directory,
        ];
        workspace.pkictl(&[&arguments[..], more].concat()).succeeds();
        let (ours, theirs) =
            (contents(&workspace.file(format!("by-apply/{target}"))), contents(&workspace.file(&directory)));
        assert_eq!(ours, theirs, "{target}");
        assert!(ours.values().any(|text| text.contains("job")), "{target} does not name its caller");
        assert!(!ours.values().any(|text| text.contains("other")), "{target} names another caller");
    }
}

#[test]
fn callers_are_refused_where_whoever_ends_tls_cannot_tell_them_apart() {
    let no_request = "does not request client certificates, so every client would be admitted";
    let any_will_do = "checks which CA issued a client's certificate, but not whose it is";
    let targets = [
        ("route", "termination = \"edge\"", no_request),
        ("route", "termination = \"edge\", cert = false", no_request),
        ("route", "termination = \"plain\"", no_request),
        ("ingress", "path = \"/\"", no_request),
        ("ingress", "cert = false, hostname = \"api.example.com\"", no_request),
        ("gateway", "class = \"istio\"", any_will_do),
        ("traefik-kubernetes", "mode = \"terminate\"", any_will_do),
    ];
    for (target, more, reason) in targets {
        let workspace = workspace(&guarded(target, more));
        let run = workspace.pkictl(&["apply"]).exits_with(1);
        let place = format!("error: line 6 of the manifest, emitter \"{target}\": ");
        assert!(run.stderr.starts_with(&place) && run.stderr.contains(reason), "{more}: {}", run.stderr);
    }
}

#[test]
fn where_tls_goes_on_to_the_pod_a_service_with_callers_needs_no_further_word() {
    let host = "hostname = \"api.example.com\"";
    let targets = [
        ("route", "termination = \"passthrough\""),
        ("gateway", &format!("class = \"istio\", mode = \"passthrough\", {host}")),
        ("traefik-kubernetes", &format!("mode = \"passthrough\", {host}")),
    ];
    for (target, more) in targets {
        applied(&guarded(target, more));
    }
    let passed = "passthrough = [\"api.example.com=10.0.0.7:8443\"]";
    applied(&guarded("haproxy", passed).replace("service = \"api\", port = 8443, ", ""));
}

/// A service that admits one caller, behind something else.
fn guarded(target: &str, more: &str) -> String {
    format!(
        "version = 1\nenvironments = [\"test\"]\n[service.api]\nnames = [\"api.example.com\"]\ncallers = [\"job\"]\nemit = [{{ target = \"{target}\", service = \"api\", port = 8443, {more} }}]\n[service.job]\n"
    )
}
