//! OpenShift Route: the intersection of what the API server, the custom resource definition and the router accept,
//! and what none of them checks.
//!
//! Sources: library-go `pkg/route/validation`, openshift/api `route/v1` (CRD with CEL rules), openshift/router
//! `pkg/router/routeapihelpers` (extended validation).

mod backends;
mod certificates;
mod context;
mod headers;
mod host;
mod names;
mod pem;
mod pem_field;
mod rule;
mod shape;
mod tls;
mod violation;
mod visitors;

use time::OffsetDateTime;

use crate::finding::{Finding, RuleInfo};
use crate::kubernetes::{self, Resource};
use context::RouteContext;
use rule::RouteRule;
use violation::RouteViolation;

/// Every rule, in the order in which people would want to read what breaks them.
pub(super) fn rules() -> impl Iterator<Item = RuleInfo> {
    table().map(|rule| rule.info)
}

fn table() -> impl Iterator<Item = &'static RouteRule> {
    [
        shape::RULES,
        names::RULES,
        host::RULES,
        backends::RULES,
        tls::RULES,
        headers::RULES,
        pem::RULES,
        certificates::RULES,
        visitors::RULES,
    ]
    .into_iter()
    .flatten()
}

/// What is wrong with the Routes among the resources.
pub(super) fn check_all(resources: &[Resource<'_>], now: OffsetDateTime) -> Vec<Finding> {
    let routes = resources.iter().filter(|resource| kubernetes::is_route(resource.value));
    routes.flat_map(|route| check(route, resources, now)).collect()
}

/// What is wrong with one Route. `all` are the resources beside it, among which its Secret may be.
pub(super) fn check(route: &Resource<'_>, all: &[Resource<'_>], now: OffsetDateTime) -> Vec<Finding> {
    let context = RouteContext::new(route, all, now);
    let finding = |rule: &RouteRule, problem: RouteViolation| {
        Finding::new(rule.info, problem.place, problem.message, problem.explanation)
    };
    table().flat_map(|rule| (rule.check)(&context).into_iter().map(|one| finding(rule, one))).collect()
}
