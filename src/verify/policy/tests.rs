//! Each thing that can go wrong shows in its cells and checks, and in no others.

use super::run;
use crate::bundle::{Identity, Trust};
use crate::explanation::Explanation;
use crate::handshake::TlsVersion;
use crate::pki::{Authority, CertificateSpec, KeyAlgorithm, PrivateKey, Role};
use crate::policy::{Callers, Policy, PolicyEnvironment, PolicyService, TrustDomain};
use crate::report::policy::{Cell, Declared, EnvironmentReport, PolicyReport, Verdict};
use crate::report::{Check, Group, Outcome};
use crate::verify::sample::{NOW, days, identity, root, spec};

/// `name role callers`: `*` is open, `-` does not serve.
const SHOP: [&str; 4] = [
    "storefront peer *",
    "rest-api peer storefront,backoffice",
    "database server rest-api",
    "backoffice client -",
];

fn policy(environments: Vec<PolicyEnvironment>) -> Policy {
    Policy { environments }
}

fn shop(name: &str) -> PolicyEnvironment {
    environment(name, &[(name, &root(&format!("Root of {name}")), &SHOP)])
}

/// Services under the root of their domain, applied.
fn environment(name: &str, domains: &[(&str, &Authority, &[&str])]) -> PolicyEnvironment {
    let mut services = Vec::new();
    for (place, (_, root, lines)) in domains.iter().enumerate() {
        services.extend(lines.iter().map(|line| service(root, place, line)));
    }
    let calls = |name: &String| {
        services
            .iter()
            .any(|one: &PolicyService| matches!(&one.declared, Callers::Only(names) if names.contains(name)))
    };
    let calling: Vec<bool> = services.iter().map(|one| calls(&one.name)).collect();
    for (service, calls) in services.iter_mut().zip(calling) {
        service.calls = calls;
    }
    let domains = domains.iter().map(|(name, root, _)| domain(name, root)).collect();
    PolicyEnvironment { name: name.into(), domains, services }
}

fn domain(name: &str, root: &Authority) -> TrustDomain {
    let trust = Trust { anchors: vec![root.certificate().clone()], intermediates: vec![] };
    TrustDomain { name: name.into(), trust, signer: Ok(twin(root)) }
}

/// The same authority again.
fn twin(root: &Authority) -> Authority {
    let key = PrivateKey::from_pkcs8(root.key().pkcs8_der().clone(), "a test").expect("its key");
    Authority::from_parts(root.certificate().clone(), vec![], key).expect("the same root")
}

fn service(root: &Authority, domain: usize, line: &str) -> PolicyService {
    let [name, role, callers] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    let declared = match callers {
        "*" | "-" => Callers::Anyone,
        names => only(&names.split(',').collect::<Vec<_>>()),
    };
    let identity = leaf(root, name, role.parse().expect("a role"));
    PolicyService {
        name: name.into(),
        domain,
        identity: Ok(identity),
        serves: callers != "-",
        calls: false,
        admits: Ok(declared.clone()),
        declared,
    }
}

fn leaf(root: &Authority, name: &str, role: Role) -> Identity {
    identity(root, &spec(role, name, &[&format!("{name}.example")]))
}

fn only(names: &[&str]) -> Callers {
    Callers::Only(names.iter().map(|name| (*name).to_owned()).collect())
}

fn verify(policy: &Policy) -> PolicyReport {
    run(policy, &TlsVersion::ALL, NOW)
}

/// What a shop's report says after a change.
#[track_caller]
fn after(change: impl FnOnce(&mut PolicyEnvironment)) -> EnvironmentReport {
    let mut environment = shop("test");
    change(&mut environment);
    verify(&policy(vec![environment])).environments.pop().expect("one environment")
}

fn at<'a>(environment: &'a mut PolicyEnvironment, name: &str) -> &'a mut PolicyService {
    environment.services.iter_mut().find(|one| one.name == name).expect("a service of the test")
}

