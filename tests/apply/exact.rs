//! What a person reads, to the letter.

use super::{PAIR, workspace};

#[test]
fn a_plan_and_its_application_say_what_and_why() {
    let workspace = workspace(PAIR);
    let plan = workspace.pkictl(&["plan"]).succeeds();
    assert_eq!(
        plan.stdout,
        "test\n\
        \x20 make CA  root              not created yet\n\
        \x20 issue    api               not created yet\n\
        \x20 issue    job               not created yet\n\
        \x20 write    deploy/test/api/  nginx with the new certificates\n\
        \x20 credentials: 2 new\n"
    );
    assert_eq!(plan.stderr, "next: pkictl apply\n");
    let apply = workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(apply.stdout, "", "what was done is talk");
    // That a thing was not there is no news once it is made.
    let made =
        "test\n  made CA  root\n  issued   api\n  issued   job\n  wrote    deploy/test/api/nginx-site.conf\n";
    assert!(apply.stderr.starts_with(made), "{}", apply.stderr);
    assert!(
        apply.stderr.ends_with("  credentials: 2 new\nnext: pkictl verify -f pkictl.toml\n"),
        "{}",
        apply.stderr
    );
}

#[test]
fn a_plan_in_json_has_the_names_that_help_promises() {
    let workspace = workspace(PAIR);
    let plan = workspace.pkictl(&["plan", "--format", "json"]).succeeds().json();
    let step = |action: &str, name: &str, id: &str, text: &str| serde_json::json!({ "action": action, "domain": "test", "name": name, "reasons": [{ "id": id, "text": text }] });
    let expected = serde_json::json!({
        "schema": 1,
        "done": false,
        "environments": [{
            "environment": "test",
            "steps": [
                step("make-authority", "root", "new", "not created yet"),
                step("issue", "api", "new", "not created yet"),
                step("issue", "job", "new", "not created yet"),
                step("write", "deploy/test/api/", "certificate-changes", "nginx with the new certificates"),
            ],
            "unchanged": 0,
            "notes": [],
        }],
    });
    assert_eq!(plan, expected);
    let keys = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let help = workspace.pkictl(&["plan", "--help"]).succeeds().stdout;
    let promised = help.split_once("JSON: ").map(|(_, text)| keys(text)).unwrap_or_default();
    for key in
        ["schema", "done", "environments", "environment", "steps", "unchanged", "notes", "keep-authority"]
    {
        assert!(promised.iter().any(|word| word == key), "{key} is not in\n{help}");
    }
}

#[test]
fn every_mistake_is_shown_at_its_place_and_nothing_is_made() {
    let workspace = workspace("version = 1\n[service.web]\nnames = [\"*.com\"]\ncolour = 1\n[service.job]\n");
    workspace.pkictl(&["apply"]).fails(
        1,
        "error: pkictl.toml:3:10: wildcard \"*.com\" is too wide: OpenSSL, curl and rustls match `*` only in front of at least two labels\n\
        error: pkictl.toml:4:1: a service has no key `colour`\n  expected: one of names, callers, profile, authority, common_name, key_type, validity, set, files, emit\n\
        error: pkictl.toml:5:10: service \"job\" neither serves nor calls\n  expected: `names`, `callers`, or another service that names it as a caller",
    );
    assert!(!workspace.file("pki").exists());
}

#[test]
fn a_manifest_without_its_option_is_answered_with_the_option() {
    let workspace = workspace(PAIR);
    for command in ["plan", "apply", "verify"] {
        workspace.pkictl(&[command, "pkictl.toml"]).fails(
            2,
            &format!(
                "error: unexpected argument 'pkictl.toml' found\n\n  tip: use `-f pkictl.toml` for the manifest\n\nUsage: pkictl {command} [OPTIONS]\n\nFor more information, try '--help'."
            ),
        );
    }
}

