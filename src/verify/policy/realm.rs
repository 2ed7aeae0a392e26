//! An environment with everything that its handshakes need: one configuration for each service and version, however
//! many pairs it is part of.

use time::OffsetDateTime;

use crate::bundle::Identity;
use crate::policy::{Callers, Environment, Service};
use crate::report::Check;
use crate::verify::attempt::Progress;
use crate::verify::border::Standing;
use crate::verify::certificates::Case;
use crate::verify::handshake::{Roots, Server, Tls};
use crate::verify::material::{Material, nobody};
use crate::verify::party::{Calling, Serving};
use crate::verify::plan::Stage;
use crate::verify::{Scope, TlsVersion};

/// What a domain's handshakes stand on.
pub(super) struct Ground<'a> {
    scope: Scope<'a>,
    material: Material,
}

/// An environment, prepared.
pub(super) struct Realm<'a> {
    pub(super) environment: &'a Environment,
    /// One for each domain.
    pub(super) stages: Vec<Stage<'a>>,
    /// One for each service.
    pub(super) members: Vec<Member<'a>>,
}

/// A service, prepared.
pub(super) struct Member<'a> {
    pub(super) service: &'a Service,
    /// With a private key; or why it takes no part.
    pub(super) identity: Result<&'a Identity, String>,
    /// Its certificate in the hands of a client; for each domain one that trusts that domain's root.
    callings: Vec<Calling>,
    pub(super) standing: Standing,
    /// Its place among the servers of its domain.
    serving: Option<usize>,
}

impl<'a> Ground<'a> {
    /// One for each domain.
    pub(super) fn of(
        environment: &'a Environment,
        versions: &'a [TlsVersion],
        now: OffsetDateTime,
    ) -> Vec<Self> {
        let ground = |(place, domain): (usize, &'a crate::policy::Domain)| {
            let signer = domain.signer.as_ref().map_err(Clone::clone);
            let scope = Scope { signer, versions, ..Scope::new(&[], &[], &domain.trust, now) };
            let servers = || servers(environment, place).map(|(_, identity)| identity);
            let residents = environment.services.iter().filter(|service| service.domain == place);
            let caller = residents.filter(|service| service.calls).find_map(|service| usable(service).ok());
            let model = caller.or(servers().next()).ok_or_else(nobody);
            let material = Material::imitating(&scope, model, servers());
            Self { scope, material }
        };
        environment.domains.iter().enumerate().map(ground).collect()
    }
}

impl<'a> Realm<'a> {
    pub(super) fn new(environment: &'a Environment, grounds: &'a [Ground<'a>]) -> Self {
        let stages: Vec<Stage<'a>> =
            grounds.iter().enumerate().map(|(place, ground)| stage(environment, place, ground)).collect();
        let members = environment.services.iter().map(|service| Member::new(service, environment, &stages));
        Self { environment, members: members.collect(), stages }
    }

    /// Tries every server alone, by all of its names.
    pub(super) fn reach(&mut self, progress: Progress<'_>) -> Vec<Check> {
        self.stages.iter_mut().flat_map(|stage| stage.reach(progress)).collect()
    }

    /// What every certificate says.
    pub(super) fn certificate_checks(&self) -> Vec<Check> {
        let cases = self.members.iter().filter_map(|member| {
            let (stage, service) = (self.stage(member)?, member.service);
            let identity = member.identity.as_ref().ok()?;
            let roles = (service.serves, service.calls);
            Some(Case::new(identity, roles, stage.scope.trust, stage.scope.now).checks())
        });
        cases.flatten().collect()
    }

    /// The domain of a member.
    pub(super) fn stage(&self, member: &Member<'_>) -> Option<&Stage<'a>> {
        self.stages.get(member.service.domain)
    }

    /// A member as a server, with its domain.
    pub(super) fn serving(&self, member: &Member<'_>) -> Option<(&Stage<'a>, &Serving<'a>)> {
        let stage = self.stage(member)?;
        Some((stage, stage.servers.get(member.serving?)?))
    }
}

impl<'a> Member<'a> {
    fn new(service: &'a Service, environment: &'a Environment, stages: &[Stage<'a>]) -> Self {
        let lost = || format!("its trust domain (number {}) does not exist", service.domain);
        let home = stages.get(service.domain).ok_or_else(lost);
        let identity = home.and_then(|home| Ok((home, usable(service)?)));
        let (identity, callings, standing) = match identity {
            Ok((home, identity)) => {
                let calling = |stage: &Stage<'_>| Calling::new(&home.tls, Some(identity), &stage.roots);
                let callings: Vec<Calling> = stages.iter().map(calling).collect();
                let standing = Standing::of(identity, &home.tls, &home.roots, home.scope.now);
                (Ok(identity), callings, standing)
            }
            Err(reason) => (Err(reason.clone()), vec![], Standing::Unfit(reason)),
        };
        let mut places = servers(environment, service.domain);
        let serving = places.position(|(server, _)| std::ptr::eq(server, service));
        Self { service, identity, callings, standing, serving }
    }

    /// As a client that trusts the root of its own domain.
    pub(super) fn own(&self) -> Option<&Calling> {
        self.calling(self.service.domain)
    }

    /// As a client that trusts the root of a domain.
    pub(super) fn calling(&self, domain: usize) -> Option<&Calling> {
        self.callings.get(domain)
    }
}

/// The server that enforces what was applied.
pub(super) fn enforcing<'s>(server: &'s Serving<'_>) -> &'s Result<Server, String> {
    if server.guarded { &server.asking } else { &server.plain }
}

/// A domain with its servers, each of which admits whom it was told to admit.
fn stage<'a>(environment: &'a Environment, place: usize, ground: &'a Ground<'a>) -> Stage<'a> {
    let scope = &ground.scope;
    let tls = Tls::at(scope.now);
    let roots = tls.roots(&scope.trust.anchors);
    let serve = |(place, (service, identity)): (usize, (&Service, &'a Identity))| {
        let listed = match &service.admits {
            Ok(Callers::Only(principals)) => Some(principals),
            Ok(Callers::Anyone) | Err(_) => None,
        };
        let admitting = |roots: &Roots| roots.admitting(listed.map_or(&[][..], Vec::as_slice));
        let asks = roots.as_ref().map(admitting).map_err(Clone::clone);
        Serving { guarded: listed.is_some(), ..Serving::new(&tls, place, identity, None, &asks) }
    };
    let servers = servers(environment, place).enumerate().map(serve).collect();
    let nobody = Calling::new(&tls, None, &roots);
    Stage { tls, scope, material: &ground.material, roots, servers, nobody, reached: vec![] }
}

/// Those who serve in a domain, and can.
fn servers(environment: &Environment, domain: usize) -> impl Iterator<Item = (&Service, &Identity)> {
    let residents = environment.services.iter().filter(move |one| one.domain == domain && one.serves);
    residents.filter_map(|service| Some((service, usable(service).ok()?)))
}

/// An identity that can take part in handshakes.
fn usable(service: &Service) -> Result<&Identity, String> {
    let identity = service.identity.as_ref().map_err(Clone::clone)?;
    match &identity.key {
        Some(_) => Ok(identity),
        None => Err("there is no private key".into()),
    }
}
