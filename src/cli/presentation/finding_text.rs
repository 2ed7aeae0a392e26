//! A finding as text.

use crate::finding::Finding;

/// What is wrong, where, by which rule, and how to fix it.
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
