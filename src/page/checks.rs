//! Checks as the page shows them.

use serde::Serialize;

use super::words;
use crate::report::{Check, Counts, Group, Outcome};

/// One check with everything that is known of it.
#[derive(Serialize)]
pub(super) struct CheckView {
    id: String,
    version: Option<&'static str>,
    outcome: &'static str,
    title: String,
    subject: String,
    detail: String,
    time: String,
    expected: Option<String>,
    found: Option<String>,
    fix: Option<String>,
    reason: Option<String>,
}

/// Checks under their heading.
#[derive(Serialize)]
pub(super) struct GroupView {
    heading: &'static str,
    counts: Counts,
    checks: Vec<CheckView>,
}

/// The same failure, wherever it was met.
#[derive(Serialize)]
pub(super) struct Failure {
    title: String,
    ids: Vec<String>,
    expected: String,
    found: String,
    fix: Option<String>,
    places: Vec<Place>,
}

/// Where a failure was met; the cell of the matrix that stands for it, if one does.
#[derive(Serialize, PartialEq)]
struct Place {
    subject: String,
    cell: Option<usize>,
}

impl CheckView {
    /// The view of a check.
    pub(super) fn of(check: &Check) -> Self {
        let (expected, found, fix, reason) = match check.outcome.clone() {
            Outcome::Passed => (None, None, None, None),
            Outcome::Failed { expected, found, fix } => (Some(expected), Some(found), fix, None),
            Outcome::Skipped { reason } => (None, None, None, Some(reason)),
        };
        let version = [("-tls13", "TLS 1.3"), ("-tls12", "TLS 1.2")];
        Self {
            id: check.id.to_string(),
            version: version.iter().find(|(end, _)| check.id.ends_with(end)).map(|(_, version)| *version),
            outcome: words::outcome(&check.outcome),
            title: check.title.to_string(),
            subject: check.subject.clone(),
            // The version is shown beside it.
            detail: version.iter().fold(check.detail.clone(), |detail, (_, version)| {
                detail.strip_prefix(&format!("{version}, ")).map(str::to_owned).unwrap_or(detail)
            }),
            time: time(check.micros),
            expected,
            found,
            fix,
            reason,
        }
    }
}

/// Checks under their headings, in the order in which the headings first appear; failures first in each.
pub(super) fn groups<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<GroupView> {
    let rank = |check: &&Check| match check.outcome {
        Outcome::Failed { .. } => 0,
        Outcome::Skipped { .. } => 1,
        Outcome::Passed => 2,
    };
    let view = |(group, mut checks): (Group, Vec<&Check>)| {
        checks.sort_by_key(rank);
        GroupView {
            heading: group.heading(),
            counts: Counts::of(checks.iter().copied()),
            checks: checks.into_iter().map(CheckView::of).collect(),
        }
    };
    Group::gather(checks).into_iter().map(view).collect()
}

/// What failed; the same failure of many subjects stands there once. `cells` says which cell stands for a check.
pub(super) fn failures(checks: &[Check], cells: &[Option<usize>]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    for (check, cell) in checks.iter().zip(cells) {
        let Outcome::Failed { expected, found, fix } = &check.outcome else { continue };
        let place = Place { subject: check.subject.clone(), cell: *cell };
        let id = check.id.to_string();
        let same = |known: &&mut Failure| {
            known.title == check.title
                && (&known.expected, &known.found, &known.fix) == (expected, found, fix)
        };
        match failures.iter_mut().find(same) {
            Some(known) => {
                // The versions of TLS stand next to each other.
                if known.places.last() != Some(&place) {
                    known.places.push(place);
                }
                if !known.ids.contains(&id) {
                    known.ids.push(id);
                }
            }
            None => failures.push(Failure {
                title: check.title.to_string(),
                ids: vec![id],
                expected: expected.clone(),
                found: found.clone(),
                fix: fix.clone(),
                places: vec![place],
            }),
        }
    }
    failures
}

fn time(micros: u64) -> String {
    match micros {
        0 => String::new(),
        1..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}
