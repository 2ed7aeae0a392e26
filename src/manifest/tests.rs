//! Manifests that say what they mean, and those that cannot.

use super::{Diagnostic, Manifest, OptionSetting};
use crate::emit::Emitters;
use crate::pki::Role;
use crate::profile::Profiles;

const SHOP: &str = r#"version = 1
environments = ["test", "prod"]

[defaults]
organization = "Example"
renew_within = "30d"

[authority]
intermediate = true
permit_dns = ["shop-{{ env }}.svc", "apps.example.com", "localhost"]

[service.storefront]
names = ["storefront.shop-{{ env }}.svc", "shop.apps.example.com", "localhost"]
emit = [{ target = "route", termination = "edge", hostname = "shop.apps.example.com", service = "storefront", port = 8080 }]

[service.rest-api]
names = ["rest-api.shop-{{ env }}.svc", "localhost"]
callers = ["storefront", "backoffice"]

[service.database]
profile = "postgres-server"
callers = ["rest-api"]
emit = [{ target = "postgres" }]

[service.backoffice]
"#;

fn read(text: &str) -> Result<Manifest, Vec<Diagnostic>> {
    Manifest::read(text, &Profiles::built_in(), &Emitters::built_in())
}

fn mistakes(text: &str) -> Vec<String> {
    read(text).expect_err("the manifest is wrong").iter().map(ToString::to_string).collect()
}

/// The only mistake of a manifest with this service.
fn mistake(service: &str) -> String {
    let mut all = mistakes(&format!(
        "version = 1\n[service.web]\nnames = [\"web\"]\ncallers = [\"job\"]\n[service.job]\n{service}\n"
    ));
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

#[test]
fn who_serves_and_who_calls_decides_the_profile() {
    let manifest = read(SHOP).expect("it is right");
    let names: Vec<&str> = manifest.environments.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["test", "prod"]);
    let roles: Vec<(&str, &str, Role, bool)> = manifest.environments[0]
        .services
        .iter()
        .map(|one| (one.name.as_str(), one.profile.as_str(), one.role, one.calls))
        .collect();
    assert_eq!(
        roles,
        [
            ("storefront", "peer", Role::Peer, true),
            ("rest-api", "peer", Role::Peer, true),
            ("database", "postgres-server", Role::Server, false),
            ("backoffice", "client", Role::Client, true),
        ]
    );
}

#[test]
fn the_environment_is_filled_in_everywhere() {
    let manifest = read(SHOP).expect("it is right");
    let name = |environment: usize, service: &str| {
        let environment = &manifest.environments[environment];
        environment.service(service).expect("it is declared").names[0].to_string()
    };
    assert_eq!(name(0, "rest-api"), "DNS:rest-api.shop-test.svc");
    assert_eq!(name(1, "rest-api"), "DNS:rest-api.shop-prod.svc");
    // Nothing is said of its names, and the authority may not sign the plain one.
    assert_eq!(name(1, "database"), "DNS:database.shop-prod.svc");
    assert_eq!(
        manifest.environments[1].authorities[0].constraints.permitted_dns[0].as_str(),
        "shop-prod.svc"
    );
}

#[test]
fn an_emitter_gets_the_service_itself_and_its_callers_unless_told_otherwise() {
    let manifest = read(SHOP).expect("it is right");
    let emit = |service: &str| &manifest.environments[0].service(service).expect("it is declared").emits[0];
    let options = &emit("database").options;
    assert_eq!(options["cert"], OptionSetting::Services(vec!["database".into()]));
    assert_eq!(options["allow"], OptionSetting::Services(vec!["rest-api".into()]));
    assert!(!options.contains_key("mtls"), "allow implies it");
    let route = emit("storefront");
    assert_eq!(route.options["cert"], OptionSetting::Services(vec!["storefront".into()]));
    assert!(!route.options.contains_key("dest-cert"), "an edge Route has none");
    assert_eq!(route.options["port"], OptionSetting::Text("8080".into()));
    assert_eq!((route.to.as_str(), route.line), ("deploy/test/storefront", 14));
}

#[test]
fn a_service_that_does_both_calls_where_it_is_told_not_to_serve() {
    let text = SHOP.replace(
        "callers = [\"storefront\", \"backoffice\"]",
        "callers = [\"storefront\", \"backoffice\"]\nemit = [{ target = \"postgres\", cert = false, host = \"database.shop-test.svc\" }]",
    );
    let manifest = read(&text).expect("it is right");
    let options = &manifest.environments[0].service("rest-api").expect("it is declared").emits[0].options;
    assert_eq!(options.get("client"), Some(&OptionSetting::Services(vec!["rest-api".into()])));
    assert!(!options.contains_key("cert") && !options.contains_key("allow"), "{options:?}");
}

