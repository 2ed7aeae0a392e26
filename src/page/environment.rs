//! One environment on the page: its picture, its matrix, its certificates and the checks beside the matrix.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use time::OffsetDateTime;

use super::checks::{CheckView, FailureView, GroupView, failures, groups};
use super::graph::{Graph, draw};
use super::timeline::{Timeline, timeline};
use super::words;
use crate::report::Counts;
use crate::report::policy::{Cell, Declared, EnvironmentReport, Verdict};

/// An environment in full.
#[derive(Serialize)]
pub(super) struct EnvironmentView {
    id: String,
    name: String,
    summary: Summary,
    failures: Vec<FailureView>,
    graph: Option<Graph>,
    matrix: Matrix,
    timeline: Timeline,
    /// Checks that belong to no cell.
    others: Vec<GroupView>,
}

/// Its row in the table of environments.
#[derive(Serialize)]
struct Summary {
    class: &'static str,
    verdict: &'static str,
    services: usize,
    /// Pairs that are as declared, and all pairs, by declaration.
    may: (usize, usize),
    may_not: (usize, usize),
    open: (usize, usize),
    untried: usize,
    counts: Counts,
}

#[derive(Serialize)]
struct Matrix {
    callees: Vec<Head>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    caller: Head,
    /// One for each callee; `None` where the report has no such pair.
    cells: Vec<Option<CellView>>,
}

#[derive(Serialize)]
struct Head {
    name: String,
    /// The trust domain, unless it is the environment itself.
    domain: Option<String>,
}

#[derive(Serialize)]
struct CellView {
    /// Its index in the report.
    at: usize,
    word: String,
    kind: &'static str,
    class: &'static str,
    pair: String,
    sentence: String,
    checks: Vec<CheckView>,
}

/// The view of the environment with index `at` in its report.
pub(super) fn view(at: usize, environment: &EnvironmentReport, now: OffsetDateTime) -> EnvironmentView {
    let mut cells = vec![None; environment.checks.len()];
    for (at, cell) in environment.cells.iter().enumerate() {
        for check in &cell.checks {
            if let Some(known) = cells.get_mut(*check) {
                *known = Some(at);
            }
        }
    }
    let beside = environment.checks.iter().zip(&cells).filter(|(_, cell)| cell.is_none());
    EnvironmentView {
        id: format!("e{at}"),
        name: environment.name.clone(),
        summary: summary(environment),
        failures: failures(&environment.checks, &cells),
        graph: draw(environment),
        matrix: matrix(environment),
        timeline: timeline(&environment.certificates, now),
        others: groups(beside.map(|(check, _)| check)),
    }
}

fn summary(environment: &EnvironmentReport) -> Summary {
    let of = |declared| {
        let cells = || environment.cells.iter().filter(|cell| cell.declared == declared);
        (cells().filter(|cell| cell.verdict == Verdict::Holds).count(), cells().count())
    };
    let counts = Counts::of(&environment.checks);
    let (class, verdict) = words::verdict(counts);
    Summary {
        class,
        verdict,
        services: environment.services.len(),
        may: of(Declared::May),
        may_not: of(Declared::MayNot),
        open: of(Declared::Open),
        untried: environment.cells.iter().filter(|cell| cell.verdict == Verdict::Unknown).count(),
        counts,
    }
}

fn matrix(environment: &EnvironmentReport) -> Matrix {
    let mut places = HashMap::new();
    for (at, cell) in environment.cells.iter().enumerate() {
        places.insert((cell.caller.as_deref(), cell.callee.as_str()), at);
    }
    let known_callers: HashSet<Option<&str>> = places.keys().map(|(caller, _)| *caller).collect();
    let known_callees: HashSet<&str> = places.keys().map(|(_, callee)| *callee).collect();
    let services = || environment.services.iter().map(|service| service.name.as_str());
    let callers = services().map(Some).chain([None]).filter(|caller| known_callers.contains(caller));
    let callees: Vec<&str> = services().filter(|callee| known_callees.contains(callee)).collect();
    let view = |at: &usize| cell(*at, &environment.cells[*at], environment);
    let row = |caller: Option<&str>| Row {
        caller: head(environment, caller),
        cells: callees.iter().map(|callee| places.get(&(caller, *callee)).map(view)).collect(),
    };
    Matrix {
        rows: callers.map(row).collect(),
        callees: callees.iter().map(|callee| head(environment, Some(callee))).collect(),
    }
}

fn head(environment: &EnvironmentReport, name: Option<&str>) -> Head {
    let service = environment.services.iter().find(|service| Some(service.name.as_str()) == name);
    let foreign = service.filter(|service| service.domain != environment.name);
    Head {
        name: name.unwrap_or(words::VISITOR).to_owned(),
        domain: foreign.map(|service| service.domain.clone()),
    }
}

fn cell(at: usize, cell: &Cell, environment: &EnvironmentReport) -> CellView {
    let checks = cell.checks.iter().filter_map(|check| environment.checks.get(*check));
    CellView {
        at,
        word: words::cell(cell.declared, cell.verdict),
        kind: words::kind(cell.declared),
        class: words::class(cell.verdict),
        pair: format!("{} \u{2192} {}", words::caller(cell), cell.callee),
        sentence: words::sentence(cell),
        checks: checks.map(CheckView::of).collect(),
    }
}
