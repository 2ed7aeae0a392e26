//! `pkictl verify`: proves certificates, those of an environment, of a manifest, of files, or of a live endpoint.

mod connect;
mod policy;
mod route;

use std::path::Path;
use std::time::Instant;

use super::args::{Global, VerifyArgs};
use super::failure::{Failure, Kind};
use super::hint::location;
use super::output::Output;
use super::passphrase::{self, Purpose};
use super::{clock, material, report};
use crate::bundle::{Identity, Trust};
use crate::error::Error;
use crate::pki::{Authority, ExtendedKeyUsage, Label};
use crate::report::{Check, Group, Outcome};
use crate::store::{Environment, ROOT};
use crate::template::shell_word;
use crate::verify::{self, Scope, TlsVersion};

pub(super) fn run(args: &VerifyArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    if let Some(file) = &args.policy.file {
        return policy::run(file, args, global, output);
    }
    let environment = global.store().environment(&global.env)?;
    if !args.routes.route.is_empty() {
        return route::run(args, &environment, output);
    }
    if let Some(place) = &args.live.connect {
        return connect::run(place, args, &environment, global, output);
    }
    let subjects = Subjects::collect(args, &environment, global)?;
    let signer = signer(args, &environment, global);
    let others = if args.is_by_path() { vec![] } else { others(&environment, global)? };
    let versions = versions(args);
    let scope = Scope {
        servers: &subjects.servers,
        clients: &subjects.clients,
        trust: &subjects.trust,
        signer: signer.as_ref().map_err(Clone::clone),
        others: &others,
        host: args.host.as_deref(),
        versions: &versions,
        server_auth_only: args.server_auth_only,
        now: clock::now()?,
    };
    let start = Instant::now();
    let mut result = verify::run(&scope);
    let mut checks = subjects.unreadable;
    checks.append(&mut result.checks);
    result.checks = checks;
    report::show(&result, &subjects.title, start.elapsed(), args.verbose, output)
}

/// The versions of TLS that were asked for, in the order of the report; all if none was.
fn versions(args: &VerifyArgs) -> Vec<TlsVersion> {
    let wanted = |version: &TlsVersion| args.tls.is_empty() || args.tls.contains(version);
    TlsVersion::ALL.into_iter().filter(wanted).collect()
}

/// Who is verified, and against what.
struct Subjects {
    title: String,
    servers: Vec<Identity>,
    clients: Vec<Identity>,
    trust: Trust,
    /// What could not even be read: a failed check each, not the end of the run.
    unreadable: Vec<Check>,
}

impl Subjects {
    fn collect(args: &VerifyArgs, environment: &Environment, global: &Global) -> Result<Self, Failure> {
        let trust = trust(args, environment)?;
        if args.is_by_path() {
            return Self::by_path(args, trust);
        }
        let mut subjects = Self {
            title: format!("environment {}", environment.name()),
            servers: vec![],
            clients: vec![],
            trust,
            unreadable: vec![],
        };
        subjects.take_named(args, environment)?;
        if subjects.servers.is_empty() && subjects.clients.is_empty() && subjects.unreadable.is_empty() {
            return Err(Failure::usage(
                format!("environment {:?} has no certificate to verify", environment.name()),
                Some(format!("make one with `pkictl issue server NAME{}`", location(global))),
            ));
        }
        Ok(subjects)
    }

    fn by_path(args: &VerifyArgs, trust: Trust) -> Result<Self, Failure> {
        Ok(Self {
            title: "files".into(),
            servers: by_path(args.server_cert.as_deref(), args.server_key.as_deref())?,
            clients: by_path(args.client_cert.as_deref(), args.client_key.as_deref())?,
            trust,
            unreadable: vec![],
        })
    }

    /// The named credentials, or all: who may serve is a server, who may call is a client.
    fn take_named(&mut self, args: &VerifyArgs, environment: &Environment) -> Result<(), Failure> {
        for name in args.server.iter().chain(&args.client) {
            let label: Label = name.parse()?;
            if !environment.credential_path(&label).is_dir() {
                environment.credential(&label)?;
            }
        }
        for label in environment.credentials() {
            let wanted =
                |names: &[String]| names.is_empty() || names.iter().any(|name| name == label.as_str());
            let (as_server, as_client) = (wanted(&args.server), wanted(&args.client));
            if !as_server && !as_client {
                continue;
            }
            match identity_of(environment, &label) {
                Ok((identity, key_error)) => {
                    self.unreadable.extend(key_error.map(|error| unreadable(&label, &error)));
                    self.place(environment, identity, &label, as_server, as_client)?;
                }
                Err(error) => self.unreadable.push(unreadable(&label, &error)),
            }
        }
        Ok(())
    }

