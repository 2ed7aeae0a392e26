//! The picture to the letter.

use std::time::Duration;

use anstream::adapter::strip_str;

use super::{Json, grid, human, listed};
use crate::cli::presentation::report::Stamp;
use crate::cli::presentation::style::render;
use crate::report::policy::{Cell, Declared, EnvironmentReport, PolicyReport, ServiceReport, Verdict};
use crate::report::{Check, Group, Outcome};

fn stamp() -> Stamp<'static> {
    let at = time::OffsetDateTime::UNIX_EPOCH;
    Stamp { took: Duration::from_millis(7), environment: None, at, is_chosen: false }
}

fn service(name: &str, serves: bool) -> ServiceReport {
    let (name, domain) = (name.to_owned(), "test".to_owned());
    ServiceReport { name, domain, serves, calls: true, names: vec![], callers: None }
}

/// Services that all serve but the last; each sign of a row is a letter of `rows`.
fn environment(names: &[String], rows: &[&str]) -> EnvironmentReport {
    let last = names.len() - 1;
    let services: Vec<ServiceReport> =
        names.iter().enumerate().map(|(place, name)| service(name, place != last)).collect();
    let mut cells = Vec::new();
    let callers = names.iter().map(|name| Some(name.clone())).chain([None]);
    for (caller, row) in callers.zip(rows) {
        for (callee, sign) in names.iter().zip(row.chars()) {
            let (declared, verdict) = match sign {
                'y' => (Declared::May, Verdict::Holds),
                'o' => (Declared::Open, Verdict::Holds),
                'n' => (Declared::MayNot, Verdict::Holds),
                'Y' => (Declared::MayNot, Verdict::Fails),
                'N' => (Declared::May, Verdict::Fails),
                _ => (Declared::MayNot, Verdict::Unknown),
            };
            cells.push(Cell {
                caller: caller.clone(),
                callee: callee.clone(),
                declared,
                verdict,
                checks: vec![],
            });
        }
    }
    EnvironmentReport { name: "test".into(), services, cells, certificates: vec![], checks: vec![] }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn small() -> EnvironmentReport {
    let names = names(&["storefront", "rest-api", "database", "backoffice"]);
    let mut report = environment(&names, &["oyn", "onN", "?nn", "oyY", "onn"]);
    let accepted = || {
        Outcome::failed("the server refuses", "client: accepted; server: accepted")
            .with_fix("apply the manifest")
    };
    let title = "an undeclared caller is refused";
    let failed =
        |id: &'static str| Check::new(id, Group::Policy, title, "database <- backoffice", accepted());
    report.checks = vec![
        failed("policy-may-not-tls13"),
        failed("policy-may-not-tls12"),
        Check::new(
            "policy-may-tls13",
            Group::Policy,
            "a declared caller gets through",
            "rest-api <- storefront",
            Outcome::Passed,
        )
        .with_detail("TLS 1.3"),
        Check::new(
            "policy-open",
            Group::Policy,
            "any client that trusts",
            "storefront <- database",
            Outcome::skipped("no key"),
        ),
        Check::new("dates", Group::Static, "it is valid now", "database", Outcome::Passed),
    ];
    report
}

fn plain(painted: &str) -> String {
    strip_str(&render(painted)).to_string()
}

fn text(verbose: bool) -> String {
    let report = PolicyReport { environments: vec![small()] };
    let text = human(&report, &report.counts(), "pkictl.toml", &stamp(), verbose, 80);
    plain(&text)
}

#[test]
fn a_small_policy_is_a_picture_then_failures_then_totals() {
    let expected = "pkictl.toml

environment test

              storefront  rest-api  database
  storefront  open        yes       no
  rest-api    open        no        yes!
  database    ?           no        no
  backoffice  open        yes       no!
  (visitor)   open        no        no

  yes   accepted by its certificate, as declared
  open  accepted without a client certificate, as declared
  no    refused, as declared
  no!   must be refused, but was not, or not for the right reason
  yes!  must be accepted by its certificate, but was not
  ?     not tested; see the reason below

  FAIL  who may call whom  2 of 4 failed, 1 skipped
          failed database <- backoffice: an undeclared caller is refused [policy-may-not-tls13, policy-may-not-tls12]
            expected: the server refuses
            found:    client: accepted; server: accepted
            fix:      apply the manifest
          skipped storefront <- database: any client that trusts: no key
  ok    certificates       1 check

2 passed, 2 failed, 1 skipped in 7 ms
";
    assert_eq!(text(false), expected);
    let shown = "  ok    certificates       1 check\n          ok database: it is valid now\n";
    assert!(text(true).contains(shown), "{}", text(true));
    assert!(text(true).contains("ok rest-api <- storefront: a declared caller gets through (TLS 1.3)\n"));
}

#[test]
fn thirty_services_stand_in_blocks_of_numbers_that_fit_eighty_columns() {
    let names: Vec<String> = (1..=30).map(|number| format!("service-{number}")).collect();
    let row = "y".repeat(29);
    let picture = plain(&grid::draw(&environment(&names, &[row.as_str(); 31]), 80));
    assert!(picture.lines().all(|line| line.chars().count() <= 80), "{picture}");
    let heads: Vec<&str> = picture
        .lines()
        .filter(|line| line.trim_start().starts_with(char::is_numeric) && !line.contains("yes"))
        .collect();
    assert_eq!(
        heads,
        [
            "                  1    2    3    4    5    6    7    8    9    10   11   12",
            "                  13   14   15   16   17   18   19   20   21   22   23   24",
            "                  25   26   27   28   29",
        ]
    );
    assert!(picture.contains("\n   1  service-1   yes  yes"), "{picture}");
    assert!(picture.contains("\n      (visitor)   yes  yes"), "{picture}");
    let wide = plain(&grid::draw(&environment(&names, &[row.as_str(); 31]), 400));
    assert!(wide.lines().next().is_some_and(|line| line.ends_with("service-28  service-29")), "{wide}");
}

#[test]
fn long_names_are_cut_and_no_width_is_too_small() {
    let long = names(&[&"ü".repeat(60), "b", "c"]);
    let picture = environment(&long, &["yn", "yn", "yn", "nn"]);
    let text = plain(&grid::draw(&picture, 1));
    assert!(text.contains(&format!("1  {}…  yes\n", "ü".repeat(31))), "{text}");
    let nobody = EnvironmentReport { services: vec![service("a", false)], cells: vec![], ..picture };
    assert_eq!(grid::draw(&nobody, 80), "  no service accepts connections\n\n");
}

#[test]
fn many_pairs_with_one_failure_are_counted_unless_all_are_wanted() {
    let many = ["a", "b", "c", "d", "e", "f", "g"];
    assert_eq!(listed(&many, false), "a, b, c, d, e and 2 more");
    assert_eq!(listed(&many, true), "a, b, c, d, e, f, g");
    assert_eq!(listed(&many[..5], false), "a, b, c, d, e");
}

#[test]
fn colours_repeat_what_the_words_say() {
    let picture = render(&grid::draw(&small(), 80));
    for coloured in ["\u{1b}[1m\u{1b}[31mno!", "\u{1b}[32mopen", "\u{1b}[2mno", "\u{1b}[33m?"] {
        assert!(picture.contains(coloured), "{picture:?}");
    }
}

#[test]
fn json_has_counts_and_environments_side_by_side() {
    let report = PolicyReport { environments: vec![small()] };
    let json =
        serde_json::to_value(Json { title: "t", at: stamp().at(), counts: report.counts(), report: &report })
            .expect("plain data");
    assert_eq!(json["counts"]["failed"], 2);
    assert_eq!(json["environments"][0]["cells"][5]["verdict"], "fails");
    assert_eq!(json["environments"][0]["cells"][5]["declared"], "may");
}
