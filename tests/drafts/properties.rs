//! Whatever stands in a file, its reader answers; and two readers of one file agree.

use pkictl::emit::Emitters;
use pkictl::manifest::{Manifest, compose};
use pkictl::profile::Profiles;
use proptest::prelude::*;
use proptest::sample::select;

use super::{json, validator};
use crate::harness::property;

/// Names that something could be declared by, and some that nothing can.
const NAMES: &[&str] = &[
    "web",
    "api",
    "db",
    "_",
    "a.b",
    "*.example.com",
    "*.com",
    "::1",
    "10.0.0.1",
    "user_db",
    "-x",
    "",
    "a/b",
    "b\u{fc}cher",
    "\u{1f980}",
    "x@y.example",
    "localhost",
    "{{ env }}",
    "{{ service }}.svc",
    "{{",
    "{% for a in range(9) %}",
    "\u{0}",
    "profiles",
    "root",
    "../up",
    "env",
];

/// Keys of every table, and one that there is not.
const KEYS: &[&str] = &[
    "version",
    "environments",
    "defaults",
    "authority",
    "service",
    "organization",
    "renew_within",
    "key_type",
    "validity",
    "to",
    "intermediate",
    "permit_dns",
    "permit_ip",
    "names",
    "callers",
    "profile",
    "common_name",
    "set",
    "files",
    "emit",
    "certificate",
    "key",
    "ca",
    "target",
    "termination",
    "port",
    "mtls",
    "dest-ca_cert",
    "allow",
    "cert",
    "colour",
];

const VALUES: &[&str] = &[
    "1",
    "0",
    "-9223372036854775808",
    "0x7f",
    "1.5",
    "inf",
    "true",
    "false",
    "1979-05-27",
    "\"30d\"",
    "\"-1d\"",
    "\"ec-p256\"",
    "\"server\"",
    "\"client\"",
    "\"peer\"",
    "\"root-ca\"",
    "\"spiffe\"",
    "\"route\"",
    "\"nginx\"",
    "\"postgres\"",
    "\"edge\"",
    "[]",
    "{}",
    "[[]]",
    "\"\"\"\n\"\"\"",
    "'x'",
    "{ target = \"nginx\" }",
    "[{ target = \"nginx\", to = \"x\" }]",
    "[{ target = \"route\", termination = \"edge\", service = \"a\", port = 80 }]",
    "{ user = \"app\" }",
];

fn quoted(name: &str) -> String {
    serde_json::to_string(name).expect("a string encodes")
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(NAMES).prop_map(str::to_owned), 1 => "[a-z]{1,3}", 1 => "\\PC{0,6}"]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(VALUES).prop_map(str::to_owned),
        2 => prop::collection::vec(name(), 0..4).prop_map(|names| {
            format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
        }),
        1 => name().prop_map(|name| quoted(&name)),
    ]
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (select(KEYS), value()).prop_map(|(key, value)| format!("{key} = {value}\n")),
        2 => name().prop_map(|name| format!("[service.{}]\n", quoted(&name))),
        1 => name().prop_map(|name| format!("[authority.{}]\n", quoted(&name))),
        1 => select(&["[defaults]\n", "[authority]\n", "[service]\n", "[[service.web.emit]]\n", "[service.web.files]\n"][..])
            .prop_map(str::to_owned),
        1 => "\\PC{0,20}\n?",
    ]
}

