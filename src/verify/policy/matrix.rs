//! Every pair of caller and callee, and the connections that prove what is declared of it.

use super::prepared::{PreparedEnvironment, PreparedService, enforcing};
use crate::handshake::TlsVersion;
use crate::handshake::{Expectation, Refusal};
use crate::policy::Callers;
use crate::report::policy::{Cell, Declared, Verdict};
use crate::report::{About, Group};
use crate::verify::attempt::{Attempt, PlannedCheck, about};
use crate::verify::context::VerifyContext;
use crate::verify::cross_environment::{Eligibility, names_issuer_of};
use crate::verify::prepared::{PreparedClient, PreparedServer};

/// Who has the root and no certificate, in the subjects of checks.
const VISITOR: &str = "a visitor";

const MAY: &str = "a declared caller gets through by its certificate";
const OPEN: &str = "any client that trusts the root gets through";
const MAY_NOT: &str = "an undeclared caller is refused";
const NO_VISITOR: &str = "a visitor without certificate is refused";
const NO_SERVER: &str = "a certificate for servers is refused as a caller's";
pub(super) const REFUSES: &str = "a caller of another domain refuses the server";
pub(super) const NO_STRANGER: &str =
    "a caller of another domain is refused, even if it trusts the server's root";

const LIST: &str = "apply the manifest, so that the server allows exactly the declared callers";
const ROOTS: &str = "let each domain's services trust only the root of that domain";

/// All cells, row by row, and their connections. Cells count checks from `first` on; their verdicts are not known yet.
pub(super) fn plan(realm: &PreparedEnvironment<'_>, first: usize) -> (Vec<Cell>, Vec<PlannedCheck>) {
    let (mut cells, mut plan) = (Vec::new(), Vec::new());
    for caller in realm.members.iter().map(Some).chain([None]) {
        for callee in realm.members.iter().filter(|member| member.service.serves) {
            let declared = declared(caller, callee);
            let start = first + plan.len();
            plan.extend(pair(realm, caller, callee, declared));
            cells.push(Cell {
                caller: caller.map(|caller| caller.service.name.clone()),
                callee: callee.service.name.clone(),
                declared,
                verdict: Verdict::Unknown,
                checks: (start..first + plan.len()).collect(),
            });
        }
    }
    (cells, plan)
}

/// What the manifest says. A service without list is open to those who trust its root, and no service trusts two.
fn declared(caller: Option<&PreparedService<'_>>, callee: &PreparedService<'_>) -> Declared {
    match (&callee.service.declared, caller) {
        (Callers::Anyone, Some(caller)) if is_stranger(caller, callee) => Declared::MayNot,
        (Callers::Anyone, _) => Declared::Open,
        (Callers::Only(names), Some(caller)) if names.contains(&caller.service.name) => Declared::May,
        (Callers::Only(_), _) => Declared::MayNot,
    }
}

fn is_stranger(caller: &PreparedService<'_>, callee: &PreparedService<'_>) -> bool {
    caller.service.domain != callee.service.domain
}

fn pair(
    realm: &PreparedEnvironment<'_>,
    caller: Option<&PreparedService<'_>>,
    callee: &PreparedService<'_>,
    declared: Declared,
) -> Vec<PlannedCheck> {
    let name = caller.map_or(VISITOR, |one| &one.service.name);
    let subject = format!("{} <- {name}", callee.service.name);
    let cannot = || format!("{} cannot serve", callee.service.name);
    let (context, server) =
        match obstacle(caller, callee).map_or_else(|| realm.serving(callee).ok_or_else(cannot), Err) {
            Ok(found) => found,
            Err(reason) => return vec![untried(declared, subject, reason)],
        };
    let mut plan = Vec::new();
    for (nth, version) in context.scope.versions.iter().enumerate() {
        let pair = Pair { context, server, version: *version, subject: &subject, caller: name };
        match (declared, caller) {
            (Declared::Open, None) => plan.push(pair.open(&context.nobody)),
            // The server asks for no certificate: which caller it is makes no difference on other versions.
            (Declared::Open, Some(caller)) if nth == 0 => plan.extend(caller.own().map(|own| pair.open(own))),
            (Declared::Open, Some(_)) => {}
            (Declared::May, Some(caller)) => plan.extend(caller.own().map(|own| pair.may(own))),
            (Declared::MayNot, Some(caller)) if is_stranger(caller, callee) => {
                plan.extend(pair.stranger(realm, caller, callee));
            }
            (Declared::MayNot, Some(caller)) => {
                plan.extend(caller.own().map(|own| pair.may_not(caller, own)))
            }
            (Declared::May | Declared::MayNot, None) => plan.push(pair.visitor()),
        }
    }
    plan
}

/// Why a pair cannot be tried.
fn obstacle(caller: Option<&PreparedService<'_>>, callee: &PreparedService<'_>) -> Option<String> {
    let absent = |member: &PreparedService<'_>| {
        let reason = member.identity.as_ref().err()?;
        Some(format!("{}: {reason}", member.service.name))
    };
    let unknown = || Some(format!("{}: {}", callee.service.name, callee.service.admits.as_ref().err()?));
    absent(callee).or_else(unknown).or_else(|| absent(caller?))
}

