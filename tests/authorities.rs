//! Authorities under others, and what they can lose: keys, names, time.

use std::path::PathBuf;

use crate::harness::{Run, Workspace};

/// The moment at which these tests run the program, if it matters: 2026-11-21 12:00 UTC.
const EPOCH: &str = "1795262400";

fn at_noon(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.command(arguments).env("SOURCE_DATE_EPOCH", EPOCH).run()
}

/// The directories of what was replaced.
fn replaced(workspace: &Workspace) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(workspace.file("pki/dev/replaced")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn log(workspace: &Workspace) -> Vec<String> {
    workspace.read("pki/dev/log.jsonl").lines().map(str::to_owned).collect()
}

#[test]
fn nothing_takes_the_place_of_the_root_but_init() {
    let workspace = Workspace::with_ca();
    let key = workspace.read("pki/dev/ca/root/ca.key");
    for (name, force) in [("root", &[][..]), ("root", &["--force"]), ("Root", &[])] {
        let error = format!(
            "error: invalid authority name {name:?}: `root` is reserved for the environment's root CA"
        );
        workspace.pkictl(&[&["issue", "intermediate-ca", name], force].concat()).fails(2, &error);
    }
    assert_eq!(workspace.read("pki/dev/ca/root/ca.key"), key);
}

#[test]
fn an_authority_that_is_made_anew_leaves_the_old_one_among_the_replaced() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--intermediate"]).succeeds();
    let old = workspace.read("pki/dev/ca/issuing/ca.key");
    let run = workspace.pkictl(&["issue", "intermediate-ca", "issuing", "--force"]).succeeds();
    assert!(
        run.stderr.contains("warning: the old one was moved to pki/dev/replaced/ca-issuing-"),
        "{}",
        run.stderr
    );
    let [kept] = replaced(&workspace).try_into().expect("one directory");
    assert_eq!(std::fs::read_to_string(kept.join("ca.key")).expect("the old key"), old);
    assert_eq!(std::fs::read_dir(&kept).expect("a directory").count(), 2, "ca.crt and ca.key alone");
    assert_ne!(workspace.read("pki/dev/ca/issuing/ca.key"), old);
    workspace.write("pki/dev/ca/issuing/ca.crt", "damaged");
    workspace.pkictl(&["issue", "intermediate-ca", "issuing", "--force"]).succeeds();
    assert_eq!(replaced(&workspace).len(), 2);
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    workspace.pkictl(&["verify"]).succeeds();
}

#[test]
fn an_authority_does_not_sign_what_takes_its_own_place() {
    let workspace = Workspace::with_ca();
    let profile =
        "summary = \"x\"\nrole = \"intermediate-ca\"\nvalidity = \"30d\"\n[subject]\ncommon_name = \"x\"\n";
    workspace.write("pki/profiles/open-ca.toml", profile);
    workspace.write("pki/profiles/root-ca.toml", profile.replace("intermediate", "root"));
    workspace.pkictl(&["init", "--force"]).succeeds();
    workspace.pkictl(&["issue", "open-ca", "team"]).succeeds();
    workspace.pkictl(&["issue", "open-ca", "team", "--ca", "team", "--force"]).fails(
        1,
        "error: authority \"team\" would replace one of its own issuers\n  \
         expected: another name, or another authority that signs",
    );
    workspace.pkictl(&["issue", "server", "web", "--ca", "team"]).succeeds();
}

#[test]
fn an_authority_has_a_plain_name_and_no_copy() {
    let workspace = Workspace::with_ca();
    for name in ["*.x.example", "10.0.0.1", "::1", "ops@example.com"] {
        workspace.pkictl(&["issue", "intermediate-ca", name]).fails(
            2,
            &format!("error: invalid authority name {name:?}: a CA name must be a plain word, not a wildcard or an address"),
        );
    }
    workspace.pkictl(&["issue", "intermediate-ca", "team", "-d", "out"]).fails(
        2,
        "error: `--out-dir` cannot be used with a CA profile\n\n\
         hint: omit it: ca.crt and ca.key will be in pki/dev/ca/team",
    );
    let json = workspace.pkictl(&["issue", "intermediate-ca", "team", "--format", "json"]).succeeds().json();
    assert_eq!(json["certificate"], "pki/dev/ca/team/ca.crt");
    assert_eq!(json["trust_anchor"], "pki/dev/ca/root/ca.crt");
}

