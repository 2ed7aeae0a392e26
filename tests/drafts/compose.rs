//! Manifests that are drafted from Compose files.

use pkictl::emit::Emitters;
use pkictl::manifest::compose::{self, Draft};
use pkictl::manifest::{DeclaredService, Manifest};

use super::is_right;
use crate::harness::Workspace;

const SHOP: &str = r#"
name: shop
x-base: &base
  restart: always
  depends_on:
    database: { condition: service_healthy }
services:
  proxy:
    image: nginx:1.27
    ports: ["443:443"]
    depends_on: [api]
  api:
    <<: *base
    build: .
    ports: ["8000:8000"]
    networks:
      default: { aliases: [rest-api, "${ALIAS}"] }
      back:
    container_name: shop_api
  worker:
    build: .
    links: ["broker:mq", api]
    depends_on:
      migrate: { condition: service_completed_successfully }
      ghost: { condition: service_started }
  migrate:
    depends_on: [database]
  database:
    image: postgres:16
    hostname: db
    domainname: example.test
  broker: { image: "rabbitmq:3-management" }
  user_db: { image: mysql }
networks:
  back:
"#;

#[track_caller]
fn draft(text: &str) -> (Draft, Manifest) {
    let draft = compose::draft(text, "compose.yaml", &Emitters::built_in())
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let manifest = is_right(&draft.text);
    (draft, manifest)
}

fn refusal(text: &str) -> String {
    compose::draft(text, "compose.yaml", &Emitters::built_in()).expect_err("it is refused").to_string()
}

fn service<'a>(manifest: &'a Manifest, name: &str) -> &'a DeclaredService {
    manifest.environments[0].service(name).unwrap_or_else(|| panic!("no {name}"))
}

fn names(service: &DeclaredService) -> Vec<String> {
    service.names.iter().map(|name| name.value()).collect()
}

fn callers(service: &DeclaredService) -> Option<Vec<&str>> {
    service.callers.as_ref().map(|callers| callers.iter().map(String::as_str).collect())
}

#[test]
fn the_example_is_a_compose_file_by_the_official_schema() {
    let text =
        std::fs::read_to_string(crate::schemas::data("compose-spec/compose-spec.json")).expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let file = crate::schemas::documents(SHOP).remove(0);
    assert_eq!(crate::schemas::errors(&validator, &file), Vec::<String>::new());
}

#[test]
fn who_depends_on_whom_becomes_who_calls_whom() {
    let (draft, manifest) = draft(SHOP);
    assert_eq!((draft.services, draft.calls), (7, 5));
    let of = |name| callers(service(&manifest, name));
    assert_eq!(of("api"), Some(vec!["proxy", "worker"]));
    assert_eq!(of("database"), Some(vec!["api", "migrate"]), "a merged map counts");
    assert_eq!(of("broker"), Some(vec!["worker"]), "a link counts");
    assert_eq!(of("migrate"), None, "who waits for its end does not call it");
    assert_eq!(of("proxy"), None);
}

#[test]
fn every_name_by_which_others_reach_a_service_is_kept() {
    let (draft, manifest) = draft(SHOP);
    let of = |name| names(service(&manifest, name));
    assert_eq!(of("proxy"), ["proxy", "localhost"], "it is published on the host");
    assert_eq!(of("api"), ["api", "rest-api", "shop_api", "shop-api", "localhost"]);
    assert_eq!(of("broker"), ["broker", "mq"], "the alias of a link");
    assert_eq!(of("database"), ["database", "db.example.test"]);
    assert_eq!(of("user_db"), ["user_db", "user-db"], "both forms of what is no host name");
    assert!(draft.text.contains("# Some clients refuse a certificate for \"user_db\""), "{}", draft.text);
    assert!(draft.text.contains("# It is known as \"${ALIAS}\", too, which depends on a variable."));
    assert!(draft.text.contains("# It depends on \"ghost\", which is not in the Compose file."));
}

#[test]
fn known_images_get_their_profile_and_their_configuration() {
    let (draft, manifest) = draft(SHOP);
    let of = |name| {
        let service = service(&manifest, name);
        let targets: Vec<&str> = service.emits.iter().map(|emit| emit.target.as_str()).collect();
        (service.profile.as_str(), targets)
    };
    assert_eq!(of("database"), ("postgres-server", vec!["postgres"]));
    assert_eq!(of("broker"), ("server", vec!["rabbitmq"]));
    assert_eq!(of("proxy"), ("peer", vec!["nginx"]));
    assert_eq!(of("worker"), ("client", vec![]));
    assert_eq!(service(&manifest, "user_db").role, pkictl::pki::Role::Server);
    // A database that calls another cannot have a profile for servers alone.
    let both = "services:\n  a: {image: postgres, depends_on: [b]}\n  b: {image: postgres}\n";
    assert_eq!(service(&self::draft(both).1, "a").profile, "peer");
    assert!(!draft.text.contains("profile = \"peer\""));
}

