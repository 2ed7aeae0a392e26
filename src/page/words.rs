//! The wording of the page, so that each thing has one name throughout.

use crate::report::policy::{Cell, Declared, Verdict};
use crate::report::{Counts, Outcome};

/// A client that trusts the root and has no certificate of its own.
pub(super) const VISITOR: &str = "anyone (root only)";

/// The CSS class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "fails",
        Verdict::Unknown => "unknown",
    }
}

/// The CSS class of a declaration.
pub(super) fn kind(declared: Declared) -> &'static str {
    match declared {
        Declared::May => "may",
        Declared::Open => "open",
        Declared::MayNot => "may-not",
    }
}

/// The text of a cell: what is declared, with `!` if the result differs and `?` if it was not tested.
pub(super) fn cell(declared: Declared, verdict: Verdict) -> String {
    let word = match declared {
        Declared::May => "yes",
        Declared::Open => "open",
        Declared::MayNot => "no",
    };
    let sign = match verdict {
        Verdict::Holds => "",
        Verdict::Fails => "!",
        Verdict::Unknown => "?",
    };
    format!("{word}{sign}")
}

/// The caller of a cell.
pub(super) fn caller(cell: &Cell) -> &str {
    cell.caller.as_deref().unwrap_or(VISITOR)
}

/// A pair in one sentence.
pub(super) fn sentence(cell: &Cell) -> String {
    let (caller, callee) = (caller(cell), &cell.callee);
    let rule = match cell.declared {
        Declared::May => format!("{caller} may call {callee}"),
        Declared::Open => format!("{caller} may call {callee}, like anyone else"),
        Declared::MayNot => format!("{caller} may not call {callee}"),
    };
    let end = match (cell.declared, cell.verdict) {
        (Declared::May | Declared::Open, Verdict::Holds) => "and gets through",
        (Declared::MayNot, Verdict::Holds) => "and is refused",
        (_, Verdict::Fails) => "but the result differs",
        (_, Verdict::Unknown) => "but this was not tested",
    };
    format!("{rule}, {end}")
}

/// An outcome in one word, which is also its CSS class.
pub(super) fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "failed",
        Outcome::Skipped { .. } => "skipped",
    }
}

/// The verdict on a policy: a CSS class, and the words after "the policy".
pub(super) fn verdict(counts: Counts) -> (&'static str, &'static str) {
    match counts {
        Counts { failed: 1.., .. } => ("failed", "does not hold"),
        Counts { passed: 0, .. } => ("skipped", "is not proven"),
        Counts { skipped: 1.., .. } => ("skipped", "holds as far as it was tested"),
        _ => ("passed", "holds"),
    }
}

/// `1 check`, `2 checks`.
pub(super) fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
