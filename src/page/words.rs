//! The words of the page: the same thing is called the same everywhere.

use crate::report::policy::{Cell, Declared, Verdict};
use crate::report::{Counts, Outcome};

/// Who holds the root and no certificate.
pub(super) const VISITOR: &str = "anyone (root only)";

/// The class that a verdict gives its element.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "fails",
        Verdict::Unknown => "unknown",
    }
}

/// The class that a declaration gives its element.
pub(super) fn kind(declared: Declared) -> &'static str {
    match declared {
        Declared::May => "may",
        Declared::Open => "open",
        Declared::MayNot => "may-not",
    }
}

/// What stands in a cell: what is declared; `!` where it did not come out so, `?` where it was not tried.
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
        Declared::Open => format!("{caller} may call {callee}, as anyone may"),
        Declared::MayNot => format!("{caller} may not call {callee}"),
    };
    let end = match (cell.declared, cell.verdict) {
        (Declared::May | Declared::Open, Verdict::Holds) => "and gets through",
        (Declared::MayNot, Verdict::Holds) => "and is refused",
        (_, Verdict::Fails) => "which did not come out so",
        (_, Verdict::Unknown) => "which was not tried",
    };
    format!("{rule}, {end}")
}

/// An outcome in one word, which is its class, too.
pub(super) fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed { .. } => "failed",
        Outcome::Skipped { .. } => "skipped",
    }
}

/// What checks together say of a policy: a class, and the end of a sentence.
pub(super) fn standing(counts: Counts) -> (&'static str, &'static str) {
    match counts {
        Counts { failed: 1.., .. } => ("failed", "does not hold"),
        Counts { passed: 0, .. } => ("skipped", "is not proven"),
        Counts { skipped: 1.., .. } => ("skipped", "holds as far as it was tried"),
        _ => ("passed", "holds"),
    }
}

/// `1 check`, `2 checks`.
pub(super) fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
