//! Reports as JUnit XML: a test case for each check, whatever it found.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::cli::failure::Failure;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::report::{Check, Outcome, Report};

pub(in crate::cli) fn junit(report: &Report, title: &str, took: Duration) -> Result<String, Failure> {
    let mut document = quick_junit::Report::new(xml(&format!("pkictl {title}")));
    document.set_time(took);
    for (group, checks) in report.groups() {
        let mut suite = TestSuite::new(group.to_string());
        suite.set_time(Duration::from_micros(checks.iter().map(|check| check.micros).sum()));
        suite.add_test_cases(cases(&checks).iter().map(|checks| case(checks)));
        document.add_test_suite(suite);
    }
    document
        .to_string()
        .map_err(|error| Error::io("make", "the JUnit report", std::io::Error::other(error)).into())
}

/// The findings of one check together: CI servers know a test case by its name.
fn cases<'a>(checks: &[&'a Check]) -> Vec<Vec<&'a Check>> {
    let mut places = HashMap::new();
    let mut cases: Vec<Vec<&Check>> = Vec::new();
    for check in checks {
        let place = *places.entry((&check.id, &check.subject, &check.title)).or_insert(cases.len());
        match cases.get_mut(place) {
            Some(case) => case.push(check),
            None => cases.push(vec![check]),
        }
    }
    cases
}

fn case(findings: &[&Check]) -> TestCase {
    let check = findings[0];
    let mut case = TestCase::new(xml(&format!("{}: {}", check.subject, check.title)), status(findings));
    let micros = findings.iter().map(|check| check.micros).sum();
    case.set_classname(check.id.as_ref()).set_time(Duration::from_micros(micros));
    if !check.detail.is_empty() {
        case.set_system_out(xml(&check.detail));
    }
    case
}

/// Failed if anything failed, skipped if something was not tried.
fn status(findings: &[&Check]) -> TestCaseStatus {
    let failures: Vec<&Explanation> = findings
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Failed(explanation) => Some(explanation),
            _ => None,
        })
        .collect();
    if let Some(Explanation { expected, found, .. }) = failures.first() {
        let line = |explanation: &&Explanation| -> String {
            explanation.lines().map(|(label, part)| format!("{label} {part}\n")).collect()
        };
        let [expected, found] = [expected, found].map(|part| part.as_deref().unwrap_or_default());
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(xml(&format!("expected {expected}; found {found}"))).set_type("failed");
        status.set_description(xml(&failures.iter().map(line).collect::<Vec<_>>().join("\n")));
        return status;
    }
    let reasons: Vec<&str> = findings
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Skipped { reason } => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    if reasons.is_empty() {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml(&reasons.join("; ")));
    status
}

/// Text with U+FFFD for what no XML document may hold (XML 1.0, section 2.2, Char), not even as a reference.
fn xml(text: &str) -> Cow<'_, str> {
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text.chars().all(is_char) {
        true => text.into(),
        false => text.chars().map(|c| if is_char(c) { c } else { '\u{fffd}' }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::junit;
    use crate::report::{Check, Group, Outcome, Report};

    fn check(subject: &str, outcome: Outcome) -> Check {
        Check::new("dates", Group::Static, "is valid now", subject, outcome)
    }

    fn text(checks: Vec<Check>) -> String {
        junit(&Report { checks }, "a\u{ffff}b", Duration::ZERO)
            .map_err(|error| error.to_string())
            .expect("XML")
    }

    #[test]
    fn what_no_xml_may_hold_is_replaced_everywhere() {
        let bad = "a\u{fffe}\u{ffff}\u{1}\u{1b}b";
        let failed = Outcome::failed(bad, bad).with_fix(bad);
        let checks = vec![check(bad, failed).with_detail(bad), check("x", Outcome::skipped(bad))];
        let text = text(checks);
        assert!(text.chars().all(|c| c == '\n' || ('\u{20}'..='\u{fffd}').contains(&c)), "{text}");
        assert!(!text.contains("&#"), "{text}");
        assert_eq!(text.matches("a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b").count(), 8, "{text}");
    }

    #[test]
    fn the_findings_of_one_check_are_one_test_case_with_all_of_them_in_its_body() {
        let failed = |found: &str| check("web", Outcome::failed("now", found).with_fix("again"));
        let text = text(vec![failed("root"), check("api", Outcome::Passed), failed("issuing")]);
        assert_eq!(text.matches("<testcase ").count(), 2, "{text}");
        assert_eq!(text.matches("name=\"web: is valid now\"").count(), 1, "{text}");
        let body = "expected: now\nfound:    root\nfix:      again\n\nexpected: now\nfound:    issuing\nfix:      again";
        assert!(text.contains(body), "{text}");
        assert!(text.contains("tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\""), "{text}");
    }
}
