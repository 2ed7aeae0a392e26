//! What became of a policy: for every pair of caller and callee, and for everything around them.

use serde::Serialize;

use super::{Check, Counts, Outcome, Report};

/// All environments of a policy.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PolicyReport {
    /// In the order of the manifest.
    pub environments: Vec<EnvironmentReport>,
}

/// One environment: a picture (services and cells), and the checks that it was drawn from.
#[derive(Debug, Clone, Serialize)]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// Those who serve or call, in the order of the manifest.
    pub services: Vec<ServiceReport>,
    /// Every pair of caller and callee: rows are callers, the visitor last; columns are those who serve.
    pub cells: Vec<Cell>,
    /// Every certificate in use, authorities first.
    pub certificates: Vec<CertificateReport>,
    /// Every check, in reading order. Cells point into it.
    pub checks: Vec<Check>,
}

/// A service, as far as a picture needs it.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceReport {
    /// Its name.
    pub name: String,
    /// Its trust domain: `test`, or `test.db` under an authority of its own.
    pub domain: String,
    /// Whether it listens.
    pub serves: bool,
    /// Whether some service names it as a caller.
    pub calls: bool,
    /// The names that its certificate holds.
    pub names: Vec<String>,
    /// Who may call it; none where any client that trusts its root may.
    pub callers: Option<Vec<String>>,
}

/// A certificate in use.
#[derive(Debug, Clone, Serialize)]
pub struct CertificateReport {
    /// The service, or the authority (`root`, `issuing`).
    pub name: String,
    /// Its trust domain.
    pub domain: String,
    /// Whether it is an authority.
    pub authority: bool,
    /// Who it is.
    pub subject: String,
    /// Start of validity, RFC 3339 in UTC.
    pub not_before: String,
    /// End of validity, RFC 3339 in UTC.
    pub not_after: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
}

/// One pair of caller and callee.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// Who calls; none is a visitor that holds the root and no certificate.
    pub caller: Option<String>,
    /// Who is called.
    pub callee: String,
    /// What the manifest says of it.
    pub declared: Declared,
    /// How it came out: failed if any of its checks failed, skipped if none was tried.
    pub verdict: Verdict,
    /// Places in [`EnvironmentReport::checks`] of the checks that it stands for.
    pub checks: Vec<usize>,
}

/// What a manifest says of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declared {
    /// The caller is named: it must get through, by its certificate.
    May,
    /// The callee has no list of callers: any client that trusts its root gets through.
    Open,
    /// The caller is not named: it must be refused.
    MayNot,
}

/// How a pair came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As declared.
    Holds,
    /// Not as declared.
    Fails,
    /// Not tried.
    Unknown,
}

impl PolicyReport {
    /// All checks of all environments, as one plain report (for JUnit). Subjects begin with the environment:
    /// `test: rest-api <- storefront`.
    pub fn flat(&self) -> Report {
        let named = |environment: &EnvironmentReport, check: &Check| Check {
            subject: format!("{}: {}", environment.name, check.subject),
            ..check.clone()
        };
        let checks =
            self.environments.iter().flat_map(|one| one.checks.iter().map(move |check| named(one, check)));
        Report { checks: checks.collect() }
    }

    /// How many checks passed, failed and were skipped.
    pub fn counts(&self) -> Counts {
        Counts::of(self.environments.iter().flat_map(|one| &one.checks))
    }
}

impl EnvironmentReport {
    /// The cells that a picture draws: what may call, and whatever did not come out as declared. Where any client may
    /// call, the visitor's cell stands for all.
    pub fn connections(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| match cell.declared {
            Declared::May => true,
            Declared::Open => cell.caller.is_none() || cell.verdict == Verdict::Fails,
            Declared::MayNot => cell.verdict == Verdict::Fails,
        })
    }
}

impl Verdict {
    /// The verdict of some checks together.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut verdict = Self::Unknown;
        for check in checks {
            match check.outcome {
                Outcome::Failed(_) => return Self::Fails,
                Outcome::Passed => verdict = Self::Holds,
                Outcome::Skipped { .. } => {}
            }
        }
        verdict
    }
}
