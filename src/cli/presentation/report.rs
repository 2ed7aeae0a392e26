//! Reports for people, programs and CI servers.

mod junit;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::output::{BOLD, DIM, GREEN, Output, RED, YELLOW, paint};
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::global::Format;
use crate::pki::validity::{human_time, machine_time};
pub(in crate::cli) use junit::junit;

use crate::report::{Check, Counts, Group, Outcome, Report};

/// With more rows than these under one heading, passed ones are summarized.
const MANY_ROWS: usize = 8;
/// More subjects than these are counted instead of named.
const MOST_NAMES: usize = 5;

/// What a report covers, and when it was made.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Stamp<'a> {
    pub(in crate::cli) took: Duration,
    /// The environment whose credentials were verified, if any.
    pub(in crate::cli) environment: Option<&'a str>,
    /// The time that certificates were verified at.
    pub(in crate::cli) at: OffsetDateTime,
    /// Whether that time was chosen with `--at`.
    pub(in crate::cli) is_chosen: bool,
}

impl Stamp<'_> {
    pub(in crate::cli) fn new(args: &VerifyArgs, at: OffsetDateTime) -> Self {
        Self { took: Duration::ZERO, environment: None, at, is_chosen: args.at.is_some() }
    }

    /// The time in RFC 3339, always present in JSON.
    pub(in crate::cli) fn at(&self) -> String {
        machine_time(self.at)
    }
}

/// Shows a report in the requested format and turns its failures into an exit code.
pub(in crate::cli) fn show(
    report: &Report,
    title: &str,
    stamp: &Stamp<'_>,
    verbose: bool,
    output: &Output,
) -> Result<(), Failure> {
    match output.format {
        Format::Human if output.is_quiet() && !report.has_failures() => {}
        Format::Human | Format::Sarif | Format::Mermaid | Format::Dot => {
            output.data(&human(report, title, stamp, verbose))?
        }
        Format::Json => {
            let (at, environment) = (stamp.at(), stamp.environment);
            output.json(&Json { title, environment, at, counts: report.counts(), checks: &report.checks })?
        }
        Format::Junit => output.raw(junit(report, title, stamp.took)?.as_bytes())?,
    }
    if report.has_failures() { Err(Failure::checks_failed()) } else { Ok(()) }
}

#[derive(Serialize)]
struct Json<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'a str>,
    at: String,
    counts: Counts,
    checks: &'a [Check],
}

/// One line for each subject; what failed or was skipped is explained below its line.
fn human(report: &Report, title: &str, stamp: &Stamp<'_>, verbose: bool) -> String {
    let mut text = format!("{}\n", paint(BOLD, title));
    for (group, checks) in report.groups() {
        text += &format!("\n{}\n", paint(BOLD, group.heading()));
        let rows = rows(group, &checks);
        let rows = if verbose { rows } else { gathered(rows) };
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, checks) in rows {
            text += &row(&name, width, &checks, group, verbose);
        }
    }
    text + &format!("\n{}\n", summary(&report.counts(), stamp))
}

/// A name, and the checks on its line.
type Row<'a> = (Cow<'a, str>, Vec<&'a Check>);

/// Checks that share a line: those of one subject, or those that refuse the same thing.
fn rows<'a>(group: Group, checks: &[&'a Check]) -> Vec<Row<'a>> {
    let name = |check: &'a Check| if group == Group::Refusal { &*check.title } else { &*check.subject };
    by(checks.iter().copied(), name).into_iter().map(|(name, row)| (name.into(), row)).collect()
}

/// Checks by a key, the keys in the order in which they first appear.
fn by<'a, K: Copy + Eq + Hash>(
    checks: impl Iterator<Item = &'a Check>,
    key: impl Fn(&'a Check) -> K,
) -> Vec<(K, Vec<&'a Check>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(K, Vec<&Check>)> = Vec::new();
    for check in checks {
        let key = key(check);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(check),
            None => groups.push((key, vec![check])),
        }
    }
    groups
}

