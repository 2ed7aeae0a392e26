//! From TOML to what was written, each value with its place. Nothing is held against anything else yet.

use toml::de::{DeTable, DeValue};

use super::table::{Diagnostics, Spanned, SpannedTable, integer};
use crate::error::{Error, ValueKind};
use crate::pki::{KeyAlgorithm, Span};

/// How many services, authorities or entries of `emit` there may be in all environments together.
const MAX_IN_ALL: usize = 100_000;

/// A manifest as written.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) environments: Vec<Spanned<String>>,
    pub(super) organization: Option<Spanned<String>>,
    pub(super) renew_within: Option<Span>,
    pub(super) key_type: Option<KeyAlgorithm>,
    pub(super) validity: Option<Span>,
    pub(super) to: Option<Spanned<String>>,
    /// The environment's own authority, then the named ones.
    pub(super) authorities: Vec<RawAuthority>,
    pub(super) services: Vec<RawService>,
}

/// An authority as written; the environment's own one has no name.
#[derive(Debug, Default, Clone)]
pub(super) struct RawAuthority {
    pub(super) name: Option<Spanned<String>>,
    pub(super) organization: Option<Spanned<String>>,
    pub(super) intermediate: bool,
    pub(super) permit_dns: Vec<Spanned<String>>,
    pub(super) permit_ip: Vec<Spanned<String>>,
    pub(super) key_type: Option<KeyAlgorithm>,
    pub(super) validity: Option<Span>,
}

/// A service as written.
#[derive(Debug)]
pub(super) struct RawService {
    pub(super) name: Spanned<String>,
    pub(super) names: Option<Vec<Spanned<String>>>,
    pub(super) callers: Option<Vec<Spanned<String>>>,
    pub(super) profile: Option<Spanned<String>>,
    pub(super) authority: Option<Spanned<String>>,
    pub(super) common_name: Option<Spanned<String>>,
    pub(super) key_type: Option<KeyAlgorithm>,
    pub(super) validity: Option<Span>,
    pub(super) set: Vec<(Spanned<String>, Spanned<String>)>,
    /// `certificate`, `key`, `ca`.
    pub(super) files: [Option<Spanned<String>>; 3],
    pub(super) emit: Vec<RawEmit>,
}

/// An entry of `emit` as written.
#[derive(Debug)]
pub(super) struct RawEmit {
    pub(super) span: std::ops::Range<usize>,
    pub(super) target: Spanned<String>,
    pub(super) to: Option<Spanned<String>>,
    pub(super) options: Vec<(Spanned<String>, Spanned<RawValue>)>,
}

/// A value that an option may have.
#[derive(Debug, Clone)]
pub(super) enum RawValue {
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<Spanned<String>>),
}

pub(super) fn read(text: &str, diagnostics: &Diagnostics<'_>) -> Raw {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let message = error.message().trim().replace('\n', ", ");
        diagnostics.add(&error.span().unwrap_or(0..0), message, None);
    }
    let top = SpannedTable::new(diagnostics, document.get_ref(), 0..0);
    match top.integer("version") {
        Some(version) if version.value != 1 => {
            diagnostics.add(&version.span, format!("version {} is unknown", version.value), Some("1".into()));
        }
        None if top.has("version").is_none() => {
            diagnostics.add(&top.span, "`version` is missing", Some("`version = 1`".into()));
        }
        _ => {}
    }
    let mut raw = Raw {
        environments: top.strings("environments").unwrap_or_else(|| {
            // Where it stands and is no list, that was said already.
            vec![Spanned { value: "dev".into(), span: top.has("environments").unwrap_or(0..0) }]
        }),
        ..Raw::default()
    };
    if raw.environments.is_empty() {
        let span = top.has("environments").unwrap_or(0..0);
        diagnostics.add(&span, "no environment declared", Some("at least one name, such as \"test\"".into()));
    }
    if let Some(defaults) = top.table("defaults") {
        raw.organization = defaults.string("organization");
        raw.renew_within = span(&defaults, "renew_within");
        raw.key_type = key_type(&defaults);
        raw.validity = lifetime(&defaults);
        raw.to = defaults.string("to");
        defaults.finish("[defaults]");
    }
    match top.table("authority") {
        Some(table) => {
            for (name, table) in table.subtables() {
                raw.authorities.push(authority(&table, Some(name)));
                table.finish("an authority");
            }
            raw.authorities.insert(0, authority(&table, None));
            table.finish("[authority]");
        }
        None => raw.authorities.push(RawAuthority::default()),
    }
    if let Some(table) = top.table("service") {
        for (name, service) in table.subtables() {
            raw.services.push(read_service(name, service, diagnostics));
        }
        for (name, _) in table.others() {
            let message = format!("service {:?} is not a table", name.value);
            diagnostics.add(&name.span, message, Some(format!("`[service.{}]`", name.value)));
        }
    }
    if raw.services.is_empty() {
        diagnostics.add(&(0..0), "no service declared", Some("at least one table `[service.NAME]`".into()));
    }
    let top_environments = top.has("environments").unwrap_or(0..0);
    top.finish("the manifest");
    bound(&mut raw, &top_environments, diagnostics);
    raw
}

