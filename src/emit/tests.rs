//! Emitters from a user's directory: what is wrong with them is said, and where.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Emitters, Input, OptionValue};
use crate::artifact::Sensitivity;
use crate::bundle::Identity;
use crate::error::{Error, Result};
use crate::pki::{Authority, Label};
use crate::profile::{Profiles, Request};

const HEAD: &str = "summary = \"a toy\"\nproven_by = \"unproven\"\n";

fn toy(description: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    write(&directory.path().join("toy/emitter.toml"), &format!("{HEAD}{description}"));
    directory
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

fn render(
    description: &str,
    options: &[(&str, OptionValue<'_>)],
) -> Result<Vec<(String, String, Sensitivity)>> {
    let directory = toy(description);
    let emitter = Emitters::new(vec![directory.path().to_owned()]).load("toy")?;
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let input = Input { options: options.collect(), environment: "dev", trust: None };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let artifacts = emitter.render(&input)?;
    Ok(artifacts.iter().map(|a| (a.path.clone(), text(&a.contents), a.sensitivity)).collect())
}

fn refusal(description: &str, options: &[(&str, OptionValue<'_>)]) -> String {
    render(description, options).map(drop).expect_err("it is refused").to_string()
}

fn text(text: &str) -> OptionValue<'static> {
    OptionValue::Text(text.into())
}

fn identity(profile: &str) -> Identity {
    let now = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
    let decide = |profile: &str, name: &str, issuer: Option<&Authority>| {
        let name: Label = name.parse().expect("a label");
        let profile = Profiles::built_in().load(profile).expect("a profile");
        profile.decide(&Request::new(&name, "dev"), issuer.map(Authority::issuer), now).expect("decided").spec
    };
    let root = Authority::root(&decide("root-ca", "root", None)).expect("a root");
    let issued = root.issue(&decide(profile, "localhost", Some(&root))).expect("issued");
    root.credential("localhost".parse().expect("a label"), issued).into()
}

const FILE: &str = "[[file]]\ncontent = \"x\"\noutput = \"x\"\nsyntax = \"text\"\n";

#[test]
fn a_directory_of_a_user_is_an_emitter() {
    let description = "[[option]]\nname = \"to-whom\"\ntype = \"string\"\nhelp = \"h\"\ndefault = \"all of {{ environment }}\"\n\
        [[file]]\ntemplate = \"x.j2\"\noutput = \"{{ to_whom }}.yaml\"\nsyntax = \"yaml\"\nwhen = \"to_whom != 'nobody'\"\n";
    let directory = toy(description);
    write(&directory.path().join("toy/x.j2"), "to: {{ to_whom | yaml }}\n");
    write(&directory.path().join("stray/x.j2"), "");
    let emitters = Emitters::new(vec![directory.path().to_owned()]);
    assert!(emitters.names().contains(&"toy".into()) && !emitters.names().contains(&"stray".into()));
    let emitter = emitters.load("toy").expect("it loads");
    assert_eq!((emitter.summary.as_str(), emitter.options[0].name.as_str()), ("a toy", "to-whom"));
    let made = |input: &Input<'_>| emitter.render(input).expect("it renders");
    let default = made(&Input { environment: "dev", ..Input::default() });
    assert_eq!(
        (default[0].path.as_str(), default[0].contents.as_slice()),
        ("all of dev.yaml", &b"to: \"all of dev\"\n"[..])
    );
    let options = BTreeMap::from([("to-whom".to_owned(), text("nobody"))]);
    assert!(made(&Input { options, environment: "dev", trust: None }).is_empty());
}

#[test]
fn a_wrong_description_is_named_with_its_place() {
    let error = |description: &str| refusal(description, &[]);
    let unknown = error("colour = 1\n");
    assert!(unknown.contains("emitter.toml:3:1: unknown field `colour`"), "{unknown}");
    let option = |rest: &str| error(&format!("[[option]]\nname = \"a\"\nhelp = \"h\"\n{rest}\n{FILE}"));
    assert!(option("type = \"choice\"").contains("option \"a\": `choices`"));
    assert!(option("type = \"flag\"\nrequired = true").contains("cannot be required"));
    assert!(option("type = \"string\"\naliases = [\"trust\"]").contains("\"trust\" is already used"));
    assert!(option("type = \"string\"\naliases = [\"B_c\"]").contains("not an option name"));
    assert!(
        error("[[file]]\ntemplate = \"no.j2\"\noutput = \"x\"\nsyntax = \"text\"")
            .contains("\"no.j2\" is not in")
    );
    assert!(
        error("[[file]]\ntemplate = \"../x\"\noutput = \"x\"\nsyntax = \"text\"").contains("not a file name")
    );
    for name in ["../toy", "toy/", "", ".", "nobody"] {
        assert!(matches!(Emitters::built_in().load(name), Err(Error::NotFound { .. })), "{name}");
    }
}

/// What an option of a kind becomes in a template, or nothing if it is refused.
fn taken(kind: &str, value: &str) -> Option<String> {
    let file = "[[file]]\ncontent = \"{{ a }}\"\noutput = \"x\"\nsyntax = \"text\"\n";
    let description = format!("[[option]]\nname = \"a\"\nhelp = \"h\"\ntype = \"{kind}\"\n{file}");
    render(&description, &[("a", text(value))]).ok().map(|files| files[0].1.clone())
}

#[test]
fn a_port_is_a_number_or_a_name_as_iana_registers_them() {
    for (value, port) in [("8080", "8080"), ("0080", "80"), ("http", "http"), ("1e3", "1e3")] {
        assert_eq!(taken("port", value).as_deref(), Some(port), "{value}");
    }
    let wrong = ["0", "65536", "99999999999", "-1", "+80", " 80", "", "a--b", "-a", "a-", "Http", "1-2"];
    for value in wrong.into_iter().chain(["abcdefghijklmnop", "a.b", "\u{662}"]) {
        assert_eq!(taken("port", value), None, "{value}");
    }
}

#[test]
fn an_address_has_no_port_no_brackets_and_no_network() {
    let right = [("0.0.0.0", "0.0.0.0"), ("[::]", "::"), ("::1", "::1"), ("Localhost", "localhost")];
    for (value, address) in right {
        assert_eq!(taken("address", value).as_deref(), Some(address), "{value}");
    }
    for value in ["", "0.0.0.0:9000", "[::1]:1", "unix:/x", "10.0.0.1/8", "1.2.3", "*.example.com", "a b"] {
        assert_eq!(taken("address", value), None, "{value}");
    }
    let description = format!("[[option]]\nname = \"bind\"\nhelp = \"h\"\ntype = \"address\"\n{FILE}");
    let refused = refusal(&description, &[("bind", text("localhost:80"))]);
    assert!(refused.contains("it holds a port, which has an option of its own"), "{refused}");
}

#[test]
fn a_service_is_named_as_oc_names_it_and_as_kubernetes_takes_it() {
    for value in ["web", "svc/web", "service/web", "services/web"] {
        assert_eq!(taken("service", value).as_deref(), Some("web"), "{value}");
    }
    for value in ["", "My_Service", "a b", "web.other", "1web", "svc/", "deployment/web", "svc/svc/web"] {
        assert_eq!(taken("service", value), None, "{value}");
    }
}

#[test]
fn a_directory_stands_in_one_line() {
    for value in ["/etc/tls", "pki/it's here", ".", "/a:b"] {
        assert_eq!(taken("directory", value).as_deref(), Some(value));
    }
    for value in ["", "a\nb", "a\tb", "/a\u{2028}b"] {
        assert_eq!(taken("directory", value), None, "{value:?}");
    }
}

#[test]
fn a_value_of_the_wrong_form_is_refused() {
    let with = |kind: &str, value: &str| {
        refusal(&format!("[[option]]\nname = \"a\"\nhelp = \"h\"\n{kind}\n{FILE}"), &[("a", text(value))])
    };
    assert_eq!(
        with("type = \"integer\"\nmin = 1", "0"),
        "invalid value \"0\": it is out of range (option \"a\")"
    );
    assert_eq!(
        with("type = \"integer\"", "x"),
        "invalid value \"x\": it is not a whole number (option \"a\")"
    );
    assert_eq!(
        with("type = \"choice\"\nchoices = [\"b\"]", "c"),
        "invalid value \"c\": it is unknown (option \"a\")"
    );
    assert_eq!(
        with("type = \"namespace\"", "A.b"),
        "invalid value \"A.b\": it is not a namespace (option \"a\")"
    );
    for name in ["", "A", "a..b", "-a", "../a", "a\nb"] {
        assert!(with("type = \"name\"", name).contains("it is not a Kubernetes name"), "{name}");
    }
    for word in ["a b", "", "-x", "a\nUSER root", "$x"] {
        assert!(with("type = \"word\"", word).contains("a character that is not allowed"), "{word:?}");
    }
    assert_eq!(
        with("type = \"hostname\"", "a..b"),
        "invalid value \"a..b\": a label is empty (option \"a\")"
    );
    let long = "a".repeat(254);
    assert!(with("type = \"name\"", &long).contains("it has 254 characters"));
    assert!(with("type = \"label\"", &long[..64]).contains("it has 64 characters"));
    assert!(with("type = \"server\"", "web").contains("a value of another type"));
    assert!(refusal(FILE, &[("b", text("x"))]).starts_with("no option named \"b\""));
    let required =
        format!("[[option]]\nname = \"a\"\ntype = \"string\"\nhelp = \"what\"\nrequired = true\n{FILE}");
    assert_eq!(refusal(&required, &[]), "emitter \"toy\" needs a value for \"a\" (what)");
}

#[test]
fn a_certificate_serves_only_for_its_purpose() {
    let client = identity("client");
    let description = format!("[[option]]\nname = \"cert\"\ntype = \"server\"\nhelp = \"h\"\n{FILE}");
    let error = render(&description, &[("cert", OptionValue::Identity(&client))]).map(drop);
    let error = error.expect_err("a client does not serve");
    assert_eq!(error.to_string(), "\"localhost\" cannot be used as \"cert\"");
    assert_eq!(error.found().as_deref(), Some("clientAuth"));
}

#[test]
fn two_credentials_that_would_become_one_object_are_refused() {
    let named = |name: &str| Identity { name: name.into(), ..identity("server") };
    let (dot, dash, other) = (named("web.test"), named("web-test"), named("web"));
    let description =
        format!("[[option]]\nname = \"credential\"\ntype = \"credentials\"\nhelp = \"h\"\n{FILE}");
    let with = |both: Vec<&Identity>| render(&description, &[("credential", OptionValue::Identities(both))]);
    with(vec![&dot, &other]).expect("they differ");
    let error = with(vec![&dot, &other, &dash]).expect_err("two are one");
    assert_eq!(error.to_string(), "\"web.test\" and \"web-test\" cannot both be used as \"credential\"");
    assert_eq!(error.found().as_deref(), Some("\"web-test\" for both"));
}

#[test]
fn two_objects_of_one_kind_and_name_are_a_defect_of_the_emitter() {
    let with = |second: &str| {
        let object = |name: &str| format!("{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}}}\\n");
        let content = format!("{}---\\n{}", object("web"), object(second));
        let description = format!("[[file]]\ncontent = \"{content}\"\noutput = \"x\"\nsyntax = \"yaml\"\n");
        render(&description, &[]).map(drop).map_err(|error| error.to_string())
    };
    with("api").expect("they differ");
    let error = with("web").expect_err("they do not");
    assert!(error.ends_with("it holds two objects Secret \"web\""), "{error}");
    let list =
        "{kind: List, items: [{kind: Secret, metadata: {name: a}}, {kind: Secret, metadata: {name: a}}]}";
    let error = refusal(&format!("[[file]]\ncontent = \"{list}\"\noutput = \"x\"\nsyntax = \"yaml\"\n"), &[]);
    assert!(error.ends_with("it holds two objects Secret \"a\""), "{error}");
}

#[test]
fn a_private_key_needs_a_file_that_is_declared_secret() {
    let server = identity("server");
    let make = |content: &str, secret: &str| {
        let description = format!(
            "[[option]]\nname = \"cert\"\ntype = \"server\"\nhelp = \"h\"\n\
             [[file]]\noutput = \"x\"\nsyntax = \"text\"\ncontent = \"{content}\"\nsecret = {secret}\n"
        );
        render(&description, &[("cert", OptionValue::Identity(&server))])
    };
    let key = "{{ cert.key }}";
    for content in [key, "{{ cert.key | json }}", "{{ cert.key | replace('-----', '') | indent(3) }}"] {
        let error = make(content, "false").expect_err("it is not declared").to_string();
        assert!(
            error.ends_with("it contains a private key and is not declared secret"),
            "{content}: {error}"
        );
        make(content, "true").expect("it is declared");
    }
    let made = make(key, "'cert.has_key'").expect("the expression holds");
    assert_eq!(made[0].2, Sensitivity::Secret);
    assert_eq!(make("{{ cert.chain }}", "false").expect("no key")[0].2, Sensitivity::Public);
}

#[test]
fn output_that_is_not_what_it_claims_is_a_defect_of_the_emitter() {
    for (syntax, content) in [("yaml", "a: [ b"), ("json", "{"), ("toml", "a = "), ("pem", "x")] {
        let description =
            format!("[[file]]\ncontent = \"{content}\"\noutput = \"x\"\nsyntax = \"{syntax}\"\n");
        let error = refusal(&description, &[]);
        assert!(
            error.starts_with(&format!("emitter \"toy\" made an invalid {syntax} file \"x\": ")),
            "{error}"
        );
    }
    assert!(refusal(&format!("{FILE}{FILE}"), &[]).contains("two files of the emitter have this name"));
}

#[test]
fn a_file_is_made_for_each_item_of_a_list() {
    let server = identity("server");
    let description = "[[option]]\nname = \"cert\"\ntype = \"server\"\nhelp = \"h\"\n\
        [[file]]\neach = \"cert.trust.certificates\"\noutput = \"{{ item.file }}\"\ncontent = \"{{ item.pem }}\"\nsyntax = \"pem\"\n";
    let made = render(description, &[("cert", OptionValue::Identity(&server))]).expect("it renders");
    let file = format!("pkictl-root-{}.crt", &server.anchors[0].details.sha256[..8]);
    assert_eq!(made, [(file, server.anchors_pem(), Sensitivity::Public)]);
}

/// What a toy with this template makes, and these files in the same user's directory.
fn imported(template: &str, files: &[(&str, &str)]) -> Result<String> {
    let directory = toy("[[file]]\ntemplate = \"x.j2\"\noutput = \"x\"\nsyntax = \"text\"\n");
    write(&directory.path().join("toy/x.j2"), template);
    for (path, text) in files {
        write(&directory.path().join(path), text);
    }
    let emitters = Emitters::new(vec![directory.path().to_owned()]);
    assert!(!emitters.names().contains(&"_shared".into()));
    let artifacts = emitters.load("toy")?.render(&Input { environment: "dev", ..Input::default() })?;
    Ok(String::from_utf8(artifacts[0].contents.to_vec()).expect("text"))
}

#[test]
fn a_template_imports_from_the_same_directories_as_emitters_come_from() {
    let call = "{% import \"_shared/proxy.j2\" as proxy %}{{ proxy.url_host('https://api:8443/v1') }}";
    assert_eq!(imported(call, &[]).expect("the built-in one"), "api");
    let own = "{% macro url_host(url) %}mine in {{ environment }}{% endmacro %}";
    assert_eq!(imported(call, &[("_shared/proxy.j2", own)]).expect("the user's one"), "mine in dev");
    let included = "{% include \"_shared/head.j2\" %}{% include \"toy/y.j2\" %}";
    let files = [("_shared/head.j2", "a\n"), ("toy/y.j2", "b")];
    assert_eq!(imported(included, &files).expect("both are there"), "a\nb");
}

#[test]
fn an_import_that_cannot_be_read_is_named() {
    let error = |template: &str, files: &[(&str, &str)]| {
        imported(template, files).expect_err("it cannot be read").to_string()
    };
    for path in ["_shared/none.j2", "../toy/x.j2", "/etc/hostname"] {
        let error = error(&format!("{{% import {path:?} as x %}}"), &[]);
        assert!(error.contains(&format!("non-existing template '{path}'")), "{error}");
    }
    let broken = error("{% import \"_shared/own.j2\" as x %}", &[("_shared/own.j2", "a\n{{ nothing }}")]);
    assert!(
        broken.ends_with("_shared/own.j2:2 does not render: undefined value: `nothing` is undefined"),
        "{broken}"
    );
    let unclosed = error("{% include \"_shared/own.j2\" %}", &[("_shared/own.j2", "{% if %}")]);
    assert!(unclosed.contains("_shared/own.j2:1 does not render: syntax error"), "{unclosed}");
}

#[test]
fn imports_have_no_fuel_of_their_own_and_come_to_an_end() {
    let template =
        "{% import \"_shared/own.j2\" as own %}{% for a in range(9999) %}{{ own.all() }}{% endfor %}";
    let slow = "{% macro all() %}{% for b in range(9999) %}x{% endfor %}{% endmacro %}";
    let error = imported(template, &[("_shared/own.j2", slow)]).expect_err("it is stopped").to_string();
    assert!(error.contains("engine ran out of fuel"), "{error}");
    let itself = "{% include \"toy/x.j2\" %}";
    let error = imported(itself, &[]).expect_err("it is stopped").to_string();
    assert!(error.contains("recursion limit exceeded"), "{error}");
    let refuses = ("_shared/own.j2", "{{ refuse('no', 'do that') }}");
    let error = imported("{% include \"_shared/own.j2\" %}", &[refuses]).expect_err("it refuses");
    assert!(matches!(error, Error::Refused { reason, .. } if reason == "no"));
}