/// With many rows, one line for each server whose checks all passed, and one for those without a server.
fn gathered(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    if rows.len() <= MANY_ROWS {
        return rows;
    }
    let server = |checks: &[&Check]| checks.first().and_then(|check| check.about.server.clone());
    let mut sound: HashMap<Option<String>, bool> = HashMap::new();
    for (_, checks) in &rows {
        let passed = checks.iter().all(|check| check.outcome == Outcome::Passed);
        let key = server(checks);
        // Those that belong to no server have nothing to do with each other.
        let known = sound.entry(key.clone()).or_insert(true);
        *known = key.is_none() || *known && passed;
    }
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let (mut gathered, mut alone): (Vec<Row<'_>>, usize) = (Vec::new(), 0);
    for (name, checks) in rows {
        let passed = checks.iter().all(|check| check.outcome == Outcome::Passed);
        let key = server(&checks);
        if !passed || !sound[&key] {
            gathered.push((name, checks));
            continue;
        }
        alone += usize::from(key.is_none());
        let place = *places.entry(key.clone()).or_insert(gathered.len());
        match gathered.get_mut(place) {
            Some((_, all)) => all.extend(checks),
            None => gathered.push((key.map_or_else(|| name, Cow::Owned), checks)),
        }
    }
    if let (2.., Some(place)) = (alone, places.get(&None)) {
        let all = if gathered.len() == 1 { "all" } else { "all other" };
        gathered[*place].0 = format!("{all} {alone}").into();
    }
    gathered
}

fn row(name: &str, width: usize, checks: &[&Check], group: Group, verbose: bool) -> String {
    let passed = checks.iter().filter(|check| check.outcome == Outcome::Passed).count();
    let failed = checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed(_))).count();
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
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ids: Vec<&str> =
            by(checks.iter().copied(), |check| &*check.id).into_iter().map(|(id, _)| id).collect();
        text += &explanation(outcome, &listed(&names, verbose), &ids.join(", "));
    }
    text
}

/// Checks that did not pass, those with the same outcome together.
pub(in crate::cli) fn alike<'a>(checks: &[&'a Check]) -> Vec<(&'a Outcome, Vec<&'a Check>)> {
    by(checks.iter().copied().filter(|check| check.outcome != Outcome::Passed), |check| &check.outcome)
}

/// Names next to a matrix that shows them all: a few, unless `--verbose`.
pub(in crate::cli) fn listed(subjects: &[&str], verbose: bool) -> String {
    match subjects.split_at_checked(MOST_NAMES) {
        Some((some, more)) if !verbose && !more.is_empty() => {
            format!("{} and {} more", some.join(", "), more.len())
        }
        _ => subjects.join(", "),
    }
}

pub(in crate::cli) fn explanation(outcome: &Outcome, what: &str, ids: &str) -> String {
    match outcome {
        Outcome::Passed => String::new(),
        Outcome::Skipped { reason } => format!("          {} {what}: {reason}\n", paint(YELLOW, "skipped")),
        Outcome::Failed(explanation) => {
            let mut text = format!("          {} {what} [{ids}]\n", paint(RED, "failed"));
            for (label, part) in explanation.lines() {
                text += &format!("            {label} {part}\n");
            }
            text
        }
    }
}

pub(in crate::cli) fn summary(counts: &Counts, stamp: &Stamp<'_>) -> String {
    let part = |count: usize, word: &str, style| {
        if count == 0 { format!("0 {word}") } else { paint(style, format!("{count} {word}")) }
    };
    let at = if stamp.is_chosen { format!(", as of {}", human_time(stamp.at)) } else { String::new() };
    format!(
        "{}, {}, {} in {} ms{at}",
        part(counts.passed, "passed", GREEN),
        part(counts.failed, "failed", RED),
        part(counts.skipped, "skipped", YELLOW),
        stamp.took.as_millis()
    )
}