/// The cells with a verdict, as `callee <- caller`.
fn cells(report: &EnvironmentReport, verdict: Verdict) -> Vec<String> {
    let name = |cell: &Cell| format!("{} <- {}", cell.callee, cell.caller.as_deref().unwrap_or("*"));
    report.cells.iter().filter(|cell| cell.verdict == verdict).map(name).collect()
}

/// The failed checks that stand in no cell, each once, as `id subject`.
fn failures(report: &EnvironmentReport) -> Vec<String> {
    let in_cells: Vec<usize> = report.cells.iter().flat_map(|cell| cell.checks.clone()).collect();
    let failed =
        report.checks.iter().enumerate().filter(|(place, check)| {
            matches!(check.outcome, Outcome::Failed(_)) && !in_cells.contains(place)
        });
    let mut names: Vec<String> = failed.map(|(_, check)| format!("{} {}", check.id, check.subject)).collect();
    names.dedup();
    names
}

fn checks<'a>(report: &'a EnvironmentReport, callee: &str, caller: &str) -> Vec<&'a Check> {
    let cell = report
        .cells
        .iter()
        .find(|one| one.callee == callee && one.caller.as_deref().unwrap_or("*") == caller);
    cell.expect("a cell").checks.iter().map(|place| &report.checks[*place]).collect()
}

#[track_caller]
fn found(check: &Check) -> &str {
    match &check.outcome {
        Outcome::Failed(Explanation { found: Some(found), fix: Some(_), .. }) => found,
        other => panic!("{}: {other:?}", check.id),
    }
}

#[track_caller]
fn reason(check: &Check) -> &str {
    match &check.outcome {
        Outcome::Skipped { reason } => reason,
        other => panic!("{}: {other:?}", check.id),
    }
}

const NONE: [&str; 0] = [];

#[test]
fn what_is_applied_as_declared_holds_everywhere() {
    let report = verify(&policy(vec![shop("test"), shop("prod")]));
    for check in report.environments.iter().flat_map(|one| &one.checks) {
        assert_eq!(check.outcome, Outcome::Passed, "{check:#?}");
    }
    for one in &report.environments {
        assert_eq!(one.cells.len(), 5 * 3);
        assert!(one.cells.iter().all(|cell| cell.verdict == Verdict::Holds), "{:?}", one.cells);
    }
    let one = &report.environments[0];
    let declared = |wanted| -> Vec<String> {
        let cells = one.cells.iter().filter(|cell| cell.declared == wanted);
        cells.map(|cell| format!("{} <- {}", cell.callee, cell.caller.as_deref().unwrap_or("*"))).collect()
    };
    assert_eq!(
        declared(Declared::May),
        ["rest-api <- storefront", "database <- rest-api", "rest-api <- backoffice"]
    );
    assert_eq!(declared(Declared::Open).len(), 5);
    let groups: Vec<Group> = report.flat().groups().iter().map(|(group, _)| *group).collect();
    assert_eq!(groups, [Group::Policy, Group::Static, Group::Handshake, Group::Refusal, Group::Environment]);
}

#[test]
fn every_cell_is_proven_by_the_right_side_for_the_right_reason() {
    let report = after(|_| {});
    let ends = |callee: &str, caller: &str| -> Vec<String> {
        let parts = checks(&report, callee, caller).into_iter();
        parts
            .map(|check| {
                assert_eq!(check.outcome, Outcome::Passed);
                let detail = check.detail.rsplit_once(", ").map_or("", |(words, _)| words);
                format!("{} {detail}", check.id)
            })
            .collect()
    };
    assert_eq!(
        ends("rest-api", "storefront"),
        ["policy-may-tls13 TLS 1.3, X25519", "policy-may-tls12 TLS 1.2, X25519"]
    );
    let refused = |alert: &str| {
        [("13", "3"), ("12", "2")].map(|(id, version)| {
            format!("policy-may-not-tls{id} TLS 1.{version}, refused by the server with {alert}")
        })
    };
    assert_eq!(ends("database", "backoffice"), refused("access_denied"));
    assert_eq!(ends("database", "database"), refused("unsupported_certificate"));
    assert_eq!(ends("database", "*"), refused("certificate_required"));
    assert_eq!(ends("storefront", "*").len(), 2);
    assert_eq!(ends("storefront", "database"), ["policy-open-tls13 TLS 1.3, X25519"]);
}