#[test]
fn a_missing_manifest_says_how_to_begin() {
    let workspace = crate::harness::Workspace::new();
    workspace.pkictl(&["plan"]).fails(
        1,
        "error: cannot read pkictl.toml\n  caused by: No such file or directory (os error 2)\n\nhint: write one with `pkictl manifest init`, or name it with `-f FILE`",
    );
}

#[test]
fn an_emitter_that_refuses_says_at_which_line_and_what_would_do() {
    let workspace = workspace(&PAIR.replace(
        "emit = [{ target = \"nginx\", upstream = \"http://127.0.0.1:9000\" }]",
        "emit = [{ target = \"redis\" }]",
    ));
    let run = workspace.pkictl(&["apply"]).exits_with(1);
    assert!(
        run.stderr.starts_with("error: line 7 of the manifest, emitter \"redis\": Redis checks which CA issued a client's certificate, but not whose it is\n"),
        "{}",
        run.stderr
    );
    let way = "; or write `allow = false` in that entry, if something else checks the callers, or nothing needs to\n";
    assert!(run.stderr.ends_with(way), "{}", run.stderr);
    let text =
        workspace.read("pkictl.toml").replace("target = \"redis\"", "target = \"redis\", allow = false");
    workspace.write("pkictl.toml", text);
    workspace.pkictl(&["apply"]).succeeds();
    let configuration = workspace.read("deploy/test/api/redis-tls.conf");
    assert!(configuration.contains("tls-auth-clients yes"), "{configuration}");
}

#[test]
fn two_callers_that_no_server_could_tell_apart_are_refused_before_anything_is_made() {
    let workspace = workspace(
        "version = 1\n[service.web]\nnames = [\"web\"]\ncallers = [\"a\", \"b\"]\n[service.a]\ncommon_name = \"job\"\n[service.b]\ncommon_name = \"job\"\n",
    );
    let run = workspace.pkictl(&["apply"]).exits_with(1);
    assert!(run.stderr.contains("the services \"a\" and \"b\" have the same name \"job\""), "{}", run.stderr);
    assert!(!workspace.file("pki/dev/certs/web").exists());
}

const KEPT: &str = "warning: a CA differs from the manifest and is kept, because replacing it breaks everyone who trusts it; \
    `--remake-authorities` replaces it and re-issues everything below it\n";

