//! What lint has to say, and what it stops: files that are about to be written.

use time::OffsetDateTime;

use super::output::Output;
use crate::artifact::Artifact;
use crate::bundle::Identity;
use crate::cli::failure::Failure;
use crate::lint::{self, Finding, Severity};
use crate::pki::{Certificate, Notice, defect};

/// Stops at certificates whose time is over, or has not come: nobody takes them, wherever they are used. `insist` warns
/// instead.
pub(in crate::cli) fn check_dates<'a>(
    identities: impl Iterator<Item = &'a Identity>,
    insist: bool,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Failure> {
    let mut all: Vec<String> = Vec::new();
    for identity in identities {
        let certificates = identity.chain.iter().chain(&identity.anchors);
        all.extend(certificates.filter_map(|one| out_of_date(&identity.name, one, now)));
    }
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return Ok(());
    }
    if insist {
        output.notices(&all.into_iter().map(Notice::Warning).collect::<Vec<_>>());
        return Ok(());
    }
    Err(Failure::findings(
        all,
        Some("to get files that nobody will take yet, or no longer: `--insist`".into()),
    ))
}

fn out_of_date(owner: &str, certificate: &Certificate, now: OffsetDateTime) -> Option<String> {
    let over = defect::expired(certificate, now).map(|found| ("has expired", "issue it again", found));
    let early = || {
        let defect = defect::not_yet_valid(certificate, now)?;
        Some(("is not valid yet", "wait until it is, or issue one that is", defect))
    };
    let (what, fix, defect) = over.or_else(early)?;
    let title = certificate.title();
    let of = if title == owner { String::new() } else { format!(", which belongs to {owner},") };
    Some(format!(
        "{title:?}{of} {what}\n  expected: {}\n  found:    {}\n  fix:      {fix}",
        defect.expected, defect.found
    ))
}

/// Stops before anything is written when a cluster would refuse the result, or when its visitors would; `insist` goes on
/// with what only its visitors would refuse.
pub(in crate::cli) fn check(
    artifacts: &[Artifact],
    insist: bool,
    now: OffsetDateTime,
    output: &Output,
) -> Result<(), Failure> {
    let manifests = artifacts.iter().filter(|artifact| artifact.is_resource);
    let texts = manifests.filter_map(|artifact| std::str::from_utf8(&artifact.contents).ok());
    let findings: Vec<Finding> = texts.flat_map(|text| lint::resources(text, now)).collect();
    let stops = |finding: &&Finding| {
        finding.rule.severity == Severity::Error && !(insist && finding.rule.refused_by.is_none())
    };
    let notices: Vec<Notice> = findings.iter().filter(|finding| !stops(finding)).map(notice).collect();
    output.notices(&notices);
    let stopping: Vec<&Finding> = findings.iter().filter(stops).collect();
    if stopping.is_empty() {
        return Ok(());
    }
    let can_insist = stopping.iter().all(|finding| finding.rule.refused_by.is_none());
    Err(Failure::findings(
        stopping.into_iter().map(describe).collect(),
        can_insist.then(|| "the cluster would take it as it is: go on with `--insist`".to_owned()),
    ))
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
