//! The schema and the reader say the same of every manifest.

use std::path::Path;

use pkictl::emit::{Emitters, OptionType};

use super::SHOP;
use crate::drafts::{is_right, json, read, validator};

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
