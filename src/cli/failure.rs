//! Why a command failed, and what to try next.

use std::fmt;

use serde::Serialize;

use crate::error::{Error, ThingKind, ValueKind};
use crate::finding::Finding;

/// A failed command.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    /// The next step, if this place knows it better than `hint` does.
    pub(super) hint: Option<String>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// The library failed: exit code 1, or 2 where no other state of the disk would have helped.
    Library(Box<Error>),
    /// Wrong usage: exit code 2.
    Usage(String),
    /// A manifest is wrong in some places: exit code 1.
    Manifest(Vec<Problem>),
    /// A check found a failure, which was reported already: exit code 3.
    ChecksFailed,
}

/// A place in a manifest, and what is wrong there.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { kind: Kind::Usage(message.into()), hint }
    }

    pub(super) fn manifest(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Manifest(problems), hint: None }
    }

    /// Files that are about to be written break rules.
    pub(super) fn findings(findings: Vec<Finding>, hint: Option<String>) -> Self {
        Self { hint, ..Error::Findings { findings }.into() }
    }

    pub(super) fn checks_failed() -> Self {
        Self { kind: Kind::ChecksFailed, hint: None }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match &self.kind {
            Kind::Library(error) if is_usage(error) => 2,
            Kind::Library(_) | Kind::Manifest(_) => 1,
            Kind::Usage(_) => 2,
            Kind::ChecksFailed => 3,
        }
    }
}

/// Whether an invalid value was given. One that is in a file comes with its place in front.
fn is_usage(error: &Error) -> bool {
    match error {
        Error::Invalid { what, .. } => *what != ValueKind::CertificateContent,
        Error::WildcardTooWide { .. } | Error::NotFound { what: ThingKind::Variable, .. } => true,
        _ => false,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { kind: Kind::Library(Box::new(error)), hint: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Library(error) => error.fmt(f),
            Kind::Usage(message) => f.write_str(message),
            Kind::Manifest(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Kind::ChecksFailed => f.write_str("a check failed"),
        }
    }
}
