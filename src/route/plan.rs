//! Which visits are made: first those that must get a page, because a refusal by a Route that is never reached proves
//! nothing.

use std::sync::Arc;

use rustls::ClientConfig;

use super::declared::{Insecure, Route, Termination};
use super::fixture::{Obstacle, RouteFixture};
use super::judge::{Expected, PlannedVisit, execute};
use super::stand_in::StandIn;
use super::visit::Visit;
use super::{Simulation, pod};
use crate::handshake::Refusal;
use crate::handshake::TlsVersion;
use crate::report::{Check, Group, Outcome};

/// All checks of the Routes that the cluster admits.
pub(super) fn checks(scope: &Simulation<'_>, admitted: &[bool], stand_in: &StandIn) -> Vec<Check> {
    let fixture = match RouteFixture::new(scope, admitted, stand_in) {
        Ok(fixture) => fixture,
        Err(reason) => {
            let title = "visitors can be sent to the Routes";
            let outcome = Outcome::failed("roots that visitors can trust", reason)
                .with_fix("name a file with a self-signed root");
            return vec![Check::new("route-visitors", Group::Handshake, title, "visitors", outcome)];
        }
    };
    let (mut plan, mut checks) = (Vec::new(), Vec::new());
    for (place, obstacle) in fixture.obstacles.iter().enumerate() {
        match obstacle {
            None => plan.extend(fixture.targets(place).iter().flat_map(|target| fixture.must_work(target))),
            Some(Obstacle::NotAdmitted) => {}
            Some(Obstacle::Unknown(reason)) => {
                checks.push(hindered(fixture.route(place), Outcome::skipped(reason.clone())));
            }
            Some(Obstacle::SessionError(reason)) => {
                let outcome = Outcome::failed("certificates that a server can show", reason)
                    .with_fix("issue the certificate again with its own key");
                checks.push(hindered(fixture.route(place), outcome));
            }
        }
    }
    let reached = execute(&fixture, plan, &mut checks);
    let runs = (0..scope.routes.len()).filter(|place| fixture.backend(*place).is_some());
    let plan = runs.flat_map(|place| fixture.targets(place).into_iter().take(1)).flat_map(|target| {
        let mut plan = Vec::from_iter(no_plain_http(&target));
        if target.route.termination != Termination::Plain {
            for version in scope.versions {
                plan.extend(fixture.must_fail(
                    &target,
                    *version,
                    reached.contains(&(target.place, *version)),
                ));
            }
        }
        plan
    });
    execute(&fixture, plan.collect(), &mut checks);
    checks
}

fn hindered(route: &Route, outcome: Outcome) -> Check {
    Check::new("route-runs", Group::Handshake, "it can be run", &route.name, outcome)
}

/// A Route under one of its hosts.
struct Target<'a> {
    place: usize,
    route: &'a Route,
    host: String,
    path: &'a str,
}

/// A visitor's side of TLS, or why it has none.
type Visitor = Result<Arc<ClientConfig>, String>;

impl Target<'_> {
    fn plain(&self, id: &str, title: &'static str, expected: Expected) -> PlannedVisit {
        PlannedVisit {
            route: self.place,
            id: id.to_owned(),
            title,
            subject: format!("{}: http://{}{}", self.route.name, self.host, self.path),
            version: None,
            visit: Ok(Visit {
                host: self.host.clone(),
                path: self.path.to_owned(),
                tls: None,
                foreign_pod: false,
            }),
            expected,
        }
    }

    fn tls(
        &self,
        id: &str,
        title: &'static str,
        version: TlsVersion,
        visitor: Visitor,
        expected: Expected,
    ) -> PlannedVisit {
        let id = format!("{id}-{}", version.id());
        let plain = self.plain(&id, title, expected);
        PlannedVisit {
            subject: format!("{}: https://{}{}", self.route.name, self.host, self.path),
            version: Some(version),
            visit: match (visitor, plain.visit) {
                (Ok(tls), Ok(visit)) => Ok(Visit { tls: Some(tls), ..visit }),
                (Err(reason), _) => Err(Outcome::failed("a visitor that can call", reason)
                    .with_fix("give the client its own key and a whole chain")),
                (_, Err(outcome)) => Err(outcome),
            },
            ..plain
        }
    }

    fn page(&self, scheme: &str) -> String {
        pod::page(self.place, scheme, &self.host, self.path)
    }
}

fn no_plain_http(target: &Target<'_>) -> Option<PlannedVisit> {
    let title = "a visitor without TLS gets no page";
    let closed = target.route.insecure == Insecure::Nothing;
    closed.then(|| target.plain("route-no-http", title, Expected::NoPage))
}

