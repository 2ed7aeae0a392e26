//! The manifest once for each environment, with its name filled in for `{{ env }}`, and the names held against what
//! the authority may sign.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::places::{self, Claims};
use super::read::{Raw, RawAuthority, RawService};
use super::roles::Decided;
use super::table::{Diagnostics, Spanned};
use super::{
    DeclaredAuthority, DeclaredEnvironment, DeclaredService, Emit, FileCopies, Manifest, OptionSetting,
};
use crate::error::Error;
use crate::pki::{NameConstraints, Span, Subject, SubjectAltName};
use crate::template;

/// Certificates are replaced when they end within this time.
const RENEW_WITHIN_DAYS: i64 = 30;
/// Where emitted files go when nothing says where.
const TO: &str = "deploy/{{ env }}/{{ service }}";
/// How one place becomes several.
const OF_ITS_OWN: &str = "a path of its own, such as one with `{{ env }}` or `{{ service }}` in it";

pub(super) fn expand(
    raw: &Raw,
    roles: &[Decided],
    emits: &[Vec<Spanned<Emit>>],
    diagnostics: &Diagnostics<'_>,
) -> Manifest {
    let claims = Claims::default();
    let environments = raw.environments.iter().map(|name| {
        let fill = Fill { diagnostics, claims: &claims, context: context! { env => &name.value } };
        let authorities: Vec<DeclaredAuthority> =
            raw.authorities.iter().map(|one| authority(raw, one, &name.value, &fill)).collect();
        let services = raw.services.iter().zip(roles).zip(emits).filter_map(|((service, decided), emits)| {
            let context = context! { env => &name.value, service => &service.name.value };
            let fill = Fill { diagnostics, claims: &claims, context };
            let who = format!("service {:?} in environment {:?}", service.name.value, name.value);
            let emits = fill.emits(emits, &who);
            Some(DeclaredService { emits, ..fill.service(raw, service, decided, &authorities, &who)? })
        });
        DeclaredEnvironment { name: name.value.clone(), services: services.collect(), authorities }
    });
    let environments = environments.collect();
    let renew_within = raw.renew_within.unwrap_or(Span::days(RENEW_WITHIN_DAYS));
    Manifest { renew_within, environments }
}

fn authority(raw: &Raw, written: &RawAuthority, environment: &str, fill: &Fill<'_, '_>) -> DeclaredAuthority {
    let domain = match &written.name {
        Some(name) => format!("{environment}.{}", name.value),
        None => environment.to_owned(),
    };
    let organization = written.organization.as_ref().or(raw.organization.as_ref());
    DeclaredAuthority {
        domain,
        organization: organization.and_then(|organization| {
            fill.subject(organization, |text| Subject { organization: Some(text), ..Subject::default() })
        }),
        intermediate: written.intermediate,
        constraints: NameConstraints {
            permitted_dns: fill.parsed(&written.permit_dns, NameConstraints::permit_dns),
            permitted_ip: fill.parsed(&written.permit_ip, str::parse),
        },
        key_type: written.key_type,
        validity: written.validity,
    }
}

/// Fills names in, and notes what does not become a value.
struct Fill<'n, 't> {
    diagnostics: &'n Diagnostics<'t>,
    claims: &'n Claims,
    context: Value,
}

impl Fill<'_, '_> {
    fn text(&self, text: &Spanned<String>) -> Option<String> {
        match template::render("the value", &text.value, &self.context) {
            Ok(filled) => Some(filled),
            Err(error) => {
                let reason = match error {
                    Error::Template { reason, .. } => format!("cannot fill in the template: {reason}"),
                    other => other.to_string(),
                };
                self.diagnostics.add(&text.span, reason, Some("`{{ env }}` or `{{ service }}`".into()));
                None
            }
        }
    }

    /// For what carries its place only by its entry.
    fn plain(&self, text: &str, span: &std::ops::Range<usize>) -> String {
        self.text(&Spanned { value: text.to_owned(), span: span.clone() }).unwrap_or_default()
    }

    /// A part of a subject, as certificates can carry it.
    fn subject(&self, text: &Spanned<String>, subject: impl Fn(String) -> Subject) -> Option<String> {
        let parse = |text: &str| subject(text.to_owned()).check().map(|()| text.to_owned());
        self.one(text, parse).map(|placed| placed.value)
    }

    fn parsed<T>(&self, texts: &[Spanned<String>], parse: impl Fn(&str) -> crate::Result<T>) -> Vec<T> {
        texts.iter().filter_map(|text| self.one(text, &parse).map(|one| one.value)).collect()
    }

