//! Plain English: turns of phrase that readers stumble over stay out of everything that users see. The left column is
//! what was found in earlier versions; CONTRIBUTING.md says which word to use for which idea.

mod text;

use std::path::Path;

use crate::harness::Workspace;
use text::{Passage, passages};

/// A turn of phrase, what to write instead, and the longer phrases in which the same words are ordinary English.
struct Phrase(&'static str, &'static str, &'static [&'static str]);

const PHRASES: &[Phrase] = &[
    Phrase("heeds", "ignores", &[]),
    Phrase("heeded", "ignored", &[]),
    Phrase("all the same", "anyway", &[]),
    Phrase("insist on", "allow", &[]),
    // The ids of steps in JSON keep their names.
    Phrase("mend", "fix", &["mend, write"]),
    Phrase("mends", "fixes", &[]),
    Phrase("mended", "fixed", &[]),
    Phrase("anew", "again", &[]),
    Phrase("once more", "again", &[]),
    Phrase("another one now", "content changed", &[]),
    Phrase("there is none yet", "not created yet", &[]),
    Phrase("any more", "no longer", &["any more than"]),
    Phrase("it is to be for", "usage changes: +serverAuth", &[]),
    Phrase("is of the environment's root", "reserved for", &[]),
    Phrase("it is that of", "reserved for", &[]),
    Phrase("stands", "is", &["stands for", "stands in for"]),
    Phrase("stand below", "be under", &[]),
    Phrase("stand beside", "be beside", &[]),
    Phrase("stand there", "be there", &[]),
    Phrase("lies", "is", &[]),
    Phrase("lie below", "be under", &[]),
    Phrase("lie outside", "be outside", &[]),
    Phrase("belongs into", "goes in", &[]),
    Phrase("belong into", "go in", &[]),
    Phrase("whoever", "clients, servers, callers", &[]),
    // The user of that name has no rights.
    Phrase("nobody", "no client, no server, no one", &["user nobody"]),
    Phrase("somebody", "someone", &[]),
    Phrase("everybody", "everyone", &[]),
    Phrase("could not do it", "failed", &[]),
    Phrase("could not be done", "failed", &[]),
    Phrase("form of its own", "does not support", &[]),
    Phrase("takes apart", "extracts", &[]),
    Phrase("opens a key", "decrypts", &[]),
    Phrase("opens this private key", "decrypts", &[]),
    Phrase("open this private key", "decrypt", &[]),
    Phrase("to be told", "breaks everyone who trusts it", &[]),
    Phrase("is told of", "affects", &[]),
    Phrase("was told", "was configured", &[]),
    Phrase("is no", "is not a", &["there is no", "is no longer", "is no more than", "is no less"]),
    Phrase("are no", "are not", &["there are no", "are no longer"]),
    Phrase("is none of", "is not valid for", &["there is none of"]),
    Phrase("are none", "are not", &["there are none"]),
    Phrase("admits nobody", "denies all", &[]),
    Phrase("is taken", "is accepted", &["is taken from"]),
    Phrase("are taken", "are accepted", &["are taken from"]),
    Phrase("takes no", "does not accept", &[]),
    Phrase("takes any", "accepts any", &[]),
    Phrase("takes only", "accepts only", &[]),
    Phrase("takes it", "accepts it", &[]),
    Phrase("takes them", "accepts them", &[]),
    Phrase("takes what", "accepts what", &[]),
    Phrase("takes whom", "accepts the clients that", &[]),
    Phrase("takes for", "treats as", &[]),
    Phrase("in the case of letters", "names that differ only in case", &[]),
    Phrase("is the place of", "is already a file written by", &[]),
    Phrase("are yours to", "remove them yourself", &[]),
    Phrase("carried over", "use a supported", &[]),
    Phrase("can never be right", "invalid values", &[]),
    Phrase("came out so", "differs from the manifest", &[]),
    Phrase("come out so", "differs from the manifest", &[]),
    Phrase("came out the same", "same result", &[]),
    Phrase("is luck", "varies", &[]),
    Phrase("has a say", "depends on", &[]),
    Phrase("that it is meant", "to allow it", &[]),
    Phrase("can be had", "is available", &[]),
];

/// Passages in which a phrase is right: file, phrase, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/emit/tests.rs", "nobody", "a name in a test"),
    ("src/manifest/tests.rs", "nobody", "a name in a test"),
];

