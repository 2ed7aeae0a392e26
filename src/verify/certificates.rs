//! What certificates say, before any connection: a handshake with one TLS library does not notice everything that
//! another one refuses.

#[cfg(test)]
mod tests;

use std::time::Instant;

use super::case::{Case, RuleVerdict};
use super::{Scope, chain, leaf};
use crate::report::{Check, Group, Outcome};

/// The id and the title of a check, and the rule behind it.
type Rule = (&'static str, &'static str, fn(&Case<'_>) -> RuleVerdict);

const RULES: [Rule; 13] = [
    ("chain", "the chain leads to a trusted root", chain::links),
    ("dates", "the certificate and the CAs above it are valid now", chain::dates),
    ("key-matches", "the private key belongs to the certificate", leaf::key_matches),
    ("san", "its names are in subjectAltName", leaf::names),
    ("ext-key-usage", "its purpose fits its role", leaf::ext_key_usage),
    ("key-usage", "its key may sign handshakes", leaf::key_usage),
    ("key-identifiers", "key identifiers are there", chain::key_identifiers),
    ("distinct-names", "it does not share its name with a CA above it", chain::distinct_names),
    ("wildcard", "clients accept its wildcards", leaf::wildcards),
    ("version", "the certificates are of X.509 version 3", chain::versions),
    ("not-a-ca", "it is not a CA itself", leaf::not_an_authority),
    ("signature-algorithm", "no signature is made with a broken hash", chain::signature_algorithms),
    ("name-constraints", "the CAs above it may sign its names", chain::name_constraints),
];

/// Every rule on every server and client. What is both is checked once, as both.
pub(crate) fn checks(scope: &Scope<'_>) -> Vec<Check> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let roles = [(scope.servers, true), (scope.clients, false)];
    for (identity, serves) in
        roles.into_iter().flat_map(|(all, serves)| all.iter().map(move |one| (one, serves)))
    {
        let known = cases
            .iter_mut()
            .find(|case| case.identity.name == identity.name && case.identity.chain == identity.chain);
        match known {
            Some(case) => {
                case.serves |= serves;
                case.calls |= !serves;
            }
            None => cases.push(Case::new(identity, (serves, !serves), scope.trust, scope.now)),
        }
    }
    cases.iter().flat_map(Case::checks).collect()
}

impl Case<'_> {
    /// Every rule.
    pub(super) fn checks(&self) -> Vec<Check> {
        RULES.iter().flat_map(|rule| check(self, rule)).collect()
    }
}

/// One check, or one for each thing that is wrong.
fn check(case: &Case<'_>, (id, title, rule): &Rule) -> Vec<Check> {
    let started = Instant::now();
    let verdict = rule(case);
    let took = started.elapsed();
    let check = |outcome| Check::new(*id, Group::Static, *title, &case.identity.name, outcome).took(took);
    match verdict {
        RuleVerdict::Fine(detail) => vec![check(Outcome::Passed).with_detail(detail)],
        RuleVerdict::Unknown(reason) => vec![check(Outcome::skipped(reason))],
        RuleVerdict::Wrong(findings) => {
            findings.into_iter().map(|finding| check(Outcome::Failed(finding))).collect()
        }
    }
}
