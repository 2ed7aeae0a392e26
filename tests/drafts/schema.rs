//! The schema against its meta-schema, against the reader, and in an editor's own tool.

use std::path::{Path, PathBuf};

use pkictl::emit::{Emitters, OptionType};
use serde_json::{Value, json};

use super::{is_right, json, read, schema, validator};
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
fn a_manifest_without_mistakes_is_right_by_the_schema() {
    is_right(SHOP);
    is_right("version = 1\n[service.\"*.apps.example.com\"]\nnames = [\"*.apps.example.com\"]\n");
    is_right(
        "version = 1\nenvironments = [\"b\u{fc}cher\"]\n[service.web]\nnames = [\"::1\", \"URI:spiffe://a/b\"]\n",
    );
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for example in std::fs::read_dir(examples).expect("examples") {
        let file = example.expect("an example").path().join("pkictl.toml");
        if let Ok(text) = std::fs::read_to_string(&file) {
            is_right(&text);
        }
    }
}

#[test]
fn what_a_schema_can_see_is_refused_by_it_and_by_the_reader() {
    let validator = validator();
    let service = |text: &str| format!("version = 1\n[service.web]\nnames = [\"web\"]\n{text}\n");
    let emit = |text: &str| service(&format!("emit = [{{ {text} }}]"));
    let wrong = [
        // Where it is wrong, as the schema says it, and the manifest.
        ("", "[service.web]\nnames = [\"web\"]\n".to_owned()),
        ("", "version = 1\n".into()),
        ("", service("").replace("version = 1", "version = 1\ncolour = \"red\"")),
        ("/version", service("").replace("version = 1", "version = 2")),
        ("/version", service("").replace("version = 1", "version = \"1\"")),
        ("/environments", service("").replace("version = 1", "version = 1\nenvironments = []")),
        ("/environments", service("").replace("version = 1", "version = 1\nenvironments = \"test\"")),
        ("/environments", service("").replace("version = 1", "version = 1\nenvironments = [\"a\", \"a\"]")),
        ("/environments/0", service("").replace("version = 1", "version = 1\nenvironments = [\"a.b\"]")),
        ("/environments/0", service("").replace("version = 1", "version = 1\nenvironments = [3]")),
        ("/defaults/renew_within", service("[defaults]\nrenew_within = \"soon\"")),
        ("/defaults/key_type", service("[defaults]\nkey_type = \"dsa\"")),
        ("/defaults", service("[defaults]\nnames = []")),
        ("/authority/intermediate", service("[authority]\nintermediate = \"yes\"")),
        ("/authority/permit_dns/0", service("[authority]\npermit_dns = [1]")),
        ("/authority/colour", service("[authority]\ncolour = \"red\"")),
        ("/authority/own", service("[authority.own]\ncolour = \"red\"")),
        ("/authority", service("[authority.\"a.b\"]")),
        ("/service", "version = 1\n[service]\n".into()),
        ("/service/x", "version = 1\n[service]\nx = 1\n".into()),
        ("/service", service("[service.\"a/b\"]\nnames = [\"a\"]")),
        ("/service/web/names", service("").replace("[\"web\"]", "\"web\"")),
        ("/service/web/names", service("").replace("[\"web\"]", "[\"web\", \"web\"]")),
        ("/service/web/callers/0", service("callers = [1]")),
        ("/service/web", service("colour = \"red\"")),
        ("/service/web/validity", service("validity = 90")),
        ("/service/web/set/user", service("set = { user = 1 }")),
        ("/service/web/files", service("files = { crt = \"a\" }")),
        ("/service/web/files/key", service("files = { key = \"/etc/web.key\" }")),
        ("/service/web/emit", service("emit = { target = \"nginx\" }")),
        ("/service/web/emit/0", emit("mtls = true")),
        ("/service/web/emit/0/target", emit("target = \"nowhere\"")),
        ("/service/web/emit/0", emit("target = \"nginx\", colour = 1")),
        ("/service/web/emit/0", emit("target = \"route\", termination = \"edge\"")),
        (
            "/service/web/emit/0/termination",
            emit("target = \"route\", termination = \"egde\", service = \"a\""),
        ),
        ("/service/web/emit/0/proxy_protocol", emit("target = \"nginx\", proxy_protocol = \"yes\"")),
        ("/service/web/emit/0/proxy-protocol", emit("target = \"nginx\", proxy-protocol = \"yes\"")),
        ("/service/web/emit/0/port", emit("target = \"nginx\", port = 70000")),
        ("/service/web/emit/0/to", emit("target = \"nginx\", to = 1")),
    ];
    for (place, text) in &wrong {
        assert!(read(text).is_err(), "the reader takes it:\n{text}");
        let value = json(text).expect("it is TOML");
        let places: Vec<String> =
            validator.iter_errors(&value).map(|error| error.instance_path().to_string()).collect();
        assert!(places.contains(&(*place).to_owned()), "{place:?} is not in {places:?}\n{text}");
    }
    assert_eq!(crate::schemas::errors(&validator, &json(&service("")).expect("TOML")), Vec::<String>::new());
}

