//! What lint has to say, and what it stops: files that are about to be written.

use time::OffsetDateTime;

use super::output::Output;
use crate::artifact::Artifact;
use crate::bundle::Identity;
use crate::cli::failure::Failure;
use crate::lint::{self, Finding, Severity};
use crate::pki::Notice;

/// Stops at certificates whose time is over, or has not come: nobody takes them, wherever they are used. `insist` warns
/// instead.
pub(in crate::cli) fn check_dates<'a>(
    identities: impl Iterator<Item = &'a Identity>,
    insist: bool,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Failure> {
    let mut all: Vec<Finding> = Vec::new();
    for identity in identities {
        for certificate in identity.chain.iter().chain(&identity.anchors) {
            all.extend(lint::out_of_date(certificate, &identity.name, now).filter(|one| !all.contains(one)));
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    if insist {
        output.notices(&all.iter().map(|finding| Notice::Warning(describe(finding))).collect::<Vec<_>>());
        return Ok(());
    }
    let hint = "to write files with certificates that clients refuse at this time: `--insist`";
    Err(Failure::findings(all, Some(hint.into())))
}

/// Stops before anything is written when a cluster would refuse the result, or when its visitors would; `insist` goes on
/// with what only its visitors would refuse.
pub(in crate::cli) fn check(
    artifacts: &[Artifact],
    insist: bool,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Vec<Finding>> {
    let resources = artifacts.iter().filter(|artifact| artifact.is_resource);
    let texts = resources.filter_map(|artifact| std::str::from_utf8(&artifact.contents).ok());
    let findings: Vec<Finding> = texts.flat_map(|text| lint::resources(text, now)).collect();
    let stops = |finding: &&Finding| {
        finding.rule.severity == Severity::Error && !(insist && finding.rule.refused_by.is_none())
    };
    let notices: Vec<Notice> = findings.iter().filter(|finding| !stops(finding)).map(notice).collect();
    output.notices(&notices);
    let stopping: Vec<Finding> = findings.iter().filter(stops).cloned().collect();
    if stopping.is_empty() { Ok(()) } else { Err(stopping) }
}

/// What to try where `findings` stopped a single emitter.
pub(in crate::cli) fn stopped(findings: Vec<Finding>) -> Failure {
    let can_insist = findings.iter().all(|finding| finding.rule.refused_by.is_none());
    let hint = "the cluster would accept it as it is: write it anyway with `--insist`";
    Failure::findings(findings, can_insist.then(|| hint.to_owned()))
}

/// What is wrong, where, by which rule, and how to mend it.
pub(in crate::cli) fn describe(finding: &Finding) -> String {
    let mut text = format!("{}: {}", finding.place, finding.message);
    for (name, value) in
        [("expected:", &finding.explanation.expected), ("found:   ", &finding.explanation.found)]
    {
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
