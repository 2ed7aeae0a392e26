//! An environment with everything that its handshakes need: one configuration for each service and version, however
//! many pairs it is part of.

use time::OffsetDateTime;

use crate::bundle::Identity;
use crate::handshake::{Roots, Server, Tls, TlsVersion};
use crate::policy::{Callers, PolicyEnvironment, PolicyService};
use crate::report::Check;
use crate::verify::Scope;
use crate::verify::attempt::Progress;
use crate::verify::case::Case;
use crate::verify::context::VerifyContext;
use crate::verify::cross_environment::Eligibility;
use crate::verify::negative_fixtures::{NegativeFixtures, nobody};
use crate::verify::prepared::{PreparedClient, PreparedServer};

/// What a domain's handshakes stand on.
pub(super) struct PreparedDomain<'a> {
    scope: Scope<'a>,
    fixtures: NegativeFixtures,
}

/// An environment, prepared.
pub(super) struct PreparedEnvironment<'a> {
    pub(super) environment: &'a PolicyEnvironment,
    /// One for each domain.
    pub(super) contexts: Vec<VerifyContext<'a>>,
    /// One for each service.
    pub(super) members: Vec<PreparedService<'a>>,
}

/// A service, prepared.
pub(super) struct PreparedService<'a> {
    pub(super) service: &'a PolicyService,
    /// With a private key; or why it is left out.
    pub(super) identity: Result<&'a Identity, String>,
    /// Its certificate in the hands of a client; for each domain one that trusts that domain's root.
    callings: Vec<PreparedClient>,
    pub(super) eligibility: Eligibility,
    /// Its place among the servers of its domain.
    serving: Option<usize>,
}

impl<'a> PreparedDomain<'a> {
    /// One for each domain.
    pub(super) fn of(
        environment: &'a PolicyEnvironment,
        versions: &'a [TlsVersion],
        now: OffsetDateTime,
    ) -> Vec<Self> {
        let domain = |(place, domain): (usize, &'a crate::policy::TrustDomain)| {
            let signer = domain.signer.as_ref().map_err(Clone::clone);
            let scope = Scope { signer, versions, ..Scope::new(&[], &[], &domain.trust, now) };
            let servers = || servers(environment, place).map(|(_, identity)| identity);
            let residents = environment.services.iter().filter(|service| service.domain == place);
            let caller = residents.filter(|service| service.calls).find_map(|service| usable(service).ok());
            let model = caller.or(servers().next()).ok_or_else(nobody);
            let fixtures = NegativeFixtures::imitating(&scope, model, servers());
            Self { scope, fixtures }
        };
        environment.domains.iter().enumerate().map(domain).collect()
    }
}

