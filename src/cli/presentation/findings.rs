//! What lint has to say, and what it stops: files that are about to be written.

use time::OffsetDateTime;

use super::finding_text::describe;
use super::output::Output;
use crate::artifact::Artifact;
use crate::bundle::Identity;
use crate::cli::failure::Failure;
use crate::lint::{self, Finding, Severity};
use crate::pki::Notice;

/// Stops at certificates that have expired or are not valid yet: every client refuses them. `insist` warns instead.
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

/// Stops before anything is written when a cluster would refuse the result, or when its clients would; `insist` goes on
/// with what only its clients would refuse.
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

fn notice(finding: &Finding) -> Notice {
    let text = format!("{}: {} [{}]", finding.place, finding.message, finding.rule.id);
    match finding.rule.severity {
        Severity::Note => Notice::Note(text),
        Severity::Warning | Severity::Error => Notice::Warning(text),
    }
}
