//! `verify -f`: the manifest against what is in force. Each mutation makes exactly the matching checks fail.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Run, Workspace};

const NAMES: [&str; 5] = ["shop", "api", "db", "job", "page"];

/// Who may call whom: `shop` and `job` call `api`, `api` calls `db`, anybody may call `page`.
fn manifest(edges: &[(&str, &str)]) -> String {
    let mut text = "version = 1\nenvironments = [\"test\", \"prod\"]\n".to_owned();
    for name in NAMES {
        text += &format!(
            "[service.{name}]\nprofile = \"peer\"\nnames = [\"{name}.example.com\", \"localhost\"]\n"
        );
        if name != "page" {
            let callers: Vec<String> = edges
                .iter()
                .filter(|(_, callee)| *callee == name)
                .map(|(caller, _)| format!("{caller:?}"))
                .collect();
            text += &format!("callers = [{}]\n", callers.join(", "));
        }
    }
    text
}

const EDGES: [(&str, &str); 3] = [("shop", "api"), ("job", "api"), ("api", "db")];

fn applied() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("pkictl.toml", manifest(&EDGES));
    workspace.pkictl(&["apply", "--quiet"]).succeeds();
    workspace
}

fn verify(workspace: &Workspace) -> Run {
    workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "json"])
}

/// The pairs that do not come out as declared, of all environments: `test: caller -> callee`.
fn broken(report: &Value) -> BTreeSet<String> {
    let mut pairs = BTreeSet::new();
    for environment in report["environments"].as_array().expect("environments") {
        for cell in environment["cells"].as_array().expect("cells") {
            if cell["verdict"] != "holds" {
                let text = |value: &Value| value.as_str().unwrap_or("visitor").to_owned();
                let verdict = text(&cell["verdict"]);
                pairs.insert(format!(
                    "{}: {} -> {} {verdict}",
                    text(&environment["name"]),
                    text(&cell["caller"]),
                    text(&cell["callee"])
                ));
            }
        }
    }
    pairs
}

/// Failed checks that no pair stands for: `test: id subject`.
fn failed_elsewhere(report: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for environment in report["environments"].as_array().expect("environments") {
        let in_cells: BTreeSet<u64> = environment["cells"]
            .as_array()
            .expect("cells")
            .iter()
            .flat_map(|cell| cell["checks"].as_array().expect("checks").iter().filter_map(Value::as_u64))
            .collect();
        for (place, check) in environment["checks"].as_array().expect("checks").iter().enumerate() {
            if check["outcome"] == "failed" && !in_cells.contains(&(place as u64)) {
                let text = |name: &str| check[name].as_str().unwrap_or_default();
                found.insert(format!(
                    "{}: {} {}",
                    environment["name"].as_str().unwrap_or_default(),
                    text("id"),
                    text("subject")
                ));
            }
        }
    }
    found
}

#[test]
fn what_was_applied_holds() {
    let workspace = applied();
    let report = verify(&workspace).succeeds().json();
    assert_eq!(broken(&report), BTreeSet::new());
    assert_eq!(report["counts"]["skipped"], 0, "{report:#}");
    // Five callers and the visitor, at five who serve, in two environments.
    let cells: usize = report["environments"]
        .as_array()
        .expect("two")
        .iter()
        .map(|one| one["cells"].as_array().expect("cells").len())
        .sum();
    assert_eq!(cells, 2 * 6 * 5);
    let across = report["environments"][0]["checks"].as_array().expect("checks").iter();
    let across = across.filter(|check| check["group"] == "environment").count();
    assert!(across > 0, "nothing was tried across environments");
}

#[test]
fn each_edge_that_is_taken_out_or_put_in_breaks_exactly_its_pair() {
    let workspace = applied();
    for caller in NAMES {
        for callee in NAMES.into_iter().filter(|callee| *callee != "page") {
            let mut edges = EDGES.to_vec();
            match edges.iter().position(|edge| *edge == (caller, callee)) {
                Some(place) => drop(edges.remove(place)),
                None => edges.push((caller, callee)),
            }
            workspace.write("pkictl.toml", manifest(&edges));
            let report = verify(&workspace).exits_with(3).json();
            let expected =
                ["test", "prod"].map(|environment| format!("{environment}: {caller} -> {callee} fails"));
            assert_eq!(broken(&report), BTreeSet::from(expected), "{caller} -> {callee}");
            assert_eq!(failed_elsewhere(&report), BTreeSet::new(), "{caller} -> {callee}");
        }
    }
}

