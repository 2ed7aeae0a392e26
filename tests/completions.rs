//! Completions: the committed scripts are the program's, and real shells complete with them.

mod powershell;

use crate::harness::{Judge, Terminal, Workspace, judge, path_with_program};

const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "pkictl.bash"),
    ("zsh", "_pkictl"),
    ("fish", "pkictl.fish"),
    ("powershell", "_pkictl.ps1"),
    ("elvish", "pkictl.elv"),
];

fn committed(file: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file)
}

/// A workspace with a server `web` and a client `backend`.
fn with_credentials() -> Workspace {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    workspace
}

/// What a shell says that finds the program and runs a script in a workspace.
fn shell(judge: &Judge, workspace: &Workspace, script: &str) -> String {
    let output = judge
        .command()
        .current_dir(workspace.path())
        .env("PATH", path_with_program())
        .env("HOME", workspace.path())
        .args(["-c", script])
        .output()
        .expect("the shell runs");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_committed_scripts_are_what_the_program_prints() {
    let workspace = Workspace::new();
    for (shell, file) in SCRIPTS {
        let printed = workspace.pkictl(&["completions", shell]).succeeds().stdout;
        let path = committed(file);
        if std::env::var_os("PKICTL_BLESS").is_some() {
            std::fs::write(&path, &printed).expect("the script");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, printed, "completions/{file} is out of date: run the tests with PKICTL_BLESS=1");
    }
}

#[test]
fn bash_completes_profiles_credentials_and_options() {
    let Some(bash) = judge("bash") else { return };
    let complete = |line: &str| {
        let workspace = with_credentials();
        let script = format!(
            "source {}; COMP_WORDS=({line}''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9; \
             _clap_complete_pkictl pkictl '' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            committed("pkictl.bash").display()
        );
        shell(&bash, &workspace, &script)
    };
    let profiles = complete("pkictl issue ");
    for profile in ["server", "client", "wildcard"] {
        assert!(profiles.lines().any(|line| line == profile), "{profiles}");
    }
    let credentials = complete("pkictl show ");
    assert!(credentials.contains("web") && credentials.contains("backend"), "{credentials}");
    let targets = complete("pkictl emit ");
    assert!(targets.contains("route") && targets.contains("gunicorn"), "{targets}");
}

/// What the program offers a shell for the last word of a line.
fn offered(workspace: &Workspace, words: &[&str]) -> Vec<String> {
    let run = workspace
        .command(&[&["--", "pkictl"], words].concat())
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", &words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_IFS", "\n")
        .run()
        .succeeds();
    let is_value = |line: &&str| !line.starts_with('-');
    run.stdout.lines().filter(is_value).map(str::to_owned).collect()
}

#[test]
fn commands_are_offered_by_their_own_names_and_values_by_what_they_may_be() {
    let workspace = with_credentials();
    workspace.write("files/made-elsewhere.pem", "");
    let commands = offered(&workspace, &[""]);
    for (own, other) in [("show", "inspect"), ("emit", "bundle"), ("list", "ls")] {
        assert!(commands.iter().any(|name| name == own) && !commands.iter().any(|name| name == other));
    }
    assert_eq!(offered(&workspace, &["ls", "--all"]).len(), 0);
    assert_eq!(offered(&workspace, &["show", ""]), ["root", "backend", "web"]);
    assert_eq!(offered(&workspace, &["inspect", "roo"]), ["root"]);
    assert_eq!(offered(&workspace, &["show", "files/"]), ["files/made-elsewhere.pem"]);
    assert_eq!(offered(&workspace, &["emit", "nginx", "--cert", "files/m"]), ["files/made-elsewhere.pem"]);
    assert_eq!(offered(&workspace, &["emit", "nginx", "--cert", ""]), ["backend", "web"]);
    assert_eq!(offered(&workspace, &["verify", "--tls", ""]), ["1.3", "1.2"]);
    let profiles = offered(&workspace, &["issue", ""]);
    assert!(profiles.contains(&"intermediate-ca".into()) && !profiles.contains(&"root-ca".into()));
}

#[test]
fn fish_completes_the_credentials_of_an_environment() {
    let Some(fish) = judge("fish") else { return };
    let workspace = with_credentials();
    let script =
        format!("source {}; complete -C 'pkictl emit gunicorn --cert '", committed("pkictl.fish").display());
    let found = shell(&fish, &workspace, &script);
    assert!(found.lines().any(|line| line.starts_with("web")), "{found}");
    assert!(!found.contains("panicked"), "{found}");
}