#[test]
fn an_intermediate_repeats_the_constraints_of_its_issuer_and_widens_none() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--permit-dns", "shop.svc"]).succeeds();
    let json = workspace.pkictl(&["issue", "intermediate-ca", "team", "--format", "json"]).succeeds().json();
    assert_eq!(json["name_constraints"], "DNS:shop.svc");
    let profile = |domain: &str| {
        format!(
            "summary = \"x\"\nrole = \"intermediate-ca\"\nvalidity = \"30d\"\n[subject]\ncommon_name = \"x\"\n\
             [name_constraints]\npermitted_dns = [\"{domain}\"]\n"
        )
    };
    workspace.write("pki/profiles/inside.toml", profile("web.shop.svc"));
    workspace.write("pki/profiles/outside.toml", profile("bank.svc"));
    let json = workspace.pkictl(&["issue", "inside", "web", "--format", "json"]).succeeds().json();
    assert_eq!(json["name_constraints"], "DNS:web.shop.svc");
    let run = workspace.pkictl(&["issue", "outside", "bank"]).exits_with(1);
    assert!(
        run.stderr
            .starts_with("error: DNS:bank.svc is outside the name constraints of \"pkictl dev Root CA ")
    );
    assert!(!workspace.file("pki/dev/ca/bank").exists());
    workspace.pkictl(&["init", "--env", "e", "--permit-dns", "nowhere.invalid"]).exits_with(2);
}

#[test]
fn a_loopback_address_that_the_authority_may_not_sign_is_left_out_aloud() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--permit-dns", "localhost"]).succeeds();
    let run = workspace.pkictl(&["issue", "server", "localhost", "--san", "localhost"]).succeeds();
    for address in ["127.0.0.1", "::1"] {
        let note = format!("left out IP:{address}: it is outside the CA's name constraints");
        assert_eq!(run.stderr.matches(&note).count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_profile_of_another_role_makes_no_authority() {
    let workspace = Workspace::new();
    let server = "summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\nsans = [\"{{ host }}\"]\n";
    for (profile, role) in [("root-ca", "root-ca"), ("intermediate-ca", "intermediate-ca")] {
        workspace.write(&format!("mine/{profile}.toml"), server);
        workspace.pkictl(&["init", "--intermediate", "--profiles", "mine"]).fails(
            1,
            &format!(
                "error: profile {profile:?} makes no certificate of the role {role}\n  expected: role = {role:?}\n  found:    role = \"server\""
            ),
        );
        assert!(!workspace.file("pki/dev/ca").exists());
        std::fs::remove_file(workspace.file(format!("mine/{profile}.toml"))).expect("the profile");
    }
}

#[test]
fn what_never_came_into_being_is_not_logged() {
    let workspace = Workspace::with_ca();
    std::fs::remove_dir_all(workspace.file("pki/dev/ca/root")).expect("the root");
    let before = log(&workspace);
    workspace.pkictl(&["init"]).fails(
        1,
        "error: directory of authorities \"ca\" already exists in pki/dev\n\nhint: use `--force` to replace it",
    );
    assert_eq!(log(&workspace), before);
    // The place of what is replaced cannot be made.
    workspace.write("pki/dev/replaced", "in the way");
    workspace.pkictl(&["init", "--force"]).exits_with(1);
    assert_eq!(log(&workspace), before);
    std::fs::remove_file(workspace.file("pki/dev/replaced")).expect("the file");
    workspace.pkictl(&["init", "--force"]).succeeds();
    assert_eq!(log(&workspace).len(), before.len() + 1);
}

#[test]
fn an_authority_that_has_expired_signs_nothing_but_what_was_to_be_expired() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--not-before", "-2d", "--not-after=-10m"]).succeeds();
    let run = at_noon(&workspace, &["issue", "server", "web"]).exits_with(1);
    assert!(run.stderr.starts_with("error: the issuer \"pkictl dev Root CA "), "{}", run.stderr);
    assert!(
        run.stderr.ends_with(
            "has expired, and so would everything that it signs\n  expected: an issuer that is valid, or an end in the past\n  \
             found:    an issuer that ended at 2026-11-21 11:50 UTC\n"
        ),
        "{}",
        run.stderr
    );
    at_noon(&workspace, &["issue", "server", "web", "--not-after=-1h"]).succeeds();
}

#[test]
fn what_is_not_valid_when_it_is_made_says_so() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--not-before", "-9d"]).succeeds();
    for (arguments, warning) in [
        (["--days", "0"], "warning: it has expired already: it was valid until 2026-11-21 12:00 UTC\n"),
        (
            ["--not-after", "-1d"],
            "warning: it has expired already: it was valid until 2026-11-20 12:00 UTC\n",
        ),
        (["--not-before", "2d"], "warning: it is not valid yet: it begins at 2026-11-23 12:00 UTC\n"),
    ] {
        let run = at_noon(&workspace, &[&["issue", "server", "web", "--force"][..], &arguments].concat());
        let stderr = run.succeeds().stderr;
        assert!(stderr.contains(warning) && !stderr.contains("before its issuer"), "{arguments:?}: {stderr}");
    }
    let run = at_noon(&workspace, &["issue", "server", "web", "--force", "--days", "825"]).succeeds();
    assert!(run.stderr.contains("warning: valid for more than 825 days"), "{}", run.stderr);
    let run = at_noon(&workspace, &["issue", "server", "web", "--force", "--days", "824"]).succeeds();
    assert!(!run.stderr.contains("825"), "{}", run.stderr);
}

