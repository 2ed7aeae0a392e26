//! Connections that must be refused. Each one differs from one that works in a single point, and passes only if the
//! right side refuses it because of that point.

#[cfg(test)]
mod tests;

use super::TlsVersion;
use super::attempt::{Attempt, Planned};
use super::handshake::{Address, Expectation, Refusal};
use super::party::{Calling, Serving};
use super::plan::Stage;
use crate::bundle::{Identity, Trust};
use crate::pki::ExtendedKeyUsage;
use crate::report::Group;

/// A host that no certificate names (RFC 6761, section 6.4).
pub(super) const WRONG_HOST: &str = "wrong-host.pkictl.invalid";

/// Every refusal at every server.
pub(super) fn plan(stage: &Stage<'_>) -> Vec<Planned> {
    let guests = Guests::new(stage);
    let mut plan = Vec::new();
    for server in &stage.servers {
        let expired = expired_twin(stage, server);
        for version in stage.scope.versions {
            let reached = stage.reached.contains(&(server.place, *version));
            for (refusal, attempt) in attempts(stage, server, &guests, &expired, *version) {
                let attempt =
                    if reached || refusal == Refusal::ExpiredServer { attempt } else { unreached() };
                plan.push(planned(server, *version, refusal, attempt));
            }
        }
    }
    plan
}

/// Every client of another environment at every server.
pub(super) fn environments(stage: &Stage<'_>) -> Vec<Planned> {
    let scope = stage.scope;
    let mut plan = Vec::new();
    for other in scope.others.iter().filter(|_| !scope.server_auth_only) {
        let planned = |id: String, subject, attempt, refusal| Planned {
            id,
            group: Group::Environment,
            title: "a client of another environment is refused",
            subject,
            attempt,
            expectation: Expectation::Refused(refusal),
            fix: format!(
                "let each environment have a root of its own, and trust no root of {} here",
                other.name
            ),
        };
        if other.clients.is_empty() {
            plan.extend(stage.servers.iter().map(|server| {
                let subject = format!("{} <- {}", server.identity.name, other.name);
                let skip = Attempt::Skip(format!("environment {} has no client", other.name));
                planned("other-environment".into(), subject, skip, Refusal::ForeignClient)
            }));
        }
        for client in &other.clients {
            let calling = Calling::new(&stage.tls, Some(client), &stage.roots);
            for server in &stage.servers {
                for version in scope.versions {
                    let attempt = match unfit(client, stage) {
                        _ if !stage.reached.contains(&(server.place, *version)) => unreached(),
                        Some(reason) => Attempt::Skip(reason.into()),
                        None => Attempt::call(&server.asking, calling.at(*version), server.address()),
                    };
                    let subject = format!("{} <- {}/{}", server.identity.name, other.name, client.name);
                    let id = format!("other-environment-{}", version.id());
                    plan.push(planned(id, subject, attempt, stranger(client, stage)));
                }
            }
        }
    }
    plan
}

/// Those who call every server; an error is why they cannot.
struct Guests {
    /// With a certificate of a foreign CA.
    foreign: Result<Calling, String>,
    /// With an expired certificate of our CA.
    expired: Result<Calling, String>,
    /// Trusting the foreign root only.
    distrustful: Result<Calling, String>,
}

impl Guests {
    fn new(stage: &Stage<'_>) -> Self {
        let foreign = || stage.material.foreign.as_ref().map_err(Clone::clone);
        let with = |client| Calling::new(&stage.tls, Some(client), &stage.roots);
        Self {
            foreign: foreign().map(|foreign| with(&foreign.client)),
            expired: stage.material.expired_client.as_ref().map(with).map_err(Clone::clone),
            distrustful: foreign().map(|foreign| {
                let roots = stage.tls.roots(std::slice::from_ref(foreign.root.certificate()));
                Calling::new(&stage.tls, None, &roots)
            }),
        }
    }
}

/// The server as it would be with an expired certificate.
fn expired_twin<'a>(stage: &Stage<'a>, server: &Serving<'_>) -> Result<Serving<'a>, String> {
    let expired = stage.material.expired_servers.get(server.place).ok_or("there is none to show")?;
    let expired = expired.as_ref().map_err(Clone::clone)?;
    Ok(Serving::new(&stage.tls, server.place, expired, stage.scope.host, &stage.roots))
}

