//! The schema of reports: every report that a test reads is held against it, and here it is shown that it can refuse.

use std::collections::BTreeSet;

use serde_json::Value;

use super::two_environments;
use crate::harness::Workspace;
use crate::own_schemas::{VERIFY, changed, keys};

/// A report on credentials of which one is damaged and some things cannot be tried.
fn of_an_environment() -> Value {
    let workspace = two_environments();
    std::fs::write(workspace.file("pki/test/certs/backend/tls.key"), "no PEM").expect("damaged");
    workspace.pkictl(&["verify", "--env", "test", "--format", "json"]).exits_with(3).json()
}

/// A report on a manifest.
fn of_a_manifest() -> Value {
    let workspace = Workspace::new();
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\"]\n[service.web]\nnames = [\"web.example.com\"]\n\
         callers = [\"shop\"]\n[service.open]\nnames = [\"open.example.com\"]\n[service.shop]\n",
    );
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["verify", "-f", "pkictl.toml", "--format", "json"]).succeeds().json()
}

#[test]
fn every_key_of_the_schema_is_in_some_report() {
    let mut found = BTreeSet::new();
    for report in [of_an_environment(), of_a_manifest()] {
        keys(&report, &mut found);
    }
    assert_eq!(VERIFY.promised(), found);
}

#[test]
fn a_report_with_something_else_in_it_is_refused() {
    let report = of_an_environment();
    let place = |outcome: &str| {
        let checks = report["checks"].as_array().expect("checks");
        let index = checks.iter().position(|check| check["outcome"] == outcome);
        format!("/checks/{}", index.expect(outcome))
    };
    let passed = place("passed");
    for (pointer, value) in [
        ("/schema", Some(Value::from(2))),
        ("/at", None),
        ("/surprise", Some(Value::from(1))),
        (&format!("{passed}/outcome"), Some("well".into())),
        (&format!("{passed}/reason"), Some("none".into())),
        (&format!("{passed}/group"), Some("other".into())),
        (&format!("{}/found", place("failed")), None),
        (&format!("{}/reason", place("skipped")), None),
        ("/environments", Some(Value::Array(vec![]))),
    ] {
        assert!(!VERIFY.errors(&changed(&report, pointer, value)).is_empty(), "{pointer} may be anything");
    }
}
