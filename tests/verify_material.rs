//! `verify` before material that is not as it should be: what was named, what is missing, what belongs elsewhere.

use serde_json::Value;

use crate::harness::{Run, Workspace, judge};

/// Runs each line, which must succeed.
fn made(lines: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    for line in lines {
        workspace.pkictl(&line.split(' ').collect::<Vec<_>>()).succeeds();
    }
    workspace
}

/// A server and a client in `dev`.
fn pair() -> Workspace {
    made(&["init", "issue server web", "issue client backend"])
}

#[track_caller]
fn report(workspace: &Workspace, exit: i32, options: &[&str]) -> Value {
    json(workspace.pkictl(&[&["verify", "--format", "json"], options].concat()), exit)
}

#[track_caller]
fn json(run: Run, exit: i32) -> Value {
    run.exits_with(exit).json()
}

fn checks(report: &Value) -> &[Value] {
    report["checks"].as_array().expect("checks")
}

/// `outcome subject id` of every check that did not pass.
fn troubles(report: &Value) -> Vec<String> {
    let bad = checks(report).iter().filter(|check| check["outcome"] != "passed");
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or("").to_owned();
    bad.map(|check| ["outcome", "subject", "id"].map(|field| text(check, field)).join(" ")).collect()
}

/// A text of the first check of this subject and id.
#[track_caller]
fn text<'a>(report: &'a Value, subject: &str, id: &str, field: &str) -> &'a str {
    let is_it = |check: &&Value| check["subject"] == subject && check["id"] == id;
    let check = checks(report).iter().find(is_it);
    check
        .and_then(|check| check[field].as_str())
        .unwrap_or_else(|| panic!("{subject} {id} {field}: {report:#}"))
}

#[test]
fn a_name_takes_the_role_that_it_was_given_whatever_its_certificate_says() {
    let workspace = pair();
    let server = report(&workspace, 3, &["--server", "backend"]);
    assert_eq!(text(&server, "backend", "ext-key-usage", "found"), "clientAuth");
    assert!(troubles(&server).contains(&"failed backend as backend server-auth-tls13".into()), "{server:#}");
    let client = report(&workspace, 3, &["--client", "web"]);
    assert_eq!(
        troubles(&client),
        ["failed web ext-key-usage", "failed web <- web mtls-tls13", "failed web <- web mtls-tls12"]
    );
    let both = report(&workspace, 3, &["--server", "backend", "--client", "web"]);
    assert!(troubles(&both).contains(&"failed backend <- web mtls-tls12".into()), "{both:#}");
}

#[test]
fn without_a_server_the_report_says_that_nothing_was_tried() {
    let workspace = made(&["init", "issue client backend", "init --env prod", "issue client c --env prod"]);
    let report = report(&workspace, 0, &[]);
    assert_eq!(
        troubles(&report),
        [
            "skipped any server handshakes",
            "skipped any server refusals",
            "skipped any server other-environment"
        ]
    );
    let reason = "there is no server, so no connection was tried";
    assert_eq!(text(&report, "any server", "handshakes", "reason"), reason);
}

#[test]
fn a_broken_client_of_another_environment_is_skipped_with_its_reason() {
    let workspace = made(&[
        "init",
        "issue server web",
        "init --env prod",
        "issue client a --env prod",
        "issue client b --env prod",
        "issue client c --env prod",
    ]);
    let prod = |file: &str| workspace.file("pki/prod/certs").join(file);
    std::fs::write(prod("a/tls.crt"), "nothing").expect("damaged");
    std::fs::copy(prod("c/tls.key"), prod("b/tls.key")).expect("swapped");
    let broken = report(&workspace, 0, &["--tls", "1.3"]);
    assert_eq!(
        troubles(&broken),
        [
            "skipped web <- any client mtls-tls13",
            "skipped prod/b other-environment",
            "skipped prod/a other-environment"
        ]
    );
    let reason = |subject| text(&broken, subject, "other-environment", "reason");
    assert!(reason("prod/a").contains("pki/prod/certs/a/tls.crt: this is not PEM"), "{broken:#}");
    assert!(reason("prod/b").contains("the private key does not belong to the certificate"), "{broken:#}");
    assert_eq!(text(&broken, "web <- prod/c", "other-environment-tls13", "outcome"), "passed");

    std::fs::remove_file(workspace.file("pki/prod/ca/root/ca.crt")).expect("removed");
    let rootless = report(&workspace, 0, &["--tls", "1.3"]);
    let reason = text(&rootless, "prod/c", "other-environment", "reason");
    assert!(reason.contains("what environment prod trusts cannot be read"), "{reason}");
}

