//! Checks that are planned first and then tried all at once.

use crate::handshake::TlsVersion;
use crate::handshake::{Address, Call, Client, Exchange, Expectation, Refusal, Server, all, judge};
use crate::report::{About, Check, Group, Outcome};

/// A check and how to come to its outcome.
pub(super) struct PlannedCheck {
    pub(super) id: String,
    pub(super) group: Group,
    pub(super) title: &'static str,
    pub(super) subject: String,
    pub(super) about: About,
    pub(super) attempt: Attempt,
    pub(super) expectation: Expectation,
    /// Advice for the case that it fails.
    pub(super) fix: String,
}

/// How to come to an outcome.
pub(super) enum Attempt {
    /// By a connection.
    Call(Box<Call>),
    /// By a connection that proves something only if another one works, which differs from it in one point.
    Beside {
        /// The connection.
        call: Box<Call>,
        /// The one that must work.
        control: Box<Call>,
    },
    /// A defect makes the connection impossible, so the check has failed already.
    Impossible(String),
    /// It cannot be tried, or would prove nothing.
    Skip(String),
}

impl Attempt {
    /// A connection, if all that it needs could be prepared.
    pub(super) fn call(
        server: &Result<Server, String>,
        client: &Result<Client, String>,
        address: &Result<Address, String>,
    ) -> Self {
        match (server, client, address) {
            (Ok(server), Ok(client), Ok(address)) => Self::Call(Box::new(Call::new(server, client, address))),
            (Err(reason), ..) | (_, Err(reason), _) | (.., Err(reason)) => Self::Impossible(reason.clone()),
        }
    }

    /// This attempt, beside one that must work.
    pub(super) fn beside(self, control: Self) -> Self {
        match (self, control) {
            (Self::Call(call), Self::Call(control)) => Self::Beside { call, control },
            (Self::Call(_), Self::Impossible(reason)) => Self::Skip(without_control(&reason)),
            (attempt, _) => attempt,
        }
    }

    /// No client gets far enough to be refused.
    pub(super) fn unreached() -> Self {
        Self::Skip("no client accepts this server at all, so a refusal would prove nothing".into())
    }
}

/// What a check is about: who serves, who calls, as which host, on which version.
pub(crate) fn about(server: &str, client: Option<&str>, host: Option<&str>, version: TlsVersion) -> About {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    About {
        server: Some(server.to_owned()),
        client: owned(client),
        host: owned(host),
        tls: Some(version.number()),
    }
}

/// Connections whose results are held at once, before they are judged: enough to keep every processor busy.
const BATCH: usize = 1024;

/// Is told how many checks of how many are done.
pub(super) type Progress<'a> = &'a dyn Fn(usize, usize);

/// Makes all connections; the checks have the order of the plan.
pub(super) fn execute(plan: Vec<PlannedCheck>, progress: Progress<'_>) -> Vec<Check> {
    let all = plan.len();
    let mut checks = Vec::with_capacity(all);
    let mut plan = plan.into_iter().peekable();
    while plan.peek().is_some() {
        checks.extend(execute_batch(plan.by_ref().take(BATCH)));
        progress(checks.len(), all);
    }
    checks
}

/// What is left of a plan when its connections have been taken out.
enum Judgement {
    /// The outcome is known.
    Known(Outcome),
    /// It belongs to the next connection.
    Next(Expectation),
    /// The next connection must work; then it belongs to the one after it.
    AfterControl(Expectation),
}

fn execute_batch(plan: impl Iterator<Item = PlannedCheck>) -> Vec<Check> {
    let mut calls = Vec::new();
    let mut rest = Vec::new();
    for planned in plan {
        let PlannedCheck { id, group, title, subject, about, attempt, expectation, fix } = planned;
        let check =
            move |outcome: Outcome| Check::new(id, group, title, subject, outcome.with_fix(fix)).about(about);
        let judgement = match attempt {
            Attempt::Call(call) => {
                calls.push(*call);
                Judgement::Next(expectation)
            }
            Attempt::Beside { call, control } => {
                calls.extend([*control, *call]);
                Judgement::AfterControl(expectation)
            }
            Attempt::Impossible(reason) => {
                Judgement::Known(Outcome::failed(what_was_expected(expectation), reason))
            }
            Attempt::Skip(reason) => Judgement::Known(Outcome::skipped(reason)),
        };
        rest.push((check, judgement));
    }
    let exchanges = all(&calls);
    let mut results = calls.iter().zip(&exchanges);
    let mut next = || results.next().expect("each call has its exchange, in the same order");
    let mut checks = Vec::with_capacity(rest.len());
    for (check, judgement) in rest {
        let (expectation, control) = match judgement {
            Judgement::Known(outcome) => {
                checks.push(check(outcome));
                continue;
            }
            Judgement::Next(expectation) => (expectation, None),
            Judgement::AfterControl(expectation) => (expectation, Some(next())),
        };
        let (call, exchange) = next();
        let (outcome, detail) = judge(call, exchange, expectation);
        let outcome = control.and_then(|(call, exchange)| obstacle(call, exchange)).unwrap_or(outcome);
        checks.push(check(outcome).with_detail(detail).took(exchange.took));
    }
    checks
}

fn what_was_expected(expectation: Expectation) -> &'static str {
    match expectation {
        Expectation::Accepted | Expectation::Authenticated => "a connection that both sides accept",
        Expectation::Refused(_) => "a connection that can be tried, and is refused",
    }
}

/// A control that does not work. A server that admits by a list looks at the list last, so a client that is refused for not
/// standing there has a sound certificate.
fn obstacle(call: &Call, exchange: &Exchange) -> Option<Outcome> {
    let not_admitted = Expectation::Refused(Refusal::NotAdmitted);
    if judge(call, exchange, not_admitted).0 == Outcome::Passed {
        return None;
    }
    match judge(call, exchange, Expectation::Accepted).0 {
        Outcome::Passed => None,
        Outcome::Failed(why) => Some(Outcome::skipped(without_control(&why.found.unwrap_or_default()))),
        Outcome::Skipped { reason } => Some(Outcome::skipped(without_control(&reason))),
    }
}

fn without_control(found: &str) -> String {
    format!("its twin that is valid now is not accepted either, so a refusal would prove nothing: {found}")
}
