//! What would be done, or was done, and why: pure data.

use serde::Serialize;

/// What would be done, or was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// In the order of the manifest.
    pub environments: Vec<EnvironmentPlan>,
}

/// What would be done in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EnvironmentPlan {
    /// Its name.
    pub environment: String,
    /// In the order in which it is done.
    pub steps: Vec<Step>,
    /// Credentials that stay as they are.
    pub unchanged: usize,
    /// What its owner should know.
    pub notes: Vec<String>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The environment of the PKI directory, `test` or `test.db`.
    pub domain: String,
    /// The authority, the credential or the file.
    pub name: String,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A kind of [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// An authority is made.
    MakeAuthority,
    /// An authority is moved aside and replaced.
    RemakeAuthority,
    /// An authority differs from the manifest, and stays as it is until it is to be replaced.
    KeepAuthority,
    /// A credential is made.
    Issue,
    /// A credential is replaced.
    Reissue,
    /// The mode of a key's file is fixed.
    Mend,
    /// A file is written.
    Write,
    /// Who is admitted changes without a file that says so.
    Admit,
    /// A credential that is no longer declared is moved aside.
    Prune,
    /// A credential or a file that is no longer declared, and stays.
    Leftover,
}

/// Why something is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A stable word.
    pub id: &'static str,
    /// For people.
    pub text: String,
}

impl Reason {
    pub(super) fn new(id: &'static str, text: impl Into<String>) -> Self {
        Self { id, text: text.into() }
    }
}

impl Plan {
    /// Whether everything is as declared. What is left over is only mentioned.
    pub fn is_done(&self) -> bool {
        self.environments.iter().flat_map(|one| &one.steps).all(|step| step.action.is_mention())
    }
}

impl EnvironmentPlan {
    /// Whether an authority differs from the manifest and stays as it is.
    pub fn keeps_authority(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::KeepAuthority)
    }
}

impl Action {
    /// Whether nothing is done: it is only worth knowing.
    pub fn is_mention(self) -> bool {
        self == Self::Leftover
    }
}

impl From<Vec<EnvironmentPlan>> for Plan {
    fn from(environments: Vec<EnvironmentPlan>) -> Self {
        Self { environments }
    }
}
