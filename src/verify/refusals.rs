//! Connections that must be refused. Each one differs from one that works in a single point, and passes only if the
//! right side refuses it because of that point.

#[cfg(test)]
mod tests;

use super::attempt::{Attempt, PlannedCheck, about};
use super::context::VerifyContext;
use super::negative_fixtures::Twins;
use super::prepared::{PreparedClient, PreparedServer};
use crate::bundle::Identity;
use crate::handshake::TlsVersion;
use crate::handshake::{Expectation, Refusal};
use crate::pki::ExtendedKeyUsage;
use crate::report::Group;

/// Every refusal at every server.
pub(super) fn plan(context: &VerifyContext<'_>) -> Vec<PlannedCheck> {
    let clients = NegativeClients::new(context);
    let mut plan = Vec::new();
    for server in &context.servers {
        let twins = twins(context, server);
        for version in context.scope.versions {
            let reached = context.reached.contains(&(server.place, *version));
            for (refusal, attempt) in attempts(context, server, &clients, &twins, *version) {
                let attempt =
                    if reached || refusal == Refusal::ExpiredServer { attempt } else { Attempt::unreached() };
                plan.push(planned(server, *version, refusal, attempt));
            }
        }
    }
    plan
}

/// Those who call every server; an error is why they cannot.
struct NegativeClients {
    /// With a certificate of a foreign CA.
    foreign: Result<PreparedClient, String>,
    /// With an expired certificate of our CA, and with one that is valid.
    twins: Result<(PreparedClient, PreparedClient), String>,
    /// Trusting the foreign root only.
    distrustful: Result<PreparedClient, String>,
}

impl NegativeClients {
    fn new(context: &VerifyContext<'_>) -> Self {
        let foreign = || context.fixtures.foreign.as_ref().map_err(Clone::clone);
        let with = |client| PreparedClient::new(&context.tls, Some(client), &context.roots);
        Self {
            foreign: foreign().map(|foreign| with(&foreign.client)),
            twins: context
                .fixtures
                .client_twins
                .as_ref()
                .map(|twins| (with(&twins.expired), with(&twins.valid)))
                .map_err(Clone::clone),
            distrustful: foreign().map(|foreign| {
                let roots = context.tls.roots(std::slice::from_ref(foreign.root.certificate()));
                PreparedClient::new(&context.tls, None, &roots)
            }),
        }
    }
}

/// The server as it would be with an expired certificate, and with another valid one.
fn twins<'a>(
    context: &VerifyContext<'a>,
    server: &PreparedServer<'_>,
) -> Result<(PreparedServer<'a>, PreparedServer<'a>), String> {
    let twins = context.fixtures.server_twins.get(server.place).ok_or("there is none to show")?;
    let Twins { expired, valid } = twins.as_ref().map_err(Clone::clone)?;
    let serving =
        |twin| PreparedServer::new(&context.tls, server.place, twin, context.scope.host, &context.roots);
    Ok((serving(expired), serving(valid)))
}

/// How each refusal is tried at one server.
fn attempts(
    context: &VerifyContext<'_>,
    server: &PreparedServer<'_>,
    clients: &NegativeClients,
    twins: &Result<(PreparedServer<'_>, PreparedServer<'_>), String>,
    version: TlsVersion,
) -> Vec<(Refusal, Attempt)> {
    let asking =
        |calling: &PreparedClient| Attempt::call(&server.asking, calling.at(version), server.address());
    let plain =
        |calling: &PreparedClient| Attempt::call(&server.plain, calling.at(version), server.address());
    let mut attempts = Vec::new();
    if server.guarded {
        let as_client = purposes(server.identity).map(|reason| Attempt::Skip(reason.into()));
        attempts.extend([
            (Refusal::NoClientCertificate, asking(&context.nobody)),
            (Refusal::ForeignClient, or_skip(&clients.foreign, asking)),
            (Refusal::WrongPurpose, as_client.unwrap_or_else(|| asking(&server.as_client))),
            (
                Refusal::ExpiredClient,
                signed(
                    context,
                    or_skip(&clients.twins, |(expired, valid)| asking(expired).beside(asking(valid))),
                ),
            ),
        ]);
    }
    let nobody = context.nobody.at(version);
    let wrong_host = Attempt::call(&server.plain, nobody, &server.wrong_address());
    let as_called = |twin: &PreparedServer<'_>| Attempt::call(&twin.plain, nobody, twin.address());
    let expired = or_skip(twins, |(expired, valid)| as_called(expired).beside(as_called(valid)));
    attempts.extend([
        (Refusal::ForeignServer, or_skip(&clients.distrustful, plain)),
        (Refusal::WrongHost, wrong_host),
        (Refusal::ExpiredServer, signed(context, expired)),
    ]);
    attempts
}

