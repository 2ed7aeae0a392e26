//! `verify` as people, CI servers and programs meet it.

mod files;
pub mod schema;

use crate::harness::Workspace;

/// A server and a client in `test`, a client in `prod`.
fn two_environments() -> Workspace {
    let workspace = Workspace::new();
    for (environment, profile, name) in
        [("test", "server", "web"), ("test", "client", "backend"), ("prod", "client", "backend")]
    {
        workspace.pkictl(&["init", "--if-missing", "--env", environment]).succeeds();
        workspace.pkictl(&["issue", profile, name, "--env", environment]).succeeds();
    }
    workspace
}

/// `outcome` of every check with this id.
fn outcomes(report: &serde_json::Value, id: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks");
    let matching =
        checks.iter().filter(|check| check["id"].as_str().is_some_and(|found| found.starts_with(id)));
    matching.map(|check| check["outcome"].as_str().expect("an outcome").to_owned()).collect()
}

#[test]
fn a_green_report_fits_one_screen_and_says_what_was_refused() {
    let run = two_environments().pkictl(&["verify", "--env", "test"]).succeeds();
    let (report, summary) = run.stdout.rsplit_once("\n\n").expect("a summary");
    assert_eq!(
        report,
        "environment test

certificates
  ok    web      13 checks
  ok    backend  13 checks

connections that must work
  ok    web as web      2 checks
  ok    web <- backend  2 checks

connections that must be refused
  ok    a client without certificate is refused                   2 checks
  ok    a client certificate of a foreign CA is refused           2 checks
  ok    the server's own certificate is refused as a client's     2 checks
  ok    an expired client certificate is refused                  2 checks
  ok    a client that does not trust the root refuses the server  2 checks
  ok    a client that asks for another host refuses the server    2 checks
  ok    an expired server certificate is refused                  2 checks

other environments, which must be refused
  ok    web <- prod/backend  2 checks"
    );
    assert!(summary.starts_with("46 passed, 0 failed, 0 skipped in "), "{summary}");
}

#[test]
fn json_has_a_schema_number_counts_and_every_check() {
    let run = two_environments().pkictl(&["verify", "--env", "test", "--format", "json"]).succeeds();
    let report = run.json();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["counts"]["failed"], 0);
    assert_eq!(
        report["counts"]["passed"].as_u64(),
        report["checks"].as_array().map(|checks| checks.len() as u64)
    );
    assert_eq!(outcomes(&report, "mtls-tls13"), ["passed"]);
    assert_eq!(outcomes(&report, "other-environment"), ["passed", "passed"]);
}

