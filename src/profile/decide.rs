//! A request and a profile become a certificate that is fully decided.

mod names;
mod period;

use minijinja::Value;
use time::{Duration, OffsetDateTime};

use super::{Profile, SubjectTemplate, common_name};
use crate::error::{Error, Result};
use crate::pki::{
    Certificate, CertificateSpec, KeyAlgorithm, Label, Moment, NameConstraints, Notice, Subject,
    SubjectAltName,
};
use crate::template;
use names::{Names, check_names};

/// Apple refuses longer server certificates, under private authorities too (support.apple.com/103769).
const APPLE_MAX: Duration = Duration::days(825);

/// What is asked of a profile. Whatever is absent, the profile decides.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The name that the certificate will be kept under; a host name or an address is a SAN, too.
    pub name: &'a Label,
    /// The environment that it belongs to.
    pub environment: &'a str,
    /// More subject alternative names.
    pub sans: Vec<SubjectAltName>,
    /// Another common name than the profile's.
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
    /// Whether names that no client takes are issued all the same.
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

/// A certificate that is fully decided, and what its owner should know about it.
#[derive(Debug)]
pub struct Decision {
    /// The certificate to sign.
    pub spec: CertificateSpec,
    /// Notes and warnings.
    pub notices: Vec<Notice>,
}

impl Profile {
    /// Decides everything. `issuer` is the authority that will sign and the names that it may sign; a root has none.
    pub fn decide(
        &self,
        request: &Request<'_>,
        issuer: Option<(&Certificate, &NameConstraints)>,
        now: OffsetDateTime,
    ) -> Result<Decision> {
        let mut notices = Vec::new();
        let key_algorithm = request.key_algorithm.unwrap_or(self.key_algorithm);
        let context = self.context(request, issuer.map(|(certificate, _)| certificate))?;
        let constraints = issuer.map(|(_, constraints)| constraints.clone()).unwrap_or_default();
        let authority = issuer.map(|(certificate, _)| certificate.title()).unwrap_or_default();

        let mut names =
            Names { constraints: &constraints, authority: &authority, found: vec![], dropped: vec![] };
        for text in &self.sans {
            let rendered = self.render("sans", text, &context)?;
            if !rendered.is_empty() {
                // What stands there in plain words is the profile's own mistake, not the request's.
                let own = |error: Error| match rendered == *text {
                    true => Error::Syntax {
                        place: format!("profile {}, sans", self.name),
                        reason: error.to_string(),
                    },
                    false => error,
                };
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
        subject.check()?;
        let sans = names.settle(self, request, &mut notices)?;
        let asked = request.common_name.is_some();
        common_name::hold_against(issuer, self.role, &sans, asked, &mut subject)?;
        check_names(&sans, request, &mut notices)?;

        let validity = period::decide(
            self.validity,
            request,
            issuer.map(|(certificate, _)| certificate),
            now,
            &mut notices,
        )?;
        if !self.role.is_authority()
            && validity.not_after - validity.not_before > APPLE_MAX + period::BACKDATE
        {
            notices.push(Notice::Warning(
                "valid for more than 825 days: Apple systems refuse such a certificate, under a private CA too".into(),
            ));
        }
        if key_algorithm == KeyAlgorithm::Ed25519 && self.role.serves() {
            notices.push(Notice::Warning(
                "Ed25519 server certificates fail in Chrome, in Firefox and in the OpenShift router".into(),
            ));
        }
        let mut name_constraints = self.name_constraints.clone();
        name_constraints.permitted_dns.extend(request.name_constraints.permitted_dns.iter().cloned());
        name_constraints.permitted_ip.extend(request.name_constraints.permitted_ip.iter().copied());
        Ok(Decision {
            spec: CertificateSpec {
                profile: self.name.clone(),
                role: self.role,
                subject,
                sans,
                key_algorithm,
                validity,
                key_usage: self.key_usage.clone().unwrap_or_else(|| self.role.key_usage(key_algorithm)),
                ext_key_usage: self.ext_key_usage.clone().unwrap_or_else(|| self.role.ext_key_usage()),
                path_len: self.path_len,
                name_constraints,
            },
            notices,
        })
    }

    /// What the profile's templates may use.
    fn context(&self, request: &Request<'_>, issuer: Option<&Certificate>) -> Result<Value> {
        let mut values: Vec<(String, String)> = vec![
            ("name".into(), request.name.to_string()),
            ("host".into(), request.name.as_san().map(|san| san.value()).unwrap_or_default()),
            ("environment".into(), request.environment.to_owned()),
            (
                "organization".into(),
                request
                    .organization
                    .clone()
                    .or_else(|| issuer.and_then(|issuer| issuer.details.organization.clone()))
                    .unwrap_or_default(),
            ),
        ];
        if let Some((unknown, _)) = request.values.iter().find(|(key, _)| !self.variables.contains_key(key)) {
            return Err(Error::NotFound {
                what: "variable",
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
                    return Err(Error::Missing {
                        what: "profile",
                        name: self.name.clone(),
                        need: format!("a value for {key:?} ({})", variable.help),
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
                None => {
                    subject.common_name = subject.common_name.map(|name| common_name::fit(&name, &suffix))
                }
            }
        }
        if let Some(name) = &request.common_name {
            subject.common_name = Some(name.clone());
        }
        Ok(subject)
    }

    /// The common name of a server equals one of its SANs, or is left out: some clients still look at it first.
    fn tie_common_name(
        &self,
        subject: &mut Subject,
        request: &Request<'_>,
        names: &mut Names<'_>,
    ) -> Result<()> {
        if let Some(asked) = &request.common_name {
            let san: SubjectAltName = asked.parse()?;
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
