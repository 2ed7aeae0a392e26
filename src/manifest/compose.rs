//! Drafts a manifest from a Compose file: its services, and who waits for whom as who calls whom.

mod images;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use super::toml_key;
use crate::emit::Emitters;
use crate::error::Result;
use crate::pki::{Label, SubjectAltName};
use crate::template::{self, Library};
use images::Known;
use read::ComposeService;

/// A manifest to read, to change and to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text, which reads without mistakes.
    pub text: String,
    /// The services in it.
    pub services: usize,
    /// The pairs of caller and callee in it.
    pub calls: usize,
}

/// Drafts a manifest from the text of a Compose file. `place` is where it came from.
///
/// Who waits for another by `depends_on`, or is linked to it, is treated as its caller; who waits only for its end is not.
///
/// # Errors
/// [`crate::Error::Syntax`] with line and column for what is not a Compose file.
pub fn draft(text: &str, place: &str, emitters: &Emitters) -> Result<Draft> {
    let (file, found) = read::read(text, place)?;
    let graph = Graph::of(&found);
    let names = credentials(&found);
    let services: Vec<Drafted> = found
        .iter()
        .enumerate()
        .map(|(number, (name, service))| drafted(number, name, service, &graph, &names, emitters))
        .collect();
    let calls = services.iter().map(|service| service.callers.len()).sum();
    let (template, template_place) = Library::new("manifest", vec![])
        .read("compose.toml.j2")?
        .expect("the file is embedded: without it, every test of drafts fails");
    let context = context! {
        place => format!("{place:?}"),
        services => Serde(&services),
        includes => file.include.is_some(),
    };
    let text = template::render(&template_place, &template, &context)?;
    Ok(Draft { text, services: services.len(), calls })
}

/// A service of the draft.
#[derive(Serialize)]
struct Drafted {
    key: String,
    /// Absent for who only calls.
    names: Option<Vec<String>>,
    callers: Vec<String>,
    /// Whether it can be reached from outside of the project.
    published: bool,
    profile: Option<&'static str>,
    target: Option<String>,
    /// Comments, a line each.
    notes: Vec<String>,
}

/// Who calls whom, by their places in the file.
struct Graph {
    callers: Vec<BTreeSet<usize>>,
    calls: Vec<bool>,
    /// Names under which linked services are called.
    aliases: Vec<Vec<String>>,
    notes: Vec<Vec<String>>,
}

impl Graph {
    fn of(found: &[(String, ComposeService)]) -> Self {
        let places: BTreeMap<&str, usize> =
            found.iter().enumerate().map(|(number, (name, _))| (name.as_str(), number)).collect();
        let mut graph = Self {
            callers: vec![BTreeSet::new(); found.len()],
            calls: vec![false; found.len()],
            aliases: vec![vec![]; found.len()],
            notes: vec![vec![]; found.len()],
        };
        for (caller, (_, service)) in found.iter().enumerate() {
            for (name, dependency) in service.depends_on.iter().flat_map(|entries| &entries.0) {
                let condition = dependency.as_ref().and_then(|dependency| dependency.condition.as_deref());
                if condition == Some("service_completed_successfully") {
                    graph.notes[caller]
                        .push(format!("It waits for the end of {name:?}, which is not a call"));
                } else {
                    graph.add(caller, name, None, &places);
                }
            }
            for link in service.links.iter().flatten() {
                let (name, alias) =
                    link.split_once(':').map_or((link.as_str(), None), |(name, alias)| (name, Some(alias)));
                graph.add(caller, name, alias, &places);
            }
        }
        graph
    }

    fn add(&mut self, caller: usize, name: &str, alias: Option<&str>, places: &BTreeMap<&str, usize>) {
        match places.get(name) {
            Some(callee) if *callee != caller => {
                self.callers[*callee].insert(caller);
                self.calls[caller] = true;
                self.aliases[*callee].extend(alias.map(str::to_owned));
            }
            Some(_) => {}
            None => {
                self.notes[caller].push(format!("It depends on {name:?}, which is not in the Compose file"))
            }
        }
    }
}

