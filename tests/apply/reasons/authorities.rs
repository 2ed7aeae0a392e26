//! Reasons that lie in an authority.

use super::API;
use crate::apply::{PAIR, applied, steps, workspace};

#[test]
fn an_intermediate_that_signs_from_now_on() {
    let workspace = applied(PAIR);
    workspace.write(
        "pkictl.toml",
        PAIR.replace("[service.api]", "[authority]\nintermediate = true\n[service.api]"),
    );
    let found = steps(&workspace, &[]);
    assert_eq!(found["issuing"], "make-authority: new");
    assert_eq!(
        (found["api"].as_str(), found["job"].as_str()),
        ("reissue: issuer-changed", "reissue: issuer-changed")
    );
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    assert_eq!(workspace.read(format!("{API}/tls.crt")).matches("BEGIN CERTIFICATE").count(), 2);
}

#[test]
fn a_ca_that_was_made_anew_under_its_old_name() {
    let workspace = workspace(PAIR);
    workspace.pkictl(&["init", "--env", "test", "--cn", "Shop CA"]).succeeds();
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["init", "--env", "test", "--cn", "Shop CA", "--force"]).succeeds();
    let found = steps(&workspace, &[]);
    assert_eq!(found["api"], "reissue: issuer-changed", "{found:#?}");
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn an_authority_that_differs_stays_until_it_is_remade_and_then_everything_follows() {
    let workspace = applied(PAIR);
    workspace.write(
        "pkictl.toml",
        PAIR.replace(
            "[service.api]",
            "[authority]\npermit_dns = [\"example.com\", \"localhost\"]\n[service.api]",
        ),
    );
    assert_eq!(steps(&workspace, &[])["root"], "keep-authority: constraints-changed");
    let root = workspace.read("pki/test/ca/root/ca.crt");
    workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(workspace.read("pki/test/ca/root/ca.crt"), root);
    workspace.pkictl(&["plan", "--check"]).exits_with(3);
    workspace.pkictl(&["apply", "--remake-authorities"]).succeeds();
    assert_ne!(workspace.read("pki/test/ca/root/ca.crt"), root);
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn an_intermediate_that_ends_soon_is_made_anew_before_its_leaves_end_with_it() {
    let workspace =
        applied(&PAIR.replace("[service.api]", "[authority]\nintermediate = true\n[service.api]"));
    let start = time::OffsetDateTime::now_utc().unix_timestamp();
    let at = |day: i64, arguments: &[&str]| {
        let now = (start + day * 86_400).to_string();
        workspace.command(arguments).env("SOURCE_DATE_EPOCH", &now).run()
    };
    // Of 1825 days, too few are left for a whole leaf: it ends with its issuer.
    at(1790, &["apply"]).succeeds();
    at(1790, &["plan", "--check"]).succeeds();
    let plan = at(1800, &["plan", "--format", "json"]).succeeds().json();
    let steps: Vec<String> = plan["environments"][0]["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| format!("{} {} {}", step["action"], step["name"], step["reasons"][0]["id"]))
        .collect();
    assert_eq!(steps[0], "\"make-authority\" \"issuing\" \"expires-soon\"", "{steps:#?}");
    assert!(steps.contains(&"\"reissue\" \"api\" \"issuer-changed\"".to_owned()), "{steps:#?}");
    // Without the root's key nothing can be done about it, and other work goes on.
    std::fs::rename(workspace.file("pki/test/ca/root/ca.key"), workspace.file("kept.key")).expect("a key");
    let run = at(1800, &["apply"]).succeeds();
    assert!(run.stderr.contains("; replacing it needs the root's key, which is not here"), "{}", run.stderr);
    at(1800, &["plan", "--check"]).exits_with(3);
    std::fs::rename(workspace.file("kept.key"), workspace.file("pki/test/ca/root/ca.key")).expect("a key");
    at(1800, &["apply"]).succeeds();
    at(1800, &["plan", "--check"]).succeeds();
    // The next one but one ends with the root, and gains nothing by being made again; the root has to be told of.
    at(3600, &["apply"]).succeeds();
    at(3600, &["plan", "--check"]).succeeds();
    let plan = at(3640, &["plan"]).succeeds();
    assert!(plan.stdout.contains("keep CA  root  it expires on "), "{}", plan.stdout);
    assert!(!plan.stdout.contains("issuing"), "{}", plan.stdout);
}

#[test]
fn an_intermediate_is_made_under_a_root_that_differs_and_stays() {
    let workspace = workspace(PAIR);
    workspace.pkictl(&["init", "--env", "test", "--org", "Another"]).succeeds();
    let text = PAIR.replace("[service.api]", "[authority]\nintermediate = true\n[service.api]");
    workspace.write(
        "pkictl.toml",
        text.replace("[authority]", "[defaults]\norganization = \"Shop\"\n[authority]"),
    );
    let run = workspace.pkictl(&["apply"]).succeeds();
    for line in ["kept CA  root", "made CA  issuing"] {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    workspace.pkictl(&["apply", "--remake-authorities"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn a_root_that_ends_soon_is_said_and_stays_until_it_is_remade() {
    let workspace = applied(PAIR);
    let start = time::OffsetDateTime::now_utc().unix_timestamp();
    let at = |day: i64, arguments: &[&str]| {
        let now = (start + day * 86_400).to_string();
        workspace.command(arguments).env("SOURCE_DATE_EPOCH", &now).run()
    };
    at(3630, &["apply"]).succeeds();
    let plan = at(3630, &["plan"]).exits_with(0);
    assert!(plan.stdout.contains("keep CA  root  it expires on "), "{}", plan.stdout);
    at(3630, &["plan", "--check"]).exits_with(3);
    at(3630, &["apply", "--remake-authorities"]).succeeds();
    at(3630, &["plan", "--check"]).succeeds();
}

#[test]
fn an_intermediate_that_is_missing_below_a_root_that_differs() {
    let workspace = workspace(&PAIR.replace(
        "[service.api]",
        "[authority]\nintermediate = true\npermit_dns = [\"example.com\", \"localhost\"]\n[service.api]",
    ));
    workspace.pkictl(&["init", "--env", "test"]).succeeds();
    let found = steps(&workspace, &[]);
    assert_eq!(found["root"], "keep-authority: constraints-changed");
    assert_eq!(found["issuing"], "make-authority: new");
    workspace.pkictl(&["apply"]).succeeds();
    let found = steps(&workspace, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found["root"], "keep-authority: constraints-changed");
    workspace.pkictl(&["verify", "-f", "pkictl.toml"]).succeeds();
}
