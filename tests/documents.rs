//! Documents that cannot lie: the README's commands run, help and manual pages say what the program does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    let chance = line.find(" Root CA ").or_else(|| line.find(" skipped in ").map(|at| at + " skipped".len()));
    &line[..chance.unwrap_or(line.len())]
}

#[test]
fn the_readme_opens_with_what_a_terminal_shows() {
    let workspace = Workspace::new();
    let transcript = block(&project("README.md"), "console");
    let mut seen = Vec::new();
    for command in transcript.iter().filter_map(|line| line.strip_prefix("$ pkictl ")) {
        let mut words: Vec<&str> = command.split(' ').collect();
        // Handshakes take place today, at which these certificates will have expired.
        if command == "verify" {
            words.extend(["--at", "2026-11-22T10:00:00Z"]);
        }
        let run = workspace.command(&words).env("SOURCE_DATE_EPOCH", "1795341600").run().succeeds();
        seen.push(format!("$ pkictl {command}\n{}{}", run.stdout, run.stderr));
    }
    let seen = seen.concat();
    let seen: Vec<&str> = seen.lines().map(without_chance).collect();
    let told: Vec<&str> = transcript.iter().map(|line| without_chance(line)).collect();
    assert_eq!(seen, told);
    assert!(seen.len() > 40, "the README has lost its transcript");
}

/// The words of every command and every target of `emit`, as the help of those above them lists them.
pub fn commands(workspace: &Workspace) -> Vec<Vec<String>> {
    let mut all = vec![vec![]];
    let mut next = 0;
    while let Some(words) = all.get(next).cloned() {
        next += 1;
        let help = help(workspace, &words);
        let listed = help.lines().skip_while(|line| !["Commands:", "Targets:"].contains(line)).skip(1);
        // A deeper line goes on with the words of the one before.
        let listed = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
        let names = listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        all.extend(names.map(|name| [&words[..], &[name.to_owned()]].concat()));
    }
    all
}

pub fn help(workspace: &Workspace, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    workspace.pkictl(&words).succeeds().stdout
}

/// The commands in the examples of a help text, without what a shell does with their output.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let mut examples: Vec<String> = Vec::new();
    for line in lines.take_while(|line| line.starts_with("  ")) {
        let line = line.trim_start();
        let substituted = || line.strip_prefix("source <(pkictl ")?.strip_suffix(')');
        match (line.strip_prefix("pkictl ").or_else(substituted), examples.last_mut()) {
            (Some(example), _) => examples.push(example.split("   ").next().unwrap_or_default().to_owned()),
            (None, Some(broken)) => *broken += &format!(" {line}"),
            (None, None) => panic!("{line:?} is no example"),
        }
    }
    let mut alone = Vec::new();
    for example in examples.iter().flat_map(|example| example.split(" && pkictl ")) {
        let end = [" > ", " | "].iter().filter_map(|end| example.find(end)).min();
        alone.push(example[..end.unwrap_or(example.len())].to_owned());
    }
    alone
}

#[test]
fn every_example_in_help_names_commands_and_options_that_exist() {
    let mut silent = Vec::new();
    let everything = commands(&Workspace::new());
    for command in &everything {
        let workspace = Workspace::with_ca();
        workspace.pkictl(&["issue", "peer", "somebody"]).succeeds();
        let examples = examples(&help(&workspace, command));
        if examples.is_empty() {
            silent.push(command.join(" "));
        }
        for example in examples {
            let words: Vec<&str> = example.split_whitespace().map(|word| word.trim_matches('\'')).collect();
            let outside = |at: usize| at > 0 && matches!(words[at - 1], "-o" | "-d");
            // No test writes into a directory of this machine.
            let words: Vec<&str> = words
                .iter()
                .enumerate()
                .map(|(at, word)| if outside(at) { word.trim_start_matches('/') } else { word })
                .collect();
            let run = workspace.pkictl(&words);
            // What it names is not there, but it is understood.
            assert!(
                matches!(run.status, Some(0 | 1 | 3)),
                "pkictl {example}: {:?}\n{}",
                run.status,
                run.stderr
            );
            assert!(!run.stderr.contains("panicked"), "pkictl {example}\n{}", run.stderr);
        }
    }
    assert!(everything.len() > 50, "{everything:?}");
    assert_eq!(silent, Vec::<String>::new(), "these show no example");
}

#[test]
fn help_opens_with_real_commands_and_ends_with_exit_codes() {
    let help = Workspace::new().pkictl(&["--help"]).succeeds().stdout;
    assert!(help.starts_with("Examples:\n  pkictl init --org Example "), "{help}");
    assert!(help.contains("Exit codes: 0 success, 1 failed, 2 wrong usage, 3 a check failed."));
}

#[test]
fn every_command_has_a_manual_page_that_man_can_format() {
    let workspace = Workspace::new();
    workspace.pkictl(&["man", "-d", "man"]).succeeds();
    let pages: BTreeSet<PathBuf> = std::fs::read_dir(workspace.file("man"))
        .expect("the pages")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let page = |words: Vec<String>| {
        workspace.file("man").join([&["pkictl".into()], &words[..]].concat().join("-") + ".1")
    };
    let expected: BTreeSet<PathBuf> = commands(&workspace).into_iter().map(page).collect();
    assert_eq!(pages, expected);
    for page in &pages {
        let text = std::fs::read_to_string(page).expect("a page");
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".TH "), "{}: {text}", page.display());
    }
    assert_eq!(workspace.pkictl(&["man"]).succeeds().stdout, workspace.read("man/pkictl.1"));
    let issue = workspace.read("man/pkictl-issue.1");
    for part in [
        ".SH SYNOPSIS\n.nf\npkictl issue [OPTIONS] [PROFILE] [NAME]\n",
        ".SH \"GLOBAL OPTIONS\"\n",
        "[also: \\-\\-common\\-name]",
        ".SH EXAMPLES\n.nf\n  pkictl issue server web ",
        ".SH EXIT STATUS\n",
        ".SH ENVIRONMENT\n.TP\n\\fBPKICTL_DIR\\fR\n",
    ] {
        assert!(issue.contains(part), "no {part:?} in {issue}");
    }
    assert!(workspace.read("man/pkictl-list.1").contains("Also called `ls`."));
    let Some(man) = judge("man") else { return };
    let format = |page: &Path| {
        let output =
            man.command().env("LC_ALL", "C.UTF-8").arg("--warnings").arg("-Tutf8").arg(page).output();
        let output = output.expect("man runs");
        assert!(output.status.success() && !output.stdout.is_empty(), "{}: {output:?}", page.display());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for page in &pages {
        assert_eq!(format(page), "", "{}", page.display());
    }
    let broken = workspace.write("broken.1", ".TH x 1\n.SH NAME\nx \\[no-such-glyph]\n");
    assert!(format(&broken).contains("no-such-glyph"), "man warns of nothing");
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
