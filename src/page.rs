//! A policy report as one self-contained HTML page: no script, no network, usable with a screen reader. Everything in it comes from a [`PolicyReport`]; the template escapes every value.

mod checks;
mod comparison;
mod environment;
mod graph;
mod layers;
mod timeline;
mod words;

use serde::Serialize;
use time::OffsetDateTime;

use crate::pki::printable;
use crate::pki::validity::human_time;
use crate::report::Counts;
use crate::report::policy::PolicyReport;
use crate::template;
use comparison::Comparison;
use environment::EnvironmentView;

/// Renders a report. `title` says what was proven ("pkictl.toml"), `version` is the version of pkictl, and dates are
/// judged relative to `now`.
///
/// # Panics
///
/// Never: the template is built in, and its input is plain data.
pub fn render(report: &PolicyReport, title: &str, version: &str, now: OffsetDateTime) -> String {
    let counts = report.counts();
    let page = Page {
        title,
        version,
        now: human_time(now),
        verdict: Verdict::of(counts),
        counts,
        environments: report
            .environments
            .iter()
            .enumerate()
            .map(|(at, environment)| environment::view(at, environment, now))
            .collect(),
        comparison: comparison::compare(report),
    };
    let mut data = serde_json::to_value(&page).expect("strings and numbers always encode");
    escape_controls(&mut data);
    template::html("page/report.html.j2", &data).expect("the built-in template renders every page")
}

#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    version: &'a str,
    now: String,
    verdict: Verdict,
    counts: Counts,
    environments: Vec<EnvironmentView>,
    comparison: Comparison,
}

/// The answer, before any number.
#[derive(Serialize)]
struct Verdict {
    class: &'static str,
    words: &'static str,
    sentence: String,
}

impl Verdict {
    fn of(counts: Counts) -> Self {
        let (class, words) = words::verdict(counts);
        let checks = words::count(counts.passed + counts.failed + counts.skipped, "check");
        let sentence = match counts {
            Counts { failed: 1.., .. } => format!("{} of {checks} failed.", counts.failed),
            Counts { passed: 0, .. } => "No check was run.".into(),
            Counts { skipped: 1.., .. } => {
                format!("{} of {checks} were skipped, none failed.", counts.skipped)
            }
            _ => format!("{checks} run, none failed."),
        };
        Self { class, words, sentence }
    }
}

/// Escapes control and bidirectional characters, so that no name can be made to look like another.
fn escape_controls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = printable(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(escape_controls),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(escape_controls),
        _ => {}
    }
}