#[test]
fn another_root_in_the_file_by_which_a_server_judges_clients_is_found() {
    let workspace = made(&["init", "issue server web", "init --env prod"]);
    let (ours, prod) = (workspace.credential("web", "ca.crt"), workspace.read("pki/prod/ca/root/ca.crt"));
    let own = workspace.read("pki/dev/certs/web/ca.crt");
    for text_of_file in [prod.clone(), format!("{own}{prod}")] {
        std::fs::write(&ours, text_of_file).expect("another file");
        let report = report(&workspace, 3, &["--tls", "1.3", "--server-auth-only"]);
        assert_eq!(troubles(&report), ["failed web chain"]);
        let (expected, found) =
            (text(&report, "web", "chain", "expected"), text(&report, "web", "chain", "found"));
        assert!(expected.contains("in ca.crt beside the certificate"), "{expected}");
        assert!(found.starts_with("\"pkictl prod Root CA "), "{found}");
    }
}

#[test]
fn an_authority_that_has_expired_fails_and_its_expired_certificates_prove_nothing() {
    let workspace = made(&["init", "issue server web", "issue client backend"]);
    workspace
        .pkictl(&["issue", "intermediate-ca", "issuing", "--not-after=-1d", "--not-before=-2d"])
        .succeeds();
    let report = report(&workspace, 3, &["--tls", "1.3"]);
    assert_eq!(
        troubles(&report),
        ["failed CA issuing dates", "skipped web expired-client-tls13", "skipped web expired-server-tls13"]
    );
    let reason = text(&report, "web", "expired-client-tls13", "reason");
    assert!(reason.starts_with("its twin that is valid now is not accepted either"), "{reason}");
}

#[test]
fn a_ca_key_that_is_another_one_fails_and_one_that_is_away_does_not() {
    let workspace = made(&["init", "issue server web", "init --env prod"]);
    let key = workspace.file("pki/dev/ca/root/ca.key");
    let options = ["--tls", "1.3", "--server-auth-only"];
    std::fs::copy(workspace.file("pki/prod/ca/root/ca.key"), &key).expect("swapped");
    let swapped = report(&workspace, 3, &options);
    assert_eq!(troubles(&swapped), ["failed CA root readable", "skipped web expired-server-tls13"]);
    assert!(text(&swapped, "CA root", "readable", "expected").starts_with("the key with the public key"));
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&key, mode).expect("lax");
        let lax = report(&workspace, 3, &options);
        assert_eq!(text(&lax, "CA root", "readable", "expected"), "mode 0600");
        assert_eq!(text(&lax, "CA root", "readable", "fix"), "run `chmod 600 pki/dev/ca/root/ca.key`");
    }
    std::fs::remove_file(&key).expect("removed");
    assert_eq!(troubles(&report(&workspace, 0, &options)), ["skipped web expired-server-tls13"]);
}

#[test]
fn a_passphrase_that_was_given_must_be_the_right_one() {
    let workspace = Workspace::new();
    workspace.command(&["init", "--encrypt-key"]).env("PKICTL_PASSPHRASE", "right").run().succeeds();
    workspace.command(&["issue", "server", "web"]).env("PKICTL_PASSPHRASE", "right").run().succeeds();
    workspace.write("wrong", "wrong\n");
    let said = "error: pki/dev/ca/root/ca.key: wrong passphrase for this private key\n\nhint: check the";
    let run = workspace.pkictl(&["verify", "--passphrase-file", "wrong"]);
    run.fails(1, &format!("{said} first line of wrong"));
    let run = workspace.command(&["verify"]).env("PKICTL_PASSPHRASE", "wrong").run();
    run.fails(1, &format!("{said} variable PKICTL_PASSPHRASE"));
    let missing = workspace.pkictl(&["verify", "--passphrase-file", "nowhere"]).exits_with(1);
    assert!(missing.stderr.starts_with("error: cannot read nowhere\n"), "{}", missing.stderr);
    // Nobody needs it, and it is still a slip of the pen.
    pair().pkictl(&["verify", "--passphrase-file", "nowhere"]).exits_with(1);
}

#[test]
fn a_spiffe_id_is_compared_and_another_one_is_refused() {
    let workspace = made(&["init", "issue peer node --san spiffe://example.org/node"]);
    let options = ["--tls", "1.3", "--host"];
    let ask = |exit, id| report(&workspace, exit, &[&options[..], &[id]].concat());
    let right = ask(0, "spiffe://example.org/node");
    assert_eq!(text(&right, "node", "wrong-host-tls13", "outcome"), "passed");
    let id = "node as spiffe://example.org/node";
    assert_eq!(text(&right, id, "server-auth-tls13", "outcome"), "passed");
    let wrong = ask(3, "spiffe://example.org/other");
    let found = text(&wrong, "node as spiffe://example.org/other", "server-auth-tls13", "found");
    assert!(found.contains("the certificate is not valid for the name that was asked for"), "{found}");
}