#[test]
fn a_proxy_that_calls_over_tls_does_so_with_its_own_certificate() {
    for target in ["nginx", "haproxy", "apache", "envoy", "caddy", "traefik"] {
        let client = |upstream: &str, more: &str| {
            let emit = format!(
                "callers = [\"storefront\", \"backoffice\"]\nemit = [{{ target = \"{target}\", upstream = \"{upstream}\", allow = false{more} }}]"
            );
            let text = SHOP.replace("callers = [\"storefront\", \"backoffice\"]", &emit);
            let manifest = read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
            let service = manifest.environments[0].service("rest-api").expect("it is declared");
            service.emits[0].options.get("client").cloned()
        };
        let own = OptionSetting::Services(vec!["rest-api".into()]);
        assert_eq!(client("https://database.shop-test.svc:8443", ""), Some(own), "{target}");
        assert_eq!(client("https://database.shop-test.svc:8443", ", client = false"), None, "{target}");
        assert_eq!(client("http://127.0.0.1:9000", ""), None, "{target}");
    }
    // Nobody declares it as a caller, so it has nothing to call with.
    let text = SHOP.replace(
        "[service.database]",
        "[service.alone]\nnames = [\"localhost\"]\nemit = [{ target = \"nginx\", upstream = \"https://localhost:8443\" }]\n[service.database]",
    );
    let manifest = read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let alone = manifest.environments[0].service("alone").expect("it is declared");
    assert!(!alone.emits[0].options.contains_key("client"));
}

#[test]
fn two_environments_never_write_to_one_place() {
    let with = |environments: &str, key: &str, to: &str| {
        let text = format!(
            "version = 1\nenvironments = [{environments}]\n[service.web]\nnames = [\"localhost\"]\nfiles = {{ key = \"{key}\" }}\nemit = [{{ target = \"nginx\", to = \"{to}\" }}]\n"
        );
        read(&text).map(drop).map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        with("\"test\", \"prod\"", "web.key", "deploy/{{ service }}"),
        Err(vec![
            "5:17: \"web.key\" is already written by service \"web\" in environment \"test\"".into(),
            "6:9: service \"web\" in environment \"test\" already writes the same files to \"deploy/web\""
                .into(),
        ])
    );
    assert_eq!(with("\"test\", \"prod\"", "{{ env }}/web.key", "deploy/{{ env }}"), Ok(()));
    assert_eq!(with("\"test\"", "web.key", "deploy"), Ok(()));
}

#[test]
fn an_authority_of_its_own_is_an_environment_of_its_own_in_the_pki_directory() {
    let text = "version = 1\nenvironments = [\"test\"]\n[authority.db]\n[service.a]\nauthority = \"db\"\nnames = [\"a\"]\n";
    let manifest = read(text).expect("it is right");
    let environment = &manifest.environments[0];
    assert_eq!(environment.authority_of(&environment.services[0]).domain, "test.db");
    assert_eq!(environment.authorities[0].domain, "test");
}

#[test]
fn contradictions_are_told_apart() {
    assert_eq!(
        mistake("callers = [\"nobody\"]"),
        "6:12: the caller \"nobody\" is not a service in this manifest"
    );
    assert_eq!(
        mistake("profile = \"server\""),
        "4:12: \"job\" cannot call: its profile \"server\" is for servers"
    );
    assert_eq!(
        mistake("profile = \"root-ca\""),
        "6:11: the profile \"root-ca\" is for CAs, not for services"
    );
    assert_eq!(
        mistake("profile = \"client\"\ncallers = [\"web\"]").split(": ").nth(1),
        Some("\"job\" has callers, but its profile \"client\" cannot serve")
    );
    assert_eq!(mistake("[service.idle]"), "6:10: service \"idle\" neither serves nor calls");
    assert_eq!(mistake("names = [\"*.com\"]").split(": ").nth(1), Some("wildcard \"*.com\" is too wide"));
    assert_eq!(mistake("names = [\"a b\"]").split(": ").nth(1), Some("invalid DNS name \"a b\""));
    assert_eq!(
        mistake("[authority.db]\n[service.db]\nauthority = \"db\"\nnames = [\"db\"]\ncallers = [\"web\"]"),
        "10:12: \"web\" has its certificate from the environment's own authority, but \"db\" trusts the authority \"db\""
    );
}

