//! One credential: what there is against what is declared, and every reason to replace it.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};

use super::authorities::Signing;
use super::{Reason, Reconciler, Signers};
use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::manifest::{DeclaredEnvironment, DeclaredService};
use crate::parallel::try_map;
use crate::pki::validity::human_time;
use crate::pki::{
    Certificate, CertificateSpec, ExtendedKeyUsages, Issuer, KeyUsages, Moment, Notice, Span, SubjectAltName,
};
use crate::profile::{Decision, Profile, Request};
use crate::store::{self, StoredCredential, StoredFile};

/// What was found of a credential.
#[derive(Debug, Default)]
pub(super) struct Inspection {
    /// Nothing is there yet.
    pub(super) is_new: bool,
    /// Why it must be replaced; empty where it may stay.
    pub(super) reasons: Vec<Reason>,
    /// The mode of its key, when others can read it.
    pub(super) lax_mode: Option<u32>,
    /// The name by which servers will know it.
    pub(super) principal: Option<String>,
    /// What its owner should know.
    pub(super) notices: Vec<Notice>,
}

/// Clocks count in seconds, and signing takes a moment.
const SLACK: Duration = Duration::seconds(5);

impl Reconciler<'_> {
    /// Every service of an environment, on all processors.
    pub(super) fn inspect_all(
        &self,
        environment: &DeclaredEnvironment,
        signing: &Signers,
    ) -> Result<Vec<Inspection>> {
        let all = try_map(&environment.services, |service| self.inspect(environment, service, signing))?;
        one_name_each(environment, &all)?;
        Ok(all)
    }

    fn inspect(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
        signing: &Signers,
    ) -> Result<Inspection> {
        let store = self.store.environment(&environment.authority_of(service).domain)?;
        let found = store.find(&service.name)?;
        let Some(signing) = &signing[service.authority] else {
            let new = [Reason::new("issuer-changed", "its CA is being replaced")];
            return Ok(match found {
                Some(_) => Inspection { reasons: new.into(), ..Inspection::default() },
                None => Inspection::new(),
            });
        };
        let profile = signing.profile(&service.profile)?;
        let Decision { spec, notices } = self.decide(environment, service, profile, signing)?;
        let principal = spec.subject.common_name.clone();
        let principal = principal.or_else(|| spec.sans.first().map(SubjectAltName::value));
        let Some(found) = found else {
            return Ok(Inspection { principal, notices, ..Inspection::new() });
        };
        let mut inspection =
            Inspection { lax_mode: found.lax_mode, principal, notices, ..Inspection::default() };
        let files = [
            ("certificate", "tls.crt", state(&found.chain)),
            ("key", "tls.key", state(&found.key)),
            ("anchor", "ca.crt", state(&found.anchor)),
        ];
        for (what, file, state) in files {
            inspection.reasons.extend(state.map(|state| state.reason(what, file)));
        }
        let Some(chain) = found.chain.value() else { return Ok(inspection) };
        inspection.reasons.extend(issuer(chain, &found, signing));
        if found.key.value().is_some_and(|key| !chain[0].matches(key)) {
            let text = "tls.key does not match the certificate";
            inspection.reasons.push(Reason::new("key-mismatch", text));
        }
        inspection.reasons.extend(period(
            &chain[0],
            self.lifetime(service, profile),
            self.renew_within(service, profile),
            signing,
            self.now,
        ));
        inspection.reasons.extend(differs(&chain[0], &spec));
        Ok(inspection)
    }

    /// What its certificate would say if it was made now.
    pub(super) fn decide(
        &self,
        environment: &DeclaredEnvironment,
        service: &DeclaredService,
        profile: &Profile,
        signing: &Signing,
    ) -> Result<Decision> {
        let mut request = Request::new(&service.name, &environment.name);
        request.sans.clone_from(&service.names);
        request.common_name.clone_from(&service.common_name);
        request.organization.clone_from(&environment.authority_of(service).organization);
        request.key_algorithm = service.key_type;
        request.not_after = service.validity.map(Moment::In);
        request.values.clone_from(&service.values);
        profile
            .decide(&request, Issuer::of(&signing.chain), self.now)
            .map_err(|error| error.at(format!("service {:?}", service.name.as_str())))
    }

    fn lifetime(&self, service: &DeclaredService, profile: &Profile) -> Span {
        service.validity.unwrap_or(profile.validity)
    }

    /// A certificate that lives for a day cannot be renewed a month before its end: at most a third of its life.
    fn renew_within(&self, service: &DeclaredService, profile: &Profile) -> Duration {
        self.manifest.renew_within.as_duration().min(self.lifetime(service, profile).as_duration() / 3)
    }
}