#[test]
fn a_leaf_does_not_have_the_subject_of_its_authority() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--format", "json"]).succeeds();
    let root = workspace.pkictl(&["list", "--format", "json"]).succeeds().json();
    let subject =
        root["environments"][0]["authorities"][0]["subject"].as_str().expect("a subject").to_owned();
    let name = subject.strip_prefix("CN=").expect("a common name alone");
    workspace.pkictl(&["issue", "client", "other", "--cn", name]).fails(
        1,
        &format!(
            "error: a certificate with the subject of its CA looks self-signed to OpenSSL\n  \
             expected: a leaf with another subject than its CA {name:?}\n  found:    CN={name} in both"
        ),
    );
    assert!(!workspace.file("pki/dev/certs/other").exists());
}

#[test]
fn a_long_organization_leaves_room_for_what_tells_authorities_apart() {
    let workspace = Workspace::new();
    let long = format!("{} Ltd", "x".repeat(56));
    for (environment, organization, name) in [
        ("dev", long.as_str(), format!("CN={} dev Root CA ", "x".repeat(45))),
        ("test", "  ", "CN=pkictl test Root CA ".into()),
    ] {
        let run = workspace.pkictl(&["init", "--env", environment, "--org", organization]).succeeds();
        assert!(run.stderr.contains(&name), "{}", run.stderr);
    }
}

#[test]
fn a_client_keeps_its_name_and_a_host_its_a_label() {
    let workspace = Workspace::with_ca();
    let run = workspace.pkictl(&["issue", "client", "jörg", "--format", "json"]).succeeds().json();
    assert_eq!((&run["common_name"], &run["sans"][0]), (&"jörg".into(), &"DNS:xn--jrg-sna".into()));
    let run = workspace.pkictl(&["issue", "server", "bücher.example.", "--format", "json"]).succeeds().json();
    assert_eq!(run["common_name"], "xn--bcher-kva.example");
    assert!(workspace.file("pki/dev/certs/xn--bcher-kva.example/tls.crt").is_file());
}

#[test]
fn two_names_that_differ_in_case_only_are_not_kept_side_by_side() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    for force in [&[][..], &["--force"]] {
        workspace.pkictl(&[&["issue", "client", "Web"], force].concat()).fails(
            1,
            "error: the credential \"Web\" conflicts with \"web\": names that differ only in case are not allowed\n  \
             expected: web, or another name\n  found:    Web",
        );
    }
    workspace
        .pkictl(&["init", "--env", "Profiles"])
        .fails(2, "error: invalid environment \"Profiles\": this name is reserved for templates");
}

#[test]
fn a_workload_has_one_uri() {
    let workspace = Workspace::with_ca();
    let issue = ["issue", "spiffe", "web", "--set", "trust_domain=example.org"];
    workspace.pkictl(&[&issue[..], &["--san", "URI:https://example.org/web"]].concat()).fails(
        1,
        "error: peers would not take the SPIFFE ID of this certificate\n  \
         expected: a SPIFFE ID as the only URI (X.509-SVID, section 2)\n  \
         found:    2 URIs: spiffe://example.org/web, https://example.org/web",
    );
    workspace.pkictl(&issue).succeeds();
}

#[cfg(unix)]
#[test]
fn a_directory_that_others_may_write_into_is_mentioned_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.file("pki")).expect("a directory");
    std::fs::set_permissions(workspace.file("pki"), std::fs::Permissions::from_mode(0o777)).expect("a mode");
    let run = workspace.pkictl(&["init"]).succeeds();
    let warning =
        "warning: other users can write to pki (mode 0777) and replace the CA; run `chmod 700 pki`\n";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    let mode = workspace.file("pki").metadata().expect("the directory").permissions().mode();
    assert_eq!(mode & 0o777, 0o777);
}
