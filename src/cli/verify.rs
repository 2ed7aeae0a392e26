//! `pkictl verify`: proves certificates, those of an environment, of a manifest, of files, or of a live endpoint.

mod authorities;
mod connect;
mod files;
mod others;
mod policy;
mod route;
mod subjects;

use std::time::Instant;

use time::OffsetDateTime;

use super::args::VerifyArgs;
use super::clock;
use super::failure::{Failure, Kind};
use super::global::Global;
use super::presentation::output::Output;
use super::presentation::progress::Counter;
use super::presentation::report;
use crate::bundle::Identity;
use crate::error::Error;
use crate::pki::{Certificate, Label, PrivateKey, defect};
use crate::report::{Check, Group, Outcome};
use crate::store::Environment;
use crate::template::shell_word;
use crate::verify::{self, Scope, TlsVersion};
use report::Stamp;
use subjects::{Subjects, identity_of};

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
    let now = moment(args)?;
    let (trust, mut checks) = authorities::trust(args, &environment)?;
    let subjects = Subjects::collect(args, &environment, global)?;
    let (signer, troubles) = authorities::signer(args, &environment, &trust, global)?;
    checks.extend(troubles);
    if !args.is_by_path() && args.roots.is_none() {
        checks.extend(authorities::idle(&environment, &subjects, now));
    }
    let others = if args.is_by_path() { vec![] } else { others::others(&environment, global)? };
    let versions = versions(args);
    let scope = Scope {
        servers: &subjects.servers,
        clients: &subjects.clients,
        trust: &trust,
        signer: signer.as_ref().map_err(Clone::clone),
        others: &others,
        host: args.host.as_deref(),
        versions: &versions,
        server_auth_only: args.server_auth_only,
        now,
    };
    let (start, counter) = (Instant::now(), Counter::new(output.is_quiet(), "connections"));
    let mut result = verify::run_watched(&scope, &|done, all| counter.set(done, all));
    counter.finish();
    checks.extend(subjects.unreadable);
    checks.append(&mut result.checks);
    result.checks = checks;
    let named = (!args.is_by_path()).then(|| environment.name());
    let stamp = Stamp { took: start.elapsed(), environment: named, ..Stamp::new(args, now) };
    report::show(&result, &subjects.title, &stamp, args.verbose, output)
}

/// The time to verify at: the real one, ignoring SOURCE_DATE_EPOCH, unless `--at` is given.
fn moment(args: &VerifyArgs) -> Result<OffsetDateTime, Failure> {
    let real = clock::real();
    Ok(args.at.map_or(Ok(real), |at| at.resolve(real))?)
}

/// The requested versions of TLS, in the order of the report; all if none was.
fn versions(args: &VerifyArgs) -> Vec<TlsVersion> {
    let wanted = |version: &TlsVersion| args.tls.is_empty() || args.tls.contains(version);
    TlsVersion::ALL.into_iter().filter(wanted).collect()
}

/// Without an environment, the next step is rather a file than a new CA.
fn name_roots(failure: Failure, who: &str) -> Failure {
    match &failure.kind {
        Kind::Library(error) if matches!(**error, Error::NoAuthority { .. }) => Failure {
            hint: Some(format!(
                "use `--roots FILE` for the roots that {who} trust, or `--env NAME` for the environment"
            )),
            ..failure
        },
        _ => failure,
    }
}

/// The clients that were named, by name or by file, and what cannot be read of them.
fn clients(args: &VerifyArgs, environment: &Environment) -> Result<(Vec<Identity>, Vec<Check>), Failure> {
    let (mut clients, mut unreadable) = files::read(args.client_cert.as_deref(), args.client_key.as_deref())?;
    for name in &args.client {
        let (client, trouble) = credential(environment, &name.parse()?)?;
        clients.extend(client);
        unreadable.extend(trouble);
    }
    Ok((clients, unreadable))
}

/// A credential as it is on disk, and what of it cannot be used: a failed check. Only a missing one ends the
/// run, as a typing mistake.
fn credential(environment: &Environment, name: &Label) -> Result<(Option<Identity>, Option<Check>), Failure> {
    if !environment.credential_path(name).is_dir() {
        environment.credential(name)?;
    }
    Ok(match identity_of(environment, name) {
        Ok((mut identity, trouble)) => {
            let place = environment.credential_path(name);
            let [leaf, key] = ["tls.crt", "tls.key"].map(|file| place.join(file).display().to_string());
            let foreign = |own: &PrivateKey| identity.leaf().require_key(own, &leaf, &key).err();
            let trouble = trouble.or_else(|| identity.key.as_ref().and_then(foreign));
            let trouble = trouble.map(|error| unusable_key(name.to_string(), identity.leaf(), &error));
            identity.key = identity.key.filter(|_| trouble.is_none());
            (Some(identity), trouble)
        }
        Err(error) => (None, Some(unreadable(name.to_string(), &error))),
    })
}

/// Files that cannot be used: a failed check, not the end of the run.
fn unreadable(subject: impl Into<String>, error: &Error) -> Check {
    let expected = error.expected().unwrap_or_else(|| "files that can be read".into());
    let fix = match error {
        Error::LaxMode { path, .. } => format!("run `chmod 600 {}`", shell_word(&path.display().to_string())),
        Error::PassphraseNeeded { place } => {
            let place = shell_word(place);
            format!("servers read unencrypted keys: decrypt it with `openssl pkey -in {place} -out NEW.key`")
        }
        Error::KeyMismatch { .. } => "restore the key that belongs to this certificate".into(),
        _ => "restore the file, or issue the credential again".into(),
    };
    let outcome = Outcome::failed(expected, words(error)).with_fix(fix);
    Check::new("readable", Group::Static, "its files can be read", subject, outcome)
}

/// A key that cannot be used. If it is of a kind that this program does not know, nothing may be wrong with it.
fn unusable_key(subject: String, leaf: &Certificate, error: &Error) -> Check {
    let kind = &leaf.details.key_type;
    let is_known = kind.rsa_bits().is_some() || defect::is_known_key(kind);
    if is_known || !matches!(error, Error::UnusableKey { .. }) {
        return unreadable(subject, error);
    }
    let outcome = Outcome::skipped(format!("pkictl does not support {kind} keys: {}", words(error)));
    Check::new("readable", Group::Static, "its files can be read", subject, outcome)
}

/// An error on one line, with what was found.
fn words(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    match error.found() {
        Some(found) => format!("{error} ({found})"),
        None => format!("{error}{cause}"),
    }
}