impl Inspection {
    fn new() -> Self {
        Self { is_new: true, reasons: vec![Reason::new("new", "not created yet")], ..Self::default() }
    }
}

/// Servers tell callers apart by one name each.
fn one_name_each(environment: &DeclaredEnvironment, all: &[Inspection]) -> Result<()> {
    let mut known: BTreeMap<(usize, &str), &DeclaredService> = BTreeMap::new();
    for (service, inspection) in environment.services.iter().zip(all) {
        let Some(principal) = inspection.principal.as_deref().filter(|_| service.calls) else { continue };
        if let Some(other) = known.insert((service.authority, principal), service) {
            return Err(Error::Contradiction {
                reason: format!(
                    "the services {:?} and {:?} have the same name {principal:?} in their certificates: servers cannot tell them apart",
                    other.name.as_str(),
                    service.name.as_str()
                ),
                explanation: Explanation::expected(
                    "a name of its own first in the `names` of each, or a `common_name`",
                ),
            });
        }
    }
    Ok(())
}

/// What is wrong with a file by itself.
enum State {
    Missing,
    Damaged(String),
    Edited,
}

impl State {
    fn reason(self, what: &str, file: &str) -> Reason {
        match (self, what) {
            (Self::Missing, "certificate") => {
                Reason::new("certificate-missing", format!("{file} is missing"))
            }
            (Self::Missing, "key") => Reason::new("key-missing", format!("{file} is missing")),
            (Self::Missing, _) => Reason::new("anchor-missing", format!("{file} is missing")),
            (Self::Damaged(why), _) => Reason::new("damaged", format!("{file} is damaged ({why})")),
            (Self::Edited, _) => Reason::new("edited", format!("{file} was edited by hand")),
        }
    }
}

fn state<T>(file: &StoredFile<T>) -> Option<State> {
    match file {
        StoredFile::Missing => Some(State::Missing),
        StoredFile::Damaged(why) => Some(State::Damaged(why.clone())),
        StoredFile::Whole { edited, .. } => edited.then_some(State::Edited),
    }
}

/// Whether the authority that signs today signed it: by its key, for a CA that was replaced may have the old name.
fn issuer(chain: &[Certificate], found: &StoredCredential, signing: &Signing) -> Option<Reason> {
    let issuer = &signing.chain[0];
    if !chain[0].is_signed_by(issuer) {
        let text = match chain[0].details.issuer == issuer.details.subject {
            true => format!("its CA was replaced: {:?} has a new key", issuer.title()),
            false => format!("CA changes from {:?} to {:?}", chain[0].details.issuer, issuer.details.subject),
        };
        return Some(Reason::new("issuer-changed", text));
    }
    let above = signing.chain.len() - 1;
    if chain[1..] != signing.chain[..above] {
        return Some(Reason::new("chain-changed", "the authorities above it changed"));
    }
    let anchor = found.anchor.value()?;
    (Some(anchor) != signing.chain.last())
        .then(|| Reason::new("anchor-changed", "ca.crt is not the environment's root"))
}

