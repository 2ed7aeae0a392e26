//! Documents that cannot lie: the README's commands run, help and manual pages say what the program does.

use std::path::Path;

use crate::harness::{Workspace, judge};

fn project(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a file of the project")
}

/// The lines of the first fenced block of a language.
fn block(text: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}");
    let lines = text.lines().skip_while(|line| *line != start).skip(1);
    lines.take_while(|line| *line != "```").map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_readmes_case_works_in_its_order() {
    let workspace = Workspace::new();
    let lines = block(&project("README.md"), "sh");
    assert!(lines.len() >= 10, "the README has lost its case: {lines:?}");
    for line in lines {
        let words: Vec<String> =
            line.split(' ').map(|word| word.trim_matches(['\'', '"']).to_owned()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(words[0], "pkictl", "{line}");
        workspace.pkictl(&words[1..]).succeeds();
    }
}

/// Without what differs from run to run: a root's name ends with chance, and a report with its milliseconds.
fn without_chance(line: &str) -> &str {
    let chance =
        line.find(" Root CA ").or_else(|| line.ends_with(" ms").then(|| line.rfind(" in ")).flatten());
    &line[..chance.unwrap_or(line.len())]
}

#[test]
fn the_readme_opens_with_what_a_terminal_shows() {
    let workspace = Workspace::new();
    let transcript = block(&project("README.md"), "console");
    let mut seen = Vec::new();
    for command in transcript.iter().filter_map(|line| line.strip_prefix("$ pkictl ")) {
        let words: Vec<&str> = command.split(' ').collect();
        let run = workspace.command(&words).env("SOURCE_DATE_EPOCH", "1795341600").run().succeeds();
        seen.push(format!("$ pkictl {command}\n{}{}", run.stdout, run.stderr));
    }
    let seen = seen.concat();
    let seen: Vec<&str> = seen.lines().map(without_chance).collect();
    let told: Vec<&str> = transcript.iter().map(|line| without_chance(line)).collect();
    assert_eq!(seen, told);
    assert!(seen.len() > 40, "the README has lost its transcript");
}

#[test]
fn every_example_in_help_names_commands_and_options_that_exist() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init"]).succeeds();
    for command in [
        &["--help"][..],
        &["init", "--help"],
        &["issue", "--help"],
        &["verify", "--help"],
        &["lint", "--help"],
        &["show", "--help"],
        &["manifest", "--help"],
        &["manifest", "init", "--help"],
        &["manifest", "import", "compose", "--help"],
        &["manifest", "schema", "--help"],
    ] {
        let help = workspace.pkictl(command).succeeds().stdout;
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  pkictl ")).collect();
        assert!(!examples.is_empty(), "{command:?} shows no example");
        for example in examples {
            let example =
                example.split("   ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
            let words: Vec<&str> = example
                .split(' ')
                .map(|word| word.trim_matches('\''))
                .filter(|word| !word.is_empty())
                .collect();
            let run = workspace.pkictl(&words);
            assert_ne!(run.status, Some(2), "pkictl {example}\n{}", run.stderr);
        }
    }
}

#[test]
fn help_opens_with_real_commands_and_ends_with_exit_codes() {
    let help = Workspace::new().pkictl(&["--help"]).succeeds().stdout;
    assert!(help.starts_with("Examples:\n  pkictl init --org Example "), "{help}");
    assert!(
        help.contains("Exit codes: 0 done, 1 could not do it, 2 wrong usage, 3 a check found a failure.")
    );
}

#[test]
fn every_command_has_a_manual_page_that_man_can_format() {
    let workspace = Workspace::new();
    workspace.pkictl(&["man", "-d", "man"]).succeeds();
    for page in [
        "pkictl",
        "pkictl-init",
        "pkictl-issue",
        "pkictl-verify",
        "pkictl-emit",
        "pkictl-emit-route",
        "pkictl-profile-show",
    ] {
        let text = workspace.read(format!("man/{page}.1"));
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".TH "), "{page}: {text}");
    }
    assert_eq!(workspace.pkictl(&["man"]).succeeds().stdout, workspace.read("man/pkictl.1"));
    let Some(man) = judge("man") else { return };
    let text = man.accepts([workspace.file("man/pkictl-issue.1")]);
    assert!(text.contains("issue"), "{text}");
}

#[test]
fn the_readme_counts_the_targets_as_they_are() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/emit");
    let names =
        std::fs::read_dir(templates).expect("the emitters").map(|entry| entry.expect("an entry").file_name());
    let count = names.filter(|name| !name.to_string_lossy().starts_with('_')).count();
    let told = format!("| {count} targets |");
    assert!(project("README.md").contains(&told), "the README does not say {told:?}");
}

#[test]
fn the_workflow_is_one_by_the_official_schema() {
    let Some(check) = judge("check-jsonschema") else { return };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/ci.yml");
    let schema = ["--builtin-schema", "vendor.github-workflows"].map(std::ffi::OsStr::new);
    check.accepts(schema.into_iter().chain([file.as_os_str()]));
    let broken = Workspace::new();
    let text = project(".github/workflows/ci.yml").replacen("runs-on", "run-on", 1);
    let file = broken.write("ci.yml", &text);
    let said = check.refuses(schema.into_iter().chain([file.as_os_str()]));
    assert!(said.contains("'runs-on' is a required property") || said.contains("run-on"), "{said}");
}