#[test]
fn an_edge_that_is_declared_and_not_applied_fails_alone() {
    let report = after(|shop| at(shop, "database").declared = only(&["rest-api", "backoffice"]));
    assert_eq!(cells(&report, Verdict::Fails), ["database <- backoffice"]);
    assert_eq!(failures(&report), NONE);
    assert_eq!(
        found(checks(&report, "database", "backoffice")[0]),
        "client: received the alert access_denied; server: this caller is not on the list of allowed callers"
    );
}

#[test]
fn an_edge_that_is_applied_and_not_declared_any_more_fails_alone() {
    let report = after(|shop| at(shop, "rest-api").declared = only(&["storefront"]));
    assert_eq!(cells(&report, Verdict::Fails), ["rest-api <- backoffice"]);
    assert_eq!(failures(&report), NONE);
    let [first, second] = checks(&report, "rest-api", "backoffice")[..] else { panic!("two versions") };
    assert_eq!(found(first), "client: accepted; server: accepted");
    assert_eq!(found(second), "client: accepted; server: accepted");
}

#[test]
fn every_single_edge_shows_in_its_own_cell_whichever_side_it_is_missing_on() {
    let names = ["storefront", "rest-api", "backoffice"];
    for callee in ["rest-api", "database"] {
        for caller in names {
            let toggle = |callers: &mut Callers| {
                let Callers::Only(list) = callers else { panic!("a list") };
                match list.iter().position(|one| one == caller) {
                    Some(place) => drop(list.remove(place)),
                    None => list.push(caller.into()),
                }
            };
            let expected = [format!("{callee} <- {caller}")];
            let report = after(|shop| toggle(&mut at(shop, callee).declared));
            assert_eq!(cells(&report, Verdict::Fails), expected);
            let report = after(|shop| toggle(at(shop, callee).admits.as_mut().expect("applied")));
            assert_eq!(cells(&report, Verdict::Fails), expected);
            assert_eq!(failures(&report), NONE);
        }
    }
}

#[test]
fn a_server_that_was_opened_or_closed_without_apply_fails_for_all_whom_it_concerns() {
    let report = after(|shop| at(shop, "rest-api").admits = Ok(Callers::Anyone));
    let callers = ["storefront", "rest-api", "database", "backoffice", "*"];
    assert_eq!(cells(&report, Verdict::Fails), callers.map(|caller| format!("rest-api <- {caller}")));
    assert!(found(checks(&report, "rest-api", "storefront")[0]).contains("did not ask for a certificate"));
    let report = after(|shop| at(shop, "rest-api").declared = Callers::Anyone);
    assert_eq!(
        cells(&report, Verdict::Fails),
        ["rest-api <- rest-api", "rest-api <- database", "rest-api <- *"]
    );
}

#[test]
fn an_empty_list_lets_nobody_in() {
    let report = after(|shop| {
        at(shop, "database").admits = Ok(only(&[]));
        at(shop, "database").declared = only(&[]);
    });
    assert_eq!(cells(&report, Verdict::Fails), NONE);
    assert_eq!(checks(&report, "database", "rest-api")[0].title, "an undeclared caller is refused");
}