impl<'a> RouteFixture<'a> {
    /// The hosts at which a Route is visited: its own, and one beside it that only a wildcard serves.
    fn targets(&self, place: usize) -> Vec<Target<'a>> {
        let route = self.route(place);
        let own = route.host().unwrap_or_default();
        let beside = own.split_once('.').filter(|_| route.wildcard);
        let hosts =
            std::iter::once(own.to_owned()).chain(beside.map(|(_, parent)| format!("any-host.{parent}")));
        let path = if route.path.is_empty() { "/" } else { &route.path };
        hosts.map(|host| Target { place, route, host, path }).collect()
    }

    fn must_work(&self, target: &Target<'_>) -> Vec<PlannedVisit> {
        let versions = self.scope.versions.iter().filter(|_| target.route.termination != Termination::Plain);
        let mut plan: Vec<PlannedVisit> =
            versions.flat_map(|version| self.over_tls(target, *version)).collect();
        match target.route.insecure {
            Insecure::Allow => {
                // Behind a re-encrypt Route the pod is asked over TLS, however the visitor came.
                let scheme =
                    if target.route.termination == Termination::Reencrypt { "https" } else { "http" };
                let title = "a visitor without TLS gets the page";
                plan.push(target.plain("route-http", title, Expected::Page(target.page(scheme))));
            }
            Insecure::Redirect => {
                let to = format!("https://{}{}", target.host, target.path);
                let title = "a visitor without TLS is sent to HTTPS";
                let one = target.plain("route-http", title, Expected::Redirect(to.clone()));
                plan.push(PlannedVisit { subject: format!("{} -> {to}", one.subject), ..one });
            }
            Insecure::Nothing => {}
        }
        plan
    }

    /// A visitor with the root alone; or, if the pod asks for certificates, every client.
    fn over_tls(&self, target: &Target<'_>, version: TlsVersion) -> Vec<PlannedVisit> {
        let id = "route-https";
        let scheme = if target.route.termination == Termination::Edge { "http" } else { "https" };
        let page = target.page(scheme);
        let title = "a visitor that trusts the root gets the page";
        if !self.shows_known_certificate(target) {
            let (visitor, expected) = (self.friend_of_the_router(version), Expected::PageBehindDefault(page));
            return vec![target.tls(id, title, version, visitor, expected)];
        }
        if !self.pod_asks_visitors(target.route) {
            return vec![target.tls(id, title, version, self.visitor(None, version), Expected::Page(page))];
        }
        let title = "a caller with a client certificate gets the page";
        let call = |client| {
            target.tls(id, title, version, self.visitor(client, version), Expected::Page(page.clone()))
        };
        if self.scope.clients.is_empty() {
            let reason = Outcome::skipped("there is no client certificate to try");
            return vec![PlannedVisit { visit: Err(reason), ..call(None) }];
        }
        let clients = self.scope.clients.iter();
        clients
            .map(|client| {
                let call = call(Some(client));
                PlannedVisit { subject: format!("{} <- {}", call.subject, client.name), ..call }
            })
            .collect()
    }

    fn must_fail(&self, target: &Target<'_>, version: TlsVersion, works: bool) -> Vec<PlannedVisit> {
        let mut plan = Vec::new();
        let visitor = || match self.shows_known_certificate(target) {
            true => self.visitor(None, version),
            false => self.friend_of_the_router(version),
        };
        let only_if_reached = |one: PlannedVisit| match works {
            true => one,
            false => {
                let reason = "no client reaches the pod, so a refusal would prove nothing";
                PlannedVisit { visit: Err(Outcome::skipped(reason)), ..one }
            }
        };
        if self.shows_known_certificate(target) {
            let title = "a visitor that does not trust the root refuses the certificate";
            let expected = Expected::RefusedByVisitor;
            let one = target.tls("route-untrusted-root", title, version, self.stranger(version), expected);
            plan.push(only_if_reached(one));
        }
        if self.pod_asks_visitors(target.route) {
            let title = "the pod refuses a caller without a client certificate";
            let expected = Expected::RefusedByPod(Refusal::NoClientCertificate);
            let nobody = self.visitor(None, version);
            plan.push(only_if_reached(target.tls("route-no-client", title, version, nobody, expected)));
            let title = "the pod refuses a client certificate of a foreign CA";
            let expected = Expected::RefusedByPod(Refusal::ForeignClient);
            let foreign = self.visitor(Some(&self.stand_in.client), version);
            plan.push(only_if_reached(target.tls("route-foreign-client", title, version, foreign, expected)));
        }
        if target.route.termination == Termination::Reencrypt {
            let title = "the router refuses a pod of a foreign CA";
            let mut one = target.tls("route-foreign-pod", title, version, visitor(), Expected::PodRefused);
            if let Ok(visit) = &mut one.visit {
                visit.foreign_pod = true;
            }
            plan.push(only_if_reached(one));
        }
        if target.path != "/" {
            let title = "a path outside the Route does not reach its pod";
            let above = Target { host: target.host.clone(), path: "/", ..*target };
            plan.push(above.tls("route-other-path", title, version, visitor(), Expected::NoPage));
        }
        let title = "a host without a Route meets the router's own certificate, and no page";
        let beside = Target { host: self.unknown_host(&target.host), path: "/", ..*target };
        let (friend, expected) = (self.friend_of_the_router(version), Expected::Stranger);
        plan.push(beside.tls("route-unknown-host", title, version, friend, expected));
        plan
    }

    /// Whether it is known what visitors are shown: not the router's own certificate. It may be that of another Route,
    /// whose wildcard serves this host.
    fn shows_known_certificate(&self, target: &Target<'_>) -> bool {
        target.route.termination == Termination::Passthrough
            || self.router.table.certificate(&target.host).is_some()
    }

    fn pod_asks_visitors(&self, route: &Route) -> bool {
        route.termination == Termination::Passthrough && self.scope.pods_ask
    }

    fn unknown_host(&self, host: &str) -> String {
        let below = format!("no-route.{host}");
        let usable = below.len() <= 253 && !self.router.table.knows(&below);
        if usable { below } else { "no-route.invalid".into() }
    }
}
