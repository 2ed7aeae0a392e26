//! What each error says was expected and found.

use super::Error;
use crate::explanation::Explanation;
use crate::finding::Finding;

impl Error {
    /// What would have been right, and what is there instead.
    pub fn explanation(&self) -> Explanation {
        let expected = |text: &str| Explanation::expected(text);
        match self {
            Self::At { error, .. } => error.explanation(),
            Self::Invalid { expected, .. } => {
                Explanation { expected: expected.clone(), ..Explanation::default() }
            }
            Self::Contradiction { explanation, .. } => explanation.clone(),
            Self::Encoding { expected, found, .. } | Self::KeyMismatch { expected, found, .. } => {
                Explanation::new(expected, found)
            }
            Self::NotPem { found, .. } => Explanation::new(
                "text with `-----BEGIN ...-----` and `-----END ...-----` lines",
                found.to_string(),
            ),
            Self::AppliedState { found, .. } => {
                Explanation::new("JSON as pkictl writes it, with schema 1", found)
            }
            Self::LaxMode { mode, .. } => Explanation::new("mode 0600", format!("mode {mode:04o}")),
            Self::OutsideConstraints { permitted, name, .. } => Explanation::new(permitted, name),
            Self::NoRoomBelow { limit, count, .. } => Explanation::new(
                format!("at most {limit} (path length constraint)"),
                format!("{count} with this one"),
            ),
            Self::NotFound { known, .. } if !known.is_empty() => {
                expected(&format!("one of {}", known.join(", ")))
            }
            _ => Explanation::default(),
        }
    }

    /// The form or value that would have been right, for an `expected:` line.
    pub fn expected(&self) -> Option<String> {
        self.explanation().expected
    }

    /// What is there instead, for a `found:` line.
    pub fn found(&self) -> Option<String> {
        self.explanation().found
    }
}

/// As much of a value as a person wants to read.
pub(super) fn shorten(text: &str) -> std::borrow::Cow<'_, str> {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some(_) => text.chars().take(LONGEST - 3).chain("...".chars()).collect(),
    }
}

/// Each finding on a line, with its place.
pub(super) fn messages(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("{}: {}", finding.place, finding.message);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
