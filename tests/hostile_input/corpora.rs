//! What the fuzz targets begin with, and every input on which one of them ever ended the program, once more.
//!
//! A target runs in a process of its own: what overflows a stack ends the process, and no `catch_unwind` holds it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pkictl::fuzzing::{TARGETS, Target};

use crate::harness::deadline;

/// The target that a child of this test replays.
const CHILD: &str = "PKICTL_REPLAY_TARGET";

/// Inputs that ended a target, or took minutes, and are too long to be kept as files.
fn long_ones(target: &str) -> Vec<(&'static str, Vec<u8>)> {
    let head = "summary = \"x\"\nrole = \"server\"\nvalidity = \"1d\"\n";
    let profile = |template: String| format!("{head}sans = ['{template}']\n").into_bytes();
    let manifest = |template: String| {
        format!("version = 1\nenvironments = [\"dev\"]\n[service.web]\nnames = ['{template}']\n").into_bytes()
    };
    let negations = format!("{{{{ {}1 }}}}", "-".repeat(100_000));
    let filters = format!("{{{{ 1{} }}}}", "|string".repeat(100_000));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    let sections = |contents: &str| {
        format!("-----BEGIN CERTIFICATE-----\n{contents}\n-----END CERTIFICATE-----\n")
            .repeat(30_000)
            .into_bytes()
    };
    match target {
        "pem" => vec![("30,000 empty sections", sections("")), ("30,000 sections", sections("MAA="))],
        "certificate" => vec![("nested sequences", [0x30, 0x80].repeat(100_000))],
        "profile" => vec![
            ("100,000 negations", profile(negations)),
            ("100,000 filters", profile(filters)),
            ("100,000 brackets", profile(brackets)),
        ],
        "manifest" => vec![
            ("100,000 negations", manifest(negations)),
            ("100,000 filters", manifest(filters)),
            ("nested arrays", format!("a = {}", "[".repeat(100_000)).into_bytes()),
        ],
        "kubernetes" | "route" | "compose" => vec![
            ("nested flow sequences", "[".repeat(100_000).into_bytes()),
            ("nested block sequences", "- ".repeat(50_000).into_bytes()),
        ],
        _ => vec![],
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a directory, sorted; none where there is no such directory.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// In the child: runs one target on everything, and says before each input which it is.
fn replay((target, run): &Target) {
    let begin = |what: &str| {
        // Past the capture of the test runner: whoever reads it wants the last line before the end.
        let _ = writeln!(std::io::stderr(), "replaying {what}");
    };
    for kind in ["corpus", "crashes"] {
        let directory = fuzz().join(kind).join(target);
        for name in names(&directory) {
            begin(&format!("fuzz/{kind}/{target}/{name}"));
            run(&std::fs::read(directory.join(name)).expect("an input"));
        }
    }
    for (what, input) in long_ones(target) {
        begin(&format!("{what} of {target}"));
        run(&input);
    }
}

#[test]
fn every_corpus_and_every_input_that_ever_ended_a_fuzz_target_is_survived() {
    if let Some(wanted) = std::env::var_os(CHILD) {
        return replay(TARGETS.iter().find(|(target, _)| wanted == *target).expect("a target"));
    }
    let own = std::thread::current().name().expect("the name of this test").to_owned();
    for (target, _) in TARGETS {
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args([&own, "--exact", "--nocapture"]).env(CHILD, target).stdin(Stdio::null());
        let output = assert_cmd::Command::from_std(child).timeout(deadline(60)).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = said.lines().rev().take(12).collect();
        assert!(
            output.status.success(),
            "{target}: {}\n{}",
            output.status,
            tail.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
        let inputs = said.matches("replaying ").count();
        assert!(
            inputs >= names(&fuzz().join("corpus").join(target)).len().max(2),
            "{target}: {inputs} inputs"
        );
    }
}

#[test]
fn every_fuzz_target_has_a_program_and_a_corpus_and_no_directory_is_without_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect();
    assert_eq!(names(&fuzz().join("corpus")), targets);
    let programs = names(&fuzz().join("fuzz_targets"));
    assert_eq!(
        programs.iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect::<BTreeSet<_>>(),
        targets
    );
    for target in &targets {
        let program =
            std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{target}.rs"))).expect("it is there");
        assert!(program.contains(&format!("pkictl::fuzzing::{target}(bytes)")), "{program}");
        let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).expect("it is there");
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target} is no program of fuzz/Cargo.toml"
        );
    }
    let stray: Vec<_> = names(&fuzz().join("crashes")).difference(&targets).cloned().collect();
    assert!(stray.is_empty(), "{stray:?}");
}
