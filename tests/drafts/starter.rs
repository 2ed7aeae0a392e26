//! The manifest to begin with.

use pkictl::manifest::{DeclaredEnvironment, starter};

use super::{is_right, json, schema};
use crate::harness::Workspace;

/// The starter with everything that it shows and does not make.
fn with_everything(text: &str) -> String {
    let is_setting = |rest: &str| {
        let key = rest.split(" = ").next().unwrap_or_default();
        rest.starts_with('[')
            || (rest.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if is_setting(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn starter_with(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.parse().expect("a name")).collect();
    starter(&names).expect("a starter")
}

#[test]
fn it_is_right_and_so_is_everything_that_it_shows() {
    for names in [&[][..], &["web"], &["web", "user_db", "a.example"], &["a", "b", "c", "d"]] {
        let text = starter_with(names);
        let manifest = is_right(&text);
        let services = &manifest.environments[0].services;
        assert_eq!(services.len(), if names.is_empty() { 3 } else { names.len() }, "{text}");
        let all = is_right(&with_everything(&text));
        assert_eq!(all.environments[0].services.len(), services.len() + 2);
        assert_eq!(all.environments[0].authorities.len(), 2);
    }
}

#[test]
fn it_shows_every_key_that_the_schema_knows() {
    let value = json(&with_everything(&starter_with(&[]))).expect("it is TOML");
    let schema = schema();
    let services: Vec<_> = value["service"].as_object().expect("services").values().collect();
    let emits: Vec<_> = services.iter().filter_map(|one| one["emit"].as_array()).flatten().collect();
    let files: Vec<_> = services.iter().map(|one| &one["files"]).collect();
    let authorities = vec![&value["authority"], &value["authority"]["partners"]];
    let mut missing = Vec::new();
    for (pointer, tables) in [
        ("/properties", vec![&value]),
        ("/properties/defaults/properties", vec![&value["defaults"]]),
        ("/properties/authority/properties", authorities),
        ("/$defs/service/properties", services.clone()),
        ("/$defs/service/properties/files/properties", files),
        ("/$defs/emit/properties", emits),
    ] {
        for key in schema.pointer(pointer).expect("a table").as_object().expect("keys").keys() {
            if tables.iter().all(|table| table[key].is_null()) {
                missing.push(format!("{pointer}: {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn it_is_applied_as_it_is_and_then_nothing_is_left_to_do() {
    let workspace = Workspace::new();
    workspace.pkictl(&["manifest", "init"]).succeeds().fails(0, "wrote pkictl.toml\nnext: pkictl plan");
    workspace.pkictl(&["plan", "--check"]).exits_with(3);
    workspace.pkictl(&["apply"]).succeeds();
    let plan = workspace.pkictl(&["plan", "--check"]).succeeds().stdout;
    assert!(plan.contains("3 unchanged"), "{plan}");
    assert!(workspace.read("deploy/dev/web/nginx-site.conf").contains("ssl_certificate"));
    workspace.pkictl(&["verify", "-f", "pkictl.toml"]).succeeds();
}

#[test]
fn a_starter_with_services_of_ones_own_is_applied_too() {
    let workspace = Workspace::new();
    workspace.pkictl(&["manifest", "init", "--services", "front,user_db"]).succeeds();
    workspace.pkictl(&["apply"]).succeeds();
    let names = workspace.pkictl(&["show", "user_db"]).succeeds().stdout;
    assert!(names.contains("user_db"), "{names}");
}

#[test]
fn a_manifest_that_is_there_is_kept() {
    let workspace = Workspace::new();
    workspace.write("pkictl.toml", "mine");
    workspace
        .pkictl(&["manifest", "init"])
        .fails(1, "error: file \"pkictl.toml\" already exists in .\n\nhint: use `--force` to replace it");
    assert_eq!(workspace.read("pkictl.toml"), "mine");
    workspace.pkictl(&["manifest", "init", "--force"]).succeeds();
    assert_eq!(workspace.read("pkictl.toml"), starter(&[]).expect("a starter"));
    let printed = workspace.pkictl(&["manifest", "init", "-o", "-"]).succeeds();
    assert_eq!(printed.stdout, workspace.read("pkictl.toml"));
    assert_eq!(printed.stderr, "");
}

#[test]
fn services_that_cannot_be_declared_are_refused() {
    let workspace = Workspace::new();
    for (services, reason) in [
        ("web,web", "invalid service \"web\": it is named twice"),
        ("a@b.example", "invalid service \"a@b.example\": it is not a host name"),
        ("*.example.com", "invalid service \"*.example.com\": it is not a host name"),
        ("localhost", "invalid service \"localhost\": every service has this name beside its own"),
    ] {
        let run = workspace.pkictl(&["manifest", "init", "--services", services]).exits_with(2);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
    let run = workspace.pkictl(&["manifest", "init", "--services", "a b"]).exits_with(2);
    assert!(run.stderr.contains("the character ' ' is not allowed"), "{}", run.stderr);
    assert!(!workspace.file("pkictl.toml").exists());
}

#[test]
fn the_environment_is_a_place_for_each_service() {
    let manifest = is_right(&starter_with(&[]));
    let environment: &DeclaredEnvironment = &manifest.environments[0];
    let database = environment.service("database").expect("it is declared");
    assert_eq!(database.callers.as_deref(), Some(&["api".to_owned()][..]));
    assert_eq!(database.emits[0].to, "deploy/dev/database");
}
