//! Names, numbers, dates and settings that are none.

use super::{refuses, workspace};
use crate::harness::Workspace;

const FORM: &str =
    "  expected: a host name, a wildcard, an address, or a word of letters, digits, `-`, `_`, `.`, `@`";

/// Names that nothing can be kept under, with the reason; those with `true` are explained by the form of names, too.
const NAMES: &[(&str, &str, bool)] = &[
    ("", "it is empty", true),
    ("../x", "it would be a path", true),
    ("a/b", "it would be a path", true),
    ("a\\b", "it would be a path", true),
    ("..", "it starts or ends with a dot", true),
    (".git", "it starts or ends with a dot", true),
    ("-x", "it starts with `-`, so every command would take it for an option", true),
    ("*", "`*` must be the whole left-most label, and only that one", false),
    ("*.*.x", "`*` must be the whole left-most label, and only that one", false),
    ("a.*.x", "`*` must be the whole left-most label, and only that one", false),
    ("🦀", "it holds a character that no host name has", false),
    ("a\nb", "the character '\\n' is not allowed", true),
    ("a\u{1b}[31mb", "the character '\\u{1b}' is not allowed", true),
    ("a b", "the character ' ' is not allowed", true),
    ("_wildcard.x", "`_wildcard.` and `_ipv6.` are how directories of such names begin", true),
];

fn invalid(what: &str, name: &str, reason: &str, form: bool) -> String {
    format!(
        "error: invalid {what} {name:?}: {reason}{}",
        if form { format!("\n{FORM}") } else { String::new() }
    )
}

#[test]
fn a_credential_is_kept_under_no_name_that_would_surprise() {
    let workspace = workspace();
    for (name, reason, form) in NAMES {
        refuses(&workspace, &["issue", "server", "--", name], 2, &invalid("name", name, reason, *form));
    }
    let long = "x".repeat(300);
    let shown = format!("{}...", "x".repeat(77));
    let reason = "it is 300 characters long, at most 253 are allowed";
    refuses(&workspace, &["issue", "server", &long], 2, &invalid("name", &shown, reason, true));
    let wide = format!("*.{}y", "x.".repeat(124));
    let shown = format!("{}...", &wide[..77]);
    let reason = "it is too long for the name of a directory";
    refuses(&workspace, &["issue", "server", &wide], 2, &invalid("name", &shown, reason, true));
    refuses(
        &workspace,
        &["issue", "wildcard", "*.test"],
        2,
        "error: wildcard \"*.test\" is too wide: OpenSSL, curl and rustls match `*` only in front of at least two labels\n\nhint: use a wildcard under a domain of your own, or allow it with `--force`",
    );
}

#[test]
fn an_environment_has_no_such_name_either() {
    let workspace = Workspace::new();
    for (name, reason, form) in NAMES {
        let environment = format!("--env={name}");
        refuses(&workspace, &["init", &environment], 2, &invalid("environment", name, reason, *form));
    }
    for name in ["profiles", "emit"] {
        let reason = "this name is reserved for templates";
        refuses(&workspace, &["init", "--env", name], 2, &invalid("environment", name, reason, false));
    }
}

#[test]
fn every_name_that_an_environment_may_have_is_listed_again() {
    let workspace = Workspace::new();
    for name in ["::1", "*.example.com", "replaced", "10.0.0.1"] {
        workspace.pkictl(&["init", "--env", name]).succeeds();
        workspace.pkictl(&["issue", "server", "web", "--env", name]).succeeds();
    }
    let list = workspace.pkictl(&["list", "--all-environments", "--format", "json"]).succeeds().json();
    let names: Vec<&str> = list["environments"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["environment"].as_str())
        .collect();
    assert_eq!(names, ["*.example.com", "10.0.0.1", "::1", "replaced"]);
}

#[test]
fn an_authority_is_found_by_its_name_only() {
    let workspace = workspace();
    for (name, hint) in [
        ("", "`pkictl list` shows the authorities"),
        ("../root", "`pkictl list` shows the authorities"),
        ("nope", "`pkictl list` shows the authorities"),
        ("root/", "did you mean `root`?"),
        ("🦀", "`pkictl list` shows the authorities"),
    ] {
        refuses(
            &workspace,
            &["issue", "server", "other", &format!("--ca={name}")],
            1,
            &format!(
                "error: no authority named {name:?} in environment \"dev\"\n  expected: one of root\n\nhint: {hint}"
            ),
        );
    }
}

#[test]
fn a_subject_that_readers_would_refuse_is_refused() {
    let workspace = workspace();
    let long = "x".repeat(65);
    let too_long = "it is 65 characters long, at most 64 are allowed (RFC 5280, appendix A.1)";
    for (value, reason) in [
        (long.as_str(), too_long),
        ("a\tb", "it holds a control character"),
        (" ", "it is empty"),
        ("", "it is empty"),
    ] {
        let cn = format!("--cn={value}");
        let common_name = format!("error: invalid common name {value:?}: {reason}");
        refuses(&workspace, &["issue", "client", "other", &cn], 2, &common_name);
        refuses(&workspace, &["init", "--env", "e", &cn], 2, &common_name);
    }
    for (value, reason) in [(long.as_str(), too_long), ("a\tb", "it holds a control character")] {
        let org = format!("--org={value}");
        let organization = format!("error: invalid organization {value:?}: {reason}");
        refuses(&workspace, &["init", "--env", "e", &org], 2, &organization);
    }
    refuses(
        &workspace,
        &["issue", "server", "other", &format!("--cn={long}")],
        2,
        &format!(
            "error: invalid common name \"{long}\": a label is 65 characters long, at most 63 are allowed"
        ),
    );
    refuses(
        &workspace,
        &["issue", "server", "other", "--cn", ""],
        2,
        "error: invalid common name \"\": it is empty",
    );
}
