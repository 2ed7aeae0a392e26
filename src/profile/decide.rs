//! A request and a profile become a certificate that is fully decided.

mod names;
mod period;

use minijinja::{Value, context};
use time::OffsetDateTime;

use super::{Profile, SubjectTemplate, common_name};
use crate::error::{Error, Result, ThingKind, ValueKind};
use crate::pki::{
    Certificate, CertificateSpec, Issuer, KeyAlgorithm, Label, Moment, NameConstraints, Notice, Role,
    Subject, SubjectAltName, Subtrees, Validity,
};
use crate::template;
use names::{Names, check_names};

/// What is asked of a profile. Whatever is absent, the profile decides.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The name that the certificate will be kept under; a host name or an address is a SAN, too.
    pub name: &'a Label,
    /// The environment that it belongs to.
    pub environment: &'a str,
    /// More subject alternative names.
    pub sans: Vec<SubjectAltName>,
    /// The common name, instead of the profile's.
    pub common_name: Option<String>,
    /// The organization in the subject.
    pub organization: Option<String>,
    /// Another kind of key.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// Another start than now.
    pub not_before: Option<Moment>,
    /// Another end than the profile's.
    pub not_after: Option<Moment>,
    /// Values for the profile's variables.
    pub values: Vec<(String, String)>,
    /// What an authority may sign.
    pub name_constraints: NameConstraints,
    /// Whether names that no client accepts are issued anyway.
    pub insist: bool,
}

impl<'a> Request<'a> {
    /// A request that leaves everything to the profile.
    pub fn new(name: &'a Label, environment: &'a str) -> Self {
        Self {
            name,
            environment,
            sans: vec![],
            common_name: None,
            organization: None,
            key_algorithm: None,
            not_before: None,
            not_after: None,
            values: vec![],
            name_constraints: NameConstraints::default(),
            insist: false,
        }
    }
}

/// What every template of a profile may use: the name, the SAN that it is, the environment, the organization.
pub(super) const RESERVED: [&str; 4] = ["name", "host", "environment", "organization"];

/// A certificate that is fully decided, and what its owner should know about it.
#[derive(Debug)]
pub struct Decision {
    /// The certificate to sign.
    pub spec: CertificateSpec,
    /// Notes and warnings.
    pub notices: Vec<Notice>,
}

impl Profile {
    /// Decides everything. `issuer` is the authority that will sign; a root has none.
    pub fn decide(
        &self,
        request: &Request<'_>,
        issuer: Option<Issuer<'_>>,
        now: OffsetDateTime,
    ) -> Result<Decision> {
        let mut notices = Vec::new();
        let key_algorithm = request.key_algorithm.unwrap_or(self.key_algorithm);
        let key_usage = self.key_usage.clone().unwrap_or_else(|| self.role.key_usage(key_algorithm));
        self.fits(key_algorithm, &key_usage)?;
        let context = self.context(request, issuer.map(|issuer| issuer.certificate))?;

        let mut names = Names { issuer, found: vec![], dropped: vec![] };
        for text in &self.sans {
            let rendered = self.render("sans", text, &context)?;
            if !rendered.is_empty() {
                let own = |error: Error| error.at(format!("profile {}, sans", self.name));
                names.offer(rendered.parse().map_err(own)?);
            }
        }
        for san in &request.sans {
            names.require(san.clone())?;
        }
        let mut subject = self.subject(request, &context)?;
        if self.role.serves() {
            self.tie_common_name(&mut subject, request, &mut names)?;
        }
        subject.check().map_err(|error| self.own_unless_requested(error, request))?;
        let sans = names.settle(self, request, &mut notices)?;
        let asked = request.common_name.is_some();
        common_name::hold_against(issuer, self.role, &sans, asked, &mut subject)?;
        if let Some(issuer) = issuer.filter(|_| !self.role.is_authority()) {
            common_name::refuse_own_name(issuer, &subject)?;
        }
        check_names(&sans, request, &mut notices)?;

        let above = issuer.map(|issuer| issuer.certificate);
        let validity = period::decide(self.validity, request, above, now, &mut notices)?;
        if !self.role.is_authority() && validity.length() > Validity::APPLE_MAX {
            notices.push(Notice::Warning(
                "valid for more than 825 days: Apple systems refuse such a certificate, under a private CA too".into(),
            ));
        }
        if key_algorithm == KeyAlgorithm::Ed25519 && self.role.serves() {
            notices.push(Notice::Warning(
                "Ed25519 server certificates fail in Chrome, in Firefox and in the OpenShift router".into(),
            ));
        }
        Ok(Decision {
            spec: CertificateSpec {
                profile: self.name.clone(),
                role: self.role,
                subject,
                sans,
                key_algorithm,
                validity,
                key_usage,
                ext_key_usage: self.ext_key_usage.clone().unwrap_or_else(|| self.role.ext_key_usage()),
                path_len: self.path_len,
                name_constraints: self.constraints(request, issuer)?,
            },
            notices,
        })
    }

    /// What an authority may sign: no more than its issuer, whose constraints it repeats where none are asked for, because
    /// Java ignores those of a trust anchor.
    fn constraints(&self, request: &Request<'_>, issuer: Option<Issuer<'_>>) -> Result<NameConstraints> {
        let mut wanted = self.name_constraints.clone();
        wanted.permitted_dns.extend(request.name_constraints.permitted_dns.iter().cloned());
        wanted.permitted_ip.extend(request.name_constraints.permitted_ip.iter().copied());
        match issuer {
            Some(issuer) if self.role.is_authority() && wanted.is_empty() => {
                Ok(issuer.constraints().map(Subtrees::to_requested).unwrap_or_default())
            }
            Some(issuer) => issuer.require_narrower(&wanted).map(|()| wanted),
            None => Ok(wanted),
        }
    }