/// The phrases in a passage that is in a file, each with the line that it is on and the words around it.
fn offences(file: &str, passage: &Passage) -> Vec<String> {
    let words = passage.text.to_lowercase();
    let mut found = Vec::new();
    for Phrase(phrase, instead, ordinary) in PHRASES {
        let excused = EXCEPTIONS.iter().any(|(place, words, _)| file.starts_with(place) && words == phrase);
        for (at, _) in words.match_indices(phrase) {
            if !excused
                && whole(&words, at, phrase)
                && !ordinary.iter().any(|longer| is_part(&words, at, phrase, longer))
            {
                let start = words[..at].char_indices().rev().nth(30).map_or(0, |(start, _)| start);
                let around: String = words[start..].chars().take(70 + phrase.len()).collect();
                found.push(format!("{file}:{}: \"{phrase}\" -> \"{instead}\": {around}", passage.line(at)));
            }
        }
    }
    found
}

/// Whether the phrase at that place is not a part of longer words.
fn whole(text: &str, at: usize, phrase: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !text[..at].ends_with(in_word) && !text[at + phrase.len()..].starts_with(in_word)
}

/// Whether the phrase at that place is a part of a longer one.
fn is_part(text: &str, at: usize, phrase: &str, longer: &str) -> bool {
    let inside = longer.find(phrase).expect("the longer phrase contains the phrase");
    at.checked_sub(inside).and_then(|start| text.get(start..)).is_some_and(|rest| rest.starts_with(longer))
}

/// Every file that users read, or from which their text comes.
fn files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left: Vec<_> =
        ["src", "templates", "schemas", "examples", "completions"].map(|name| root.join(name)).into();
    let mut found: Vec<_> =
        root.read_dir().expect("the project").flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|end| end == "md"));
    while let Some(directory) = left.pop() {
        for path in directory.read_dir().expect("a directory").flatten().map(|entry| entry.path()) {
            if path.is_dir() { left.push(path) } else { found.push(path) }
        }
    }
    let name = |path: &std::path::PathBuf| {
        path.strip_prefix(root).expect("in the project").display().to_string().replace('\\', "/")
    };
    let mut names: Vec<String> = found.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn text_for_users_is_plain_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut read = 0;
    for file in files() {
        let Ok(text) = std::fs::read_to_string(root.join(&file)) else { continue };
        read += text.len();
        for passage in passages(&file, &text) {
            found.extend(offences(&file, &passage));
        }
    }
    assert!(read > 1_000_000, "only {read} bytes were read");
    assert!(found.is_empty(), "{} phrases to replace:\n{}", found.len(), found.join("\n"));
}

#[test]
fn manual_pages_and_help_are_plain_english() {
    let workspace = Workspace::new();
    workspace.pkictl(&["man", "-d", "man"]).succeeds();
    let pages = workspace.file("man").read_dir().expect("manual pages").flatten();
    let mut count = 0;
    for page in pages {
        let name = page.file_name().display().to_string();
        let text =
            workspace.read(format!("man/{name}")).replace("\\-", "-").replace("\\fR", "").replace("\\fB", "");
        let found: Vec<String> =
            passages("page.md", &text).iter().flat_map(|passage| offences(&name, passage)).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
        count += 1;
    }
    assert!(count > 50, "only {count} pages");
    for command in crate::documents::commands(&workspace) {
        let help = crate::documents::help(&workspace, &command);
        let found: Vec<String> = passages("help.md", &help)
            .iter()
            .flat_map(|passage| offences(&command.join(" "), passage))
            .collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn every_exception_is_needed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (place, phrase, _) in EXCEPTIONS {
        let is_there = |file: &String| {
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            file.starts_with(place) && text.to_lowercase().contains(phrase)
        };
        assert!(files().iter().any(is_there), "{place} has no \"{phrase}\"");
    }
}

#[test]
fn a_phrase_is_found_where_users_would_read_it_and_nowhere_else() {
    let count = |file: &str, text: &str| -> usize {
        passages(file, text).iter().map(|passage| offences(file, passage).len()).sum()
    };
    assert_eq!(count("a.rs", "/// Whoever\n/// it is.\nfn nobody() {} // anew\n"), 1);
    assert_eq!(count("a.rs", "//! It is no\n//! directory.\n"), 1, "across lines");
    assert_eq!(
        count("a.rs", "fail(\"it is no \\\n        directory\", r#\"x \"is no\" y\"#, '\"', \"a\\\"anew\")"),
        3
    );
    assert_eq!(count("a.rs", "let whoever = 'a'; f::<'_>(\"there is no directory\", b'\"')"), 0);
    assert_eq!(count("a.md", "It stands\nfor a name, and stands in a file."), 1);
    assert_eq!(count("a.conf.j2", "# This is taken\n# for granted; {# who is taken #}"), 2);
    assert_eq!(count("a.md", "Amendment, whoever-it-is, is nothing."), 0);
    assert_eq!(passages("a.md", "one\n\ntwo\nis no three")[0].line(9), 4);
}