#[test]
fn the_schema_and_the_reader_agree_on_every_value_of_every_option() {
    let validator = validator();
    let emitters = Emitters::built_in();
    let mut compared = 0;
    for target in emitters.names() {
        for option in emitters.load(&target).expect("an emitter").options {
            let mut probes: Vec<String> =
                ["true", "false", "7", "99999999", "1.5", "\"web\"", "[\"web\"]", "[7]", "{ a = 1 }"]
                    .map(str::to_owned)
                    .to_vec();
            probes.extend(option.choices.first().map(|choice| format!("{choice:?}")));
            for key in [option.name.clone(), option.variable()] {
                if ["to", "target"].contains(&key.as_str()) {
                    continue;
                }
                let entry = |probe: &String| format!("  {{ target = {target:?}, {key} = {probe} }},\n");
                let entries: String = probes.iter().map(entry).collect();
                let head = "version = 1\n[service.web]\nnames = [\"web\"]\ncallers = [\"web\"]\nemit = [\n";
                let text = format!("{head}{entries}]\n");
                let about = format!("`{key}`");
                let mistakes = read(&text).err().unwrap_or_default();
                let errors: Vec<String> = validator
                    .iter_errors(&json(&text).expect("it is TOML"))
                    .map(|error| error.instance_path().to_string())
                    .collect();
                for (number, probe) in probes.iter().enumerate() {
                    let line = head.lines().count() + number + 1;
                    let reader =
                        mistakes.iter().any(|one| one.line == line && one.message.starts_with(&about));
                    let place = format!("/service/web/emit/{number}/{key}");
                    let schema = errors.iter().any(|error| error.starts_with(&place));
                    assert_eq!(reader, schema, "{target}: {key} = {probe}: {mistakes:#?}");
                    compared += 1;
                }
            }
            assert_ne!(option.kind == OptionType::Choice, option.choices.is_empty());
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn the_schema_requires_what_no_service_brings_by_itself() {
    let validator = validator();
    let mut required = Vec::new();
    for target in Emitters::built_in().names() {
        let web = "[service.web]\nnames = [\"web\"]\ncallers = [\"job\"]\n";
        let emit = format!("emit = [{{ target = {target:?} }}]\n");
        let at_web = format!("version = 1\n{web}{emit}[service.job]\n");
        let at_job = format!("version = 1\n{web}[service.job]\n{emit}");
        let lacks = |text: &str| {
            let mistakes = read(text).err().unwrap_or_default();
            mistakes.iter().any(|mistake| mistake.message.contains(" needs `"))
        };
        let reader = lacks(&at_job) && lacks(&at_web);
        let value = json(&at_job).expect("it is TOML");
        assert_eq!(reader, !validator.is_valid(&value), "{target}");
        required.extend(reader.then_some(target));
    }
    assert!(required.contains(&"route".into()) && required.contains(&"vault".into()), "{required:?}");
    assert!(!required.contains(&"nginx".into()), "a server brings its certificate");
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
