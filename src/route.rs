//! Runs OpenShift Routes on loopback: a router that does what the real one does, pods behind it, and visitors, those that
//! must get a page and those that must not.
//!
//! Sources: openshift/router (`haproxy-config.template`, `pkg/router/template/util`), HAProxy's `verify required`.

mod declared;
mod fix;
mod fixture;
mod http;
mod judge;
mod plan;
mod pod;
mod router;
mod stand_in;
mod table;
mod trust;
mod visit;
mod wire;

use std::fmt;

use time::OffsetDateTime;

use crate::bundle::{Identity, Trust};
use crate::error::Result;
use crate::explanation::Explanation;
use crate::handshake::SessionError;
use crate::handshake::TlsVersion;
use crate::pki::Certificate;
use crate::report::{Check, Group, Outcome, Report};

pub use declared::{Route, Termination};

/// What to run, and against what.
#[derive(Debug)]
pub struct Simulation<'a> {
    /// The Routes, all behind one router.
    pub routes: &'a [SimulatedRoute<'a>],
    /// What visitors trust, and pods that ask for client certificates.
    pub trust: &'a Trust,
    /// Those who call pods that ask for client certificates.
    pub clients: &'a [Identity],
    /// Whether pods with TLS ask for client certificates.
    pub pods_ask: bool,
    /// The authority of the cluster's services, which a re-encrypt Route without destinationCACertificate trusts; may be
    /// empty, if it is not known.
    pub service_ca: &'a [Certificate],
    /// The TLS versions of visitors, in the order of the report.
    pub versions: &'a [TlsVersion],
    /// The point in time at which everything takes place.
    pub now: OffsetDateTime,
}

/// A Route and what is known about its place of use.
#[derive(Debug)]
pub struct SimulatedRoute<'a> {
    /// The Route.
    pub route: Route,
    /// Why the cluster would not admit it.
    pub objections: Vec<Explanation>,
    /// What its pods show, if they end TLS and it is known.
    pub pod: Option<&'a Identity>,
}

/// How the router failed to talk to a pod.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PodError {
    reason: String,
    /// If it was TLS.
    tls: Option<rustls::Error>,
}

impl From<SessionError> for PodError {
    fn from(error: SessionError) -> Self {
        let reason = error.to_string();
        match error {
            SessionError::Tls(tls) => Self { reason, tls: Some(tls) },
            _ => Self { reason, tls: None },
        }
    }
}

/// Why the router has no page for a visitor.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RouterError {
    NoRoute,
    NoWeight,
    /// What is behind the Route is not known here.
    Unknown(String),
    /// There was no connection to the pod.
    Pod(PodError),
    /// The connection to the pod broke before there was an answer: with TLS 1.3 a pod tells only then that it wants
    /// another certificate.
    PodLeft(PodError),
}

impl RouterError {
    /// What HAProxy answers, or might answer.
    fn status(&self) -> u16 {
        if matches!(self, Self::PodLeft(_)) { 502 } else { 503 }
    }

    /// What TLS said between router and pod.
    fn tls(&self) -> Option<&rustls::Error> {
        match self {
            Self::Pod(error) | Self::PodLeft(error) => error.tls.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for RouterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute => f.write_str("no Route has this host and path"),
            Self::NoWeight => f.write_str("every backend has the weight 0"),
            Self::Unknown(reason) => f.write_str(reason),
            Self::Pod(error) => write!(f, "no connection to the pod: {}", error.reason),
            Self::PodLeft(error) => write!(f, "the pod left without an answer: {}", error.reason),
        }
    }
}

/// Runs every Route. It does not stop at a failure, and every connection has a time limit.
///
/// # Errors
/// If no key can be made for the strangers of the run.
pub fn run(scope: &Simulation<'_>) -> Result<Report> {
    let stand_in = stand_in::StandIn::make(scope.now)?;
    let claims = table::claims(&scope.routes.iter().map(|subject| &subject.route).collect::<Vec<_>>());
    let mut checks = Vec::new();
    let mut admitted = Vec::new();
    for (subject, claim) in scope.routes.iter().zip(claims) {
        let owner = claim.and_then(|place| scope.routes.get(place));
        let (is_admitted, found) = admission(subject, owner.map(|owner| &owner.route));
        admitted.push(is_admitted);
        checks.extend(found);
    }
    checks.extend(plan::checks(scope, &admitted, &stand_in));
    Ok(Report { checks })
}

/// Whether the cluster admits a Route, with a check for each reason against it.
fn admission(subject: &SimulatedRoute<'_>, owner: Option<&Route>) -> (bool, Vec<Check>) {
    let route = &subject.route;
    let mut objections = subject.objections.clone();
    objections.extend(route.status.as_ref().map(|status| {
        let found = format!("its status says that it was not admitted: {status}");
        Explanation::new("a Route that the cluster admits", found)
            .with_fix("fix what the status says, and apply the Route again")
    }));
    objections.extend(owner.map(|owner| {
        let found = format!("the older Route {} has them (HostAlreadyClaimed)", owner.name);
        Explanation::new("a host and path that no other Route has", found)
            .with_fix("choose another host or path, or delete the other Route")
    }));
    let check = |outcome| {
        let title = "the cluster admits it";
        Check::new("route-admitted", Group::Admission, title, &route.name, outcome)
    };
    if objections.is_empty() {
        let wildcards = if route.wildcard { ", if the router's administrator allows wildcards" } else { "" };
        let detail = format!("{}{wildcards}", route.termination.word());
        return (true, vec![check(Outcome::Passed).with_detail(detail)]);
    }
    let failed = |why: Explanation| {
        let found = why.found.map(|found| format!("{found}; clients get 503 from the router"));
        check(Outcome::Failed(Explanation { found, ..why }))
    };
    (false, objections.into_iter().map(failed).collect())
}