impl<'a> PreparedEnvironment<'a> {
    pub(super) fn new(environment: &'a PolicyEnvironment, domains: &'a [PreparedDomain<'a>]) -> Self {
        let contexts: Vec<VerifyContext<'a>> =
            domains.iter().enumerate().map(|(place, domain)| context(environment, place, domain)).collect();
        let members =
            environment.services.iter().map(|service| PreparedService::new(service, environment, &contexts));
        Self { environment, members: members.collect(), contexts }
    }

    /// Tries every server alone, by all of its names.
    pub(super) fn reach(&mut self, progress: Progress<'_>) -> Vec<Check> {
        self.contexts.iter_mut().flat_map(|context| context.reach(progress)).collect()
    }

    /// What every certificate says.
    pub(super) fn certificate_checks(&self) -> Vec<Check> {
        let cases = self.members.iter().filter_map(|member| {
            let (context, service) = (self.context(member)?, member.service);
            let identity = member.identity.as_ref().ok()?;
            let roles = (service.serves, service.calls);
            Some(Case::new(identity, roles, context.scope.trust, context.scope.now).checks())
        });
        cases.flatten().collect()
    }

    /// The domain of a member.
    pub(super) fn context(&self, member: &PreparedService<'_>) -> Option<&VerifyContext<'a>> {
        self.contexts.get(member.service.domain)
    }

    /// A member as a server, with its domain.
    pub(super) fn serving(
        &self,
        member: &PreparedService<'_>,
    ) -> Option<(&VerifyContext<'a>, &PreparedServer<'a>)> {
        let context = self.context(member)?;
        Some((context, context.servers.get(member.serving?)?))
    }
}

impl<'a> PreparedService<'a> {
    fn new(
        service: &'a PolicyService,
        environment: &'a PolicyEnvironment,
        contexts: &[VerifyContext<'a>],
    ) -> Self {
        let lost = || format!("its trust domain (number {}) does not exist", service.domain);
        let home = contexts.get(service.domain).ok_or_else(lost);
        let identity = home.and_then(|home| Ok((home, usable(service)?)));
        let (identity, callings, eligibility) = match identity {
            Ok((home, identity)) => {
                let calling = |context: &VerifyContext<'_>| {
                    PreparedClient::new(&home.tls, Some(identity), &context.roots)
                };
                let callings: Vec<PreparedClient> = contexts.iter().map(calling).collect();
                let eligibility = Eligibility::of(identity, &home.tls, &home.roots, home.scope.now);
                (Ok(identity), callings, eligibility)
            }
            Err(reason) => (Err(reason.clone()), vec![], Eligibility::Unfit(reason)),
        };
        let mut places = servers(environment, service.domain);
        let serving = places.position(|(server, _)| std::ptr::eq(server, service));
        Self { service, identity, callings, eligibility, serving }
    }

    /// As a client that trusts the root of its own domain.
    pub(super) fn own(&self) -> Option<&PreparedClient> {
        self.calling(self.service.domain)
    }

    /// As a client that trusts the root of a domain.
    pub(super) fn calling(&self, domain: usize) -> Option<&PreparedClient> {
        self.callings.get(domain)
    }
}

/// The server that enforces what was applied.
pub(super) fn enforcing<'s>(server: &'s PreparedServer<'_>) -> &'s Result<Server, String> {
    if server.guarded { &server.asking } else { &server.plain }
}

/// A domain with its servers, each of which admits the callers that it was configured with.
fn context<'a>(
    environment: &'a PolicyEnvironment,
    place: usize,
    domain: &'a PreparedDomain<'a>,
) -> VerifyContext<'a> {
    let scope = &domain.scope;
    let tls = Tls::at(scope.now);
    let roots = tls.roots(&scope.trust.anchors);
    let serve = |(place, (service, identity)): (usize, (&PolicyService, &'a Identity))| {
        let listed = match &service.admits {
            Ok(Callers::Only(principals)) => Some(principals),
            Ok(Callers::Anyone) | Err(_) => None,
        };
        let admitting = |roots: &Roots| roots.admitting(listed.map_or(&[][..], Vec::as_slice));
        let asks = roots.as_ref().map(admitting).map_err(Clone::clone);
        PreparedServer {
            guarded: listed.is_some(),
            ..PreparedServer::new(&tls, place, identity, None, &asks)
        }
    };
    let servers = servers(environment, place).enumerate().map(serve).collect();
    let nobody = PreparedClient::new(&tls, None, &roots);
    VerifyContext { tls, scope, fixtures: &domain.fixtures, roots, servers, nobody, reached: vec![] }
}

/// Those who serve in a domain, and can.
fn servers(
    environment: &PolicyEnvironment,
    domain: usize,
) -> impl Iterator<Item = (&PolicyService, &Identity)> {
    let residents = environment.services.iter().filter(move |one| one.domain == domain && one.serves);
    residents.filter_map(|service| Some((service, usable(service).ok()?)))
}

/// An identity that can take part in handshakes.
fn usable(service: &PolicyService) -> Result<&Identity, String> {
    let identity = service.identity.as_ref().map_err(Clone::clone)?;
    match &identity.key {
        Some(_) => Ok(identity),
        None => Err("there is no private key".into()),
    }
}