    fn one<T>(&self, text: &Spanned<String>, parse: impl Fn(&str) -> crate::Result<T>) -> Option<Spanned<T>> {
        match parse(&self.text(text)?) {
            Ok(value) => Some(Spanned { value, span: text.span.clone() }),
            Err(error) => {
                self.diagnostics.error(&text.span, &error);
                None
            }
        }
    }

    fn service(
        &self,
        raw: &Raw,
        written: &RawService,
        decided: &Decided,
        authorities: &[DeclaredAuthority],
        who: &str,
    ) -> Option<DeclaredService> {
        let label = decided.label.clone()?;
        let constraints = &authorities[decided.authority].constraints;
        let mut names: Vec<SubjectAltName> = Vec::new();
        for text in written.names.iter().flatten() {
            if let Some(name) = self.one(text, str::parse) {
                self.judge(&name, constraints, &authorities[decided.authority].domain);
                names.push(name.value);
            }
        }
        if written.names.is_none() && decided.role.serves() {
            names.extend(default_name(&label, constraints));
        }
        let [certificate, key, ca] = &written.files;
        let path = |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| self.place(text, who));
        Some(DeclaredService {
            name: label,
            authority: decided.authority,
            profile: decided.profile.clone(),
            role: decided.role,
            calls: decided.calls,
            names,
            common_name: written
                .common_name
                .as_ref()
                .and_then(|name| self.subject(name, Subject::common_name)),
            key_type: written.key_type.or(raw.key_type),
            validity: written.validity.or(raw.validity),
            values: written
                .set
                .iter()
                .filter_map(|(key, value)| Some((key.value.clone(), self.text(value)?)))
                .collect(),
            callers: written.callers.as_ref().map(|all| all.iter().map(|one| one.value.clone()).collect()),
            files: FileCopies { certificate: path(certificate), key: path(key), ca: path(ca) },
            emits: vec![],
        })
    }

    /// A name that the authority cannot sign, or that no client takes.
    fn judge(&self, name: &Spanned<SubjectAltName>, constraints: &NameConstraints, authority: &str) {
        if !constraints.permits(&name.value) {
            let error = Error::OutsideConstraints {
                name: name.value.to_string(),
                authority: authority.to_owned(),
                permitted: constraints.to_string(),
            };
            self.diagnostics.error(&name.span, &error);
        }
        if let Some(dns) = name.value.as_dns().filter(|dns| dns.is_too_wide()) {
            self.diagnostics.error(&name.span, &Error::WildcardTooWide { name: dns.to_string() });
        }
    }

    /// The place of a copy, which nothing else has.
    fn place(&self, text: &Spanned<String>, who: &str) -> Option<String> {
        let path = self.path(text)?;
        if let Err(message) = self.claims.file(&path, who) {
            self.diagnostics.add(&text.span, message, Some(OF_ITS_OWN.into()));
            return None;
        }
        Some(path)
    }

    /// A path below the manifest's directory.
    fn path(&self, text: &Spanned<String>) -> Option<String> {
        match places::below(&self.text(text)?) {
            Ok(path) => Some(path),
            Err((message, expected)) => {
                self.diagnostics.add(&text.span, message, Some(expected));
                None
            }
        }
    }

    fn emits(&self, emits: &[Spanned<Emit>], who: &str) -> Vec<Emit> {
        let filled = emits.iter().map(|Spanned { value: emit, span }| {
            let given = |given: &OptionSetting| match given {
                OptionSetting::Text(text) => OptionSetting::Text(self.plain(text, span)),
                OptionSetting::List(texts) => {
                    OptionSetting::List(texts.iter().map(|text| self.plain(text, span)).collect())
                }
                other => other.clone(),
            };
            let to = if emit.to.is_empty() { TO } else { &emit.to };
            let options: BTreeMap<_, _> =
                emit.options.iter().map(|(name, value)| (name.clone(), given(value))).collect();
            let to = self.path(&Spanned { value: to.to_owned(), span: span.clone() }).unwrap_or_default();
            let what = format!("{to}\n{}\n{options:?}", emit.target);
            if let (false, Err(message)) = (to.is_empty(), self.claims.set(&to, what, who)) {
                self.diagnostics.add(span, message, Some(OF_ITS_OWN.into()));
            }
            Emit { target: emit.target.clone(), to, options, line: self.diagnostics.line(span) }
        });
        filled.collect()
    }
}

/// The name of a server of which nothing is said: its own, or where the authority may not sign that, its own below the
/// first domain that it may sign.
fn default_name(label: &crate::pki::Label, constraints: &NameConstraints) -> Option<SubjectAltName> {
    if label.as_san().is_some_and(|san| constraints.permits(&san)) {
        return None;
    }
    let domain = constraints.permitted_dns.first()?;
    format!("{label}.{domain}").parse().ok().map(SubjectAltName::Dns)
}
