//! One self-contained HTML page of what became of a policy: no script, no network, readable by people and by screen
//! readers. Everything in it comes from a [`PolicyReport`]; the template escapes every value.

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
use environment::Environment;

/// The page of a report. `title` says what was proven ("pkictl.toml"), `version` is that of the program, `now` is the
/// moment to which dates are compared.
///
/// # Panics
///
/// Never: the template is the program's own, and what goes into it is plain data.
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
    defuse(&mut data);
    template::html("page/report.html.j2", &data).expect("the built-in template renders every page")
}

#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    version: &'a str,
    now: String,
    verdict: Verdict,
    counts: Counts,
    environments: Vec<Environment>,
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
        let (class, words) = words::standing(counts);
        let checks = words::count(counts.passed + counts.failed + counts.skipped, "check");
        let sentence = match counts {
            Counts { failed: 1.., .. } => format!("{} of {checks} failed.", counts.failed),
            Counts { passed: 0, .. } => "No check was made.".into(),
            Counts { skipped: 1.., .. } => {
                format!("{} of {checks} were skipped, none failed.", counts.skipped)
            }
            _ => format!("{checks} made, none failed."),
        };
        Self { class, words, sentence }
    }
}

/// Control characters, and those that turn the direction of writing around, become escapes: a name must not look like
/// another one.
fn defuse(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = printable(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(defuse),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(defuse),
        _ => {}
    }
}
