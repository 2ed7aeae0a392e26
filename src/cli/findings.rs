//! What lint has to say, and what it stops: files that are about to be written.

use time::OffsetDateTime;

use super::failure::Failure;
use super::output::Output;
use crate::artifact::Artifact;
use crate::lint::{self, Finding, Severity};
use crate::pki::Notice;

/// Stops before anything is written when a cluster would refuse the result, or when its visitors would; `force` insists
/// on what only its visitors would refuse.
pub(super) fn check(
    artifacts: &[Artifact],
    force: bool,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Failure> {
    let manifests = artifacts
        .iter()
        .filter(|artifact| artifact.path.ends_with(".yaml") || artifact.path.ends_with(".json"));
    let texts = manifests.filter_map(|artifact| std::str::from_utf8(&artifact.contents).ok());
    let findings: Vec<Finding> = texts.flat_map(|text| lint::manifests(text, now)).collect();
    let stops = |finding: &&Finding| {
        finding.rule.severity == Severity::Error && !(force && finding.rule.refused_by.is_none())
    };
    let notices: Vec<Notice> = findings.iter().filter(|finding| !stops(finding)).map(notice).collect();
    output.notices(&notices);
    let stopping: Vec<&Finding> = findings.iter().filter(stops).collect();
    if stopping.is_empty() {
        return Ok(());
    }
    let insist = stopping.iter().all(|finding| finding.rule.refused_by.is_none());
    Err(Failure::findings(
        stopping.into_iter().map(describe).collect(),
        insist.then(|| "the cluster would take it as it is: insist with `--force`".to_owned()),
    ))
}

/// What is wrong, where, by which rule, and how to mend it.
pub(super) fn describe(finding: &Finding) -> String {
    let mut text = format!("{}: {}", finding.place, finding.message);
    for (name, value) in [("expected:", &finding.expected), ("found:   ", &finding.found)] {
        if let Some(value) = value {
            text += &format!("\n  {name} {value}");
        }
    }
    let who = match finding.rule.refused_by {
        Some(who) => format!(", enforced by the {who}"),
        None => String::new(),
    };
    text + &format!(
        "\n  rule:     {} ({}){who}\n  fix:      {}",
        finding.rule.id, finding.rule.source, finding.rule.fix
    )
}

fn notice(finding: &Finding) -> Notice {
    let text = format!("{}: {} [{}]", finding.place, finding.message, finding.rule.id);
    match finding.rule.severity {
        Severity::Note => Notice::Note(text),
        Severity::Warning | Severity::Error => Notice::Warning(text),
    }
}