#[test]
fn a_service_that_opens_or_closes_without_being_applied_is_found() {
    let workspace = applied();
    // Declared open today, and still asking for certificates.
    let opened = manifest(&EDGES).replace(
        "names = [\"db.example.com\", \"localhost\"]\ncallers = [\"api\"]\n",
        "names = [\"db.example.com\", \"localhost\"]\n",
    );
    workspace.write("pkictl.toml", &opened);
    let report = verify(&workspace).exits_with(3).json();
    assert!(broken(&report).contains("test: visitor -> db fails"), "{:?}", broken(&report));
    workspace.pkictl(&["apply", "--quiet"]).succeeds();
    verify(&workspace).succeeds();
    // Declared closed again, and still open to everybody.
    workspace.write("pkictl.toml", manifest(&EDGES));
    let report = verify(&workspace).exits_with(3).json();
    for caller in ["visitor", "shop", "job", "page"] {
        assert!(broken(&report).contains(&format!("prod: {caller} -> db fails")), "{:?}", broken(&report));
    }
}

#[test]
fn a_swapped_key_breaks_its_owner_and_nobody_else() {
    let workspace = applied();
    workspace.write("pki/test/certs/job/tls.key", workspace.read("pki/test/certs/shop/tls.key"));
    only_about(&verify(&workspace).exits_with(3).json(), "test", "job");
}

#[test]
fn a_missing_file_breaks_its_owner_and_nobody_else() {
    let workspace = applied();
    std::fs::remove_file(workspace.file("pki/test/certs/db/tls.crt")).expect("it was there");
    only_about(&verify(&workspace).exits_with(3).json(), "test", "db");
}

#[test]
fn an_expired_leaf_breaks_its_owner_and_nobody_else() {
    let workspace = applied();
    let arguments = [
        "issue",
        "peer",
        "job",
        "--env",
        "test",
        "--san",
        "job.example.com",
        "--not-after",
        "-1d",
        "--force",
    ];
    workspace.pkictl(&arguments).succeeds();
    only_about(&verify(&workspace).exits_with(3).json(), "test", "job");
}

#[test]
fn a_ca_that_was_made_anew_breaks_its_environment_and_no_other_until_it_is_applied() {
    let workspace = applied();
    workspace.pkictl(&["init", "--env", "test", "--force", "--quiet"]).succeeds();
    let report = verify(&workspace).exits_with(3).json();
    let of_prod = |text: &&String| text.starts_with("prod: ");
    assert!(broken(&report).iter().all(|pair| pair.starts_with("test: ")), "{:?}", broken(&report));
    assert!(!broken(&report).is_empty());
    assert_eq!(
        failed_elsewhere(&report).iter().filter(of_prod).count(),
        0,
        "{:?}",
        failed_elsewhere(&report)
    );
    workspace.pkictl(&["apply", "--quiet"]).succeeds();
    verify(&workspace).succeeds();
}

#[test]
fn a_manifest_that_was_never_applied_proves_nothing_and_says_so() {
    let workspace = Workspace::new();
    workspace.write("pkictl.toml", manifest(&EDGES));
    let report = verify(&workspace).exits_with(3).json();
    assert_eq!(report["counts"]["passed"], 0, "{report:#}");
    let run = workspace.pkictl(&["verify", "-f", "pkictl.toml"]).exits_with(3);
    assert_eq!(run.stderr, "next: pkictl plan\n");
    let run = workspace.pkictl(&["verify", "-f", "./pkictl.toml", "--env", "test"]).exits_with(3);
    assert_eq!(run.stderr, "next: pkictl plan -f ./pkictl.toml --env test\n");
}

/// Whatever fails is about one service of one environment, and something does.
#[track_caller]
fn only_about(report: &Value, environment: &str, name: &str) {
    let pairs = broken(report);
    let about =
        |text: &String| text.starts_with(environment) && text.split([' ', ',']).any(|word| word == name);
    assert!(pairs.iter().all(about), "{pairs:#?}");
    let elsewhere = failed_elsewhere(report);
    assert!(elsewhere.iter().all(about), "{elsewhere:#?}");
    assert!(!pairs.is_empty() && !elsewhere.is_empty(), "{pairs:#?} {elsewhere:#?}");
}

#[test]
fn the_page_and_the_pictures_are_of_the_same_run() {
    let workspace = applied();
    workspace.pkictl(&["verify", "-f", "pkictl.toml", "--report", "out/policy.html"]).succeeds();
    let page = workspace.read("out/policy.html");
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{}", &page[..80]);
    let mermaid = workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "mermaid"]).succeeds().stdout;
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    let dot = workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "dot"]).succeeds().stdout;
    assert!(dot.starts_with("digraph policy {\n"), "{dot}");
    workspace.pkictl(&["verify", "--format", "dot"]).fails(
        2,
        "error: only `verify -f FILE` can draw a diagram\n\nhint: specify the manifest with `-f`, or use `--format json`",
    );
    workspace
        .pkictl(&["verify", "-f", "pkictl.toml", "--report", "."])
        .fails(2, "error: . is a directory\n\nhint: name the file, such as `--report policy.html`");
    let junit = workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "junit"]).succeeds().stdout;
    assert!(junit.contains("failures=\"0\""), "{junit}");
}
