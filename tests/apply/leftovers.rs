//! What stays behind, and what is there in part: said for as long as it is so.

use super::{PAIR, applied, steps};

#[test]
fn a_file_that_nothing_makes_any_more_is_mentioned_until_somebody_removes_it() {
    let workspace = applied(PAIR);
    let file = "deploy/test/api/nginx-site.conf";
    workspace.write(
        "pkictl.toml",
        PAIR.replace("emit = [{ target = \"nginx\", upstream = \"http://127.0.0.1:9000\" }]\n", ""),
    );
    assert_eq!(steps(&workspace, &[])[file], "leftover: undeclared");
    for _ in 0..2 {
        let run = workspace.pkictl(&["apply"]).succeeds();
        assert!(run.stderr.contains(&format!("leftover  {file}")), "{}", run.stderr);
        assert_eq!(steps(&workspace, &[])[file], "leftover: undeclared");
    }
    workspace.pkictl(&["plan", "--check"]).succeeds();
    std::fs::remove_file(workspace.file(file)).expect("it was there");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(!workspace.read("pki/test/applied.json").contains("left"));
    // Once it is made again, it is no leftover.
    workspace.write("pkictl.toml", PAIR);
    workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(steps(&workspace, &[]), [].into());
}

#[test]
fn a_file_that_waits_for_its_certificate_is_no_leftover() {
    let workspace = applied(PAIR);
    workspace.write("pkictl.toml", PAIR.replace("\"localhost\"]", "\"localhost\", \"more.example.com\"]"));
    let found = steps(&workspace, &[]);
    assert_eq!(found["deploy/test/api/"], "write: certificate-changes");
    assert_eq!(found.get("deploy/test/api/nginx-site.conf"), None, "{found:#?}");
}

#[test]
fn what_an_authority_signed_that_nobody_uses_any_more_is_pruned_too() {
    let manifest = "version = 1\nenvironments = [\"test\"]\n[authority.db]\n[service.a]\nnames = [\"a\"]\n[service.b]\nauthority = \"db\"\nnames = [\"b\"]\n";
    let workspace = applied(manifest);
    workspace.write("pkictl.toml", manifest.replace("authority = \"db\"\n", ""));
    let root = workspace.read("pki/test.db/ca/root/ca.crt");
    let run = workspace.pkictl(&["apply", "--prune"]).succeeds();
    assert!(run.stderr.contains("moved aside  b (db)"), "{}", run.stderr);
    assert!(!workspace.file("pki/test.db/certs/b").exists());
    assert!(workspace.file("pki/test.db/replaced").exists());
    assert_eq!(workspace.read("pki/test.db/ca/root/ca.crt"), root);
    workspace.pkictl(&["plan", "--check", "--prune"]).succeeds();
}

#[test]
fn a_ca_that_is_there_in_part_stays_and_the_hint_leads_on() {
    let workspace = applied(PAIR);
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.key")).expect("it was there");
    // Nothing is to be signed, so nobody misses it.
    workspace.pkictl(&["plan", "--check"]).succeeds();
    workspace.pkictl(&["apply"]).succeeds();
    std::fs::remove_dir_all(workspace.file("pki/test/certs/api")).expect("it was there");
    workspace.pkictl(&["apply"]).fails(
        1,
        "error: authority \"root\" has no private key at pki/test/ca/root/ca.key\n\nhint: restore the CA's own key, or make a new CA with `pkictl apply --remake-authorities`",
    );
    std::fs::remove_file(workspace.file("pki/test/ca/root/ca.crt")).expect("it was there");
    workspace.pkictl(&["apply"]).fails(
        1,
        "error: pki/test/ca is there, but the root's certificate pki/test/ca/root/ca.crt is missing or cannot be read\n\nhint: put the certificate back, or move pki/test/ca away: then a new CA is made",
    );
    std::fs::rename(workspace.file("pki/test/ca"), workspace.file("old")).expect("it was there");
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn files_are_never_written_into_the_pki_directory() {
    let workspace = applied(PAIR);
    let key = workspace.read("pki/test/ca/root/ca.key");
    for line in [
        "files = { ca = \"pki/test/ca/root/ca.key\" }",
        "emit = [{ target = \"env\", to = \"pki/test/certs/job\" }]",
    ] {
        workspace.write("pkictl.toml", format!("{PAIR}{line}\n"));
        let path = line.split('"').rfind(|part| part.starts_with("pki/")).expect("a path");
        for command in ["plan", "apply"] {
            let run = workspace.pkictl(&[command]).exits_with(1);
            let said = format!("error: {path} is inside the PKI directory, where CA keys are kept\n");
            assert!(run.stderr.starts_with(&said), "{}", run.stderr);
        }
    }
    assert_eq!(workspace.read("pki/test/ca/root/ca.key"), key);
}

#[test]
fn a_ca_that_differs_is_not_said_to_be_done_and_the_option_that_remakes_it_is_named() {
    let workspace = applied(PAIR);
    let text = PAIR.replace(
        "[service.api]",
        "[authority]\npermit_dns = [\"example.com\", \"localhost\"]\n[service.api]",
    );
    workspace.write("pkictl.toml", &text);
    let plan = workspace.pkictl(&["plan"]).succeeds();
    assert!(plan.stderr.contains("warning: a CA differs from the manifest and is kept"), "{}", plan.stderr);
    // `apply` alone would change nothing.
    assert!(plan.stderr.ends_with("next: pkictl plan --remake-authorities\n"), "{}", plan.stderr);
    let done = |arguments: &[&str]| workspace.pkictl(arguments).succeeds().json()["done"].clone();
    assert_eq!(done(&["apply", "--format", "json"]), false);
    assert_eq!(done(&["apply", "--format", "json", "--remake-authorities"]), true);
    assert_eq!(done(&["plan", "--format", "json"]), true);
}
