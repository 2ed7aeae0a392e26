//! Small inputs that ask for much: stack, memory, time, or what the template engine cannot finish. Each ends soon and
//! with an error; no signal, no panic, no gigabytes.

use std::process::Command;

use crate::harness::{Workspace, deadline};

/// More than the program needs for anything, in KiB of address space: what asks for gigabytes is ended by a signal.
const ADDRESS_SPACE: u32 = 1_500_000;

/// Runs the program with a bound on its memory; what it said on stderr, and its exit code.
fn bounded(workspace: &Workspace, arguments: &[&str]) -> (Option<i32>, String) {
    let mut shell = Command::new("/bin/sh");
    let script = format!("ulimit -v {ADDRESS_SPACE} && exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_pkictl")]).args(arguments).current_dir(workspace.path());
    let output = assert_cmd::Command::from_std(shell).timeout(deadline(60)).output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[track_caller]
fn refuses(workspace: &Workspace, arguments: &[&str], what: &str) {
    let (code, said) = bounded(workspace, arguments);
    let start: String = said.chars().take(300).collect();
    assert!(matches!(code, Some(1 | 2)) && said.starts_with("error: "), "{what}: {code:?} {start}");
    assert!(said.len() < 4000, "{what} is answered with {} bytes: {start}", said.len());
}

/// Templates that ask for more than they may have, or that the engine does not survive by itself.
fn greedy() -> Vec<(&'static str, String)> {
    let many = |text: &str| text.repeat(100_000);
    vec![
        ("negations", format!("{{{{ {}1 }}}}", many("-"))),
        ("filters", format!("{{{{ 1{} }}}}", many("|string"))),
        ("brackets", format!("{{{{ {}1{} }}}}", many("("), many(")"))),
        ("nested statements", format!("{}{}", many("{% if true %}"), many("{% endif %}"))),
        ("an alias that is a number", "{% import \"x\" as 1 %}".into()),
        ("an alias that is a call", "{% import \"x\" as a.b() %}".into()),
        ("an alias that is a negation", "{% import \"x\" as -a %}".into()),
        ("an alias that is text", "{% import \"x\" as \"s\" %}".into()),
        ("a wide format", "{{ \"%400000000s\" | format(\"x\") }}".into()),
        ("an indent", "{{ \"x\\nx\" | indent(400000000) }}".into()),
        ("batches", "{{ [1] | batch(400000000, 1) | list }}".into()),
        (
            "a text that doubles",
            format!("{{% set a = \"xxxxxxxx\" %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40)),
        ),
        (
            "a replacement that grows",
            format!("{{% set a = \"xx\" %}}{}{{{{ a }}}}", "{% set a = a | replace(\"x\", a) %}".repeat(8)),
        ),
        (
            "a join that grows",
            format!("{{% set a = \"xx\" %}}{}{{{{ a }}}}", "{% set a = [a, a, a, a] | join(a) %}".repeat(30)),
        ),
    ]
}

#[test]
fn a_greedy_template_of_a_profile_a_manifest_or_an_emitter_is_an_error() {
    let workspace = super::workspace();
    for (what, template) in greedy() {
        let value = serde_json::to_string(&template).expect("text");
        let profile = format!("summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\nsans = [{value}]\n");
        workspace.write("pki/profiles/mine.toml", profile);
        refuses(&workspace, &["issue", "mine", "other"], &format!("{what} in a profile"));
        let manifest = format!("version = 1\nenvironments = [\"dev\"]\n[service.web]\nnames = [{value}]\n");
        workspace.write("pkictl.toml", manifest);
        refuses(&workspace, &["plan"], &format!("{what} in a manifest"));
        let emitter = "summary = \"a toy\"\nproven_by = \"unproven\"\n[[file]]\noutput = \"toy\"\nsyntax = \"text\"\ntemplate = \"toy.j2\"\n";
        workspace.write("pki/emit/toy/emitter.toml", emitter);
        workspace.write("pki/emit/toy/toy.j2", &template);
        refuses(&workspace, &["emit", "toy"], &format!("{what} in an emitter"));
    }
}

#[test]
fn a_short_manifest_of_too_many_environments_and_services_is_an_error() {
    let workspace = Workspace::new();
    let environments: Vec<String> = (0..1000).map(|number| format!("\"e{number}\"")).collect();
    let services: String =
        (0..1000).map(|number| format!("[service.s{number}]\nprofile = \"client\"\n")).collect();
    workspace.write(
        "pkictl.toml",
        format!("version = 1\nenvironments = [{}]\n{services}", environments.join(",")),
    );
    refuses(&workspace, &["plan"], "a million services");
}

#[test]
fn a_file_of_thirty_thousand_sections_is_judged_in_good_time() {
    let workspace = super::workspace();
    let certificate = workspace.read("pki/dev/certs/web/tls.crt");
    let section = certificate.lines().take_while(|line| !line.contains("END")).take(1).collect::<String>();
    let empty = format!("{section}\n-----END CERTIFICATE-----\n").repeat(18_000);
    let damaged = format!("{section}\nMAA=\n-----END CERTIFICATE-----\n").repeat(16_000);
    for (what, text) in [("empty", empty), ("damaged", damaged), ("whole", certificate.repeat(1200))] {
        workspace.write("many.pem", &text[..text.len().min(1 << 20)]);
        let (code, said) = bounded(&workspace, &["lint", "many.pem"]);
        let start: String = said.chars().take(300).collect();
        assert!(matches!(code, Some(0..=3)), "{what}: {code:?} {start}");
    }
}

#[test]
fn what_was_issued_is_listed_under_every_name_that_was_accepted() {
    let workspace = Workspace::with_ca();
    for name in
        ["_ipv6.bücher.example", "_wildcard.bücher.example", "_x.bücher.example", "*.bücher.example", "::1"]
    {
        let run = workspace.pkictl(&["issue", "server", name, "--quiet"]);
        let before = workspace.pkictl(&["list", "--format", "json"]).succeeds().stdout;
        if run.status == Some(0) {
            let shown = workspace.pkictl(&["show", "--", name]);
            assert_eq!(shown.status, Some(0), "{name} was issued, and cannot be shown: {}", shown.stderr);
            let kept = std::fs::read_dir(workspace.file("pki/dev/certs")).expect("a directory").count();
            let listed = before.matches("\"serial\"").count();
            assert!(listed >= kept, "{kept} are kept, {listed} listed: {before}");
        }
    }
}