#[test]
fn files_of_every_form_become_manifests_without_mistakes() {
    for (text, services) in [
        ("services: {app: {image: example/app}}", 1),
        ("services:\n  app:\n", 1),
        ("services:\n  a: {depends_on: [b]}\n  b: {depends_on: [a]}\n", 2),
        ("services:\n  a: {depends_on: [a], links: [a]}\n", 1),
        (
            "version: '3'\nservices:\n  a_b: {}\n  a-b: {}\n  A.B: {}\n  1.2.3: {}\n  _: {}\n  -x: {}\n  .y: {}\n",
            7,
        ),
        (
            "services:\n  \"a\\n[b]\": {}\n  \"*.com\": {}\n  \"a@b.c\": {}\n  \"{{ env }}\": {}\n  \"\u{1f980}\": {}\n",
            5,
        ),
        ("services:\n  web: {hostname: \"a\\nb\", container_name: \"{{ 7*7 }}\", networks: [x, y]}\n", 1),
        (
            "services:\n  web: {hostname: 10.0.0.1, ports: [80, {target: 443}]}\n  service-2: {}\n  \"?\": {}\n",
            3,
        ),
        (
            "services:\n  web: {image: \"nginx\", depends_on: [db]}\n  db: {image: redis, depends_on: {web: }}\n",
            2,
        ),
        (
            "services:\n  web: {extends: {file: base.yml, service: base}, depends_on: null}\ninclude: [other.yml]\n",
            1,
        ),
    ] {
        assert_eq!(draft(text).0.services, services, "{text}");
    }
}

#[test]
fn what_is_no_compose_file_is_refused_with_its_place() {
    assert_eq!(refusal(""), "compose.yaml: it has no `services`, so it is not a Compose file of a project");
    assert_eq!(
        refusal("kind: DeclaredService\n"),
        "compose.yaml: it has no `services`, so it is not a Compose file of a project"
    );
    for (text, reason, place) in [
        (
            "services: 3\n",
            "invalid type: integer `3`, expected names, as a list or as a map",
            "line 1, column 1",
        ),
        (
            "services:\n  web:\n    depends_on: 3\n",
            "expected names, as a list or as a map",
            "line 3, column 5",
        ),
        ("services:\n  web:\n    links: {a: b}\n", "expected sequence", "line 3, column 12"),
        ("services:\n  web: {}\n  web: {}\n", "duplicate mapping key `web`", "line 3, column 3"),
        ("services:\n  web: [\n", "expected mapping", "line 2, column 8"),
        ("services: *nobody\n", "unknown value", "line 1, column 11"),
        ("services: {\"\": {}}\n", "a name is empty", "line 1, column 11"),
        ("a: b\n---\nc: d\n", "multiple", "line 3, column 1"),
    ] {
        let found = refusal(text);
        assert!(found.starts_with("compose.yaml: ") && found.contains(reason), "{text}: {found}");
        assert!(found.contains(place), "{text}: {found}");
    }
    let long = format!("services:\n  web: {{}}\n# {}", "x".repeat(1 << 20));
    assert_eq!(refusal(&long), "compose.yaml: it is longer than 1 MiB, and no Compose file is");
    let levels: String =
        (1..9).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(","))).collect();
    let bomb = format!("l0: &l0 [x]\n{levels}services: {{w: {{ports: *l8}}}}\n");
    assert!(refusal(&bomb).contains("line"), "{}", refusal(&bomb));
    let deep = format!("services: {}", "[".repeat(5000));
    assert!(refusal(&deep).contains("line"), "{}", refusal(&deep));
}

#[test]
fn a_draft_is_written_and_applied() {
    let workspace = Workspace::new();
    workspace.write("docker-compose.yml", SHOP);
    let run = workspace.pkictl(&["manifest", "import", "compose", "docker-compose.yml"]).succeeds();
    assert_eq!(run.stderr, "wrote pkictl.toml\ndrafted 7 services and 5 calls\nnext: pkictl plan\n");
    workspace.pkictl(&["apply"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).succeeds();
    let names = workspace.pkictl(&["show", "user_db"]).succeeds().stdout;
    assert!(names.contains("DNS:user_db") && names.contains("DNS:user-db"), "{names}");
    workspace
        .pkictl(&["manifest", "import", "compose", "docker-compose.yml"])
        .fails(1, "error: file \"pkictl.toml\" already exists in .\n\nhint: use `--force` to replace it");
    let printed = workspace.pkictl(&["manifest", "import", "compose", "docker-compose.yml", "-o", "-"]);
    assert_eq!(printed.succeeds().stdout, workspace.read("pkictl.toml"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let workspace = Workspace::new();
    let run = workspace.pkictl(&["manifest", "import", "compose", "no.yml"]).exits_with(1);
    assert!(run.stderr.starts_with("error: cannot read no.yml"), "{}", run.stderr);
    workspace.write("latin.yml", b"services: {a: {image: \xff}}");
    workspace
        .pkictl(&["manifest", "import", "compose", "latin.yml"])
        .fails(1, "error: latin.yml: byte 23 is not UTF-8 text");
}