    fn place(
        &mut self,
        environment: &Environment,
        identity: Identity,
        label: &Label,
        as_server: bool,
        as_client: bool,
    ) -> Result<(), Failure> {
        let serves = as_server && identity.leaf().allows(ExtendedKeyUsage::ServerAuth);
        let calls = as_client && identity.leaf().allows(ExtendedKeyUsage::ClientAuth);
        match (serves, calls) {
            (true, true) => {
                if let Ok((twin, _)) = identity_of(environment, label) {
                    self.clients.push(twin);
                }
                self.servers.push(identity);
            }
            (true, false) => self.servers.push(identity),
            (false, true) => self.clients.push(identity),
            // Neither: whatever it is for, TLS will not take it.
            (false, false) if as_server && as_client => self.servers.push(identity),
            (false, false) => {}
        }
        Ok(())
    }
}

/// The roots of a file, or of the environment.
fn trust(args: &VerifyArgs, environment: &Environment) -> Result<Trust, Failure> {
    let Some(path) = &args.roots else { return Ok(material::environment_trust(environment)?) };
    let trust = material::trust_from_file(path)?;
    material::require_root(path, &trust)?;
    Ok(trust)
}

/// Without an environment, the next step is rather a file than a new CA.
fn name_roots(failure: Failure, who: &str) -> Failure {
    match &failure.kind {
        Kind::Library(error) if matches!(**error, Error::NoAuthority { .. }) => Failure {
            hint: Some(format!(
                "name the roots that {who} trust with `--roots FILE`, or the environment with `--env NAME`"
            )),
            ..failure
        },
        _ => failure,
    }
}

/// The clients that were named, by name or by file.
fn clients(args: &VerifyArgs, environment: &Environment) -> Result<Vec<Identity>, Failure> {
    let named = args.client.iter().map(|name| Ok(environment.credential(&name.parse()?)?.into()));
    let mut clients = named.collect::<Result<Vec<Identity>, Failure>>()?;
    clients.extend(by_path(args.client_cert.as_deref(), args.client_key.as_deref())?);
    Ok(clients)
}

/// A chain and its key from files, if a file was named.
fn by_path(chain: Option<&Path>, key: Option<&Path>) -> Result<Vec<Identity>, Failure> {
    let Some(chain) = chain else { return Ok(vec![]) };
    Ok(vec![material::unchecked_from_files(chain, key)?])
}

/// A credential as it lies there, whether or not its parts fit; without its key if that cannot be read.
fn identity_of(environment: &Environment, name: &Label) -> Result<(Identity, Option<Error>), Error> {
    let (chain, anchor) = environment.chain(name)?;
    let (key, error) = match environment.key(name) {
        Ok(key) => (Some(key), None),
        Err(error) => (None, Some(error)),
    };
    Ok((Identity { name: name.to_string(), chain, key, anchors: vec![anchor], files: None }, error))
}

fn unreadable(name: &Label, error: &Error) -> Check {
    let expected = error.expected().unwrap_or_else(|| "files that can be read".into());
    let found = match error.found() {
        Some(found) => format!("{error} ({found})"),
        None => error.to_string(),
    };
    let fix = match error {
        Error::LaxMode { path, .. } => format!("run `chmod 600 {}`", shell_word(&path.display().to_string())),
        _ => "put the file back, or issue the credential again".into(),
    };
    let outcome = Outcome::failed(expected, found).with_fix(fix);
    Check::new("readable", Group::Static, "its files can be read", name.to_string(), outcome)
}

/// The authority that makes expired certificates; or why there is none.
fn signer(args: &VerifyArgs, environment: &Environment, global: &Global) -> Result<Authority, String> {
    if args.is_by_path() || args.roots.is_some() {
        return Err("files come without the CA key that could sign one".into());
    }
    let name = environment.default_authority();
    let passphrase = if environment.authority_key_is_encrypted(name) {
        let quiet = Global { no_input: true, ..global.clone() };
        match passphrase::find(args.passphrase_file.as_deref(), Purpose::Open, "the CA key", &quiet) {
            Ok(passphrase) => Some(passphrase),
            Err(_) => return Err("the CA key is encrypted and no passphrase was given".into()),
        }
    } else {
        None
    };
    environment.authority(name, passphrase.as_ref()).map_err(|error| error.to_string())
}

/// The clients of every other environment of the PKI directory.
fn others(environment: &Environment, global: &Global) -> Result<Vec<verify::Environment>, Failure> {
    let mut others = Vec::new();
    for name in global.store().environments().into_iter().filter(|name| name != environment.name()) {
        let other = global.store().environment(&name)?;
        if other.authority_chain(ROOT).is_err() {
            continue;
        }
        let clients = callers(&other);
        others.push(verify::Environment { name, clients });
    }
    Ok(others)
}

/// Everybody in an environment who can call.
fn callers(environment: &Environment) -> Vec<Identity> {
    let credentials = environment.credentials();
    let identities = credentials.iter().filter_map(|name| identity_of(environment, name).ok());
    identities
        .map(|(identity, _)| identity)
        .filter(|identity| identity.key.is_some() && identity.leaf().allows(ExtendedKeyUsage::ClientAuth))
        .collect()
}
