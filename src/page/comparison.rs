//! Environments side by side: where they differ.

use std::collections::HashMap;

use serde::Serialize;

use super::words;
use crate::report::policy::{Declared, PolicyReport, Verdict};

/// Pairs of caller and callee that are not the same in all environments.
#[derive(Serialize)]
pub(super) struct Comparison {
    /// Whether there are two environments to compare.
    possible: bool,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    pair: String,
    /// One for each environment; none where it has no such pair.
    cells: Vec<Option<Found>>,
}

#[derive(Serialize)]
struct Found {
    word: String,
    kind: &'static str,
    class: &'static str,
}

type Pair<'a> = (Option<&'a str>, &'a str);

/// Compares the environments of a report.
pub(super) fn compare(report: &PolicyReport) -> Comparison {
    let mut order: Vec<Pair<'_>> = Vec::new();
    let mut found: HashMap<Pair<'_>, Vec<Option<(Declared, Verdict)>>> = HashMap::new();
    let count = report.environments.len();
    for (at, environment) in report.environments.iter().enumerate() {
        for cell in &environment.cells {
            let pair = (cell.caller.as_deref(), cell.callee.as_str());
            let row = found.entry(pair).or_insert_with(|| {
                order.push(pair);
                vec![None; count]
            });
            row[at] = Some((cell.declared, cell.verdict));
        }
    }
    let differs = |pair: &&Pair<'_>| found[pair].windows(2).any(|two| two[0] != two[1]);
    let view = |(declared, verdict): (Declared, Verdict)| Found {
        word: words::cell(declared, verdict),
        kind: words::kind(declared),
        class: words::class(verdict),
    };
    let rows = order.iter().filter(differs).map(|pair| Row {
        pair: format!("{} \u{2192} {}", pair.0.unwrap_or(words::VISITOR), pair.1),
        cells: found[pair].iter().map(|cell| cell.map(view)).collect(),
    });
    Comparison { possible: count > 1, rows: rows.collect() }
}
