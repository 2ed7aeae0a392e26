//! Findings about files, and the rules that they break: pure data.

use serde::{Serialize, Serializer};

use crate::explanation::Explanation;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work.
    Error,
    /// It is likely to hurt.
    Warning,
    /// It is worth knowing.
    Note,
}

/// Who refuses an object that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum EnforcedBy {
    /// The OpenShift API server, when the object is applied.
    #[serde(rename = "API server")]
    ApiServer,
    /// The custom resource definition, where there is no OpenShift API server (MicroShift), when it is applied.
    #[serde(rename = "CRD")]
    Crd,
    /// The router, after the object was applied: the Route is never admitted.
    #[serde(rename = "router")]
    Router,
}

impl std::fmt::Display for EnforcedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ApiServer => "API server",
            Self::Crd => "CRD",
            Self::Router => "router",
        })
    }
}

/// Where something will be used, as far as rules differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Behind or in the OpenShift router.
    Openshift,
    /// Clients on macOS and iOS.
    Apple,
    /// Python, whose contexts verify strictly from 3.13 on.
    Python,
    /// Java's trust manager, and keytool.
    Java,
    /// Chrome and Firefox.
    Browsers,
    /// PostgreSQL servers and libpq.
    Postgres,
}

impl Platform {
    /// Every place.
    pub const ALL: [Platform; 6] =
        [Self::Openshift, Self::Apple, Self::Python, Self::Java, Self::Browsers, Self::Postgres];
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Openshift => "openshift",
            Self::Apple => "apple",
            Self::Python => "python",
            Self::Java => "java",
            Self::Browsers => "browsers",
            Self::Postgres => "postgres",
        })
    }
}

/// A rule, without its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// Stable name.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Where the rule comes from.
    pub source: &'static str,
    /// What enforces it; `None` if only its clients notice.
    pub refused_by: Option<EnforcedBy>,
    /// How to fix it.
    pub fix: &'static str,
    /// Where it is an error to break it, whatever the severity is elsewhere.
    #[serde(skip_serializing_if = "<[Platform]>::is_empty")]
    pub errors_for: &'static [Platform],
}

/// A rule that a file or resource breaks. It serializes as in the reports of `lint`, with the fields of its rule and of its
/// explanation beside its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule; its severity is that of this finding.
    pub rule: RuleInfo,
    /// The file, as it was named; `None` for text that is not in a file yet.
    pub file: Option<String>,
    /// The line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// The column in that line, in characters from 1, where it is known.
    pub column: Option<usize>,
    /// The resource and the field: `Route web: spec.path`; or the file.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, what is there instead, and how to fix it.
    pub explanation: Explanation,
}

impl Finding {
    /// A finding of which only the place is known.
    #[cfg(feature = "emit")]
    pub(crate) fn new(
        rule: RuleInfo,
        place: String,
        message: impl Into<String>,
        explanation: Explanation,
    ) -> Self {
        let fix = explanation.fix.or_else(|| Some(rule.fix.to_owned()));
        let explanation = Explanation { fix, ..explanation };
        Self { rule, file: None, line: None, column: None, place, message: message.into(), explanation }
    }

    /// The JSON of one finding, as `lint` reports it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a finding consists of texts and numbers")
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            rule: RuleInfo,
            #[serde(skip_serializing_if = "Option::is_none")]
            file: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            line: Option<usize>,
            #[serde(skip_serializing_if = "Option::is_none")]
            column: Option<usize>,
            place: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            expected: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            found: Option<&'a str>,
        }
        let Self { rule, file, line, column, place, message, explanation } = self;
        let (file, line, column) = (file.as_deref(), *line, *column);
        let (expected, found) = (explanation.expected.as_deref(), explanation.found.as_deref());
        Flat { rule: *rule, file, line, column, place, message, expected, found }.serialize(serializer)
    }
}

/// How many findings are of which severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FindingCounts {
    /// [`Severity::Error`].
    pub errors: usize,
    /// [`Severity::Warning`].
    pub warnings: usize,
    /// [`Severity::Note`].
    pub notes: usize,
}

impl FindingCounts {
    /// FindingCounts findings.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.rule.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}
