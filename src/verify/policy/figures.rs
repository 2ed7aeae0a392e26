//! What pictures need beside the checks: services and certificates.

use crate::pki::Certificate;
use crate::pki::validity::machine_time;
use crate::policy::{Callers, PolicyEnvironment};
use crate::report::policy::{CertificateReport, ServiceReport};

/// All services, in their order.
pub(super) fn services(environment: &PolicyEnvironment) -> Vec<ServiceReport> {
    let report = |service: &crate::policy::PolicyService| ServiceReport {
        name: service.name.clone(),
        domain: domain(environment, service.domain),
        serves: service.serves,
        calls: service.calls,
        names: service.identity.as_ref().map_or_else(
            |_| vec![],
            |identity| identity.leaf().details.sans().map(|san| san.value()).collect(),
        ),
        callers: match &service.declared {
            Callers::Anyone => None,
            Callers::Only(names) => Some(names.clone()),
        },
    };
    environment.services.iter().map(report).collect()
}

/// All certificates: of each domain the roots and what is under them, then the services.
pub(super) fn certificates(environment: &PolicyEnvironment) -> Vec<CertificateReport> {
    let mut reports: Vec<CertificateReport> = Vec::new();
    for (place, one) in environment.domains.iter().enumerate() {
        let identities = environment.services.iter().filter(|service| service.domain == place);
        let chains = identities.filter_map(|service| Some(service.identity.as_ref().ok()?.intermediates()));
        let issuing = one.trust.intermediates.iter().chain(chains.flatten());
        let authorities = one.trust.anchors.iter().map(|root| ("root", root));
        for (name, certificate) in authorities.chain(issuing.map(|authority| ("issuing", authority))) {
            let known = |report: &CertificateReport| {
                report.domain == one.name && report.sha256 == certificate.details.sha256
            };
            if !reports.iter().any(known) {
                reports.push(certificate_report(name, &one.name, true, certificate));
            }
        }
    }
    let leaves = environment.services.iter().filter_map(|service| {
        let leaf = service.identity.as_ref().ok()?.leaf();
        Some(certificate_report(&service.name, &domain(environment, service.domain), false, leaf))
    });
    reports.extend(leaves);
    reports
}

fn certificate_report(
    name: &str,
    domain: &str,
    authority: bool,
    certificate: &Certificate,
) -> CertificateReport {
    let details = &certificate.details;
    CertificateReport {
        name: name.to_owned(),
        domain: domain.to_owned(),
        authority,
        subject: details.subject.to_string(),
        not_before: machine_time(details.validity.not_before),
        not_after: machine_time(details.validity.not_after),
        sha256: details.sha256.clone(),
    }
}

fn domain(environment: &PolicyEnvironment, place: usize) -> String {
    environment.domains.get(place).map(|domain| domain.name.clone()).unwrap_or_default()
}
