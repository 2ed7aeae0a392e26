//! The page in a real browser: nothing is missing, nothing is loaded, and it is accessible.

use std::path::PathBuf;

use pkictl::report::policy::PolicyReport;
use serde_json::Value;

use super::sample::{hostile, landscape, shop};
use crate::harness::{Judge, Workspace, judge, packages};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/page_judge.mjs");

/// Chromium, and the program and packages that drive it.
pub struct Browser {
    node: Judge,
    chromium: PathBuf,
    packages: PathBuf,
}

impl Browser {
    /// Skips the test where one of them is missing.
    #[track_caller]
    pub fn find() -> Option<Self> {
        let (node, chromium, packages) = (judge("node")?, judge("chromium")?, packages()?);
        Some(Self { node, chromium: chromium.path().to_owned(), packages })
    }

    /// Runs a program of tests/data and reads the JSON that it prints.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str], input: &str) -> Value {
        let first =
            [program.into(), self.packages.clone().into_os_string(), self.chromium.clone().into_os_string()];
        let (success, text) = self.node.run(first.into_iter().chain(arguments.iter().map(Into::into)), input);
        assert!(success, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Looks at the page of a report. Pictures go where `PKICTL_PICTURES` says, for eyes.
    #[track_caller]
    fn look(&self, name: &str, report: &PolicyReport, care: &str) -> Value {
        let workspace = Workspace::new();
        let page = workspace.write("report.html", super::render(report));
        let mut arguments = vec![page.display().to_string(), care.to_owned()];
        if let Some(place) = std::env::var_os("PKICTL_PICTURES") {
            let place = PathBuf::from(place).join(name);
            std::fs::create_dir_all(&place).expect("a directory for pictures");
            arguments.push(place.display().to_string());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run(PROGRAM, &arguments, "")
    }
}

/// The strings of a JSON array.
#[track_caller]
pub fn texts(value: &Value) -> Vec<&str> {
    let values = value.as_array().unwrap_or_else(|| panic!("{value} is not an array"));
    values.iter().filter_map(Value::as_str).collect()
}

/// What holds for each page: no request, no error, no sideways scrolling of the page, cells that open.
#[track_caller]
fn is_whole(said: &Value) {
    let errors: Vec<&str> = texts(&said["console"])
        .into_iter()
        .filter(|text| text.starts_with("error") || text.starts_with("warning"))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(texts(&said["requests"]), Vec::<&str>::new());
    let views = said["views"].as_array().expect("views");
    assert_eq!(views.len(), 4);
    for view in views {
        assert_eq!(view["title"], "pkictl.toml: the policy does not hold");
        assert_eq!(view["clicked"], 1, "{} has no cell that opens", view["name"]);
        if view["name"] != "script-less" {
            assert_eq!(view["sideways"], false, "the page is wider than its window: {}", view["name"]);
        }
    }
}

#[test]
fn the_page_is_accessible() {
    let Some(browser) = Browser::find() else { return };
    let said = browser.look("shop", &shop(true), "thorough");
    is_whole(&said);
    let views = said["views"].as_array().expect("views");
    for view in &views[..3] {
        assert_eq!(view["violations"], Value::Array(vec![]), "{}", view["name"]);
        assert_eq!(texts(&view["unnamed"]), Vec::<&str>::new(), "{}", view["name"]);
        let tree = view["aria"].as_str().expect("the tree of a screen reader");
        for line in [
            "heading \"The policy does not hold\" [level=1]",
            "table \"Callers and callees in prod\"",
            "rowheader \"rest-api\"",
            "columnheader \"database\"",
            "button \"yes!: rest-api may call database, but the result differs\"",
            "img \"Who may call whom in prod 4 boxes, 5 connections, of which 3 failed and 0 were not tested.",
            "img \"valid from 2025-05-29 until 2026-05-29\"",
            "expired 3 days ago",
        ] {
            assert!(tree.contains(line), "{line}\n{tree}");
        }
    }
    assert_ne!(views[0]["background"], views[1]["background"], "light and dark are the same");
}

#[test]
fn the_keyboard_reaches_a_cell_and_its_detail() {
    let Some(browser) = Browser::find() else { return };
    let said = browser.look("keyboard", &shop(true), "quick");
    let keyboard = &said["keyboard"];
    assert_eq!(texts(&keyboard["stops"])[0], "Skip to the report");
    assert_eq!(keyboard["cell"]["name"], "yes: storefront may call rest-api, and gets through");
    assert_eq!(keyboard["cell"]["outline"], "solid", "the focus cannot be seen");
    let detail = keyboard["opened"].as_str().expect("Enter opens the detail");
    assert!(detail.starts_with("storefront → rest-api\n"), "{detail}");
    for part in ["policy-tls13", "TLS 1.3", "X25519", "1.2 ms", "policy-tls12"] {
        assert!(detail.contains(part), "{part} in {detail}");
    }
    assert_eq!((&keyboard["inside"], &keyboard["left"]), (&"Close".into(), &0.into()));
    assert_eq!(keyboard["back"], keyboard["cell"]["id"], "Escape does not lead back to the cell");
    assert_eq!(keyboard["closed"], 0, "the button does not close it");
    assert_eq!(keyboard["skipped"], "e0-certificates", "the link does not lead past the matrix");
}

#[test]
fn a_page_of_thirty_services_fits_its_window() {
    let Some(browser) = Browser::find() else { return };
    is_whole(&browser.look("landscape", &landscape(), "quick"));
}

#[test]
fn hostile_names_do_nothing_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    is_whole(&browser.look("hostile", &hostile(), "quick"));
}