/// The names of the credentials: those of the services, unless they cannot be directories.
fn credentials(found: &[(String, ComposeService)]) -> Vec<String> {
    let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let is_label = |name: &str| is_plain(name) && name.parse::<Label>().is_ok();
    let mut taken: BTreeSet<String> =
        found.iter().map(|(name, _)| name.clone()).filter(|name| is_label(name)).collect();
    found
        .iter()
        .enumerate()
        .map(|(number, (name, _))| match is_label(name) {
            true => name.clone(),
            false => {
                let mut own = format!("service-{}", number + 1);
                while !taken.insert(own.clone()) {
                    own.push('x');
                }
                own
            }
        })
        .collect()
}

fn drafted(
    number: usize,
    name: &str,
    service: &ComposeService,
    graph: &Graph,
    credentials: &[String],
    emitters: &Emitters,
) -> Drafted {
    let mut notes = Vec::new();
    let known = service.image.as_deref().map(|image| images::known(image, emitters)).unwrap_or_default();
    let is_some =
        |list: &Option<Vec<serde::de::IgnoredAny>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let published = is_some(&service.ports);
    let calls = graph.calls[number];
    let serves = !graph.callers[number].is_empty()
        || published
        || is_some(&service.expose)
        || known.program.is_some()
        || !calls;
    if credentials[number] != name {
        notes.push(format!("It is {name:?} in the Compose file, which cannot be the name of a directory"));
    }
    notes.extend(graph.notes[number].iter().cloned());
    if service.extends.is_some() {
        notes.push("It extends another service; what that one depends on is not in this draft".into());
    }
    let names = serves.then(|| names(name, service, &graph.aliases[number], published, &mut notes));
    let Known { program, target, profile } = known;
    // The profile of a server alone would keep it from calling.
    let profile = profile.filter(|_| serves && !calls);
    if let Some(program) = program.filter(|_| target.is_none()) {
        notes.push(format!("No emitter writes the configuration of {program}; `files` copies what it needs"));
    }
    Drafted {
        key: toml_key(&credentials[number]),
        names,
        callers: graph.callers[number].iter().map(|caller| credentials[*caller].clone()).collect(),
        published,
        profile,
        target,
        notes,
    }
}

/// Everything under which others reach it.
fn names(
    name: &str,
    service: &ComposeService,
    links: &[String],
    published: bool,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let hostname = service.hostname.as_ref().map(|host| match &service.domainname {
        Some(domain) => format!("{host}.{domain}"),
        None => host.clone(),
    });
    let networks = service.networks.iter().flat_map(|networks| &networks.0);
    let aliases = networks.filter_map(|(_, network)| network.as_ref()?.aliases.as_ref()).flatten();
    let all = std::iter::once(name)
        .chain(aliases.map(String::as_str))
        .chain(links.iter().map(String::as_str))
        .chain(service.container_name.as_deref())
        .chain(hostname.as_deref())
        .chain(published.then_some("localhost"));
    let mut names: Vec<String> = Vec::new();
    let mut keep = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for written in all {
        match host(written) {
            Some(host) => {
                keep(host.clone());
                if host.contains('_') {
                    let plain = host.replace('_', "-");
                    notes.push(format!(
                        "Some clients refuse a certificate for {host:?}, which is not a valid host name (RFC 952); they can call it \
                         by the network alias {plain:?}"
                    ));
                    keep(plain);
                }
            }
            None if written.contains('$') => {
                notes.push(format!("It is known as {written:?}, too, which depends on a variable"));
            }
            None => notes.push(format!("It is known as {written:?}, too, which no certificate can hold")),
        }
    }
    if names.is_empty() {
        names.push("localhost".into());
    }
    names
}

/// A name that is in a certificate as it is called.
fn host(written: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let name = written.chars().all(is_plain).then(|| written.parse::<SubjectAltName>().ok())??;
    match name {
        SubjectAltName::Dns(name) => {
            // Both forms of it must be right.
            let plain = name.as_str().replace('_', "-");
            plain.parse::<SubjectAltName>().is_ok().then(|| name.as_str().to_owned())
        }
        SubjectAltName::Ip(address) => Some(address.to_string()),
        _ => None,
    }
}
