//! Profiles of users who are mistaken.

use super::{refuses, workspace};
use crate::harness::Workspace;

/// A profile file and a certificate asked of it.
#[track_caller]
fn with_profile(workspace: &Workspace, text: impl AsRef<[u8]>, stderr: &str) {
    workspace.write("pki/profiles/mine.toml", text);
    refuses(workspace, &["issue", "mine", "other"], 1, &format!("error: {stderr}"));
}

const HEAD: &str = "summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\n";

#[test]
fn a_profile_that_is_wrong_is_refused_at_its_place() {
    let workspace = workspace();
    let place = "pki/profiles/mine.toml";
    with_profile(
        &workspace,
        format!("{HEAD}keytype = \"rsa-2048\"\n"),
        &format!(
            "{place}:4:1: unknown field `keytype`, expected one of `summary`, `role`, `key_type`, `validity`, `key_usage`, `ext_key_usage`, `subject`, `sans`, `path_len`, `name_constraints`, `variables`"
        ),
    );
    with_profile(&workspace, "", &format!("{place}:1:1: missing field `summary`"));
    with_profile(&workspace, "summary = \"é", &format!("{place}:1:13: invalid basic string, expected `\"`"));
    with_profile(&workspace, b"summary = \"\xff\"", &format!("{place}: byte 12 is not UTF-8 text"));
    with_profile(&workspace, vec![b'#'; 10 << 20], &format!("{place}: it is larger than 1 MiB"));
    with_profile(
        &workspace,
        HEAD.replace("1d", "9999999999y"),
        &format!(
            "{place}: invalid time span \"9999999999y\": it is longer than 1000 years; expected a whole number and a unit of s, m, h, d, w or y, such as 90d"
        ),
    );
    with_profile(
        &workspace,
        format!("{HEAD}sans = [\"not a name\"]\n"),
        "profile mine, sans: invalid DNS name \"not a name\": the character ' ' is not allowed",
    );
    with_profile(
        &workspace,
        format!("{HEAD}sans = [\"{{{{ host }}}}\"]\n[subject]\ncountry = \"Germany\"\n"),
        "profile mine, subject: invalid country \"Germany\": it is not an ISO 3166 code of two capital letters",
    );
}

#[test]
fn a_profile_that_does_not_render_says_where() {
    let workspace = workspace();
    with_profile(
        &workspace,
        format!("{HEAD}sans = [\"{{{{ nothing }}}}\"]\n"),
        "template profile mine, sans:1 does not render: undefined value: `nothing` is undefined",
    );
    with_profile(
        &workspace,
        format!("{HEAD}sans = [\"{{{{ name\"]\n"),
        "template profile mine, sans:1 does not render: a tag has no end `}}`",
    );
    // What a template makes can be long; what is said about it is not.
    workspace.write(
        "pki/profiles/mine.toml",
        format!("{HEAD}sans = [\"{{% for i in range(100000) %}}x{{% endfor %}}\"]\n"),
    );
    let run = workspace.pkictl(&["issue", "mine", "other"]).exits_with(1);
    let reason = "it is 100000 characters long, at most 253 are allowed\n";
    assert_eq!(
        run.stderr,
        format!("error: profile mine, sans: invalid DNS name \"{}...\": {reason}", "x".repeat(77))
    );
}

#[test]
fn a_profile_is_found_by_its_name_only() {
    let workspace = workspace();
    workspace.write("pki/secret.toml", HEAD);
    let known = "client, intermediate-ca, peer, postgres-client, postgres-server, root-ca, server, short-lived, spiffe, wildcard";
    for name in ["", "../secret", "a/b", "-x", "🦀", ".hidden", &"x".repeat(300)] {
        let shown = if name.len() > 80 { format!("{}...", &name[..77]) } else { name.to_owned() };
        let stderr = format!(
            "error: no profile named {shown:?} in the built-in profiles and the profile directories\n  expected: one of {known}\n\nhint: `pkictl profile list` shows what exists"
        );
        refuses(&workspace, &["issue", "--", name, "other"], 1, &stderr);
        refuses(&workspace, &["profile", "show", "--", name], 1, &stderr);
    }
    refuses(
        &workspace,
        &["profile", "list", "--profiles", "nowhere"],
        2,
        "error: --profiles nowhere: no such directory",
    );
}

#[test]
fn a_broken_profile_does_not_hide_the_others() {
    let workspace = workspace();
    workspace.write("pki/profiles/broken.toml", "summary");
    workspace.write("pki/profiles/\u{1b}[31m.toml", HEAD);
    workspace.write("pki/profiles/old/server.toml", HEAD);
    let list = workspace.pkictl(&["profile", "list"]).succeeds().stdout;
    assert!(list.starts_with("broken           unreadable: pki/profiles/broken.toml:1:8: "), "{list}");
    assert!(list.contains("\nserver           ec-p256  397 days   TLS server, "), "{list}");
    assert!(!list.contains('\u{1b}') && !list.contains("\nold "), "{list:?}");
}