/// How each refusal is tried at one server.
fn attempts(
    stage: &Stage<'_>,
    server: &Serving<'_>,
    guests: &Guests,
    expired: &Result<Serving<'_>, String>,
    version: TlsVersion,
) -> Vec<(Refusal, Attempt)> {
    let asking = |calling: &Calling| Attempt::call(&server.asking, calling.at(version), server.address());
    let plain = |calling: &Calling| Attempt::call(&server.plain, calling.at(version), server.address());
    let mut attempts = Vec::new();
    if server.guarded {
        let as_client = purposes(server.identity).map(|reason| Attempt::Skip(reason.into()));
        attempts.extend([
            (Refusal::NoClientCertificate, asking(&stage.nobody)),
            (Refusal::ForeignClient, or_skip(&guests.foreign, asking)),
            (Refusal::WrongPurpose, as_client.unwrap_or_else(|| asking(&server.as_client))),
            (Refusal::ExpiredClient, signed(stage, or_skip(&guests.expired, asking))),
        ]);
    }
    let nobody = stage.nobody.at(version);
    let wrong_host = Attempt::call(&server.plain, nobody, &Address::host(WRONG_HOST));
    let expired = or_skip(expired, |expired| Attempt::call(&expired.plain, nobody, expired.address()));
    attempts.extend([
        (Refusal::ForeignServer, or_skip(&guests.distrustful, plain)),
        (Refusal::WrongHost, wrong_host),
        (Refusal::ExpiredServer, signed(stage, expired)),
    ]);
    attempts
}

fn or_skip<T>(party: &Result<T, String>, attempt: impl FnOnce(&T) -> Attempt) -> Attempt {
    party.as_ref().map_or_else(|reason| Attempt::Skip(reason.clone()), attempt)
}

fn planned(server: &Serving<'_>, version: TlsVersion, refusal: Refusal, attempt: Attempt) -> Planned {
    let (id, title, fix) = match refusal {
        Refusal::NoClientCertificate => (
            "no-client-certificate",
            "a client without certificate is refused",
            "let the server require a client certificate",
        ),
        Refusal::ForeignClient | Refusal::ForgedClient => (
            "foreign-client",
            "a client certificate of a foreign CA is refused",
            "take every root out of the trusted ones that is not this environment's",
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
            "let the server look at who calls",
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
    Planned {
        id: format!("{id}-{}", version.id()),
        group: Group::Refusal,
        title,
        subject: server.identity.name.clone(),
        attempt,
        expectation: Expectation::Refused(refusal),
        fix: fix.into(),
    }
}

/// An expired certificate must be refused for its date alone. webpki looks at the date before it looks for a root,
/// so that a signer that nobody trusts would not be noticed.
fn signed(stage: &Stage<'_>, attempt: Attempt) -> Attempt {
    match &stage.scope.signer {
        Ok(signer) if !stage.scope.trust.anchors.contains(signer.anchor()) => Attempt::Impossible(format!(
            "the CA {:?} stands under {:?}, which is not trusted",
            signer.certificate().title(),
            signer.anchor().title()
        )),
        _ => attempt,
    }
}

/// How a stranger must be refused: if its CA has the name of one of ours, only the signature can tell them apart.
fn stranger(client: &Identity, stage: &Stage<'_>) -> Refusal {
    if names_issuer_of(client, stage.scope.trust) { Refusal::ForgedClient } else { Refusal::ForeignClient }
}

/// Whether a chain ends below a name that a root of `trust` has, whoever signed it.
pub(super) fn names_issuer_of(identity: &Identity, trust: &Trust) -> bool {
    let issuer = identity.chain.last().map(|last| &last.details.issuer);
    trust.anchors.iter().any(|root| Some(&root.details.subject) == issuer)
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

/// Why a stranger would be refused for another reason than being one.
fn unfit(client: &Identity, stage: &Stage<'_>) -> Option<&'static str> {
    if client.key.is_none() {
        Some("there is no private key for this client")
    } else if !client.leaf().is_valid_at(stage.scope.now) {
        Some("this client's certificate is not valid now, so a refusal would prove nothing")
    } else if !client.leaf().allows(ExtendedKeyUsage::ClientAuth) {
        Some("this certificate is not for clients, so a refusal would prove nothing")
    } else {
        None
    }
}

pub(super) fn unreached() -> Attempt {
    Attempt::Skip("no client accepts this server at all, so a refusal would prove nothing".into())
}