fn or_skip<T>(party: &Result<T, String>, attempt: impl FnOnce(&T) -> Attempt) -> Attempt {
    party.as_ref().map_or_else(|reason| Attempt::Skip(reason.clone()), attempt)
}

fn planned(
    server: &PreparedServer<'_>,
    version: TlsVersion,
    refusal: Refusal,
    attempt: Attempt,
) -> PlannedCheck {
    let (id, title, fix) = match refusal {
        Refusal::NoClientCertificate => (
            "no-client-certificate",
            "a client without certificate is refused",
            "let the server require a client certificate",
        ),
        Refusal::ForeignClient | Refusal::ForgedClient => (
            "foreign-client",
            "a client certificate of a foreign CA is refused",
            "remove every other environment's root from the trusted roots",
        ),
        Refusal::WrongPurpose => (
            "server-as-client",
            "the server's own certificate is refused as a client's",
            "issue the server a certificate with serverAuth alone",
        ),
        Refusal::ExpiredClient => (
            "expired-client",
            "an expired client certificate is refused",
            "verify with the CA that signs this environment's certificates, under a trusted root",
        ),
        Refusal::NotAdmitted => (
            "not-admitted",
            "a client that is not in the server's list is refused",
            "let the server check who calls",
        ),
        Refusal::ForeignServer | Refusal::ForgedServer => (
            "untrusted-root",
            "a client that does not trust the root refuses the server",
            "let clients trust this environment's root only",
        ),
        Refusal::WrongHost => (
            "wrong-host",
            "a client that asks for another host refuses the server",
            "issue the server a certificate with the names that it serves, and no others",
        ),
        Refusal::ExpiredServer => (
            "expired-server",
            "an expired server certificate is refused",
            "verify with the CA that signs this environment's certificates, under a trusted root",
        ),
    };
    PlannedCheck {
        id: format!("{id}-{}", version.id()),
        group: Group::Refusal,
        title,
        subject: server.identity.name.clone(),
        about: about(&server.identity.name, None, None, version),
        attempt,
        expectation: Expectation::Refused(refusal),
        fix: fix.into(),
    }
}

/// An expired certificate must be refused for its date alone. webpki looks at the date before it looks for a root,
/// so that an untrusted signer would not be noticed.
fn signed(context: &VerifyContext<'_>, attempt: Attempt) -> Attempt {
    match &context.scope.signer {
        Ok(signer) if !context.scope.trust.anchors.contains(signer.anchor()) => Attempt::Impossible(format!(
            "the CA {:?} is under {:?}, which is not trusted",
            signer.certificate().title(),
            signer.anchor().title()
        )),
        _ => attempt,
    }
}

/// Why a server's certificate may be used by a client, too.
fn purposes(server: &Identity) -> Option<&'static str> {
    match &server.leaf().details.ext_key_usage {
        None => Some("its certificate has no extended key usage, so it is for clients, too"),
        Some(_) if server.leaf().allows(ExtendedKeyUsage::ClientAuth) => {
            Some("its certificate is for clients, too")
        }
        Some(_) => None,
    }
}
