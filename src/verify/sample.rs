//! A PKI in memory for the tests of this module.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{Scope, TlsVersion, negative_fixtures::NegativeFixtures, run_with};
use crate::bundle::{Identity, Trust};
use crate::pki::{Authority, CertificateSpec, KeyAlgorithm, NameConstraints, Role, Subject, Validity};
use crate::report::{Check, Outcome, Report};

/// The time of all tests; long past, so that a look at the machine's clock would be noticed.
pub(crate) const NOW: OffsetDateTime = datetime!(2021-03-04 12:00 UTC);

/// A plain specification, valid from yesterday until tomorrow, to be changed by tests.
pub(crate) fn spec(role: Role, common_name: &str, sans: &[&str]) -> CertificateSpec {
    let key_algorithm = KeyAlgorithm::EcP256;
    CertificateSpec {
        profile: "test".into(),
        role,
        subject: Subject::common_name(common_name),
        sans: sans.iter().map(|san| san.parse().expect("a name of the test")).collect(),
        key_algorithm,
        validity: days(-1, 1),
        key_usage: role.key_usage(key_algorithm),
        ext_key_usage: role.ext_key_usage(),
        path_len: None,
        name_constraints: NameConstraints::default(),
    }
}

pub(crate) fn days(from: i64, to: i64) -> Validity {
    Validity::new(NOW + Duration::days(from), NOW + Duration::days(to)).expect("a validity of the test")
}

pub(crate) fn root(name: &str) -> Authority {
    Authority::root(&CertificateSpec { validity: days(-10, 10), ..spec(Role::RootCa, name, &[]) })
        .expect("a root")
}

/// A leaf under `authority`, known by its common name.
pub(crate) fn identity(authority: &Authority, spec: &CertificateSpec) -> Identity {
    let issued = authority.issue(spec).expect("a leaf");
    let name = spec.subject.common_name.clone().expect("a common name");
    let label = "leaf".parse().expect("a label");
    Identity { name, ..authority.credential(label, issued).into() }
}

/// A root, a server and a client that work.
pub(crate) struct Pki {
    pub(crate) root: Authority,
    pub(crate) trust: Trust,
    pub(crate) servers: Vec<Identity>,
    pub(crate) clients: Vec<Identity>,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let root = root("Root 1");
        let trust = Trust { anchors: vec![root.certificate().clone()], intermediates: vec![] };
        let servers = vec![identity(
            &root,
            &spec(Role::Server, "web", &["web.test.example", "*.w.example", "127.0.0.1"]),
        )];
        let clients = vec![identity(&root, &spec(Role::Client, "backend", &["backend.example"]))];
        Self { root, trust, servers, clients }
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope { signer: Ok(&self.root), ..Scope::new(&self.servers, &self.clients, &self.trust, NOW) }
    }

    pub(crate) fn report(&self) -> Report {
        super::run(&self.scope())
    }

    /// A report with fixtures that was made for this PKI, whatever the scope is by now.
    pub(crate) fn report_with(&self, change: impl FnOnce(&mut NegativeFixtures)) -> Report {
        let mut fixtures = NegativeFixtures::make(&self.scope());
        change(&mut fixtures);
        run_with(&self.scope(), &fixtures, &|_, _| {})
    }
}

/// The checks with this id.
#[track_caller]
pub(crate) fn checks<'a>(report: &'a Report, id: &str) -> Vec<&'a Check> {
    let found: Vec<_> = report.checks.iter().filter(|check| check.id == id).collect();
    assert!(!found.is_empty(), "no check {id} in {:#?}", report.checks);
    found
}

/// Expected and found of the first check with this id, which must have failed.
#[track_caller]
pub(crate) fn failure(report: &Report, id: &str) -> (String, String) {
    match &checks(report, id)[0].outcome {
        Outcome::Failed(why) => {
            assert!(why.fix.is_some(), "{id} has no fix");
            (why.expected.clone().unwrap_or_default(), why.found.clone().unwrap_or_default())
        }
        other => panic!("{id}: {other:?}"),
    }
}

/// Why the first check with this id was skipped.
#[track_caller]
pub(crate) fn skipped(report: &Report, id: &str) -> String {
    match &checks(report, id)[0].outcome {
        Outcome::Skipped { reason } => reason.clone(),
        other => panic!("{id}: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn passed(report: &Report, id: &str) {
    for check in checks(report, id) {
        assert_eq!(check.outcome, Outcome::Passed, "{id}");
    }
}

/// The ids of all failed checks, each once.
pub(crate) fn failed_ids(report: &Report) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for check in &report.checks {
        if matches!(check.outcome, Outcome::Failed(_)) && !ids.contains(&&*check.id) {
            ids.push(&check.id);
        }
    }
    ids
}

/// `id` on each version.
pub(crate) fn on_both(id: &str) -> [String; 2] {
    TlsVersion::ALL.map(|version| format!("{id}-{}", version.id()))
}