/// Everything is kept once for each environment: a short text must not become gigabytes.
fn bound(raw: &mut Raw, span: &std::ops::Range<usize>, diagnostics: &Diagnostics<'_>) {
    let emits = raw.services.iter().map(|service| service.emit.len()).sum();
    let counts =
        [("services", raw.services.len()), ("authorities", raw.authorities.len()), ("`emit` entries", emits)];
    let environments = raw.environments.len();
    for (what, count) in counts {
        let all = environments.saturating_mul(count);
        if all > MAX_IN_ALL {
            let message = format!("{environments} environments with {count} {what} each are {all} {what}");
            diagnostics.add(span, message, Some(format!("at most {MAX_IN_ALL} {what} in all environments")));
            // The rest is still checked, once.
            raw.environments.truncate(1);
        }
    }
}

fn authority(table: &SpannedTable<'_, '_>, name: Option<Spanned<String>>) -> RawAuthority {
    RawAuthority {
        name,
        organization: table.string("organization"),
        intermediate: table.boolean("intermediate").unwrap_or_default(),
        permit_dns: table.strings("permit_dns").unwrap_or_default(),
        permit_ip: table.strings("permit_ip").unwrap_or_default(),
        key_type: key_type(table),
        validity: lifetime(table),
    }
}

fn read_service(
    name: Spanned<String>,
    table: SpannedTable<'_, '_>,
    diagnostics: &Diagnostics<'_>,
) -> RawService {
    let mut service = RawService {
        name,
        names: table.strings("names"),
        callers: table.strings("callers"),
        profile: table.string("profile"),
        authority: table.string("authority"),
        common_name: table.string("common_name"),
        key_type: key_type(&table),
        validity: lifetime(&table),
        set: vec![],
        files: [None, None, None],
        emit: vec![],
    };
    if let Some(set) = table.table("set") {
        for (key, _) in set.others() {
            if let Some(value) = set.string(&key.value) {
                service.set.push((key, value));
            }
        }
    }
    if let Some(files) = table.table("files") {
        service.files = ["certificate", "key", "ca"].map(|key| files.string(key));
        files.finish("`files`");
    }
    for entry in table.tables("emit") {
        service.emit.extend(read_emit(entry, diagnostics));
    }
    table.finish("a service");
    service
}

fn read_emit(entry: SpannedTable<'_, '_>, diagnostics: &Diagnostics<'_>) -> Option<RawEmit> {
    let (target, to) = (entry.string("target"), entry.string("to"));
    let span = entry.span.clone();
    let mut options = Vec::new();
    for (key, value) in entry.others() {
        match raw_value(value) {
            Some(found) => options.push((key, Spanned { value: found, span: value.span() })),
            None => diagnostics.add(
                &value.span(),
                format!("`{}`: not a value for an option", key.value),
                Some("a string, a whole number, true, false, or a list of strings".into()),
            ),
        }
    }
    if target.is_none() && entry.has("target").is_none() {
        diagnostics.add(&span, "an `emit` entry has no `target`", Some("the name of an emitter".into()));
    }
    Some(RawEmit { span, target: target?, to, options })
}

fn raw_value(value: &toml::Spanned<DeValue<'_>>) -> Option<RawValue> {
    match value.get_ref() {
        DeValue::String(text) => Some(RawValue::Text(text.to_string())),
        DeValue::Boolean(flag) => Some(RawValue::Flag(*flag)),
        DeValue::Integer(_) => integer(value.get_ref()).map(RawValue::Integer),
        DeValue::Array(items) => items
            .iter()
            .map(|item| Some(Spanned { value: item.get_ref().as_str()?.to_owned(), span: item.span() }))
            .collect::<Option<_>>()
            .map(RawValue::List),
        _ => None,
    }
}

fn key_type(table: &SpannedTable<'_, '_>) -> Option<KeyAlgorithm> {
    table.parsed("key_type", str::parse).map(|placed| placed.value)
}

fn span(table: &SpannedTable<'_, '_>, key: &str) -> Option<Span> {
    table.parsed(key, str::parse).map(|placed| placed.value)
}

/// How long certificates live. One that has ended already would be replaced by every run.
fn lifetime(table: &SpannedTable<'_, '_>) -> Option<Span> {
    let parse = |text: &str| {
        let span: Span = text.parse()?;
        match span.as_duration().is_positive() {
            true => Ok(span),
            false => Err(Error::Invalid {
                what: ValueKind::Validity,
                value: text.to_owned(),
                reason: "a certificate of this manifest must live for some time".into(),
                expected: Some("a time span above zero, such as 90d".into()),
            }),
        }
    };
    table.parsed("validity", parse).map(|placed| placed.value)
}
