//! `lint` finds what people do by hand: certificates made with openssl as they make them, each judged by rule id.

mod cases;
mod material;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use pkictl::lint::SourceFile;
use serde_json::Value;

use crate::harness::{Random, Run, Workspace};
use material::{DAY, material, now};

/// The ids of the findings about these files, each once.
fn ids(run: &Run) -> BTreeSet<String> {
    let report = run.json();
    assert_eq!(report["schema"], 1);
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
}

fn lint(workspace: &Workspace, arguments: &str, now: i64) -> Run {
    let words: Vec<&str> = ["lint", "--format", "json"].into_iter().chain(arguments.split(' ')).collect();
    workspace.command(&words).env("SOURCE_DATE_EPOCH", &now.to_string()).run()
}

#[test]
fn dates_are_those_of_the_clock() {
    let Some(workspace) = material() else { return };
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let over = lint(workspace, "good.crt ca.crt", now() + 9999 * DAY).exits_with(3);
    assert_eq!(ids(&over), set(&["certificate-expired"]));
    let early = lint(workspace, "good.crt ca.crt", now() - 9 * DAY).exits_with(3);
    assert_eq!(ids(&early), set(&["certificate-not-yet-valid"]));
}

#[test]
fn a_place_makes_errors_of_what_does_not_work_there() {
    let Some(workspace) = material() else { return };
    for (file, place) in [
        ("ed25519.crt", "openshift"),
        ("ed25519.crt", "browsers"),
        ("long.crt", "apple"),
        ("nokid.crt", "python"),
        ("both-ca.pem", "java"),
        ("group.key", "postgres"),
    ] {
        lint(workspace, file, now()).exits_with(0);
        lint(workspace, &format!("{file} --for {place}"), now()).exits_with(3);
    }
    lint(workspace, "ed25519.crt --for apple,postgres", now()).exits_with(0);
}

#[test]
fn warnings_are_denied_on_demand_and_notes_never() {
    let Some(workspace) = material() else { return };
    lint(workspace, "long.crt --deny warnings", now()).exits_with(3);
    lint(workspace, "ed25519.crt --deny warnings", now()).exits_with(0);
}

#[test]
fn a_finding_says_where_what_and_how_to_mend_it() {
    let Some(workspace) = material() else { return };
    let report = lint(workspace, "rooted.pem cn-only.crt", now()).json();
    assert_eq!(report["counts"], serde_json::json!({"errors": 1, "warnings": 0, "notes": 1}));
    let root = &report["findings"][0];
    assert_eq!((&root["file"], &root["severity"]), (&"rooted.pem".into(), &"note".into()));
    assert!(root["line"].as_u64() > Some(5), "{root}");
    let finding = &report["findings"][1];
    assert_eq!(finding["line"], 1);
    assert_eq!(finding["message"], "\"cn-only\" has its name in the common name alone");
    assert_eq!(finding["found"], "the common name \"cn-only\" alone");
    let run = workspace.pkictl(&["lint", "cn-only.crt"]).exits_with(3);
    assert!(
        run.stdout.starts_with("error: cn-only.crt: \"cn-only\" has its name in the common name alone\n")
    );
    assert!(run.stdout.ends_with("1 error, 0 warnings, 0 notes in 1 file\n"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn sarif_is_what_its_official_schema_asks_for() {
    let Some(workspace) = material() else { return };
    let text = std::fs::read_to_string(crate::schemas::data("sarif/sarif-2.1.0.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    workspace.write("with a space.crt", workspace.read("cn-only.crt"));
    workspace.write(
        "route.yaml",
        "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: Web}\nspec:\n  to: {kind: Pod}\n",
    );
    let files =
        ["with a space.crt", "long.crt", "self.crt", "self.key", "lax-444.key", "same.crt", "route.yaml"];
    let run = workspace.pkictl(&[&["lint", "--format", "sarif"], &files[..]].concat()).exits_with(3);
    let sarif = run.json();
    assert_eq!(crate::schemas::errors(&validator, &sarif), Vec::<String>::new());
    let results = &sarif["runs"][0]["results"];
    let levels: BTreeSet<&str> =
        results.as_array().expect("results").iter().filter_map(|result| result["level"].as_str()).collect();
    assert!(levels.contains("error") && levels.contains("warning"), "{levels:?}");
    for (place, wrong) in [
        ("/runs/0/results/0/level", serde_json::json!("fatal")),
        ("/runs/0/results/0/message", serde_json::json!({})),
        ("/runs/0/results/0/ruleIndex", serde_json::json!(-2)),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", serde_json::json!(0)),
        ("/runs/0/tool/driver/rules/0/help", serde_json::json!("a text")),
    ] {
        let mut broken = sarif.clone();
        *broken.pointer_mut(place).expect("it is there") = wrong;
        assert!(!validator.is_valid(&broken), "the schema does not look at {place}");
    }
}

#[test]
fn sarif_names_rule_level_file_and_line_and_is_of_lint_alone() {
    let Some(workspace) = material() else { return };
    let run = workspace.pkictl(&["lint", "cn-only.crt", "long.crt", "--format", "sarif"]).exits_with(3);
    let sarif: Value = run.json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), pkictl::lint::rules().len());
    for (result, (id, level, file)) in results
        .iter()
        .zip([("san-missing", "error", "cn-only.crt"), ("validity-long", "warning", "long.crt")])
    {
        assert_eq!((&result["ruleId"], &result["level"]), (&id.into(), &level.into()));
        assert_eq!(rules[result["ruleIndex"].as_u64().expect("an index") as usize]["id"], id);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], file);
        assert_eq!(place["region"]["startLine"], 1);
    }
    assert_eq!(results.len(), 2);
    workspace
        .pkictl(&["list", "--format", "sarif"])
        .fails(2, "error: only `lint` supports `--format sarif`\n\nhint: use `--format json`");
    let refused = workspace.pkictl(&["lint", "cn-only.crt", "--format", "junit"]).exits_with(2);
    assert!(refused.stderr.starts_with("error: only `verify` supports `--format junit`"));
}

#[test]
fn the_list_of_rules_has_severity_source_and_fix() {
    let workspace = Workspace::new();
    let text = workspace.pkictl(&["lint", "--list"]).succeeds().stdout;
    assert!(
        text.contains("validity-long (warning; an error for apple)\n  source: support.apple.com"),
        "{text}"
    );
    let rules = workspace.pkictl(&["lint", "--list", "--format", "json"]).succeeds().json();
    for rule in rules["rules"].as_array().expect("rules") {
        for field in ["id", "severity", "source", "fix"] {
            assert!(rule[field].as_str().is_some_and(|text| !text.is_empty()), "{rule}: {field}");
        }
    }
}

#[test]
fn what_pkictl_makes_has_no_errors_and_no_warnings() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web", "--san", "web.example.com"]).succeeds();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    for name in ["web", "backend"] {
        let files = ["tls.crt", "tls.key", "ca.crt"].map(|file| format!("pki/dev/certs/{name}/{file}"));
        let words = [vec!["lint", "--deny", "warnings"], files.iter().map(String::as_str).collect()].concat();
        let run = workspace.pkictl(&words).succeeds();
        assert_eq!(run.stdout, "0 errors, 0 warnings, 0 notes in 3 files\n");
    }
    let key = workspace.credential("web", "tls.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    workspace.pkictl(&["lint", "pki/dev/certs/web/tls.key"]).exits_with(3);
}

