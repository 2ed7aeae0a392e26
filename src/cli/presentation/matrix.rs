//! The report of a policy: for each environment the matrix, then what failed, then totals.

mod grid;

use serde::Serialize;

use super::output::{BOLD, DIM, GREEN, Output, RED, YELLOW, paint};
use super::report::{Stamp, alike, explanation, junit, listed, summary};
use crate::cli::failure::Failure;
use crate::cli::global::Format;
use crate::report::policy::{EnvironmentReport, PolicyReport};
use crate::report::{Check, Counts, Outcome, Report};

/// Shows a policy's report in the requested format and turns its failures into an exit code.
pub(in crate::cli) fn show(
    report: &PolicyReport,
    title: &str,
    stamp: &Stamp<'_>,
    verbose: bool,
    output: &Output,
) -> Result<(), Failure> {
    let counts = report.counts();
    match output.format {
        Format::Human if output.is_quiet() && counts.failed == 0 => {}
        Format::Human | Format::Sarif | Format::Mermaid | Format::Dot => {
            output.data(&human(report, &counts, title, stamp, verbose, output.width()))?;
        }
        Format::Json => output.json(&Json { title, at: stamp.at(), counts, report })?,
        Format::Junit => output.raw(junit(&report.flat(), title, stamp.took)?.as_bytes())?,
    }
    if counts.failed > 0 { Err(Failure::checks_failed()) } else { Ok(()) }
}

#[derive(Serialize)]
struct Json<'a> {
    title: &'a str,
    at: String,
    counts: Counts,
    #[serde(flatten)]
    report: &'a PolicyReport,
}

fn human(
    report: &PolicyReport,
    counts: &Counts,
    title: &str,
    stamp: &Stamp<'_>,
    verbose: bool,
    width: usize,
) -> String {
    let mut text = format!("{}\n", paint(BOLD, title));
    for environment in &report.environments {
        text += &format!("\n{}\n\n", paint(BOLD, format!("environment {}", environment.name)));
        text += &grid::draw(environment, width);
        text += &groups(environment, verbose);
    }
    text + &format!("\n{}\n", summary(counts, stamp))
}

/// One line for each heading; what failed or was skipped is explained below its line.
fn groups(environment: &EnvironmentReport, verbose: bool) -> String {
    let report = Report { checks: environment.checks.clone() };
    let groups = report.groups();
    let width = groups.iter().map(|(group, _)| group.heading().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (group, checks) in groups {
        let counts = Counts::of(checks.iter().copied());
        text += &format!("  {}  {:<width$}  {}\n", sign(&counts), group.heading(), tally(&counts));
        if verbose {
            text += &checks
                .iter()
                .filter(|check| check.outcome == Outcome::Passed)
                .map(|one| passed(one))
                .collect::<String>();
        }
        for (outcome, checks) in alike(&checks) {
            for (title, subjects, ids) in by_title(&checks) {
                text += &explanation(
                    outcome,
                    &format!("{}: {title}", listed(&subjects, verbose)),
                    &ids.join(", "),
                );
            }
        }
    }
    text
}

fn sign(counts: &Counts) -> String {
    match (counts.failed, counts.passed) {
        (1.., _) => paint(RED, "FAIL"),
        (0, 0) => paint(YELLOW, "skip"),
        _ => paint(GREEN, "ok  "),
    }
}

fn tally(counts: &Counts) -> String {
    let all = counts.passed + counts.failed + counts.skipped;
    let skipped = if counts.skipped > 0 { format!(", {} skipped", counts.skipped) } else { String::new() };
    paint(
        DIM,
        match counts.failed {
            0 => format!("{} check{}{skipped}", counts.passed, if counts.passed == 1 { "" } else { "s" }),
            failed => format!("{failed} of {all} failed{skipped}"),
        },
    )
}

fn passed(check: &Check) -> String {
    let detail = if check.detail.is_empty() { String::new() } else { format!(" ({})", check.detail) };
    format!("          {} {}: {}{}\n", paint(GREEN, "ok"), check.subject, check.title, paint(DIM, detail))
}

/// Checks that prove the same: their title, subjects and ids, each once.
fn by_title<'a>(checks: &[&'a Check]) -> Vec<(&'a str, Vec<&'a str>, Vec<&'a str>)> {
    let mut titles: Vec<(&str, Vec<&str>, Vec<&str>)> = Vec::new();
    for check in checks {
        if !titles.iter().any(|(title, ..)| *title == check.title) {
            titles.push((&check.title, vec![], vec![]));
        }
        let known = titles.iter_mut().find(|(title, ..)| *title == check.title);
        let (_, subjects, ids) = known.expect("it was added if it was not there");
        // Versions of one pair stand side by side, so the last subject is the only one that can be the same.
        if subjects.last() != Some(&check.subject.as_str()) {
            subjects.push(&check.subject);
        }
        if !ids.contains(&&*check.id) {
            ids.push(&check.id);
        }
    }
    titles
}

#[cfg(test)]
mod tests;
