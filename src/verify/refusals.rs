//! Connections that must be refused. Each one differs from one that works in a single point, and passes only if the
//! right side refuses it because of that point.

#[cfg(test)]
mod tests;

use super::TlsVersion;
use super::attempt::{Attempt, Planned};
use super::handshake::{Address, Client, Expectation, Refusal};
use super::party::{Serving, calling};
use super::plan::Stage;
use crate::bundle::Identity;
use crate::pki::ExtendedKeyUsage;
use crate::report::Group;

/// A host that no certificate names (RFC 6761, section 6.4).
pub(super) const WRONG_HOST: &str = "wrong-host.pkictl.invalid";

/// Every refusal at every server.
pub(super) fn plan(stage: &Stage<'_>) -> Vec<Planned> {
    let scope = stage.scope;
    let say = |reason: &String| reason.clone();
    let foreign = stage.material.foreign.as_ref().map_err(say);
    let foreign_client =
        foreign.clone().map(|foreign| calling(&stage.tls, Some(&foreign.client), scope, &stage.roots));
    let distrustful = foreign.map(|foreign| {
        let roots = stage.tls.roots(std::slice::from_ref(foreign.root.certificate()));
        calling(&stage.tls, None, scope, &roots)
    });
    let expired_client = stage.material.expired_client.as_ref().map_err(say);
    let expired_client = expired_client.map(|client| calling(&stage.tls, Some(client), scope, &stage.roots));
    let expired_servers: Vec<Result<Serving<'_>, String>> = stage
        .servers
        .iter()
        .map(|server| {
            // `Material` has them in the order of the scope, which here lacks those without a key.
            let place = scope.servers.iter().position(|one| std::ptr::eq(one, server.identity));
            let expired = place.and_then(|place| stage.material.expired_servers.get(place));
            let expired = expired.ok_or("there is none to show")?.as_ref().map_err(say)?;
            Ok(Serving::new(&stage.tls, expired, scope, &stage.roots))
        })
        .collect();
    let wrong_host = Address::host(WRONG_HOST);

    let mut plan = Vec::new();
    for ((place, server), expired_server) in stage.servers.iter().enumerate().zip(&expired_servers) {
        for (nth, version) in scope.versions.iter().enumerate() {
            let own = server.address();
            let nth_of = |clients: &Result<super::party::Calling, String>,
                          to_call: &dyn Fn(&Result<Client, String>) -> Attempt| {
                match clients {
                    Ok(clients) => clients.get(nth).map_or_else(not_tried, |(_, client)| to_call(client)),
                    Err(reason) => Attempt::Skip(reason.clone()),
                }
            };
            let asking = |client: &Result<Client, String>| Attempt::call(&server.asking, client, own);
            let plain = |client: &Result<Client, String>| Attempt::call(&server.plain, client, own);
            let nobody = || stage.nobody.get(nth).map(|(_, client)| client);
            let mut add = |refusal, attempt| {
                let reached = stage.reached.contains(&(place, *version)) || refusal == Refusal::ExpiredServer;
                let attempt = if reached { attempt } else { unreached() };
                plan.push(planned(server, *version, refusal, attempt));
            };
            if !scope.server_auth_only {
                add(Refusal::NoClientCertificate, nobody().map_or_else(not_tried, asking));
                add(Refusal::ForeignClient, nth_of(&foreign_client, &asking));
                let as_client = match purposes(server.identity) {
                    Some(reason) => Attempt::Skip(reason.into()),
                    None => server.as_client.get(nth).map_or_else(not_tried, |(_, client)| asking(client)),
                };
                add(Refusal::WrongPurpose, as_client);
                add(Refusal::ExpiredClient, signed(stage, || nth_of(&expired_client, &asking)));
            }
            add(Refusal::ForeignServer, nth_of(&distrustful, &plain));
            add(
                Refusal::WrongHost,
                nobody().map_or_else(not_tried, |client| Attempt::call(&server.plain, client, &wrong_host)),
            );
            let expired = || match (expired_server, nobody()) {
                (Ok(expired), Some(client)) => Attempt::call(&expired.plain, client, expired.address()),
                (Err(reason), _) => Attempt::Skip(reason.clone()),
                (_, None) => not_tried(),
            };
            add(Refusal::ExpiredServer, signed(stage, expired));
        }
    }
    plan
}

/// Every client of another environment at every server.
pub(super) fn environments(stage: &Stage<'_>) -> Vec<Planned> {
    let scope = stage.scope;
    let mut plan = Vec::new();
    if scope.server_auth_only {
        return plan;
    }
    for other in scope.others {
        let callers: Vec<_> = other
            .clients
            .iter()
            .map(|client| (client, calling(&stage.tls, Some(client), scope, &stage.roots)))
            .collect();
        for (place, server) in stage.servers.iter().enumerate() {
            for (client, versions) in &callers {
                for (version, calling) in versions {
                    let attempt = match unfit(client, stage) {
                        _ if !stage.reached.contains(&(place, *version)) => unreached(),
                        Some(reason) => Attempt::Skip(reason.into()),
                        None => Attempt::call(&server.asking, calling, server.address()),
                    };
                    plan.push(Planned {
                        id: format!("other-environment-{}", version.id()),
                        group: Group::Environment,
                        title: "a client of another environment is refused",
                        subject: format!("{} <- {}/{}", server.identity.name, other.name, client.name),
                        attempt,
                        expectation: Expectation::Refused(stranger(client, stage)),
                        fix: format!(
                            "let each environment have a root of its own, and trust no root of {} here",
                            other.name
                        ),
                    });
                }
            }
        }
        if callers.is_empty() {
            plan.extend(stage.servers.iter().map(|server| Planned {
                id: "other-environment".into(),
                group: Group::Environment,
                title: "a client of another environment is refused",
                subject: format!("{} <- {}", server.identity.name, other.name),
                attempt: Attempt::Skip(format!("environment {} has no client", other.name)),
                expectation: Expectation::Refused(Refusal::ForeignClient),
                fix: String::new(),
            }));
        }
    }
    plan
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
        Refusal::ForeignServer => (
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
fn signed(stage: &Stage<'_>, attempt: impl FnOnce() -> Attempt) -> Attempt {
    match &stage.scope.signer {
        Ok(signer) if !stage.scope.trust.anchors.contains(signer.anchor()) => Attempt::Impossible(format!(
            "the CA {:?} stands under {:?}, which is not trusted",
            signer.certificate().title(),
            signer.anchor().title()
        )),
        _ => attempt(),
    }
}

/// How a stranger must be refused: if its CA has the name of one of ours, only the signature can tell them apart.
fn stranger(client: &Identity, stage: &Stage<'_>) -> Refusal {
    let issuer = client.chain.last().map(|last| &last.details.issuer);
    let twin = stage.scope.trust.anchors.iter().any(|root| Some(&root.details.subject) == issuer);
    if twin { Refusal::ForgedClient } else { Refusal::ForeignClient }
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

fn unreached() -> Attempt {
    Attempt::Skip("no client accepts this server at all, so a refusal would prove nothing".into())
}

fn not_tried() -> Attempt {
    Attempt::Skip("it was not tried".into())
}