#[test]
fn a_caller_with_a_swapped_key_fails_where_it_must_get_through_and_proves_nothing_elsewhere() {
    let swap = |shop: &mut PolicyEnvironment| {
        let identity = at(shop, "backoffice").identity.as_mut().expect("an identity");
        identity.key = Some(PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key"));
    };
    let report = after(swap);
    assert_eq!(cells(&report, Verdict::Fails), ["storefront <- backoffice", "rest-api <- backoffice"]);
    assert_eq!(cells(&report, Verdict::Unknown), ["database <- backoffice"]);
    assert_eq!(failures(&report), ["key-matches backoffice"]);
    let words = "the private key does not belong to the certificate";
    assert!(found(checks(&report, "rest-api", "backoffice")[0]).contains(words));
    assert_eq!(
        reason(checks(&report, "database", "backoffice")[0]),
        format!(
            "backoffice is accepted nowhere, so a refusal would prove nothing: backoffice cannot be loaded: {words}"
        )
    );
}

#[test]
fn an_expired_leaf_fails_as_caller_and_as_server() {
    let report = after(|shop| {
        let Ok(signer) = &shop.domains[0].signer else { panic!("a signer") };
        let old =
            CertificateSpec { validity: days(-3, -2), ..spec(Role::Peer, "rest-api", &["rest-api.example"]) };
        let old = identity(signer, &old);
        at(shop, "rest-api").identity = Ok(old);
    });
    assert_eq!(
        cells(&report, Verdict::Fails),
        ["rest-api <- storefront", "database <- rest-api", "rest-api <- backoffice"]
    );
    // Nobody reaches it, so that nothing is known of those who must not.
    assert_eq!(
        cells(&report, Verdict::Unknown),
        ["rest-api <- rest-api", "rest-api <- database", "rest-api <- *"]
    );
    assert_eq!(
        failures(&report),
        [
            "dates rest-api",
            "server-auth-tls13 rest-api as rest-api.example",
            "server-auth-tls12 rest-api as rest-api.example"
        ]
    );
    assert!(reason(checks(&report, "rest-api", "*")[0]).contains("no client accepts this server at all"));
}

#[test]
fn a_ca_that_was_made_again_fails_whoever_still_has_a_certificate_of_the_old_one() {
    let report = after(|shop| {
        // The same name, another key.
        let old = leaf(&root("Root of test"), "backoffice", Role::Client);
        at(shop, "backoffice").identity = Ok(old);
    });
    assert_eq!(cells(&report, Verdict::Fails), ["rest-api <- backoffice"]);
    assert_eq!(cells(&report, Verdict::Unknown), ["database <- backoffice"]);
    assert_eq!(failures(&report), ["chain backoffice"]);
    assert!(found(checks(&report, "rest-api", "backoffice")[0]).contains("bad signature"));
}

#[test]
fn a_missing_identity_is_one_failure_and_its_cells_are_unknown() {
    let report = after(|shop| at(shop, "rest-api").identity = Err("certificate missing".into()));
    assert_eq!(cells(&report, Verdict::Fails), NONE);
    assert_eq!(failures(&report), ["readable rest-api"]);
    let all = |verdict| cells(&report, verdict).into_iter().filter(|cell| cell.contains("rest-api")).count();
    assert_eq!((all(Verdict::Unknown), all(Verdict::Holds)), (7, 0));
    assert_eq!(cells(&report, Verdict::Unknown).len(), 7);
    assert_eq!(reason(checks(&report, "database", "rest-api")[0]), "rest-api: certificate missing");
    let stale = report.checks.iter().find(|check| check.id == "policy-stale" && check.subject == "database");
    assert!(reason(stale.expect("a check")).contains("\"rest-api\" may be rest-api"));
    let report = after(|shop| at(shop, "backoffice").identity.as_mut().expect("an identity").key = None);
    assert_eq!(failures(&report), ["readable backoffice"]);
}

#[test]
fn a_policy_that_was_never_applied_is_one_failure_for_each_server() {
    let report = after(|shop| at(shop, "database").admits = Err("never applied".into()));
    assert_eq!(cells(&report, Verdict::Fails), NONE);
    assert_eq!(failures(&report), ["policy-applied database"]);
    let callers = ["storefront", "rest-api", "database", "backoffice", "*"];
    assert_eq!(cells(&report, Verdict::Unknown), callers.map(|caller| format!("database <- {caller}")));
    assert_eq!(reason(checks(&report, "database", "*")[0]), "database: never applied");
}

#[test]
fn a_principal_that_no_service_has_any_more_is_stale() {
    let report = after(|shop| at(shop, "database").admits = Ok(only(&["rest-api", "reporting"])));
    assert_eq!(cells(&report, Verdict::Fails), NONE);
    assert_eq!(failures(&report), ["policy-stale database"]);
    let stale = report.checks.iter().find(|one| matches!(one.outcome, Outcome::Failed(_)));
    assert_eq!(found(stale.expect("it failed")), "\"reporting\" is still allowed");
}

#[test]
fn two_callers_with_one_name_are_reported_and_the_undeclared_one_gets_through() {
    let report = after(|shop| {
        let Ok(signer) = &shop.domains[0].signer else { panic!("a signer") };
        let twin = leaf(signer, "rest-api", Role::Client);
        at(shop, "backoffice").identity = Ok(twin);
        at(shop, "rest-api").declared = only(&["storefront"]);
        at(shop, "rest-api").admits = Ok(only(&["storefront"]));
        at(shop, "backoffice").calls = false;
    });
    assert_eq!(failures(&report), ["policy-principal backoffice"]);
    assert_eq!(cells(&report, Verdict::Fails), ["database <- backoffice"]);
}

#[test]
fn a_domain_refuses_the_callers_of_another_on_both_sides() {
    let roots = [root("Root of test"), root("Root of test.db")];
    let build = || {
        environment(
            "test",
            &[
                ("test", &roots[0], &["web peer *", "api peer web"]),
                ("test.db", &roots[1], &["db server pooler", "pooler peer *", "status server *"]),
            ],
        )
    };
    let report = verify(&policy(vec![build()])).environments.pop().expect("one environment");
    assert_eq!(failures(&report), NONE);
    assert!(report.cells.iter().all(|cell| cell.verdict == Verdict::Holds), "{:#?}", report.cells);
    let titles = |callee: &str, caller: &str| -> Vec<&str> {
        let mut titles: Vec<&str> = checks(&report, callee, caller).iter().map(|one| &*one.title).collect();
        titles.dedup();
        titles
    };
    let both = [super::matrix::REFUSES, super::matrix::NO_STRANGER];
    assert_eq!(titles("db", "api"), [both, both].concat());
    assert_eq!(titles("api", "pooler"), [both, both].concat());
    assert_eq!(titles("status", "web"), [super::matrix::REFUSES]);
    assert!(checks(&report, "db", "api")[0].detail.contains("refused by the client with unknown_ca"));
    assert!(checks(&report, "db", "api")[1].detail.contains("refused by the server with unknown_ca"));
    assert!(checks(&report, "api", "db")[1].detail.contains("server with unsupported_certificate"));

    let mut mixed = build();
    mixed.domains[1].trust.anchors.push(roots[0].certificate().clone());
    let report = verify(&policy(vec![mixed])).environments.pop().expect("one environment");
    // A domain that trusts two roots: its servers know strangers (though not by name), and its clients take servers.
    let fails = cells(&report, Verdict::Fails);
    for cell in ["db <- web", "db <- api", "web <- db", "web <- pooler", "api <- pooler"] {
        assert!(fails.contains(&cell.to_owned()), "{cell} is not in {fails:?}");
    }
    assert!(fails.iter().all(|cell| !cell.ends_with('*')), "{fails:?}");
}

#[test]
fn what_another_environment_brings_is_refused_and_a_shared_root_shows() {
    let shared = root("Root of both");
    let both = |lines: &[&str]| environment("test", &[("test", &root("Root of test"), lines)]);
    let report = verify(&policy(vec![both(&SHOP), shop("prod")]));
    assert_eq!(report.flat().checks[0].subject, "test: storefront");
    let cross_environment: Vec<(&str, &str)> = report.environments[0]
        .checks
        .iter()
        .filter(|check| check.group == Group::Environment && check.id.ends_with("tls13"))
        .map(|check| (&*check.id, &*check.subject))
        .collect();
    assert_eq!(
        cross_environment,
        [
            ("other-environment-clients-tls13", "test/rest-api <- prod/storefront"),
            ("other-environment-client-tls13", "test/database <- prod/storefront"),
            ("other-environment-clients-tls13", "test/rest-api <- prod/rest-api"),
            ("other-environment-clients-tls13", "test/rest-api <- prod/backoffice"),
            ("other-environment-servers-tls13", "prod/storefront <- test/storefront"),
            ("other-environment-servers-tls13", "prod/rest-api <- test/storefront"),
            ("other-environment-servers-tls13", "prod/database <- test/storefront"),
        ]
    );
    let shares = |name| environment(name, &[(name, &shared, &SHOP)]);
    let report = verify(&policy(vec![shares("test"), shares("prod")]));
    for one in &report.environments {
        assert!(one.cells.iter().all(|cell| cell.verdict == Verdict::Holds));
        let cross_environment = one.checks.iter().filter(|check| check.group == Group::Environment);
        let passed = cross_environment.filter(|check| check.outcome == Outcome::Passed).count();
        assert_eq!(passed, 0, "{}", one.name);
        assert_eq!(failures(one).len(), 2 * 7);
    }
}

#[test]
fn an_environment_that_was_never_made_says_nothing_of_the_borders_of_another() {
    let mut empty = shop("prod");
    empty.domains[0].trust = Trust::default();
    for service in &mut empty.services {
        service.identity = Err("no certificate issued yet".into());
    }
    let report = verify(&policy(vec![shop("test"), empty]));
    let cross_environment =
        report.environments[1].checks.iter().filter(|check| check.group == Group::Environment);
    let outcomes: Vec<&Outcome> = cross_environment.map(|check| &check.outcome).collect();
    assert!(!outcomes.is_empty());
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Skipped { .. })), "{outcomes:?}");
    assert_eq!(failures(&report.environments[0]), Vec::<String>::new());
}

