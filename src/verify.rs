//! Proves that certificates do what they are for: what they say, then real handshakes on loopback, the ones that must
//! work and the ones that must be refused.

mod attempt;
mod case;
mod certificates;
mod chain;
mod context;
mod cross_environment;
mod leaf;
mod negative_fixtures;
mod others;
mod plan;
pub mod policy;
mod prepared;
mod refusals;
#[cfg(test)]
pub(crate) mod sample;
mod scope;
#[cfg(test)]
mod tests;

use time::OffsetDateTime;

use crate::pki::Certificate;
use crate::report::{Check, Group, Outcome, Report};

pub use crate::handshake::TlsVersion;
pub use scope::{ForeignEnvironment, Scope};

pub(crate) use attempt::about;
pub(crate) use certificates::checks as certificate_checks;
pub(crate) use negative_fixtures::NegativeFixtures;

/// Runs every check. It does not stop at a failure, and every handshake has a time limit.
pub fn run(scope: &Scope<'_>) -> Report {
    run_watched(scope, &|_, _| {})
}

/// [`run`] with progress: `progress` is called now and then with how many checks of how many are done.
pub fn run_watched(scope: &Scope<'_>, progress: &dyn Fn(usize, usize)) -> Report {
    run_with(scope, &NegativeFixtures::make(scope), progress)
}

/// Whether a certificate alone is valid at `now`, such as that of an authority that has signed nothing yet.
pub fn dates(subject: String, certificate: &Certificate, now: OffsetDateTime) -> Check {
    let outcome = match chain::not_valid_at(certificate, now) {
        Some(finding) => Outcome::Failed(finding),
        None => Outcome::Passed,
    };
    Check::new("dates", Group::Static, "it is valid now", subject, outcome)
        .with_detail(chain::end_of_validity(certificate, now))
}

/// [`run`] with certificates that were made before, so that tests can let the guarded thing break.
fn run_with(scope: &Scope<'_>, fixtures: &NegativeFixtures, progress: &dyn Fn(usize, usize)) -> Report {
    let mut checks = certificates::checks(scope);
    checks.extend(plan::checks(scope, fixtures, progress));
    Report { checks }
}
