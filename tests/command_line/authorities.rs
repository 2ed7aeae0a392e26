//! Authorities: what they sign, what they do not, and for how long.

use super::at_noon;
use crate::harness::Workspace;

#[test]
fn a_constrained_authority_signs_only_what_it_permits() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--permit-dns", "shop.svc", "--cn", "Shop CA"]).succeeds();
    workspace.pkictl(&["issue", "server", "web.example.com"]).fails(
        1,
        "error: DNS:web.example.com is outside the name constraints of \"Shop CA\"\n  expected: DNS:shop.svc\n  \
         found:    DNS:web.example.com\n\n\
         hint: use a name inside them, or make a CA that permits it with `--permit-dns` or `--permit-ip`",
    );
    let run = workspace.pkictl(&["issue", "server", "web", "--san", "web.shop.svc"]).succeeds();
    assert!(
        run.stderr.contains("note: left out DNS:web: it is outside the CA's name constraints"),
        "{}",
        run.stderr
    );
    let run = workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    assert!(
        run.stderr.contains("note: its name is DNS:backend.shop.svc, inside the CA's name constraints"),
        "{}",
        run.stderr
    );
    workspace.pkictl(&["verify"]).succeeds();
}

#[test]
fn a_certificate_cannot_outlive_its_issuer() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--days", "10"]).succeeds();
    let run = at_noon(&workspace, &["issue", "server", "web"]).succeeds();
    assert!(
        run.stderr.contains("note: its end was moved to that of its issuer, 2026-12-01 12:00 UTC: a certificate cannot outlive its issuer"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_further_authority_signs_when_it_is_named() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "intermediate-ca", "db"]).succeeds();
    workspace.pkictl(&["issue", "server", "postgres", "--ca", "db"]).succeeds();
    let json = workspace.pkictl(&["show", "postgres", "--format", "json"]).succeeds().json();
    let subjects: Vec<&str> =
        json["items"].as_array().expect("items").iter().filter_map(|item| item["subject"].as_str()).collect();
    assert_eq!(subjects.len(), 3);
    assert!(subjects[1].contains("db CA"), "{subjects:?}");
    workspace.pkictl(&["verify"]).succeeds();
    workspace.pkictl(&["issue", "root-ca", "x"]).fails(
        2,
        "error: `issue` cannot create a root CA: each environment has exactly one\n\n\
         hint: create a new environment with `pkictl init --env NEW`",
    );
}

#[test]
fn an_authority_for_which_the_path_is_too_long_is_refused_before_it_is_made() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--cn", "Root", "--intermediate"]).succeeds();
    let shown =
        workspace.pkictl(&["show", "pki/dev/ca/issuing/ca.crt", "--format", "json"]).succeeds().json();
    let issuing = shown["items"][0]["common_name"].as_str().expect("a common name").to_owned();
    let refused = |authority: &str, limit: u32, count: u32| {
        format!(
            "error: another authority under {authority:?} exceeds its path length constraint\n  \
             expected: at most {limit} (path length constraint)\n  found:    {count} with this one\n\n\
             hint: sign it with an authority nearer to the root: `--ca root`; `pkictl list` shows them"
        )
    };
    let profile = workspace.pkictl(&["profile", "show", "intermediate-ca"]).succeeds().stdout;
    let endless = profile.replace("path_len = 0\n", "");
    assert_ne!(endless, profile);
    workspace.write("pki/profiles/endless.toml", endless);
    workspace
        .pkictl(&["issue", "endless", "middle", "--cn", "Middle", "--ca", "issuing"])
        .fails(1, &refused(&issuing, 0, 1));
    workspace.pkictl(&["issue", "endless", "middle", "--cn", "Middle", "--ca", "root"]).succeeds();
    // It has no limit of its own: the root's holds.
    workspace.pkictl(&["issue", "endless", "lower", "--ca", "middle"]).fails(1, &refused("Root", 1, 2));
    assert!(!workspace.file("pki/dev/ca/lower").exists());
    workspace.pkictl(&["issue", "server", "web", "--ca", "middle"]).succeeds();
    workspace.pkictl(&["verify"]).succeeds();
}
