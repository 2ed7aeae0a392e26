//! Every reason to make a credential anew, each brought about by itself, and that it is mended afterwards.

mod authorities;

use super::{PAIR, applied, steps};
use crate::harness::Workspace;

const API: &str = "pki/test/certs/api";

/// The plan says this of `api`, and nothing of `job`; applied, everything is as declared.
#[track_caller]
fn found_and_mended(workspace: &Workspace, said: &str) {
    let found = steps(workspace, &[]);
    assert_eq!(found.get("api").map(String::as_str), Some(said), "{found:#?}");
    assert_eq!(found.get("job"), None, "{found:#?}");
    workspace.pkictl(&["plan", "--check"]).exits_with(3);
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[track_caller]
fn with_change(from: &str, to: &str, said: &str) {
    let workspace = applied(PAIR);
    assert!(PAIR.contains(from));
    workspace.write("pkictl.toml", PAIR.replace(from, to));
    found_and_mended(&workspace, said);
}

#[test]
fn other_names() {
    with_change("\"localhost\"]", "\"localhost\", \"more.example.com\"]", "reissue: specification-changed");
}

#[test]
fn another_kind_of_key() {
    with_change("callers =", "key_type = \"ec-p384\"\ncallers =", "reissue: specification-changed");
}

#[test]
fn another_profile() {
    with_change("callers =", "profile = \"peer\"\ncallers =", "reissue: specification-changed");
}

#[test]
fn another_time() {
    with_change("callers =", "validity = \"90d\"\ncallers =", "reissue: specification-changed");
}

#[test]
fn another_common_name() {
    with_change("callers =", "common_name = \"localhost\"\ncallers =", "reissue: specification-changed");
}

#[test]
fn an_end_that_is_near() {
    let workspace = applied(PAIR);
    // As if 370 of its 397 days had passed.
    let later = time::OffsetDateTime::now_utc().unix_timestamp() + 370 * 86_400;
    let at =
        |arguments: &[&str]| workspace.command(arguments).env("SOURCE_DATE_EPOCH", &later.to_string()).run();
    let plan = at(&["plan", "--format", "json"]).succeeds().json();
    let reasons: Vec<&str> = plan["environments"][0]["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter(|step| step["action"] == "reissue")
        .filter_map(|step| step["reasons"][0]["id"].as_str())
        .collect();
    assert_eq!(reasons, ["expires-soon", "expires-soon"]);
    at(&["apply"]).succeeds();
    at(&["plan", "--check"]).succeeds();
}

#[test]
fn an_end_that_has_come() {
    let workspace = applied(PAIR);
    let later = time::OffsetDateTime::now_utc().unix_timestamp() + 400 * 86_400;
    let plan = workspace.command(&["plan"]).env("SOURCE_DATE_EPOCH", &later.to_string()).run().succeeds();
    assert_eq!(plan.stdout.matches("it expired on").count(), 2, "{}", plan.stdout);
}

#[test]
fn a_short_life_is_renewed_in_its_last_third_and_not_at_once() {
    let workspace = applied(&PAIR.replace("callers =", "validity = \"1d\"\ncallers ="));
    workspace.pkictl(&["plan", "--check"]).succeeds();
    let later = time::OffsetDateTime::now_utc().unix_timestamp() + 17 * 3600;
    let plan = workspace.command(&["plan"]).env("SOURCE_DATE_EPOCH", &later.to_string()).run().succeeds();
    assert!(plan.stdout.contains("it expires on"), "{}", plan.stdout);
}

#[test]
fn a_key_of_another_certificate() {
    let workspace = applied(PAIR);
    let key = workspace.read("pki/test/certs/job/tls.key");
    workspace.write(&format!("{API}/tls.key"), key);
    found_and_mended(&workspace, "reissue: key-mismatch");
}

#[test]
fn a_missing_file() {
    for (file, said) in
        [("tls.crt", "certificate-missing"), ("tls.key", "key-missing"), ("ca.crt", "anchor-missing")]
    {
        let workspace = applied(PAIR);
        std::fs::remove_file(workspace.file(format!("{API}/{file}"))).expect("it was there");
        found_and_mended(&workspace, &format!("reissue: {said}"));
    }
}

#[test]
fn a_damaged_file() {
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        let workspace = applied(PAIR);
        let text = workspace.read(format!("{API}/{file}"));
        workspace.write(&format!("{API}/{file}"), &text[..text.len() / 2]);
        found_and_mended(&workspace, "reissue: damaged");
    }
}

#[test]
fn a_file_that_was_edited_by_hand() {
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        let workspace = applied(PAIR);
        let text = workspace.read(format!("{API}/{file}"));
        workspace.write(&format!("{API}/{file}"), format!("# mine\n{text}"));
        found_and_mended(&workspace, "reissue: edited");
    }
}

#[test]
fn the_root_of_somebody_else() {
    let (workspace, other) = (applied(PAIR), applied(PAIR));
    workspace.write(&format!("{API}/ca.crt"), other.read(format!("{API}/ca.crt")));
    found_and_mended(&workspace, "reissue: anchor-changed");
}

#[test]
fn a_certificate_of_somebody_else() {
    let (workspace, other) = (applied(PAIR), applied(PAIR));
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        workspace.write(&format!("{API}/{file}"), other.read(format!("{API}/{file}")));
    }
    found_and_mended(&workspace, "reissue: issuer-changed");
}

#[test]
fn a_key_that_others_can_read_is_mended_and_said_and_the_certificate_stays() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = applied(PAIR);
    let key = workspace.file(format!("{API}/tls.key"));
    let before = workspace.read(format!("{API}/tls.crt"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    found_and_mended(&workspace, "mend: lax-mode");
    assert_eq!(key.metadata().expect("the key").permissions().mode() & 0o777, 0o600);
    assert_eq!(workspace.read(format!("{API}/tls.crt")), before);
}

#[test]
fn callers_that_change_are_said_and_kept() {
    let workspace = applied(PAIR);
    workspace.write(
        "pkictl.toml",
        PAIR.replace("callers = [\"job\"]", "callers = [\"job\", \"other\"]") + "[service.other]\n",
    );
    let found = steps(&workspace, &[]);
    assert_eq!(found["api"], "admit: callers-changed", "{found:#?}");
    assert_eq!(found["other"], "issue: new");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(workspace.read("pki/test/applied.json").contains("\"other\""));
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn a_file_that_was_changed_or_removed_is_written_again() {
    let workspace = applied(PAIR);
    let name = std::fs::read_dir(workspace.file("deploy/test/api"))
        .expect("a directory")
        .flatten()
        .next()
        .expect("a file");
    let name = format!("deploy/test/api/{}", name.file_name().to_string_lossy());
    let text = workspace.read(&name);
    workspace.write(&name, "mine");
    assert_eq!(steps(&workspace, &[])[&name], "write: changed");
    std::fs::remove_file(workspace.file(&name)).expect("it was there");
    assert_eq!(steps(&workspace, &[])[&name], "write: new");
    workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(workspace.read(&name), text);
}