/// Tables that are mostly right: only so is anything ever taken.
fn likely() -> impl Strategy<Value = String> {
    let plain = || select(&["web", "api", "db", "a", "localhost", "x.example"][..]);
    let names = || {
        prop::collection::btree_set(plain(), 1..4).prop_map(|names| {
            format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
        })
    };
    let setting = prop_oneof![
        select(&[
            "key_type = \"ed25519\"\n", "validity = \"+5w\"\n", "common_name = \"{{ env }}\"\n", "emit = []\n", "set = {}\n",
            "emit = [{ target = \"nginx\", client-mount = \"/c\", proxy_from = \"10.0.0.1\" }]\n",
            "emit = [{ target = \"route\", termination = \"edge\", service = 7, port = \"http\" }]\n",
            "emit = [{ target = \"haproxy\", allow = false, passthrough = \"a\", to = \"\" }]\n",
            "emit = [{ target = \"env\", ca = false, name = 3 }, { target = \"vault\", issuer = \"root\" }]\n",
            "files = { key = \"{{ env }}/k\" }\n", "files = {}\n", "colour = 1\n",
        ][..]).prop_map(str::to_owned),
        select(VALUES).prop_map(|value| format!("validity = {value}\n")),
        names().prop_map(|names| format!("callers = {names}\n")),
    ];
    let service =
        (plain(), names(), prop::collection::vec(setting, 0..2)).prop_map(|(name, names, settings)| {
            format!("[service.{}]\nnames = {names}\n{}", quoted(name), settings.concat())
        });
    (value(), any::<bool>(), prop::collection::vec(service, 1..4)).prop_map(
        |(environments, usual, services)| {
            let environments = if usual { "[\"dev\"]".into() } else { environments };
            format!("version = 1\nenvironments = {environments}\n{}", services.concat())
        },
    )
}

fn yaml() -> impl Strategy<Value = String> {
    let scalar = || {
        prop_oneof![
            name().prop_map(|name| quoted(&name)),
            select(&["", "~", "3", "*a", "&a x", "!t x", "web"][..]).prop_map(str::to_owned)
        ]
    };
    let value = prop_oneof![
        scalar(),
        prop::collection::vec(scalar(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
        (scalar(), scalar()).prop_map(|(key, value)| format!("{{ {key}: {value} }}")),
        (scalar(), scalar()).prop_map(|(key, value)| format!("{{ {key}: {{ aliases: [{value}] }} }}")),
    ];
    let key = select(
        &[
            "image",
            "hostname",
            "domainname",
            "container_name",
            "depends_on",
            "links",
            "networks",
            "ports",
            "expose",
            "extends",
            "<<",
        ][..],
    );
    let line = prop_oneof![
        8 => (key, value).prop_map(|(key, value)| format!("    {key}: {value}\n")),
        4 => name().prop_map(|name| format!("  {}:\n", quoted(&name))),
        1 => "\\PC{0,12}\n",
    ];
    prop::collection::vec(line, 0..14).prop_map(|lines| format!("services:\n  web:\n{}", lines.concat()))
}

#[test]
fn the_reader_answers_whatever_stands_in_a_manifest_and_the_schema_takes_what_it_takes() {
    let (profiles, emitters, validator) = (Profiles::built_in(), Emitters::built_in(), validator());
    let taken = std::cell::Cell::new(0);
    let text = prop_oneof![
        prop::collection::vec(line(), 0..16).prop_map(|lines| lines.concat()),
        prop::collection::vec(line(), 0..8).prop_map(|lines| format!("version = 1\n{}", lines.concat())),
        likely(),
        ".{0,200}",
    ];
    property(1500, text, |text| {
        match Manifest::read(&text, &profiles, &emitters) {
            Ok(_) => {
                taken.set(taken.get() + 1);
                let value = json(&text).expect("the reader took it for TOML");
                let errors = crate::schemas::errors(&validator, &value);
                prop_assert!(errors.is_empty(), "{errors:#?}");
            }
            Err(mistakes) => {
                let lines = text.matches('\n').count() + 1;
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    prop_assert!((1..=lines).contains(&mistake.line) && mistake.column > 0, "{mistake:?}");
                }
            }
        }
        Ok(())
    });
    assert!(taken.get() > 30, "only {} manifests were taken: the property says too little", taken.get());
}

#[test]
fn every_draft_of_a_compose_file_is_a_manifest_without_mistakes() {
    let (profiles, emitters) = (Profiles::built_in(), Emitters::built_in());
    let taken = std::cell::Cell::new(0);
    property(1000, yaml(), |text| {
        if let Ok(draft) = compose::draft(&text, "compose.yaml", &emitters) {
            taken.set(taken.get() + 1);
            let manifest = Manifest::read(&draft.text, &profiles, &emitters);
            prop_assert!(manifest.is_ok(), "{:#?}\n{}", manifest.err(), draft.text);
        }
        Ok(())
    });
    assert!(taken.get() > 100, "only {} drafts were made: the property says too little", taken.get());
}
