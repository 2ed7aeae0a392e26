//! `pkictl list`: the certificates, and when they expire.

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::args::ListArgs;
use super::clock;
use super::failure::Failure;
use super::global::{Format, Global};
use super::presentation::hint::{beginning, location};
use super::presentation::output::{BOLD, DIM, GREEN, Output, RED, YELLOW, paint, table};
use crate::cli::presentation::certificate_json;
use crate::error::Result;
use crate::pki::certificate::Details;
use crate::pki::{Certificate, ExtendedKeyUsage, Label};
use crate::store::{Environment, ROOT};

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
        environment.authority_chain(ROOT)?;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip)]
    left: String,
    #[serde(skip_serializing_if = "Option::is_none", flatten, serialize_with = "certificate_json::optional")]
    details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Listing {
    fn new(environment: &Environment, now: OffsetDateTime) -> Self {
        let authorities = environment.authorities().into_iter().map(|name| {
            let certificate = environment.authority_chain(&name).map(|mut chain| chain.swap_remove(0));
            Row::new(name, certificate.map(|certificate| (certificate, true)), now)
        });
        let root = environment.authority_chain(ROOT).ok().and_then(|mut chain| chain.pop());
        let credentials = environment.credentials().into_iter().map(|name: Label| {
            let found = environment.chain(&name).map(|(mut chain, anchor)| {
                let is_under_root = root.as_ref().is_none_or(|root| *root == anchor);
                (chain.swap_remove(0), is_under_root)
            });
            Row::new(name.to_string(), found, now)
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
    /// Of a certificate, and whether it was issued under the environment's root.
    fn new(name: String, found: Result<(Certificate, bool)>, now: OffsetDateTime) -> Self {
        match found {
            Ok((certificate, is_under_root)) => {
                let status = Status::of(&certificate.details, is_under_root, now);
                Self {
                    name,
                    days_left: Some(certificate.details.validity.days_left(now)),
                    status: Some(status),
                    left: status.left(&certificate.details, now),
                    details: Some(certificate.details),
                    error: None,
                }
            }
            Err(error) => Self {
                name,
                days_left: None,
                status: None,
                left: String::new(),
                details: None,
                error: Some(error.to_string()),
            },
        }
    }

    fn cells(&self) -> Vec<String> {
        let Some(details) = &self.details else {
            let error = self.error.as_deref().unwrap_or_default();
            return vec![paint(BOLD, &self.name), paint(RED, format!("unreadable: {error}"))];
        };
        let names: Vec<String> = details.sans().map(|san| san.value()).collect();
        vec![
            paint(BOLD, &self.name),
            use_of(details).to_owned(),
            details.key_type.to_string(),
            details.validity.not_after.date().to_string(),
            self.left.clone(),
            if names.is_empty() { details.subject.to_string() } else { names.join(" ") },
        ]
    }
}

/// The use of a certificate, in one word.
pub(super) fn use_of(details: &Details) -> &'static str {
    if details.basic_constraints.is_some_and(|constraints| constraints.ca) {
        return "ca";
    }
    let has = |usage| details.ext_key_usage.as_ref().is_some_and(|all| all.contains(usage));
    match (has(ExtendedKeyUsage::ServerAuth), has(ExtendedKeyUsage::ClientAuth)) {
        (true, true) => "peer",
        (true, false) => "server",
        (false, true) => "client",
        (false, false) => "any",
    }
}

/// The state of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Valid,
    Expired,
    /// It was not issued under the current root of the environment.
    OtherCa,
    NotYetValid,
}

impl Status {
    /// Its most serious state.
    pub(super) fn of(details: &Details, is_under_root: bool, now: OffsetDateTime) -> Self {
        match &details.validity {
            validity if now > validity.not_after => Self::Expired,
            _ if !is_under_root => Self::OtherCa,
            validity if now < validity.not_before => Self::NotYetValid,
            _ => Self::Valid,
        }
    }

    /// `397 days`, or what is more urgent, colored by urgency.
    pub(super) fn left(self, details: &Details, now: OffsetDateTime) -> String {
        match self {
            Self::Valid => time_left(details.validity.not_after - now),
            Self::Expired => paint(RED, "expired"),
            Self::OtherCa => paint(RED, "other CA"),
            Self::NotYetValid => paint(YELLOW, "not yet valid"),
        }
    }
}

/// The nearest number of days; of hours or minutes if fewer than two days are left.
pub(super) fn time_left(left: Duration) -> String {
    let nearest = |unit: i64| (left.whole_seconds() + unit / 2) / unit;
    let (minutes, hours, days) = (nearest(60), nearest(3_600), nearest(86_400));
    match minutes {
        ..1 => paint(RED, "under a minute"),
        1 => paint(RED, "1 minute"),
        2..120 => paint(RED, format!("{minutes} minutes")),
        120..1_440 => paint(RED, format!("{hours} hours")),
        1_440..2_880 => paint(YELLOW, format!("{hours} hours")),
        _ if days < SOON => paint(YELLOW, format!("{days} days")),
        _ => paint(GREEN, format!("{days} days")),
    }
}