#[test]
fn two_environments_whose_roots_have_one_name_are_told_apart_by_the_signature() {
    let same = |name| environment(name, &[(name, &root("Root CA"), &SHOP)]);
    let report = verify(&policy(vec![same("test"), same("prod")]));
    assert_eq!(report.counts().failed, 0);
    let cross_environment = report.environments[0].checks.iter().find(|one| one.group == Group::Environment);
    assert!(cross_environment.expect("a check").detail.contains("decrypt_error"));
}

#[test]
fn certificates_and_services_stand_in_the_report_for_pictures() {
    let report = after(|_| {});
    let certificates: Vec<_> = report
        .certificates
        .iter()
        .map(|one| (one.name.as_str(), one.authority, one.not_after.as_str()))
        .collect();
    assert_eq!(certificates[0], ("root", true, "2021-03-14T12:00:00Z"));
    assert_eq!(certificates[4], ("backoffice", false, "2021-03-05T12:00:00Z"));
    let database = &report.services[2];
    assert_eq!((database.name.as_str(), database.domain.as_str()), ("database", "test"));
    assert_eq!(database.callers.as_deref(), Some(&["rest-api".to_owned()][..]));
    assert_eq!(
        (database.serves, database.calls, database.names.join(" ")),
        (true, false, "database.example".into())
    );
    assert_eq!(report.services[0].callers, None);
}

#[test]
fn a_service_of_no_domain_and_an_environment_without_trust_are_reported_and_no_panic() {
    let report = after(|shop| at(shop, "database").domain = 7);
    assert_eq!(failures(&report), ["readable database"]);
    let report = after(|shop| shop.domains[0].trust = Trust::default());
    assert!(cells(&report, Verdict::Holds).is_empty());
    assert!(found(checks(&report, "rest-api", "storefront")[0]).contains("nothing is trusted"));
    assert_eq!(verify(&policy(vec![])).counts(), crate::report::Counts::default());
}