#[test]
fn a_name_outside_of_the_authority_is_a_mistake_at_its_place() {
    let text = "version = 1\n[authority]\npermit_dns = [\"a.example\"]\n[service.web]\nnames = [\"w.a.example\", \"w.b.example\"]\n";
    let all = read(text).expect_err("one name is outside");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].to_string(), "5:25: DNS:w.b.example is outside the name constraints of \"dev\"");
    assert!(all[0].expected.as_ref().is_some_and(|permitted| permitted.contains("a.example")));
}

#[test]
fn what_an_emitter_cannot_be_told_is_a_mistake_at_its_place() {
    let with = |emit: &str| mistake(&format!("emit = [{{ {emit} }}]"));
    assert!(with("target = \"nowhere\"").starts_with("6:20: no emitter named \"nowhere\""));
    assert_eq!(with("target = \"env\", colour = 1"), "6:27: emitter \"env\" has no option `colour`");
    assert!(
        with("target = \"route\", termination = \"egde\", service = \"a\"")
            .starts_with("6:43: `termination` of emitter \"route\": unknown value \"egde\"")
    );
    assert!(
        with("target = \"route\", termination = \"edge\", cert = false")
            .starts_with("6:9: emitter \"route\" needs `service`")
    );
    assert_eq!(with("mtls = true"), "6:9: an `emit` entry has no `target`");
    assert_eq!(
        with("target = \"nginx\", cert = \"job\""),
        "6:36: `cert` of emitter \"nginx\": the certificate of \"job\" is not for servers"
    );
    assert_eq!(
        with("target = \"env\", to = \"../up\""),
        "6:9: \"../up\" leads out of the manifest's directory"
    );
}

#[test]
fn what_no_certificate_can_say_is_a_mistake_at_its_place() {
    assert_eq!(mistake("common_name = \"\""), "6:15: invalid common name \"\": it is empty");
    assert!(mistake(&format!("common_name = \"{}\"", "x".repeat(65))).contains("it is 65 characters long"),);
    for never in ["0d", "-1d"] {
        assert_eq!(
            mistake(&format!("validity = {never:?}")),
            format!(
                "6:12: invalid validity {never:?}: a certificate of this manifest must live for some time"
            )
        );
    }
    assert_eq!(
        mistakes("version = 1\n[authority]\norganization = \" \"\n[service.web]\nnames = [\"web\"]\n"),
        ["3:16: invalid organization \" \": it is empty"]
    );
    assert_eq!(
        mistake("common_name = \"{{ nobody }}\""),
        "6:15: cannot fill in the template: undefined value: `nobody` is undefined"
    );
    assert_eq!(mistake("emit = [\"nginx\"]"), "6:9: an item of `emit` is a string");
}

#[test]
fn every_mistake_of_a_manifest_is_reported_at_once() {
    let text = "version = 2\nenvironments = [\"test\", \"test\", \"a.b\", 3]\ncolour = \"red\"\n[defaults]\nrenew_within = \"soon\"\nkey_type = \"dsa\"\n[service]\nx = 1\n[service.web]\nnames = \"web\"\nprofile = \"no\"\n[service.web]\n";
    let all = mistakes(text);
    let places: Vec<&str> = all.iter().map(|one| one.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(
        places,
        ["1:11", "2:25", "2:33", "2:40", "3:1", "5:16", "6:12", "8:1", "10:9", "11:11", "12:10"],
        "{all:#?}"
    );
}

#[test]
fn no_text_makes_the_reader_panic() {
    // Cut anywhere, and with any byte replaced, a manifest is read or refused.
    for end in (0..SHOP.len()).step_by(3).filter(|end| SHOP.is_char_boundary(*end)) {
        let _ = read(&SHOP[..end]);
    }
    for (place, _) in SHOP.char_indices().step_by(7) {
        for replacement in ["\"", "[", "{{", "\u{1f980}", "\n", "=", "\0"] {
            let mut text = SHOP.to_owned();
            text.replace_range(place..place + 1, replacement);
            let _ = read(&text);
        }
    }
}

#[test]
fn environments_times_services_have_a_limit() {
    let names = |count: usize| (0..count).map(|n| format!("\"e{n}\"")).collect::<Vec<_>>().join(", ");
    let text = |environments: usize, services: usize| {
        let services: String =
            (0..services).map(|n| format!("[service.s{n}]\nnames = [\"s{n}\"]\n")).collect();
        format!("version = 1\nenvironments = [{}]\n{services}", names(environments))
    };
    assert_eq!(
        mistakes(&text(1000, 101)),
        ["2:16: 1000 environments with 101 services each are 101000 services"]
    );
    assert_eq!(read(&text(3, 10)).expect("it reads").environments.len(), 3);
}
