//! Reports for people, programs and CI servers.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::args::Format;
use super::failure::Failure;
use super::output::{BOLD, DIM, GREEN, Output, RED, YELLOW, paint};
use crate::error::Error;
use crate::report::{Check, Counts, Group, Outcome, Report};

/// Shows a report in the wanted form and turns its failures into an exit code.
pub(super) fn show(
    report: &Report,
    title: &str,
    took: Duration,
    verbose: bool,
    output: &Output,
) -> Result<(), Failure> {
    match output.format {
        Format::Human if output.is_quiet() && !report.has_failures() => {}
        Format::Human | Format::Sarif | Format::Mermaid | Format::Dot => {
            output.data(&human(report, title, took, verbose))?
        }
        Format::Json => output.json(&Json { title, counts: report.counts(), checks: &report.checks })?,
        Format::Junit => output.raw(junit(report, title, took)?.as_bytes())?,
    }
    if report.has_failures() { Err(Failure::checks_failed()) } else { Ok(()) }
}

#[derive(Serialize)]
struct Json<'a> {
    title: &'a str,
    counts: Counts,
    checks: &'a [Check],
}

/// One line for each subject; what failed or was skipped is explained below its line.
fn human(report: &Report, title: &str, took: Duration, verbose: bool) -> String {
    let mut text = format!("{}\n", paint(BOLD, title));
    for (group, checks) in report.groups() {
        text += &format!("\n{}\n", paint(BOLD, group.heading()));
        let rows = rows(group, &checks);
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, checks) in rows {
            text += &row(&name, width, &checks, group, verbose);
        }
    }
    text + &format!("\n{}\n", summary(&report.counts(), took))
}

/// Checks that stand on one line together: those of one subject, or those that refuse the same thing.
fn rows<'a>(group: Group, checks: &[&'a Check]) -> Vec<(String, Vec<&'a Check>)> {
    let mut rows: Vec<(String, Vec<&Check>)> = Vec::new();
    for check in checks {
        let name = if group == Group::Refusal { check.title.to_string() } else { check.subject.clone() };
        match rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, row)) => row.push(check),
            None => rows.push((name, vec![check])),
        }
    }
    rows
}

fn row(name: &str, width: usize, checks: &[&Check], group: Group, verbose: bool) -> String {
    let passed = checks.iter().filter(|check| check.outcome == Outcome::Passed).count();
    let failed = checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed { .. })).count();
    let sign = match (failed, passed) {
        (1.., _) => paint(RED, "FAIL"),
        (0, 0) => paint(YELLOW, "skip"),
        _ => paint(GREEN, "ok  "),
    };
    let count = if failed > 0 {
        format!("{failed} of {} failed", checks.len())
    } else {
        format!("{passed} check{}", if passed == 1 { "" } else { "s" })
    };
    let mut text = format!("  {sign}  {name:<width$}  {}\n", paint(DIM, count));
    // The line says one half of what a check is about; this is the other.
    let what =
        |check: &Check| if group == Group::Refusal { check.subject.clone() } else { check.title.to_string() };
    if verbose {
        for check in checks.iter().filter(|check| check.outcome == Outcome::Passed) {
            let detail = if check.detail.is_empty() { String::new() } else { format!(" ({})", check.detail) };
            text += &format!("          {} {}{}\n", paint(GREEN, "ok"), what(check), paint(DIM, detail));
        }
    }
    for (outcome, checks) in alike(checks) {
        let mut names: Vec<String> = checks.iter().map(|check| what(check)).collect();
        names.dedup();
        let mut ids: Vec<&str> = checks.iter().map(|check| check.id.as_ref()).collect();
        ids.dedup();
        text += &explanation(outcome, &names.join(", "), &ids.join(", "));
    }
    text
}

/// Checks that did not pass, those with the same outcome together.
pub(super) fn alike<'a>(checks: &[&'a Check]) -> Vec<(&'a Outcome, Vec<&'a Check>)> {
    let mut groups: Vec<(&Outcome, Vec<&Check>)> = Vec::new();
    for check in checks.iter().filter(|check| check.outcome != Outcome::Passed) {
        match groups.iter_mut().find(|(outcome, _)| **outcome == check.outcome) {
            Some((_, group)) => group.push(check),
            None => groups.push((&check.outcome, vec![check])),
        }
    }
    groups
}

pub(super) fn explanation(outcome: &Outcome, what: &str, ids: &str) -> String {
    match outcome {
        Outcome::Passed => String::new(),
        Outcome::Skipped { reason } => format!("          {} {what}: {reason}\n", paint(YELLOW, "skipped")),
        Outcome::Failed { expected, found, fix } => {
            let mut text = format!(
                "          {} {what} [{ids}]\n            expected: {expected}\n            found:    {found}\n",
                paint(RED, "failed"),
            );
            if let Some(fix) = fix {
                text += &format!("            fix:      {fix}\n");
            }
            text
        }
    }
}

pub(super) fn summary(counts: &Counts, took: Duration) -> String {
    let part = |count: usize, word: &str, style| {
        if count == 0 { format!("0 {word}") } else { paint(style, format!("{count} {word}")) }
    };
    format!(
        "{}, {}, {} in {} ms",
        part(counts.passed, "passed", GREEN),
        part(counts.failed, "failed", RED),
        part(counts.skipped, "skipped", YELLOW),
        took.as_millis()
    )
}

pub(super) fn junit(report: &Report, title: &str, took: Duration) -> Result<String, Failure> {
    let mut document = quick_junit::Report::new(format!("pkictl {title}"));
    document.set_time(took);
    for (group, checks) in report.groups() {
        let mut suite = TestSuite::new(group.to_string());
        suite.set_time(Duration::from_micros(checks.iter().map(|check| check.micros).sum()));
        for check in checks {
            let mut case =
                TestCase::new(format!("{}: {}", check.subject, check.title), status(&check.outcome));
            case.set_classname(check.id.as_ref()).set_time(Duration::from_micros(check.micros));
            if !check.detail.is_empty() {
                case.set_system_out(check.detail.as_str());
            }
            suite.add_test_case(case);
        }
        document.add_test_suite(suite);
    }
    document
        .to_string()
        .map_err(|error| Error::io("make", "the JUnit report", std::io::Error::other(error)).into())
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    match outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            status
        }
        Outcome::Failed { expected, found, fix } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("expected {expected}; found {found}")).set_type("failed");
            if let Some(fix) = fix {
                status.set_description(format!("fix: {fix}"));
            }
            status
        }
    }
}