#[test]
fn zsh_completes_when_a_person_presses_tab() {
    let (Some(zsh), Some(tmux)) = (judge("zsh"), judge("tmux")) else { return };
    let workspace = with_credentials();
    workspace.pkictl(&["issue", "server", "2001:db8::1"]).succeeds();
    let terminal = Terminal::open(&tmux, &workspace, &format!("{} -f -i", zsh.path().display()));
    let script = committed("_pkictl").display().to_string();
    let ready = format!("PS1='rea''dy> '; autoload -U compinit; compinit -u -D; source {script}; clear");
    terminal.keys(&[&ready, "Enter"]);
    terminal.shows("ready>");
    tab(&terminal, "pkictl issue ", "wildcard ");
    tab(&terminal, "pkictl emit gunicorn --cert ", "backend      web");
    tab(&terminal, "pkictl emit gunicorn --cert w", "gunicorn --cert web");
    // A colon ends what zsh takes for a value, unless it is escaped.
    tab(&terminal, "pkictl show 2", "show 2001:db8::1");
}

#[test]
fn elvish_completes_when_a_person_presses_tab() {
    let (Some(elvish), Some(tmux)) = (judge("elvish"), judge("tmux")) else { return };
    let workspace = with_credentials();
    let terminal = Terminal::open(&tmux, &workspace, &elvish.path().display().to_string());
    terminal.shows("~");
    let script = committed("pkictl.elv").display().to_string();
    terminal.keys(&[&format!("eval (slurp < {script}); set edit:prompt = {{ put 'rea'dy'> ' }}"), "Enter"]);
    terminal.shows("ready>");
    tab(&terminal, "pkictl issue ", "wildcard");
    tab(&terminal, "pkictl emit gunicorn --cert ", "backend  web");
    tab(&terminal, "pkictl emit gunicorn --cert w", "gunicorn --cert web");
}

/// A prompt after which nothing was typed; elvish says who and where at the end of its line.
fn is_prompt(line: &str) -> bool {
    line.starts_with("ready>") && !line.contains("pkictl") && !line.contains("clear")
}

/// Types the beginning of a line and presses Tab; then the line is taken back.
#[track_caller]
fn tab(terminal: &Terminal<'_>, line: &str, expected: &str) {
    terminal.keys(&[line]);
    terminal.shows(line.trim_end());
    terminal.keys(&["Tab"]);
    let screen = terminal.shows(expected);
    assert!(!screen.contains("panicked"), "{screen}");
    // What is typed before the line is taken back, or while `clear` runs, would be lost.
    terminal.keys(&["C-c"]);
    terminal.waits("a new prompt", |screen| screen.trim_end().lines().next_back().is_some_and(is_prompt));
    terminal.keys(&["clear", "Enter"]);
    terminal.waits("a prompt alone", |screen| screen.trim().lines().count() == 1 && is_prompt(screen.trim()));
}

#[test]
fn an_emitter_of_a_users_directory_gets_options_help_and_completion() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    workspace.write(
        "own/toy/emitter.toml",
        "summary = \"a toy\"\nproven_by = \"unproven\"\nexamples = [\"pkictl emit toy --cert web\"]\n\
         [[option]]\nname = \"cert\"\ntype = \"server\"\nrequired = true\nhelp = \"Which certificate\"\n\
         [[option]]\nname = \"colour\"\ntype = \"choice\"\nchoices = [\"red\", \"green\"]\ndefault = \"red\"\nhelp = \"Colour\"\n\
         [[file]]\ntemplate = \"toy.txt.j2\"\noutput = \"toy.txt\"\nsyntax = \"text\"\n",
    );
    workspace.write("own/toy/toy.txt.j2", "{{ colour }} {{ cert.name }}\n");
    let run = |arguments: &[&str]| workspace.pkictl(&[&["--templates", "own"], arguments].concat());
    assert_eq!(run(&["emit", "toy", "--cert", "web"]).succeeds().stdout, "red web\n");
    assert_eq!(run(&["emit", "toy", "--cert", "web", "--colour", "green"]).succeeds().stdout, "green web\n");
    let help = run(&["emit", "toy", "--help"]).succeeds().stdout;
    assert!(help.contains("--colour <COLOUR>") && help.contains("Which certificate"), "{help}");
    assert!(run(&["emit", "--list"]).succeeds().stdout.contains("unproven"));
    let complete = workspace
        .command(&["--", "pkictl", "--templates", "own", "emit", "toy", "--colour", ""])
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "6")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_IFS", "\n")
        .run()
        .succeeds()
        .stdout;
    assert!(complete.contains("red") && complete.contains("green"), "{complete:?}");
}