#[test]
fn a_secret_beside_its_route_is_read_whichever_way_it_is_written() {
    let Some(workspace) = material() else { return };
    let route = "kind: Route\napiVersion: route.openshift.io/v1\nmetadata: {name: web}\nspec: {host: web.example, \
                 to: {kind: Service, name: web}, tls: {termination: edge, externalCertificate: {name: c}}}\n---\n";
    let swapped = workspace.read("swapped-secret.json");
    workspace.write("external.yaml", format!("{route}{swapped}\n"));
    let found = ids(&lint(workspace, "external.yaml", now()));
    assert!(found.contains("route-key-mismatch") && found.contains("key-mismatch"), "{found:?}");
}

#[test]
fn a_ca_beside_its_key_or_its_root_is_no_trust_file_without_root() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--intermediate"]).succeeds();
    let files = ["root/ca.crt", "issuing/ca.crt", "issuing/ca.key"].map(|file| format!("pki/dev/ca/{file}"));
    let lint = |files: &[String]| {
        let words: Vec<&str> = ["lint"].into_iter().chain(files.iter().map(String::as_str)).collect();
        workspace.pkictl(&words)
    };
    lint(&files[..2]).succeeds();
    lint(&files[1..]).succeeds();
    assert!(lint(&files[1..2]).exits_with(3).stdout.contains("trust-without-root"));
}

#[test]
fn the_key_of_a_ca_is_not_compared_with_what_the_ca_signed() {
    let Some(workspace) = material() else { return };
    assert!(ids(&lint(workspace, "ca.key good.crt", now())).is_empty());
}

#[test]
fn no_damage_to_a_file_stops_the_lint() {
    let Some(workspace) = material() else { return };
    let sound: Vec<Vec<u8>> =
        ["good.der", "good.crt", "good.key", "rooted.pem", "good.csr", "swapped-secret.json"]
            .iter()
            .map(|name| std::fs::read(workspace.file(name)).expect("a file"))
            .collect();
    let mut random = Random::from(7);
    let mut next = |below: usize| random.below(below);
    let moment = time::OffsetDateTime::from_unix_timestamp(now()).expect("a time");
    for round in 0..600 {
        let mut bytes = sound[round % sound.len()].clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] ^= 1 << next(8),
                1 => bytes.truncate(at.max(1)),
                _ => drop(bytes.drain(at..(at + next(40)).min(bytes.len()))),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let file =
            |name, bytes| SourceFile { name, bytes, mode: None, tracked: false, trusted: round % 2 == 0 };
        let files = [file("damaged", &bytes), file("good.crt", &sound[1])];
        let findings = pkictl::lint::files(&files, &[], moment);
        assert!(!pkictl::lint::sarif(&findings).is_null());
    }
}

#[test]
fn a_finding_quotes_no_private_key() {
    let Some(workspace) = material() else { return };
    let key = workspace.read("good.key");
    let body = key.lines().nth(1).expect("base64");
    workspace.write("torn.pem", key.replace("-----END PRIVATE KEY-----", ""));
    workspace.write("torn.yaml", format!("kind: Secret\ndata: {{tls.key: {body}}}\nx: y: z\n"));
    for format in ["human", "json", "sarif"] {
        let words = ["lint", "torn.pem", "torn.yaml", "swapped.key", "swapped.crt", "--format", format];
        let run = workspace.pkictl(&words).exits_with(3);
        assert!(!run.stdout.contains(body) && !run.stderr.contains(body), "{}", run.stdout);
    }
}

#[test]
fn a_file_that_is_not_there_is_no_finding() {
    let run = Workspace::new().pkictl(&["lint", "missing.pem"]).exits_with(1);
    assert!(run.stderr.starts_with("error: cannot read missing.pem"), "{}", run.stderr);
}
