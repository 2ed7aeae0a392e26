//! Proves a policy: every declared caller gets through, every other one is refused, and no certificate crosses from one
//! environment into another.
//!
//! Servers enforce what was *applied*; what must happen is what is *declared*. So an edge that was added to or taken
//! from a manifest, and not applied, fails in exactly its cell.

mod figures;
mod isolation;
mod matrix;
mod preflight;
mod prepared;
#[cfg(test)]
mod tests;

use time::OffsetDateTime;

use super::attempt::{PlannedCheck, Progress, execute};
use super::refusals;
use crate::handshake::TlsVersion;
use crate::handshake::{Expectation, Refusal};
use crate::policy::Policy;
use crate::report::Check;
use crate::report::policy::{EnvironmentReport, PolicyReport, Verdict};
use prepared::{PreparedDomain, PreparedEnvironment};

/// Tries every pair of caller and callee of every environment on these versions, and everything around them: the
/// certificates, the names and refusals of each server, and the borders between environments.
///
/// `now` is the time that handshakes and static checks use. It does not stop at a failure; every handshake has a time
/// limit. What cannot be tried is skipped, with the reason.
pub fn run(policy: &Policy, versions: &[TlsVersion], now: OffsetDateTime) -> PolicyReport {
    run_watched(policy, versions, now, &|_, _| {})
}

/// [`run`] with progress: `progress` is called now and then with how many checks of how many are done, in one part of
/// the work after the other.
pub fn run_watched(
    policy: &Policy,
    versions: &[TlsVersion],
    now: OffsetDateTime,
    progress: &dyn Fn(usize, usize),
) -> PolicyReport {
    let environments = &policy.environments;
    let domains: Vec<Vec<PreparedDomain<'_>>> =
        environments.iter().map(|environment| PreparedDomain::of(environment, versions, now)).collect();
    let mut environments: Vec<PreparedEnvironment<'_>> = environments
        .iter()
        .zip(&domains)
        .map(|(environment, domains)| PreparedEnvironment::new(environment, domains))
        .collect();
    // All servers first: what is refused by or at a server that is never reached would prove nothing.
    let reached: Vec<Vec<Check>> = environments.iter_mut().map(|realm| realm.reach(progress)).collect();
    let reports = environments.iter().zip(reached).enumerate().map(|(place, (realm, reached))| {
        let others = environments.iter().enumerate().filter(|(other, _)| *other != place);
        report(realm, reached, others.map(|(_, other)| other), progress)
    });
    PolicyReport { environments: reports.collect() }
}

fn report<'a>(
    realm: &PreparedEnvironment<'a>,
    reached: Vec<Check>,
    others: impl Iterator<Item = &'a PreparedEnvironment<'a>>,
    progress: Progress<'_>,
) -> EnvironmentReport {
    let mut checks = preflight::checks(realm);
    let (mut cells, mut plan) = matrix::plan(realm, checks.len());
    let in_cells = plan.len();
    plan.extend(realm.contexts.iter().flat_map(refusals::plan).filter(|planned| !stands_in_matrix(planned)));
    plan.extend(others.flat_map(|other| isolation::plan(realm, other)));

    let mut tried = execute(plan, progress);
    let around = tried.split_off(in_cells);
    checks.extend(tried);
    for cell in &mut cells {
        cell.verdict = Verdict::of(cell.checks.iter().map(|place| &checks[*place]));
    }
    checks.extend(realm.certificate_checks());
    checks.extend(reached);
    checks.extend(around);
    EnvironmentReport {
        name: realm.environment.name.clone(),
        services: figures::services(realm.environment),
        cells,
        certificates: figures::certificates(realm.environment),
        checks,
    }
}

/// The matrix has a row for the visitor without certificate, and a diagonal for a server's own certificate.
fn stands_in_matrix(planned: &PlannedCheck) -> bool {
    let refused = [Refusal::NoClientCertificate, Refusal::WrongPurpose].map(Expectation::Refused);
    refused.contains(&planned.expectation)
}
