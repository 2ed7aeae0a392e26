//! Why a command failed, and what to try next.

use std::fmt;

use crate::error::{Error, ThingKind, ValueKind};

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
    /// What was about to be written breaks rules, each described in some lines: exit code 1.
    Findings(Vec<String>),
    /// A check found a failure, which was reported already: exit code 3.
    ChecksFailed,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { kind: Kind::Usage(message.into()), hint }
    }

    pub(super) fn findings(findings: Vec<String>, hint: Option<String>) -> Self {
        Self { kind: Kind::Findings(findings), hint }
    }

    pub(super) fn checks_failed() -> Self {
        Self { kind: Kind::ChecksFailed, hint: None }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match &self.kind {
            Kind::Library(error) if is_usage(error) => 2,
            Kind::Library(_) | Kind::Findings(_) => 1,
            Kind::Usage(_) => 2,
            Kind::ChecksFailed => 3,
        }
    }
}

/// Whether a value was given that can never be right. One that stands in a file comes with its place in front.
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
            Kind::Findings(findings) => f.write_str(&findings.join("\nerror: ")),
            Kind::ChecksFailed => f.write_str("a check failed"),
        }
    }
}
