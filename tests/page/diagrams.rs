//! The diagrams, drawn by the programs that they are for.

use pkictl::diagram;

use super::browser::{Browser, texts};
use super::sample::{HOSTILE, hostile, landscape, shop};
use crate::harness::judge;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mermaid_judge.mjs");

#[test]
fn graphviz_draws_every_name_as_it_is() {
    let Some(dot) = judge("dot") else { return };
    for report in [shop(true), landscape(), hostile()] {
        let (success, drawn) = dot.run(["-Tsvg"], &diagram::dot(&report));
        assert!(success && !drawn.contains("Warning"), "{drawn}");
        let environments = drawn.matches("class=\"cluster\"").count();
        assert_eq!(environments, report.environments.len());
        let arrows: usize = report.environments.iter().map(|one| one.connections().count()).sum();
        assert_eq!(drawn.matches("class=\"edge\"").count(), arrows);
    }
    let (_, plain) = dot.run(["-Tjson"], &diagram::dot(&hostile()));
    let json: serde_json::Value = serde_json::from_str(&plain).expect("JSON");
    let labels: Vec<String> = json["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .filter_map(|object| object["_ldraw_"].as_array())
        .flatten()
        .filter_map(|step| step["text"].as_str().map(str::to_owned))
        .collect();
    for name in HOSTILE.iter().filter(|name| !name.contains(char::is_control)) {
        assert!(labels.iter().any(|label| label == name), "{name} in {labels:?}");
    }
}

#[test]
fn mermaid_draws_every_name_as_it_is() {
    let Some(browser) = Browser::find() else { return };
    for report in [shop(true), landscape(), hostile()] {
        let found = browser.run(PROGRAM, &[], &diagram::mermaid(&report));
        let shown: Vec<&str> = texts(&found["nodes"]);
        for environment in &report.environments {
            for service in &environment.services {
                if !service.name.contains(char::is_control) {
                    assert!(shown.contains(&service.name.as_str()), "{} in {shown:?}", service.name);
                }
            }
        }
        let arrows: usize = report.environments.iter().map(|one| one.connections().count()).sum();
        assert_eq!(found["arrows"], arrows);
        assert_eq!(texts(&found["clusters"]).len(), report.environments.len());
    }
}