fn period(
    leaf: &Certificate,
    lifetime: Span,
    renew_within: Duration,
    signing: &Signing,
    now: OffsetDateTime,
) -> Option<Reason> {
    let (own, issuer) = (leaf.details.validity, signing.chain[0].details.validity);
    let ends = human_time(own.not_after);
    // One that ends with its issuer gains nothing by being renewed.
    let clamped = own.not_after == issuer.not_after;
    if own.not_after <= now {
        return Some(Reason::new("expired", format!("it expired on {ends}")));
    }
    if own.not_before > now {
        let begins = human_time(own.not_before);
        return Some(Reason::new("not-yet-valid", format!("it is not valid before {begins}")));
    }
    if own.not_after - now <= renew_within && !clamped {
        return Some(Reason::new("expires-soon", format!("it expires on {ends}")));
    }
    // It begins up to an hour before it was made.
    let whole = own.not_after - own.not_before;
    let wanted = lifetime.as_duration();
    let backdated = if own.not_before > issuer.not_before { Duration::HOUR } else { Duration::ZERO };
    let fits = if clamped {
        whole <= wanted + Duration::HOUR + SLACK
    } else {
        (wanted + backdated - SLACK..=wanted + Duration::HOUR + SLACK).contains(&whole)
    };
    (!fits).then(|| Reason::new("specification-changed", format!("validity changes to {lifetime}")))
}

/// What the certificate says against what is declared.
fn differs(leaf: &Certificate, spec: &CertificateSpec) -> Vec<Reason> {
    let details = &leaf.details;
    let changed = |text: String| Reason::new("specification-changed", text);
    let mut reasons = Vec::new();
    let list = |names: &mut dyn Iterator<Item = &SubjectAltName>| -> String {
        names.map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let names = changes(&list(&mut details.sans()), &list(&mut spec.sans.iter()));
    if !names.is_empty() || details.other_names().next().is_some() {
        reasons.push(changed(format!("names change:{names}")));
    }
    if details.subject.common_name() != spec.subject.common_name
        || details.subject.organization() != spec.subject.organization
    {
        let name = spec.subject.common_name.as_deref().unwrap_or("none");
        let organization = spec.subject.organization.as_deref().unwrap_or("none");
        reasons.push(changed(format!("subject changes to CN={name}, O={organization}")));
    }
    if details.key_type != spec.key_algorithm {
        reasons
            .push(changed(format!("key type changes from {} to {}", details.key_type, spec.key_algorithm)));
    }
    let (found, usages) = (details.key_usage.unwrap_or_default(), spec.key_usage.iter().copied().collect());
    if found != usages {
        let changes = changes(&KeyUsages::to_string(&found), &KeyUsages::to_string(&usages));
        reasons.push(changed(format!("key usage changes:{changes}")));
    }
    let purposes: ExtendedKeyUsages = spec.ext_key_usage.iter().copied().collect();
    let found = details.ext_key_usage.clone().unwrap_or_default();
    if !found.is_same_set(&purposes) {
        let changes = changes(&found.to_string(), &purposes.to_string());
        reasons.push(changed(format!("usage changes:{changes}")));
    }
    reasons
}

/// What is new in a list, then what is gone.
fn changes(found: &str, wanted: &str) -> String {
    let [found, wanted] = [found, wanted]
        .map(|list| list.split(", ").filter(|one| !one.is_empty()).collect::<BTreeSet<&str>>());
    let new = wanted.difference(&found).map(|name| format!(" +{name}"));
    let gone = found.difference(&wanted).map(|name| format!(" -{name}"));
    new.chain(gone).collect()
}

/// Why a credential cannot be used.
pub(super) fn trouble(found: &store::StoredCredential) -> Option<String> {
    let states = [
        state(&found.chain).map(|state| state.reason("certificate", "tls.crt")),
        state(&found.key).map(|state| state.reason("key", "tls.key")),
    ];
    states.into_iter().flatten().find(|reason| reason.id != "edited").map(|reason| reason.text)
}