#[test]
fn a_ca_that_differs_is_kept_and_said_how_to_remake_it() {
    let workspace = super::applied(PAIR);
    let narrower = PAIR.replace(
        "[service.api]",
        "[authority]\npermit_dns = [\"api.example.com\", \"localhost\", \"job\"]\n[service.api]",
    );
    workspace.write("pkictl.toml", narrower);
    let plan = workspace.pkictl(&["plan"]).succeeds();
    assert_eq!(
        plan.stderr,
        format!("{KEPT}next: pkictl plan --remake-authorities\n"),
        "to apply would change nothing"
    );
    workspace.pkictl(&["apply", "--quiet"]).fails(0, KEPT);
    let plan = workspace.pkictl(&["plan", "--remake-authorities"]).succeeds();
    assert_eq!(plan.stderr, "next: pkictl apply --remake-authorities\n");
    workspace.pkictl(&["apply", "--remake-authorities"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

const LEFT: &str =
    "note: `--prune` moves leftover credentials aside; remove files and environments yourself\n";

#[test]
fn an_environment_that_a_manifest_made_and_none_declares_is_said_and_stays() {
    let workspace = super::applied(PAIR);
    // Nobody's manifest made this one.
    workspace.pkictl(&["init", "--env", "by-hand"]).succeeds();
    let renamed = PAIR.replace("\"test\"", "\"stage\"");
    assert_ne!(renamed, PAIR);
    workspace.write("pkictl.toml", renamed);
    workspace.pkictl(&["apply", "--quiet"]).succeeds();
    let plan = workspace.pkictl(&["plan", "--check"]).succeeds();
    assert_eq!(plan.stderr, LEFT);
    let left = "test\n  leftover  test  not declared in the manifest\n  credentials: 2 unchanged\n";
    assert!(plan.stdout.ends_with(left), "{}", plan.stdout);
    assert!(!plan.stdout.contains("by-hand"), "{}", plan.stdout);
    let only = workspace.pkictl(&["plan", "--env", "stage"]).succeeds();
    assert_eq!((only.stdout.contains("leftover"), only.stderr.as_str()), (false, ""));
    assert!(workspace.file("pki/test/certs/api/tls.key").is_file());
}

#[test]
fn what_is_left_over_is_said_with_what_moves_it_aside() {
    let workspace = super::applied(PAIR);
    workspace.pkictl(&["issue", "server", "old", "--env", "test"]).succeeds();
    let plan = workspace.pkictl(&["plan"]).succeeds();
    assert_eq!(plan.stderr, LEFT);
}

#[test]
fn a_key_of_another_certificate_is_said_so() {
    let workspace = super::applied(PAIR);
    std::fs::copy(workspace.file("pki/test/certs/job/tls.key"), workspace.file("pki/test/certs/api/tls.key"))
        .expect("copied");
    let plan = workspace.pkictl(&["plan"]).succeeds();
    let line = plan.stdout.lines().nth(1).expect("a step");
    assert!(line.starts_with("  re-issue  api "), "{}", plan.stdout);
    assert!(line.ends_with("  tls.key does not match the certificate"), "{}", plan.stdout);
}

#[test]
fn a_manifest_without_end_is_refused_before_it_fills_the_memory() {
    let workspace = crate::harness::Workspace::new();
    workspace
        .pkictl(&["plan", "-f", "/dev/zero"])
        .fails(1, "error: /dev/zero: the file is too large\n  expected: at most 64 MiB\n  found:    more");
}

#[test]
fn an_environment_that_is_not_there_says_which_are() {
    let workspace = workspace(PAIR);
    workspace.pkictl(&["list"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\n\
         hint: run `pkictl apply` first",
    );
    let run = workspace.pkictl(&["list", "--all-environments"]).succeeds();
    assert_eq!(run.stderr, "next: pkictl apply\n");
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["list"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\n\
         hint: name one of these with `--env NAME`: test; or make this one with `pkictl init`",
    );
    workspace.pkictl(&["list", "--env", "test"]).succeeds();
}

#[test]
fn what_a_profile_refuses_names_the_service() {
    let workspace = workspace(&PAIR.replace("callers =", "profile = \"wildcard\"\ncallers ="));
    workspace.pkictl(&["apply"]).fails(
        1,
        "error: service \"api\": api is not a wildcard\n\nhint: use *.api.example.com, or use the profile server",
    );
}

#[test]
fn a_passphrase_is_asked_for_only_where_something_is_to_be_signed() {
    let workspace = workspace(PAIR);
    workspace.write("passphrase", "correct horse\n");
    workspace
        .pkictl(&["init", "--env", "test", "--encrypt-key", "--passphrase-file", "passphrase"])
        .succeeds();
    const MISSING: &str = "error: pki/test/ca/root/ca.key: the private key is encrypted and no passphrase was given\n\n\
        hint: give it with `--passphrase-file FILE` or in the variable PKICTL_PASSPHRASE";
    workspace.pkictl(&["apply"]).fails(1, MISSING);
    workspace.pkictl(&["apply", "--passphrase-file", "passphrase"]).succeeds();
    workspace.pkictl(&["apply"]).succeeds();
    std::fs::remove_file(workspace.file("pki/test/certs/api/tls.crt")).expect("removed");
    workspace.pkictl(&["apply"]).fails(1, MISSING);
    workspace
        .pkictl(&["apply", "--passphrase-file", "nowhere"])
        .fails(1, "error: cannot read nowhere\n  caused by: No such file or directory (os error 2)");
}
