//! `pkictl list`: what there is, and how long it lasts.

use serde::Serialize;
use time::OffsetDateTime;

use super::args::{Format, Global, ListArgs};
use super::clock;
use super::failure::Failure;
use super::hint::{beginning, location};
use super::output::{BOLD, DIM, GREEN, Output, RED, YELLOW, paint, table};
use crate::error::Result;
use crate::pki::certificate::Details;
use crate::pki::{Certificate, Label};
use crate::store::Environment;

/// Fewer days are shown as a warning.
const SOON: i64 = 30;

pub(super) fn run(args: &ListArgs, global: &Global, output: &Output) -> std::result::Result<(), Failure> {
    let store = global.store();
    let now = clock::now()?;
    let names = if args.all_environments { store.environments() } else { vec![global.env.clone()] };
    let mut environments = Vec::new();
    for name in &names {
        let environment = store.environment(name)?;
        // An environment that was named must exist; of all, those that exist are listed.
        environment.authority_chain(crate::store::ROOT)?;
        environments.push(Listing::new(&environment, now));
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct All {
            environments: Vec<Listing>,
        }
        return output.json(&All { environments });
    }
    let mut text = String::new();
    for (index, listing) in environments.iter().enumerate() {
        if args.all_environments {
            text += &format!("{}{}\n", if index > 0 { "\n" } else { "" }, paint(BOLD, &listing.environment));
        }
        text += &listing.table();
    }
    output.data(&text)?;
    if environments.is_empty() {
        output.next(&beginning(global));
    } else if environments.iter().all(|listing| listing.credentials.is_empty()) {
        output.next(&format!("pkictl issue server NAME{}", location(global)));
    }
    Ok(())
}

#[derive(Serialize)]
struct Listing {
    environment: String,
    authorities: Vec<Row>,
    credentials: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Listing {
    fn new(environment: &Environment, now: OffsetDateTime) -> Self {
        let authorities = environment.authorities().into_iter().map(|name| {
            let certificate = environment.authority_chain(&name).map(|mut chain| chain.swap_remove(0));
            Row::new(name, certificate, now)
        });
        let credentials = environment.credentials().into_iter().map(|name: Label| {
            let certificate = environment.chain(&name).map(|(mut chain, _)| chain.swap_remove(0));
            Row::new(name.to_string(), certificate, now)
        });
        Self {
            environment: environment.name().to_owned(),
            authorities: authorities.collect(),
            credentials: credentials.collect(),
        }
    }

    fn table(&self) -> String {
        let header = ["NAME", "USE", "KEY", "EXPIRES", "LEFT", "NAMES"];
        let mut rows = vec![header.iter().map(|title| paint(DIM, title)).collect::<Vec<String>>()];
        rows.extend(self.authorities.iter().chain(&self.credentials).map(Row::cells));
        table(&rows)
    }
}

impl Row {
    fn new(name: String, certificate: Result<Certificate>, now: OffsetDateTime) -> Self {
        match certificate {
            Ok(certificate) => Self {
                name,
                days_left: Some(certificate.details.validity.days_left(now)),
                details: Some(certificate.details),
                error: None,
            },
            Err(error) => Self { name, days_left: None, details: None, error: Some(error.to_string()) },
        }
    }

    fn cells(&self) -> Vec<String> {
        let Some(details) = &self.details else {
            let error = self.error.as_deref().unwrap_or_default();
            return vec![paint(BOLD, &self.name), paint(RED, format!("unreadable: {error}"))];
        };
        let names: Vec<String> = details.sans.iter().map(|san| san.value()).collect();
        vec![
            paint(BOLD, &self.name),
            use_of(details).to_owned(),
            details.key_type.clone(),
            details.validity.not_after.date().to_string(),
            days_left(self.days_left.unwrap_or_default()),
            if names.is_empty() { details.subject.clone() } else { names.join(" ") },
        ]
    }
}

/// What a certificate is for, in one word.
pub(super) fn use_of(details: &Details) -> &'static str {
    if details.basic_constraints.is_some_and(|constraints| constraints.ca) {
        return "ca";
    }
    let has =
        |usage: &str| details.ext_key_usage.as_ref().is_some_and(|all| all.iter().any(|one| one == usage));
    match (has("serverAuth"), has("clientAuth")) {
        (true, true) => "peer",
        (true, false) => "server",
        (false, true) => "client",
        (false, false) => "any",
    }
}

/// `397 days`, `expired`, coloured by urgency.
pub(super) fn days_left(days: i64) -> String {
    match days {
        ..0 => paint(RED, "expired"),
        0 => paint(RED, "today"),
        1 => paint(YELLOW, "1 day"),
        2..SOON => paint(YELLOW, format!("{days} days")),
        _ => paint(GREEN, format!("{days} days")),
    }
}