#[test]
fn an_expired_server_fails_with_exit_code_3_and_the_rest_is_still_checked() {
    let workspace = two_environments();
    workspace.pkictl(&["issue", "server", "old", "--not-after=-1d", "--env", "test"]).succeeds();
    let run = workspace.pkictl(&["verify", "--env", "test"]).exits_with(3);
    assert!(run.stdout.contains("FAIL  old "), "{}", run.stdout);
    assert!(run.stdout.contains("ok    web <- backend"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn without_the_ca_key_the_expired_cases_are_skipped_with_the_reason_and_never_passed() {
    let workspace = two_environments();
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.key")).expect("the key");
    let run = workspace.pkictl(&["verify", "--env", "test", "--format", "json"]).succeeds();
    let report = run.json();
    for id in ["expired-client", "expired-server"] {
        assert_eq!(outcomes(&report, id), ["skipped", "skipped"], "{id}");
    }
    let reasons: Vec<&str> = report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter_map(|check| check["reason"].as_str())
        .collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.contains("no private key")), "{reasons:?}");
}

#[test]
fn junit_gives_the_reason_of_a_check_that_was_skipped() {
    let workspace = two_environments();
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.key")).expect("the key");
    let report = workspace.pkictl(&["verify", "--env", "test", "--format", "junit"]).succeeds().stdout;
    let skipped: Vec<&str> = report.lines().filter(|line| line.contains("<skipped")).collect();
    assert_eq!(skipped.len(), 4, "{report}");
    let has_reason = |line: &&str| line.contains("message=\"") && line.contains("no private key");
    assert!(skipped.iter().all(has_reason), "{skipped:#?}");
    assert!(report.contains("skipped=\"4\""), "{report}");
}

#[test]
fn every_client_is_tried_with_every_server_in_both_versions() {
    let workspace = Workspace::with_ca();
    for (profile, name) in [("server", "web"), ("server", "api"), ("client", "one"), ("client", "two")] {
        workspace.pkictl(&["issue", profile, name]).succeeds();
    }
    let report = workspace.pkictl(&["verify", "--format", "json"]).succeeds().json();
    let checks = report["checks"].as_array().expect("checks").iter();
    let pairs = checks.filter(|check| check["id"].as_str().is_some_and(|id| id.starts_with("mtls-")));
    let mut pairs: Vec<String> = pairs
        .map(|check| {
            assert_eq!(check["outcome"], "passed", "{check}");
            let text = |field: &str| check[field].as_str().expect("a text").to_owned();
            format!("{}, {}", text("subject"), text("id"))
        })
        .collect();
    pairs.sort();
    assert_eq!(
        pairs,
        [
            "api <- one, mtls-tls12",
            "api <- one, mtls-tls13",
            "api <- two, mtls-tls12",
            "api <- two, mtls-tls13",
            "web <- one, mtls-tls12",
            "web <- one, mtls-tls13",
            "web <- two, mtls-tls12",
            "web <- two, mtls-tls13",
        ]
    );
}

#[test]
fn an_encrypted_ca_key_is_skipped_without_and_used_with_its_passphrase() {
    let workspace = Workspace::new();
    let with = |arguments: &[&str]| workspace.command(arguments).env("PKICTL_PASSPHRASE", "right").run();
    with(&["init", "--encrypt-key"]).succeeds();
    with(&["issue", "server", "web"]).succeeds();
    let report = workspace.pkictl(&["verify", "--format", "json"]).succeeds().json();
    assert_eq!(outcomes(&report, "expired-server"), ["skipped", "skipped"]);
    let report = with(&["verify", "--format", "json"]).succeeds().json();
    assert_eq!(outcomes(&report, "expired-server"), ["passed", "passed"]);
}

#[test]
fn a_swapped_key_a_missing_file_and_a_lax_mode_are_failed_checks_each() {
    let workspace = Workspace::with_ca();
    for name in ["a", "b", "c", "d"] {
        workspace.pkictl(&["issue", "peer", name]).succeeds();
    }
    std::fs::copy(workspace.credential("b", "tls.key"), workspace.credential("a", "tls.key"))
        .expect("swapped");
    std::fs::remove_file(workspace.credential("c", "tls.crt")).expect("removed");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let lax = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(workspace.credential("d", "tls.key"), lax).expect("lax");
    }
    let report = workspace.pkictl(&["verify", "--format", "json"]).exits_with(3).json();
    let failed: Vec<String> = report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|check| check["outcome"] == "failed" && check["group"] == "static")
        .map(|check| {
            format!("{} {}", check["subject"].as_str().unwrap_or(""), check["id"].as_str().unwrap_or(""))
        })
        .collect();
    let mut expected = vec!["c readable", "a key-matches"];
    if cfg!(unix) {
        expected.insert(1, "d readable");
    }
    assert_eq!(failed, expected);
}

#[test]
fn a_client_of_another_environment_that_our_root_signed_is_found() {
    let workspace = two_environments();
    // The mistake that must be found: production's client was signed by the root of test.
    workspace.pkictl(&["issue", "client", "leak", "--env", "test", "-d", "leak"]).succeeds();
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        let target = workspace.file("pki/prod/certs/backend").join(file);
        std::fs::copy(workspace.file("leak").join(file), target).expect("copied");
    }
    let report = workspace.pkictl(&["verify", "--env", "test", "--format", "json"]).exits_with(3).json();
    assert_eq!(outcomes(&report, "other-environment"), ["failed", "failed"]);
    assert_eq!(report["counts"]["failed"], 2);
}

#[test]
fn only_the_named_servers_clients_versions_and_hosts_are_tried() {
    let workspace = two_environments();
    workspace.pkictl(&["issue", "server", "api", "--san", "api.test", "--env", "test"]).succeeds();
    let arguments = [
        "verify", "--env", "test", "--server", "api", "--client", "backend", "--tls", "1.2", "--host",
        "api.test", "--format", "json",
    ];
    let report = workspace.pkictl(&arguments).succeeds().json();
    assert_eq!(outcomes(&report, "mtls"), ["passed"]);
    assert!(outcomes(&report, "mtls-tls13").is_empty());
    let run = workspace
        .pkictl(&["verify", "--env", "test", "--server", "api", "--host", "other.test"])
        .exits_with(3);
    assert!(run.stdout.contains("other.test"), "{}", run.stdout);
    workspace.pkictl(&["verify", "--env", "test", "--server", "nobody"]).fails(
        1,
        "error: no credential named \"nobody\" in environment \"test\"\n  expected: one of api, backend, web\n\n\
         hint: `pkictl list --env test` shows what exists",
    );
}

#[test]
fn an_environment_without_certificates_says_what_to_make() {
    Workspace::with_ca().pkictl(&["verify"]).fails(
        2,
        "error: environment \"dev\" has no certificates to verify\n\nhint: issue one with `pkictl issue server NAME`",
    );
}

#[test]
fn a_host_that_is_none_is_wrong_usage() {
    let workspace = Workspace::with_ca();
    for host in ["", "a b", "*.example.com", "\u{1b}[31m", "spiffe://example.org/web/"] {
        let run = workspace.pkictl(&["verify", "--host", host]).exits_with(2);
        assert!(!run.stderr.contains("\u{1b}[31m"), "{:?}", run.stderr);
    }
}
