//! PowerShell is in no package that can be had where these tests run. So a grammar of the language reads the script, and
//! what the script would ask the program is asked.

use super::{committed, with_credentials};
use crate::harness::python_with;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/powershell_script.py");

#[test]
fn the_script_for_powershell_is_powershell_and_what_it_asks_is_answered() {
    let Some(python) = python_with("tree_sitter_powershell") else { return };
    let read = python.accepts([PROGRAM.into(), committed("_pkictl.ps1")]);
    let script: serde_json::Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(script["command"], "Register-ArgumentCompleter");
    assert_eq!(script["words"], serde_json::json!(["-Native", "-CommandName", "pkictl", "-ScriptBlock"]));
    // Those that PowerShell passes to the block of a native command (Register-ArgumentCompleter, parameter ScriptBlock).
    let parameters = serde_json::json!(["$wordToComplete", "$commandAst", "$cursorPosition"]);
    assert_eq!(script["parameters"], parameters);
    assert!(
        script["assigned"]
            .as_array()
            .is_some_and(|all| all.contains(&serde_json::json!(["$env:COMPLETE", "\"powershell\""]))),
        "{script}"
    );
    assert_eq!(script["here_strings"], serde_json::json!(["@\"\n& pkictl -- $args\n\"@"]));

    // `$args` is the line as far as the cursor, with an empty word behind a blank.
    let workspace = with_credentials();
    let ask = |words: &[&str]| {
        let words = [&["--", "pkictl"], words].concat();
        let answer = workspace.command(&words).env("COMPLETE", "powershell").run().succeeds();
        assert_eq!(answer.stderr, "");
        // A value, and perhaps a tabulator and its help.
        let lines = answer.stdout.lines().map(|line| line.split('\t').map(str::to_owned).collect());
        lines.collect::<Vec<Vec<String>>>()
    };
    let values = |words: &[&str]| ask(words).into_iter().map(|parts| parts[0].clone()).collect::<Vec<_>>();
    assert_eq!(values(&["emit", "gunicorn", "--cert", ""]), ["backend", "web"]);
    assert_eq!(values(&["emit", "gunicorn", "--cert", "w"]), ["web"]);
    assert!(values(&["emit", ""]).contains(&"route".to_owned()));
    let profiles = ask(&["issue", ""]);
    let server = profiles.iter().find(|parts| parts[0] == "server").expect("a profile");
    assert!(server.len() == 2 && !server[1].is_empty(), "{server:?}");
}
