//! Checks that are planned first and then tried all at once.

use super::handshake::{Address, Call, Client, Expectation, Server, all, judge};
use crate::report::{Check, Group, Outcome};

/// A check and how to come to its outcome.
pub(super) struct Planned {
    pub(super) id: String,
    pub(super) group: Group,
    pub(super) title: &'static str,
    pub(super) subject: String,
    pub(super) attempt: Attempt,
    pub(super) expectation: Expectation,
    /// Advice for the case that it fails.
    pub(super) fix: String,
}

/// How to come to an outcome.
pub(super) enum Attempt {
    /// By a connection.
    Call(Box<Call>),
    /// A defect stands in the way of the connection, so the check has failed already.
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
}

/// Connections whose results are held at once, before they are judged: enough to keep every processor busy.
const BATCH: usize = 1024;

/// Makes all connections; the checks have the order of the plan.
pub(super) fn execute(plan: Vec<Planned>) -> Vec<Check> {
    let mut checks = Vec::with_capacity(plan.len());
    let mut plan = plan.into_iter().peekable();
    while plan.peek().is_some() {
        checks.extend(execute_batch(plan.by_ref().take(BATCH)));
    }
    checks
}

fn execute_batch(plan: impl Iterator<Item = Planned>) -> Vec<Check> {
    let mut calls = Vec::new();
    let mut rest = Vec::new();
    for planned in plan {
        let Planned { id, group, title, subject, attempt, expectation, fix } = planned;
        let check = move |outcome: Outcome| Check::new(id, group, title, subject, outcome.with_fix(fix));
        match attempt {
            Attempt::Call(call) => {
                calls.push(*call);
                rest.push((check, Err(expectation)));
            }
            Attempt::Impossible(reason) => {
                let expected = match expectation {
                    Expectation::Accepted | Expectation::Authenticated => {
                        "a connection that both sides accept"
                    }
                    Expectation::Refused(_) => "a connection that can be tried, and is refused",
                };
                rest.push((check, Ok(Outcome::failed(expected, reason))));
            }
            Attempt::Skip(reason) => rest.push((check, Ok(Outcome::skipped(reason)))),
        }
    }
    let exchanges = all(&calls);
    let mut results = calls.iter().zip(&exchanges);
    let mut checks = Vec::with_capacity(rest.len());
    for (check, known) in rest {
        checks.push(match known {
            Ok(outcome) => check(outcome),
            Err(expectation) => {
                let (call, exchange) = results.next().expect("each call has its exchange, in the same order");
                let (outcome, detail) = judge(call, exchange, expectation);
                check(outcome).with_detail(detail).took(exchange.took)
            }
        });
    }
    checks
}
