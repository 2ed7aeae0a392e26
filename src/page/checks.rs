//! Checks as the page shows them.

use serde::Serialize;

use super::words;
use crate::explanation::Explanation;
use crate::report::{Check, Counts, Group, Outcome};

/// One check in full.
#[derive(Serialize)]
pub(super) struct CheckView {
    id: String,
    version: Option<&'static str>,
    outcome: &'static str,
    title: String,
    subject: String,
    detail: String,
    time: String,
    #[serde(flatten)]
    explanation: Explanation,
    reason: Option<String>,
}

/// Checks under their heading.
#[derive(Serialize)]
pub(super) struct GroupView {
    heading: &'static str,
    counts: Counts,
    checks: Vec<CheckView>,
}

/// One failure, with every subject that has it.
#[derive(Serialize)]
pub(super) struct FailureView {
    title: String,
    ids: Vec<String>,
    #[serde(flatten)]
    explanation: Explanation,
    subjects: Vec<FailedSubject>,
}

/// A subject that has the failure, and the cell of the matrix that shows it, if one does.
#[derive(Serialize, PartialEq)]
struct FailedSubject {
    subject: String,
    cell: Option<usize>,
}

impl CheckView {
    /// The view of a check.
    pub(super) fn of(check: &Check) -> Self {
        let reason = match &check.outcome {
            Outcome::Skipped { reason } => Some(reason.clone()),
            _ => None,
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
            explanation: explanation(&check.outcome).unwrap_or_default(),
            reason,
        }
    }
}

/// Checks grouped under their headings, in order of first appearance; failures first in each group.
pub(super) fn groups<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<GroupView> {
    let rank = |check: &&Check| match check.outcome {
        Outcome::Failed(_) => 0,
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

/// What failed, each failure once with all its subjects. `cells` maps a check to its cell of the matrix.
pub(super) fn failures(checks: &[Check], cells: &[Option<usize>]) -> Vec<FailureView> {
    let mut failures: Vec<FailureView> = Vec::new();
    for (check, cell) in checks.iter().zip(cells) {
        let Some(explanation) = explanation(&check.outcome) else { continue };
        let subject = FailedSubject { subject: check.subject.clone(), cell: *cell };
        let id = check.id.to_string();
        let same = |known: &&mut FailureView| known.title == check.title && known.explanation == explanation;
        match failures.iter_mut().find(same) {
            Some(known) => {
                // Checks of the same pair with both TLS versions are adjacent.
                if known.subjects.last() != Some(&subject) {
                    known.subjects.push(subject);
                }
                if !known.ids.contains(&id) {
                    known.ids.push(id);
                }
            }
            None => failures.push(FailureView {
                title: check.title.to_string(),
                ids: vec![id],
                explanation,
                subjects: vec![subject],
            }),
        }
    }
    failures
}

/// Why a check failed; nothing for others.
fn explanation(outcome: &Outcome) -> Option<Explanation> {
    match outcome {
        Outcome::Failed(explanation) => Some(explanation.clone()),
        _ => None,
    }
}

fn time(micros: u64) -> String {
    match micros {
        0 => String::new(),
        1..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}
