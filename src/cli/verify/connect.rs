//! `pkictl verify --connect`: a running server, made by any tool.

use std::time::{Duration, Instant};

use super::{authorities, clients, moment, name_roots};
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::global::Global;
use crate::cli::presentation::output::Output;
use crate::cli::presentation::report::{self, Stamp};
use crate::endpoint::{self, Endpoint, HostPort};
use crate::store::Environment;
use crate::verify::TlsVersion;

pub(super) fn run(
    host_port: &HostPort,
    args: &VerifyArgs,
    environment: &Environment,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let now = moment(args)?;
    let trust = authorities::trust(args, environment);
    let (trust, mut checks) = trust.map_err(|failure| name_roots(failure, "clients of this endpoint"))?;
    let (clients, unreadable) = clients(args, environment)?;
    checks.extend(unreadable);
    let host = args.host.as_deref().unwrap_or(host_port.host());
    let versions: Vec<TlsVersion> =
        TlsVersion::ALL.into_iter().filter(|version| args.tls.contains(version)).collect();
    let endpoint = Endpoint {
        host_port,
        host,
        starttls: args.live.starttls.into(),
        trust: &trust,
        clients: &clients,
        versions: &versions,
        limit: Duration::from_secs(args.live.timeout),
        now,
    };
    let start = Instant::now();
    let mut result = endpoint::run(&endpoint);
    let took = start.elapsed();
    result.checks.splice(0..0, checks);
    let title = match &args.roots {
        Some(roots) => format!("{host_port} as {host}, roots of {}", roots.display()),
        None => format!("{host_port} as {host}, root of environment {}", global.env),
    };
    // What an endpoint offers is the answer here, not only what is wrong with it.
    report::show(&result, &title, &Stamp { took, ..Stamp::new(args, now) }, true, output)
}
