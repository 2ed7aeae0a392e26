//! Checks and what they found: pure data for people, CI servers and programs. Nothing is printed here.

pub mod policy;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::explanation::Explanation;

/// All checks of one run, in the order in which people should read them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One proof, or what stood in its way.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What kind of check it is: a stable word such as `mtls-tls13` or `dates`.
    pub id: Cow<'static, str>,
    /// Its heading.
    pub group: Group,
    /// What it proves, for people: `a certificate of a foreign CA is refused`.
    pub title: Cow<'static, str>,
    /// Whom it is about: `rest-api <- backend-1`.
    pub subject: String,
    /// The parts of what it is about, for programs.
    #[serde(flatten)]
    pub about: About,
    /// How it ended; its fields are beside these in JSON, the tag as `outcome`.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What is worth knowing of a check, whatever its outcome: `TLS 1.3, X25519, 1.2 ms`. May be empty.
    pub detail: String,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// What a connection was made of, as far as a check is about one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// Who serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The name that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The version of TLS: `1.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<&'static str>,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was tried, and it is as it should be.
    Passed,
    /// It was tried, or could not even be tried because of a defect, and it is not as it should be.
    Failed(Explanation),
    /// It was not tried, so nothing is known.
    Skipped {
        /// Why not.
        reason: String,
    },
}

/// The heading of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// What certificates say, without a connection.
    Static,
    /// What a cluster accepts or refuses before any connection.
    Admission,
    /// Connections that must work.
    Handshake,
    /// Connections that must be refused.
    Refusal,
    /// Connections across environments, which must be refused.
    Environment,
    /// Who may call whom: connections that a manifest allows or rules out.
    Policy,
    /// What a live endpoint offers.
    Endpoint,
}

/// How many checks ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// [`Outcome::Passed`].
    pub passed: usize,
    /// [`Outcome::Failed`].
    pub failed: usize,
    /// [`Outcome::Skipped`].
    pub skipped: usize,
}

impl Report {
    /// How many checks passed, failed and were skipped.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.checks)
    }

    /// Whether some check failed. A skipped check is not a failure, and no success either.
    pub fn has_failures(&self) -> bool {
        self.counts().failed > 0
    }

    /// The checks under their headings; the headings in the order in which they first appear.
    pub fn groups(&self) -> Vec<(Group, Vec<&Check>)> {
        Group::gather(&self.checks)
    }
}

impl Counts {
    /// Counts checks.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut counts = Self::default();
        for check in checks {
            match check.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::Skipped { .. } => counts.skipped += 1,
            }
        }
        counts
    }
}

impl Check {
    /// A check without detail that took no time.
    pub fn new(
        id: impl Into<Cow<'static, str>>,
        group: Group,
        title: impl Into<Cow<'static, str>>,
        subject: impl Into<String>,
        outcome: Outcome,
    ) -> Self {
        let (id, title, subject) = (id.into(), title.into(), subject.into());
        Self { id, group, title, subject, about: About::default(), outcome, detail: String::new(), micros: 0 }
    }

    /// The same check with the parts of what it is about.
    pub fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    /// The same check with a detail.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The same check with the time that it took.
    pub fn took(self, time: Duration) -> Self {
        Self { micros: u64::try_from(time.as_micros()).unwrap_or(u64::MAX), ..self }
    }
}

impl Outcome {
    /// A failure; the fix is added with [`Outcome::with_fix`].
    pub fn failed(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Failed(Explanation::new(expected, found))
    }

    /// A check that was not tried.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped { reason: reason.into() }
    }

    /// The same failure with advice; other outcomes stay as they are.
    pub fn with_fix(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Failed(explanation) => Self::Failed(explanation.with_fix(advice)),
            other => other,
        }
    }
}

impl Group {
    /// Checks under their headings; the headings in the order in which they first appear.
    pub fn gather<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Vec<(Self, Vec<&'a Check>)> {
        let mut groups: Vec<(Self, Vec<&Check>)> = Vec::new();
        for check in checks {
            match groups.iter_mut().find(|(group, _)| *group == check.group) {
                Some((_, checks)) => checks.push(check),
                None => groups.push((check.group, vec![check])),
            }
        }
        groups
    }

    /// The heading, for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Static => "certificates",
            Self::Admission => "what the cluster admits",
            Self::Handshake => "connections that must work",
            Self::Refusal => "connections that must be refused",
            Self::Environment => "other environments, which must be refused",
            Self::Policy => "who may call whom",
            Self::Endpoint => "what the endpoint offers",
        }
    }
}

impl fmt::Display for Group {
    /// The word in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static => "static",
            Self::Admission => "admission",
            Self::Handshake => "handshake",
            Self::Refusal => "refusal",
            Self::Environment => "environment",
            Self::Policy => "policy",
            Self::Endpoint => "endpoint",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Counts, Group, Outcome, Report};

    fn report() -> Report {
        let check = |group, outcome| Check::new("dates", group, "is valid now", "web", outcome);
        Report {
            checks: vec![
                check(Group::Static, Outcome::Passed),
                check(Group::Refusal, Outcome::skipped("no CA key")),
                check(Group::Static, Outcome::failed("a", "b").with_fix("c")).with_detail("d"),
            ],
        }
    }

    #[test]
    fn outcomes_are_counted_apart() {
        assert_eq!(report().counts(), Counts { passed: 1, failed: 1, skipped: 1 });
        assert!(report().has_failures());
        assert!(!Report::default().has_failures());
    }

    #[test]
    fn checks_are_gathered_under_their_headings() {
        let report = report();
        let groups: Vec<_> = report.groups().iter().map(|(group, checks)| (*group, checks.len())).collect();
        assert_eq!(groups, [(Group::Static, 2), (Group::Refusal, 1)]);
    }

    #[test]
    fn json_has_the_outcome_beside_the_other_fields() {
        let json = serde_json::to_value(report()).expect("plain data");
        assert_eq!(
            json["checks"][2],
            serde_json::json!({
                "id": "dates", "group": "static", "title": "is valid now", "subject": "web",
                "outcome": "failed", "expected": "a", "found": "b", "fix": "c", "detail": "d", "micros": 0,
            })
        );
        assert_eq!(json["checks"][1]["outcome"], "skipped");
        assert_eq!(json["checks"][1]["reason"], "no CA key");
    }

    #[test]
    fn a_group_prints_as_the_word_in_json() {
        let all = [Group::Static, Group::Handshake, Group::Refusal, Group::Environment];
        for group in all.into_iter().chain([Group::Admission, Group::Policy, Group::Endpoint]) {
            assert_eq!(serde_json::to_value(group).expect("plain data"), group.to_string());
        }
    }
}
