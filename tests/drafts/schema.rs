//! The schema against its meta-schema, against the reader, and in an editor's own tool.

mod agreement;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{read, schema};
use crate::harness::{Workspace, judge};

const SHOP: &str = r#"version = 1
environments = ["test", "prod"]

[defaults]
organization = "Example"
renew_within = "30d"
key_type = "ec-p384"
validity = "90d"
to = "out/{{ env }}/{{ service }}"

[authority]
intermediate = true
permit_dns = ["shop-{{ env }}.svc", "apps.example.com", "localhost"]
permit_ip = ["127.0.0.0/8"]

[authority.partners]
organization = "Partners"

[service.storefront]
names = ["storefront.shop-{{ env }}.svc", "shop.apps.example.com", "localhost"]
emit = [
  { target = "route", termination = "edge", hostname = "shop.apps.example.com", service = "storefront", port = 8080 },
  { target = "nginx", proxy-protocol = true, client_mount = "/etc/c" },
]

[service.rest-api]
names = ["rest-api.shop-{{ env }}.svc", "localhost"]
callers = ["storefront", "backoffice"]
files = { certificate = "certs/{{ env }}/api.crt", key = "certs/{{ env }}/api.key", ca = "certs/{{ env }}/ca.crt" }
emit = [{ target = "haproxy", allow = ["storefront"], cert = "rest-api", to = "here/{{ env }}" }]

[service.database]
profile = "postgres-server"
callers = ["rest-api"]
emit = [{ target = "postgres" }]

[service.partner]
authority = "partners"
names = ["partner"]
common_name = "the partner"
key_type = "ed25519"
validity = "24h"

[service.report]
profile = "postgres-client"
set = { user = "app" }

[service.backoffice]
"#;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/pkictl.schema.json")
}

#[test]
fn the_schema_is_one_by_its_meta_schema() {
    let errors = jsonschema::draft202012::meta::validate(&schema()).map_err(|error| error.to_string());
    assert_eq!(errors, Ok(()));
    assert_eq!(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let id = schema()["$id"].as_str().expect("an identifier").to_owned();
    assert!(
        id.starts_with(env!("CARGO_PKG_REPOSITORY")) && id.ends_with("/schemas/pkictl.schema.json"),
        "{id}"
    );
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    let printed = Workspace::new().pkictl(&["manifest", "schema"]).succeeds().stdout;
    if std::env::var_os("PKICTL_BLESS").is_some() {
        std::fs::write(committed(), &printed).expect("the schema");
    }
    let kept = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(kept == printed, "schemas/pkictl.schema.json is out of date: run the tests with PKICTL_BLESS=1");
}

#[test]
fn everything_that_can_be_said_has_a_title_and_a_description() {
    let schema = schema();
    let mut silent = Vec::new();
    let mut seen = 0;
    let mut tables = vec![("the manifest".to_owned(), &schema)];
    tables.extend(
        schema["$defs"].as_object().expect("definitions").iter().map(|(name, table)| (name.clone(), table)),
    );
    for (place, table) in tables {
        for (key, value) in table["properties"].as_object().into_iter().flatten() {
            let value = match value["$ref"].as_str() {
                Some(reference) => schema.pointer(&reference[1..]).expect("a definition"),
                None => value,
            };
            seen += 1;
            let is_target = key == "target" && place == "emit";
            if !is_target && (value["title"].is_null() || value["description"].is_null()) {
                silent.push(format!("{place}: {key}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    assert!(seen > 150, "{seen}");
}

#[test]
fn the_schema_has_the_keys_that_the_reader_asks_for() {
    let text = "version = 1\nzz = 1\n[defaults]\nzz = 1\n[authority]\nzz = 1\n[authority.own]\nzz = 1\n\
                [service.web]\nnames = [\"web\"]\nzz = 1\n[service.web.files]\nzz = 1\n";
    let mistakes = read(text).expect_err("every `zz` is wrong");
    let schema = schema();
    for (line, pointer) in [
        (2, ""),
        (4, "/properties/defaults"),
        (6, "/properties/authority"),
        (8, "/$defs/named_authority"),
        (11, "/$defs/service"),
        (13, "/$defs/service/properties/files"),
    ] {
        let mistake = mistakes.iter().find(|mistake| mistake.line == line).expect("a mistake on this line");
        let expected =
            mistake.expected.as_deref().and_then(|text| text.strip_prefix("one of ")).expect("keys");
        let mut keys: Vec<&str> = expected.split(", ").filter(|key| *key != "own").collect();
        keys.sort_unstable();
        keys.dedup();
        let table = &schema.pointer(pointer).expect("a table")["properties"];
        let known: Vec<&String> = table.as_object().expect("properties").keys().collect();
        assert_eq!(keys, known, "{pointer:?}");
    }
}

#[test]
fn the_printed_schema_knows_emitters_of_a_users_directory() {
    let workspace = Workspace::new();
    workspace.write(
        "own/toy/emitter.toml",
        "summary = \"a toy\"\nproven_by = \"unproven\"\n\
         [[option]]\nname = \"colour\"\ntype = \"choice\"\nchoices = [\"red\"]\nrequired = true\nhelp = \"Colour\"\n\
         [[file]]\ncontent = \"x\"\noutput = \"x\"\nsyntax = \"text\"\n",
    );
    let run = workspace.pkictl(&["--templates", "own", "manifest", "schema"]).succeeds();
    let validator = jsonschema::draft202012::new(&run.json()).expect("a schema");
    let with = |emit: Value| json!({ "version": 1, "service": { "web": { "emit": [emit] } } });
    assert!(validator.is_valid(&with(json!({ "target": "toy", "colour": "red" }))));
    assert!(!validator.is_valid(&with(json!({ "target": "toy", "colour": "blue" }))));
    assert!(!validator.is_valid(&with(json!({ "target": "toy" }))), "the colour is required");
}

#[test]
fn taplo_checks_a_manifest_by_the_schema_of_its_first_line() {
    let Some(taplo) = judge("taplo") else { return };
    let workspace = Workspace::new();
    workspace.pkictl(&["manifest", "schema", "-o", "pkictl.schema.json"]).succeeds();
    let lint = |text: &str| {
        let file = workspace.write("pkictl.toml", format!("#:schema ./pkictl.schema.json\n{text}"));
        let output =
            taplo.command().current_dir(workspace.path()).arg("lint").arg(file).output().expect("taplo runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (right, words) = lint(SHOP);
    assert!(right, "{words}");
    let (right, words) = lint(&SHOP.replace("hostname =", "hostnam ="));
    assert!(!right && words.contains("'hostnam' was unexpected"), "{words}");
    let (right, words) = lint(&SHOP.replace("intermediate = true", "intermediate = 1"));
    assert!(!right && words.contains("is not of type \"boolean\""), "{words}");
}