#[test]
fn certificates_are_verified_today_unless_another_time_was_asked_for() {
    let workspace = made(&["init", "issue client backend"]);
    workspace.pkictl(&["issue", "server", "web", "--days", "10"]).succeeds();
    let long_ago = "1000000000";
    let run = workspace.command(&["verify"]).env("SOURCE_DATE_EPOCH", long_ago).run().succeeds();
    assert!(run.stdout.trim_end().ends_with(" ms"), "{}", run.stdout);
    let run = workspace.pkictl(&["verify", "--at", "20d"]).exits_with(3);
    assert!(run.stdout.contains("[dates]"), "{}", run.stdout);
    let run = workspace.pkictl(&["verify", "--at", "2001-09-09"]).exits_with(3);
    assert!(run.stdout.trim_end().ends_with(" ms, as of 2001-09-09 00:00 UTC"), "{}", run.stdout);
    let report = report(&workspace, 3, &["--at", "2001-09-09"]);
    assert_eq!(report["at"], "2001-09-09T00:00:00Z");
    assert_eq!(report["environment"], "dev");
}

#[test]
fn a_damaged_authority_is_a_failed_check_and_everything_else_is_still_verified() {
    let workspace = made(&["init --intermediate", "issue server web", "issue client backend"]);
    workspace.write("pki/dev/ca/issuing/ca.crt", "nothing");
    let damaged = report(&workspace, 3, &["--tls", "1.3"]);
    assert_eq!(
        troubles(&damaged),
        [
            "failed CA issuing readable",
            "skipped web expired-client-tls13",
            "skipped web expired-server-tls13"
        ]
    );
    workspace.write("pki/dev/ca/root/ca.crt", "nothing");
    let run = workspace.pkictl(&["verify"]).exits_with(1);
    assert!(run.stderr.starts_with("error: pki/dev/ca/root/ca.crt: this is not PEM"), "{}", run.stderr);
}

#[test]
fn files_that_cannot_be_understood_fail_and_files_that_are_not_there_end_the_run() {
    let workspace = pair();
    workspace.write("bad.pem", "nothing");
    let credential = |name: &str, file: &str| workspace.credential(name, file).display().to_string();
    let (key, root) = (credential("web", "tls.key"), credential("web", "ca.crt"));
    let (client, own) = (credential("backend", "tls.crt"), credential("backend", "tls.key"));
    let options = ["--server-key", &key, "--roots", &root, "--client-cert", &client, "--client-key", &own];
    let bad = report(&workspace, 3, &[&["--server-cert", "bad.pem"], &options[..]].concat());
    assert_eq!(
        troubles(&bad),
        ["failed bad.pem readable", "skipped any server handshakes", "skipped any server refusals"]
    );
    let line = [&["verify", "--server-cert", "nowhere.pem"], &options[..]].concat();
    let run = workspace.pkictl(&line).exits_with(1);
    assert!(run.stderr.starts_with("error: cannot read nowhere.pem\n"), "{}", run.stderr);
    let Some(openssl) = judge("openssl") else { return };
    let chain = credential("web", "tls.crt");
    let der = workspace.file("web.der").display().to_string();
    openssl.accepts(["x509", "-in", &chain, "-outform", "der", "-out", &der]);
    report(&workspace, 0, &[&["--server-cert", "web.der"], &options[..]].concat());
}

#[test]
fn only_those_that_were_chosen_are_judged() {
    let workspace = made(&["init", "issue server web", "issue server bad", "issue client backend"]);
    std::fs::write(workspace.credential("bad", "tls.crt"), "nothing").expect("damaged");
    for option in ["--server", "--client"] {
        let name = if option == "--server" { "web" } else { "backend" };
        assert_eq!(troubles(&report(&workspace, 0, &[option, name])), ["skipped bad readable"]);
    }
    let both = report(&workspace, 0, &["--server", "web", "--client", "backend"]);
    assert_eq!(troubles(&both), [""; 0]);
    assert_eq!(troubles(&report(&workspace, 3, &[])), ["failed bad readable"]);
}

#[test]
fn many_servers_take_one_line_each_and_the_one_that_fails_is_still_explained() {
    let workspace = made(&["init"]);
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        workspace.pkictl(&["issue", "peer", name]).succeeds();
    }
    workspace.pkictl(&["issue", "server", "old", "--not-after=-1d"]).succeeds();
    let run = workspace.pkictl(&["verify", "--tls", "1.3"]).exits_with(3);
    for line in [
        "  FAIL  old          1 of 13 failed\n",
        "  ok    all other 9  117 checks\n",
        "  ok    a           10 checks\n",
        "  FAIL  old as old  1 of 1 failed\n",
    ] {
        assert!(run.stdout.contains(line), "{line}{}", run.stdout);
    }
    assert!(!run.stdout.contains("a <- b"), "{}", run.stdout);
    let all = workspace.pkictl(&["verify", "--tls", "1.3", "-v"]).exits_with(3);
    assert!(all.stdout.contains("ok    a <- b"), "{}", all.stdout);
}

#[test]
fn json_names_the_parts_of_a_connection() {
    let report = report(&pair(), 0, &[]);
    let find = |id: &str| checks(&report).iter().find(|check| check["id"] == id).expect("a check");
    let mutual = find("mtls-tls12");
    assert_eq!((&mutual["server"], &mutual["client"]), (&"web".into(), &"backend".into()));
    assert_eq!(mutual["tls"], "1.2");
    assert_eq!(find("server-auth-tls13")["host"], "web");
    assert!(find("dates").get("server").is_none());
}
