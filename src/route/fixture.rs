//! Everything that visits need, made ready: the router with its Routes, and visitors.

use std::sync::Arc;

use rustls::ClientConfig;

use super::declared::{Route, Termination};
use super::router::{Backend, Router, Upstream};
use super::stand_in::StandIn;
use super::table::RouteTable;
use super::{RouterError, SimulatedRoute, Simulation, trust};
use crate::bundle::Identity;
use crate::handshake::TlsVersion;
use crate::handshake::{Roots, Tls};

/// Router, pods and visitors.
pub(super) struct RouteFixture<'a> {
    tls: Tls,
    pub(super) scope: &'a Simulation<'a>,
    pub(super) stand_in: &'a StandIn,
    pub(super) router: Router<'a>,
    /// For each Route why it cannot be run, if so.
    pub(super) obstacles: Vec<Option<Obstacle>>,
    trusts: Roots,
    trusts_nobody: Roots,
}

/// Why a Route cannot be run.
pub(super) enum Obstacle {
    /// The cluster does not admit it.
    NotAdmitted,
    /// Something about it is not known.
    Unknown(String),
    /// Its certificate or that of its pod cannot be served.
    SessionError(String),
}

impl<'a> RouteFixture<'a> {
    /// Prepares a run; the error says what makes every visit impossible.
    pub(super) fn new(
        scope: &'a Simulation<'a>,
        admitted: &[bool],
        stand_in: &'a StandIn,
    ) -> Result<Self, String> {
        let tls = Tls::at(scope.now);
        let trusts = tls.roots(&scope.trust.anchors)?;
        let trusts_nobody = tls.roots(std::slice::from_ref(&stand_in.root))?;
        let default = tls.server(&tls.credentials(&stand_in.router)?, None)?;
        let foreign_pod = default.config.clone();
        let (mut backends, mut obstacles) = (Vec::new(), Vec::new());
        for (subject, admitted) in scope.routes.iter().zip(admitted) {
            let backend = match admitted {
                true => backend(subject, scope, &tls, &trusts),
                false => Err(Obstacle::NotAdmitted),
            };
            match backend {
                Ok(backend) => {
                    backends.push(Some(backend));
                    obstacles.push(None);
                }
                Err(obstacle) => {
                    backends.push(None);
                    obstacles.push(Some(obstacle));
                }
            }
        }
        let routes = scope.routes.iter().map(|subject| &subject.route).enumerate();
        let table =
            RouteTable::new(routes.filter(|(place, _)| matches!(backends.get(*place), Some(Some(_)))));
        let router = Router { table, default, backends, foreign_pod };
        Ok(Self { tls, scope, stand_in, router, obstacles, trusts, trusts_nobody })
    }

    pub(super) fn route(&self, place: usize) -> &'a Route {
        &self.scope.routes[place].route
    }

    pub(super) fn backend(&self, place: usize) -> Option<&Backend> {
        self.router.backends.get(place)?.as_ref()
    }

    /// A visitor that trusts the roots of the scope, perhaps with its own certificate.
    pub(super) fn visitor(
        &self,
        own: Option<&Identity>,
        version: TlsVersion,
    ) -> Result<Arc<ClientConfig>, String> {
        let own = own.map(|own| self.tls.credentials(own)).transpose()?;
        Ok(self.tls.client(own.as_ref(), &self.trusts, version)?.config)
    }

    /// A visitor that trusts other roots.
    pub(super) fn stranger(&self, version: TlsVersion) -> Result<Arc<ClientConfig>, String> {
        Ok(self.tls.client(None, &self.trusts_nobody, version)?.config)
    }

    /// A client that trusts what stands in for the router's own certificate, under any name.
    pub(super) fn friend_of_the_router(&self, version: TlsVersion) -> Result<Arc<ClientConfig>, String> {
        Ok(self.tls.client(None, &self.trusts_nobody, version)?.without_host())
    }
}

fn backend(
    subject: &SimulatedRoute<'_>,
    scope: &Simulation<'_>,
    tls: &Tls,
    roots: &Roots,
) -> Result<Backend, Obstacle> {
    let route = &subject.route;
    route.host.as_ref().map_err(|reason| Obstacle::Unknown(reason.clone()))?;
    let own = route.own.as_ref().map_err(|reason| Obstacle::Unknown(reason.clone()))?;
    let shown = match own {
        Some(own) => {
            let server = tls.credentials(own).and_then(|own| tls.server(&own, None));
            Some(server.map_err(Obstacle::SessionError)?)
        }
        None => None,
    };
    let ends_tls = matches!(route.termination, Termination::Reencrypt | Termination::Passthrough);
    let pod = match subject.pod.filter(|_| ends_tls) {
        Some(pod) => {
            let asks = scope.pods_ask.then_some(roots);
            let server = tls.credentials(pod).and_then(|own| tls.server(&own, asks));
            Some(server.map_err(Obstacle::SessionError)?.config)
        }
        None => None,
    };
    let backend = match (route.termination, pod) {
        _ if !route.has_weight => Upstream::Nobody(RouterError::NoWeight),
        (Termination::Plain | Termination::Edge, _) => Upstream::Plain,
        (Termination::Reencrypt | Termination::Passthrough, None) => {
            Upstream::Nobody(RouterError::Unknown("which certificate the pod shows is not known here".into()))
        }
        (Termination::Passthrough, Some(pod)) => Upstream::Raw { pod },
        (Termination::Reencrypt, Some(pod)) => {
            let router = match trusted_pods(route, scope)? {
                Ok((bundle, name)) => {
                    trust::client(tls, bundle, name, scope.now).map_err(Obstacle::SessionError)?
                }
                Err(reason) => {
                    return Ok(Backend { shown, backend: Upstream::Nobody(RouterError::Unknown(reason)) });
                }
            };
            Upstream::Tls { router, pod }
        }
    };
    Ok(Backend { shown, backend })
}

/// The authorities of the pod and the name that it must have, or what is not known of them.
type Pods<'a> = Result<(&'a [crate::pki::Certificate], Option<String>), String>;

fn trusted_pods<'a>(route: &'a Route, scope: &'a Simulation<'_>) -> Result<Pods<'a>, Obstacle> {
    let destination = route.destination.as_ref().map_err(|reason| Obstacle::Unknown(reason.clone()))?;
    Ok(match (destination, &route.namespace) {
        (Some(bundle), _) => Ok((bundle.as_slice(), None)),
        // No pod is trusted, so the name does not matter.
        (None, _) if scope.service_ca.is_empty() => Ok((&[], None)),
        (None, Some(namespace)) => Ok((scope.service_ca, Some(format!("{}.{namespace}.svc", route.service)))),
        (None, None) => Err(format!(
            "the router compares the pod's certificate with {}.NAMESPACE.svc, and the namespace is not known",
            route.service
        )),
    })
}