    /// What the profile's templates may use.
    fn context(&self, request: &Request<'_>, issuer: Option<&Certificate>) -> Result<Value> {
        let organization = match &request.organization {
            Some(name) => name.trim().to_owned(),
            None => issuer.and_then(|issuer| issuer.details.subject.organization()).unwrap_or_default(),
        };
        let own = [
            // The name of a client is its identity; only as a SAN it has to be a host's.
            if self.role == Role::Client { request.name.to_unicode() } else { request.name.to_string() },
            request.name.as_san().map(|san| san.value()).unwrap_or_default(),
            request.environment.to_owned(),
            organization,
        ];
        let mut values: Vec<(String, String)> = RESERVED.map(str::to_owned).into_iter().zip(own).collect();
        if let Some((unknown, _)) = request.values.iter().find(|(key, _)| !self.variables.contains_key(key)) {
            return Err(Error::NotFound {
                what: ThingKind::Variable,
                name: unknown.clone(),
                place: format!("profile {:?}", self.name),
                known: self.variables.keys().cloned().collect(),
            });
        }
        let plain = Value::from_pairs(values.iter().cloned());
        for (key, variable) in &self.variables {
            let given =
                request.values.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone());
            let value = match (given, &variable.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.render(key, default, &plain)?,
                (None, None) => {
                    return Err(Error::MissingValue {
                        what: ThingKind::Profile,
                        name: self.name.clone(),
                        key: key.clone(),
                        help: variable.help.clone(),
                    });
                }
            };
            values.push((key.clone(), value));
        }
        Ok(Value::from_pairs(values))
    }

    fn render(&self, what: &str, source: &str, context: &Value) -> Result<String> {
        template::render(&format!("profile {}, {what}", self.name), source, context)
            .map(|text| text.trim().to_owned())
    }

    fn subject(&self, request: &Request<'_>, context: &Value) -> Result<Subject> {
        let field = |what: &str, source: &Option<String>| -> Result<Option<String>> {
            let text = source.as_ref().map(|source| self.render(what, source, context)).transpose()?;
            Ok(text.filter(|text| !text.is_empty()))
        };
        let SubjectTemplate { country, organization, organizational_unit, common_name } = &self.subject;
        let mut subject = Subject {
            country: field("country", country)?,
            organization: field("organization", organization)?,
            organizational_unit: field("organizational_unit", organizational_unit)?,
            common_name: field("common_name", common_name)?,
            serial_number: None,
        };
        if self.role.is_authority() {
            // A new key under an old name makes Firefox refuse everything (SEC_ERROR_REUSED_ISSUER_AND_SERIAL).
            let suffix = crate::pki::hex(&crate::pki::random_bytes::<3>()?);
            match &request.common_name {
                Some(_) => subject.serial_number = Some(suffix),
                None => subject.common_name = self.authority_name(context, &suffix)?,
            }
        }
        if let Some(name) = &request.common_name {
            subject.common_name = Some(name.clone());
        }
        Ok(subject)
    }

    /// What is wrong with a subject, at the profile where the request did not ask for it.
    fn own_unless_requested(&self, error: Error, request: &Request<'_>) -> Error {
        let Error::Invalid { value, .. } = &error else { return error };
        let mut requested = [&request.common_name, &request.organization].into_iter().flatten();
        let is_name = [request.name.to_string(), request.name.to_unicode()].contains(value);
        match is_name || requested.any(|one| one == value) {
            true => error,
            false => error.at(format!("profile {}, subject", self.name)),
        }
    }

    /// The common name of an authority, and the suffix. The organization in it gives way where both are too long: what
    /// tells authorities apart is behind it.
    fn authority_name(&self, context: &Value, suffix: &str) -> Result<Option<String>> {
        let Some(source) = &self.subject.common_name else { return Ok(None) };
        let mut name = self.render("common_name", source, context)?;
        let (excess, organization) =
            (common_name::excess(&name, suffix), context.get_attr("organization").ok());
        let organization = organization.as_ref().and_then(Value::as_str).unwrap_or_default();
        if excess > 0 && !organization.is_empty() {
            let room = organization.chars().count().saturating_sub(excess).max(1);
            let short: String = organization.chars().take(room).collect();
            let shorter = context! { organization => short.trim_end(), ..context.clone() };
            name = self.render("common_name", source, &shorter)?;
        }
        Ok(Some(name).filter(|name| !name.is_empty()).map(|name| common_name::fit(&name, suffix)))
    }

    /// The common name of a server equals one of its SANs, or is left out: some clients still look at it first.
    fn tie_common_name(
        &self,
        subject: &mut Subject,
        request: &Request<'_>,
        names: &mut Names<'_>,
    ) -> Result<()> {
        if let Some(asked) = &request.common_name {
            let san: SubjectAltName =
                asked.parse().map_err(|error: Error| error.about(ValueKind::CommonName))?;
            subject.common_name = Some(san.value());
            return names.require(san);
        }
        let values: Vec<String> = names.found.iter().map(|san| san.value()).collect();
        let own = subject.common_name.take().filter(|name| values.contains(name));
        let hosts = names.found.iter().filter_map(SubjectAltName::as_dns).map(ToString::to_string);
        subject.common_name = own.into_iter().chain(hosts).find(|name| name.len() <= Subject::MAX_LENGTH);
        Ok(())
    }
}
