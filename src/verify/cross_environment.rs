//! A client of one environment at a server of another one: it must be refused because its CA is a stranger here, which is
//! proven only by a client that its own environment accepts.

use time::OffsetDateTime;

use super::attempt::Attempt;
use super::context::VerifyContext;
use super::prepared::{PreparedClient, PreparedServer};
use crate::bundle::{Identity, Trust};
use crate::handshake::TlsVersion;
use crate::handshake::{ClientVerdict, Refusal, Roots, Tls};

/// What its own trust domain says of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Eligibility {
    /// A client.
    Client,
    /// Not a client: its certificate is for servers.
    ServerOnly,
    /// It would be refused everywhere, for this reason, so that its refusal proves nothing.
    Unfit(String),
}

impl Eligibility {
    /// The opinion of those who trust `home`.
    pub(super) fn of(
        identity: &Identity,
        tls: &Tls,
        home: &Result<Roots, String>,
        now: OffsetDateTime,
    ) -> Self {
        if let Err(reason) = tls.credentials(identity) {
            return Self::Unfit(reason);
        }
        match home.as_ref().map(|roots| roots.opinion(identity, now)) {
            Ok(ClientVerdict::Taken) => Self::Client,
            Ok(ClientVerdict::WrongPurpose) => Self::ServerOnly,
            Ok(ClientVerdict::Refused(reason)) => Self::Unfit(reason),
            Err(reason) => Self::Unfit(reason.clone()),
        }
    }

    /// Why a refusal of this client would prove nothing.
    pub(super) fn obstacle(&self) -> Option<String> {
        match self {
            Self::Client => None,
            Self::ServerOnly => {
                Some("its certificate is not for clients, so a refusal would prove nothing".into())
            }
            Self::Unfit(reason) => Some(format!(
                "nothing shows that its own environment accepts it, so a refusal would prove nothing: {reason}"
            )),
        }
    }
}

/// How a client that its own environment accepts is tried at one server.
pub(super) fn attempt(
    context: &VerifyContext<'_>,
    server: &PreparedServer<'_>,
    calling: &PreparedClient,
    version: TlsVersion,
) -> Attempt {
    if context.reached.contains(&(server.place, version)) {
        Attempt::call(&server.asking, calling.at(version), server.address())
    } else {
        Attempt::unreached()
    }
}

/// How a stranger must be refused: if its CA has the name of one of ours, only the signature can tell them apart.
pub(super) fn refusal(client: &Identity, context: &VerifyContext<'_>) -> Refusal {
    if names_issuer_of(client, context.scope.trust) { Refusal::ForgedClient } else { Refusal::ForeignClient }
}

/// Whether a chain ends below a name that a root of `trust` has, no matter who signed it.
pub(super) fn names_issuer_of(identity: &Identity, trust: &Trust) -> bool {
    let issuer = identity.chain.last().map(|last| &last.details.issuer);
    trust.anchors.iter().any(|root| Some(&root.details.subject) == issuer)
}
