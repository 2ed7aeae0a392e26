//! `pkictl verify --route`: runs OpenShift Routes on loopback.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use zeroize::Zeroizing;

use super::others::callers;
use super::{authorities, clients, credential, moment, name_roots, versions};
use crate::bundle::Identity;
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::material;
use crate::cli::presentation::output::Output;
use crate::cli::presentation::report::{self, Stamp};
use crate::explanation::Explanation;
use crate::kubernetes::{self, SyntaxError};
use crate::lint::{self, Finding};
use crate::pki::{Certificate, Label, pem};
use crate::report::{Check, Group, Outcome};
use crate::route::{self, Route, SimulatedRoute, Simulation, Termination};
use crate::store::{self, Environment};

pub(super) fn run(args: &VerifyArgs, environment: &Environment, output: &Output) -> Result<(), Failure> {
    let now = moment(args)?;
    let trust = authorities::trust(args, environment);
    let (trust, mut unreadable) = trust.map_err(|failure| name_roots(failure, "visitors"))?;
    let (documents, not_read) = read(&args.routes.route)?;
    unreadable.extend(not_read);
    let objects = kubernetes::resources(&documents);
    let named = PodNames::parse(&args.routes.pod_cert)?;
    let namespace = args.routes.namespace.as_deref();
    let mut routes = Vec::new();
    let mut pods = BTreeMap::new();
    for object in objects.iter().filter(|object| kubernetes::is_route(object.value)) {
        let route = Route::read(object, &objects, namespace);
        if let (false, Some(what)) = (pods.contains_key(&route.service), named.of(&route, environment)) {
            let (pod, not_read) = pod(environment, &what)?;
            unreadable.extend(not_read);
            pods.insert(route.service.clone(), pod);
        }
        let objections = lint::refusals(object, &objects, now).into_iter().map(objection).collect();
        routes.push((route, objections));
    }
    if routes.is_empty() && unreadable.is_empty() {
        return Err(Failure::usage(format!("no Route in {}", title(&args.routes.route)), None));
    }
    named.check_used(&routes)?;
    let subjects: Vec<SimulatedRoute<'_>> = routes
        .into_iter()
        .map(|(route, objections)| SimulatedRoute {
            pod: pods.get(&route.service).and_then(Option::as_ref),
            route,
            objections,
        })
        .collect();
    let service_ca = match &args.routes.service_ca {
        Some(path) => pem::certificates(&store::read_file(path)?, &path.display().to_string())?,
        None => Vec::<Certificate>::new(),
    };
    let (mut clients, not_read) = clients(args, environment)?;
    unreadable.extend(not_read);
    match (args.routes.pod_mtls, clients.is_empty()) {
        (true, true) => clients = callers(environment).0,
        (false, false) => {
            let hint = Some("add `--pod-mtls` if the pods request client certificates".to_owned());
            return Err(Failure::usage(
                "`--client` and `--client-cert` need `--pod-mtls` with `--route`",
                hint,
            ));
        }
        _ => {}
    }
    let scope = Simulation {
        routes: &subjects,
        trust: &trust,
        clients: &clients,
        pods_ask: args.routes.pod_mtls,
        service_ca: &service_ca,
        versions: &versions(args),
        now,
    };
    let start = Instant::now();
    let mut result = route::run(&scope)?;
    result.checks.splice(0..0, unreadable);
    let stamp = Stamp { took: start.elapsed(), ..Stamp::new(args, now) };
    report::show(&result, &title(&args.routes.route), &stamp, args.verbose, output)
}

fn title(files: &[std::path::PathBuf]) -> String {
    files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The documents of all files; a file that cannot be parsed is a failed check, not the end of the run.
fn read(files: &[std::path::PathBuf]) -> Result<(Vec<Value>, Vec<Check>), Failure> {
    let (mut documents, mut unreadable) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = Zeroizing::new(store::read_file(path)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| SyntaxError::not_utf8());
        match text.and_then(kubernetes::read) {
            Ok(found) => documents.extend(found),
            Err(error) => {
                let outcome =
                    Outcome::failed("YAML or JSON", error.message).with_fix("fix the file at this position");
                let title = "it can be read";
                unreadable.push(Check::new(
                    "manifest-syntax",
                    Group::Admission,
                    title,
                    path.display().to_string(),
                    outcome,
                ));
            }
        }
    }
    Ok((documents, unreadable))
}

fn objection(finding: Finding) -> Explanation {
    let Finding { rule, place, message, explanation, .. } = finding;
    let Explanation { expected, found, .. } = explanation;
    let by = rule.refused_by.map_or_else(|| "cluster".to_owned(), |by| by.to_string());
    let found = found.map(|found| format!(" ({found})")).unwrap_or_default();
    let expected = expected.unwrap_or_else(|| format!("what the {by} accepts"));
    Explanation::new(expected, format!("the {by} rejects {place}: {message}{found}")).with_fix(rule.fix)
}

/// What `--pod-cert` says: certificates by the Service's name, and one for all others.
struct PodNames<'a> {
    by_service: BTreeMap<&'a str, &'a str>,
    others: Option<&'a str>,
}

impl<'a> PodNames<'a> {
    fn parse(all: &'a [String]) -> Result<Self, Failure> {
        let mut names = Self { by_service: BTreeMap::new(), others: None };
        for text in all {
            let twice = match text.split_once('=').filter(|_| !Path::new(text).exists()) {
                Some((service, what)) => names.by_service.insert(service, what).is_some(),
                None => names.others.replace(text).is_some(),
            };
            if twice {
                let hint = Some("give one per Service: `--pod-cert SERVICE=NAME`".to_owned());
                return Err(Failure::usage(format!("--pod-cert {text}: these pods already have one"), hint));
            }
        }
        Ok(names)
    }

    /// As given; otherwise the credential named like the Service, if it exists.
    fn of(&self, route: &Route, environment: &Environment) -> Option<String> {
        if !matches!(route.termination, Termination::Reencrypt | Termination::Passthrough) {
            return None;
        }
        let said = self.by_service.get(route.service.as_str()).copied().or(self.others).map(str::to_owned);
        said.or_else(|| {
            let label: Label = route.service.parse().ok()?;
            environment.credential_path(&label).is_dir().then(|| route.service.clone())
        })
    }

    /// A Service without a Route is a typing mistake.
    fn check_used(&self, routes: &[(Route, Vec<Explanation>)]) -> Result<(), Failure> {
        let known = |service: &str| routes.iter().any(|(route, _)| route.service == service);
        match self.by_service.keys().find(|service| !known(service)) {
            Some(service) => {
                Err(Failure::usage(format!("--pod-cert: no Route has the Service {service:?}"), None))
            }
            None => Ok(()),
        }
    }
}

/// A pod's certificate and key; a failed check for a credential that cannot be used.
fn pod(environment: &Environment, what: &str) -> Result<(Option<Identity>, Option<Check>), Failure> {
    if let Ok(name) = what.parse::<Label>()
        && environment.credential_path(&name).is_dir()
    {
        let (identity, trouble) = credential(environment, &name)?;
        return Ok((identity.filter(|identity| identity.key.is_some()), trouble));
    }
    let identity = material::identity(environment, what, None, None)?;
    if identity.key.is_none() {
        let hint = "put chain and key in one file, or issue a credential and use its name";
        return Err(Failure::usage(format!("{what} contains no private key"), Some(hint.into())));
    }
    Ok((Some(identity), None))
}