fn untried(declared: Declared, subject: String, reason: String) -> PlannedCheck {
    let (id, title, expectation) = match declared {
        Declared::May => ("policy-may", MAY, Expectation::Authenticated),
        Declared::Open => ("policy-open", OPEN, Expectation::Accepted),
        Declared::MayNot => ("policy-may-not", MAY_NOT, Expectation::Refused(Refusal::NotAdmitted)),
    };
    let attempt = Attempt::Skip(reason);
    let (id, group, fix) = (id.into(), Group::Policy, LIST.into());
    PlannedCheck { id, group, title, subject, about: About::default(), attempt, expectation, fix }
}

/// A caller and a server that enforces what was applied, on one version.
struct Pair<'a> {
    context: &'a VerifyContext<'a>,
    server: &'a PreparedServer<'a>,
    version: TlsVersion,
    subject: &'a str,
    /// Who calls, as in the subject.
    caller: &'a str,
}

impl Pair<'_> {
    fn may(&self, calling: &PreparedClient) -> PlannedCheck {
        self.planned("policy-may", MAY, self.call(calling), Expectation::Authenticated, LIST)
    }

    fn open(&self, calling: &PreparedClient) -> PlannedCheck {
        let fix =
            "apply the manifest, so that the server has its own files and asks for no client certificate";
        self.planned("policy-open", OPEN, self.call(calling), Expectation::Accepted, fix)
    }

    fn visitor(&self) -> PlannedCheck {
        let fix = "apply the manifest, so that the server requires a client certificate";
        self.refused(NO_VISITOR, self.call(&self.context.nobody), Refusal::NoClientCertificate, fix)
    }

    /// With a certificate of the server's own domain.
    fn may_not(&self, caller: &PreparedService<'_>, calling: &PreparedClient) -> PlannedCheck {
        match caller.eligibility {
            Eligibility::ServerOnly => {
                self.refused(NO_SERVER, self.call(calling), Refusal::WrongPurpose, LIST)
            }
            Eligibility::Client | Eligibility::Unfit(_) => {
                self.refused(MAY_NOT, self.fit(caller, Some(calling)), Refusal::NotAdmitted, LIST)
            }
        }
    }

    /// With a certificate of another domain: the caller refuses the server; and a server that declares callers refuses
    /// the caller, too, even if that one has been given the server's root.
    fn stranger(
        &self,
        realm: &PreparedEnvironment<'_>,
        caller: &PreparedService<'_>,
        callee: &PreparedService<'_>,
    ) -> Vec<PlannedCheck> {
        let twin_server =
            realm.context(caller).is_some_and(|home| names_issuer_of(self.server.identity, home.scope.trust));
        let refuses = if twin_server { Refusal::ForgedServer } else { Refusal::ForeignServer };
        let mut plan = vec![self.refused(REFUSES, self.fit(caller, caller.own()), refuses, ROOTS)];
        if matches!(callee.service.declared, Callers::Only(_)) {
            let twin =
                caller.identity.as_ref().is_ok_and(|one| names_issuer_of(one, self.context.scope.trust));
            let (title, refusal) = match caller.eligibility {
                // Purposes are looked at before issuers.
                Eligibility::ServerOnly => (NO_SERVER, Refusal::WrongPurpose),
                _ if twin => (NO_STRANGER, Refusal::ForgedClient),
                _ => (NO_STRANGER, Refusal::ForeignClient),
            };
            let here = self.fit(caller, caller.calling(callee.service.domain));
            plan.push(self.refused(title, here, refusal, ROOTS));
        }
        plan
    }

    fn call(&self, calling: &PreparedClient) -> Attempt {
        Attempt::call(enforcing(self.server), calling.at(self.version), self.server.address())
    }

    /// A call, unless the caller would be refused in its own domain as well.
    fn fit(&self, caller: &PreparedService<'_>, calling: Option<&PreparedClient>) -> Attempt {
        match (&caller.eligibility, calling) {
            (Eligibility::Client | Eligibility::ServerOnly, Some(calling)) => self.call(calling),
            (Eligibility::Unfit(reason), _) => Attempt::Skip(format!(
                "{} is accepted nowhere, so a refusal would prove nothing: {reason}",
                caller.service.name
            )),
            (_, None) => Attempt::Skip(format!("{} cannot call", caller.service.name)),
        }
    }

    fn refused(&self, title: &'static str, attempt: Attempt, refusal: Refusal, fix: &str) -> PlannedCheck {
        let reached = self.context.reached.contains(&(self.server.place, self.version));
        let attempt = if reached { attempt } else { Attempt::unreached() };
        self.planned("policy-may-not", title, attempt, Expectation::Refused(refusal), fix)
    }

    fn planned(
        &self,
        id: &str,
        title: &'static str,
        attempt: Attempt,
        expectation: Expectation,
        fix: &str,
    ) -> PlannedCheck {
        PlannedCheck {
            id: format!("{id}-{}", self.version.id()),
            group: Group::Policy,
            title,
            subject: self.subject.to_owned(),
            about: about(&self.server.identity.name, Some(self.caller), None, self.version),
            attempt,
            expectation,
            fix: fix.to_owned(),
        }
    }
}
