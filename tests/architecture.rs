//! Who may know whom: the `use` lines and paths of `src/` against the table of the floor plan, and rules that keep
//! printing, writing, the clock and each foreign library in the one place that is theirs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Each top-level module and what it may import. A new module needs a line here, and a reason.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("pki", &["error"]),
    ("template", &["error"]),
    ("artifact", &["error", "pki"]),
    ("report", &["error", "pki"]),
    ("profile", &["error", "pki", "template"]),
    ("ephemeral", &["error", "pki", "profile"]),
    ("store", &["error", "pki", "artifact"]),
    ("bundle", &["error", "pki", "profile"]),
    ("emit", &["error", "pki", "profile", "bundle", "template", "artifact"]),
    ("verify", &["error", "pki", "profile", "bundle", "report"]),
    ("lint", &["error", "pki", "profile", "bundle", "report", "artifact"]),
    (
        "cli",
        &[
            "error",
            "pki",
            "template",
            "artifact",
            "report",
            "profile",
            "ephemeral",
            "store",
            "bundle",
            "emit",
            "verify",
            "lint",
        ],
    ),
    ("main", &["cli"]),
];

/// Libraries and the only files (or directories) that may use them, so that a change of library is a change of one file.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("rcgen::", &["pki/authority.rs"]),
    (
        "x509_parser::",
        &["pki/certificate.rs", "pki/certificate/", "pki/request.rs", "pki/distinguished_name.rs"],
    ),
    ("rustls_pemfile::", &["pki/pem.rs"]),
    ("rustls::", &["verify.rs", "verify/"]),
    ("aws_lc_rs::", &["pki/key.rs", "pki/key/"]),
    ("pkcs8::", &["pki/pem.rs", "pki/key.rs", "pki/key/"]),
    ("ring::", &["pki.rs", "pki/"]),
    ("yasna::", &["pki/"]),
    ("idna::", &["pki/name.rs"]),
    ("rustix::", &["artifact/system.rs"]),
    ("minijinja::", &["template.rs", "profile/", "emit.rs", "emit/"]),
    ("serde_saphyr::", &["emit.rs", "emit/", "lint.rs", "lint/"]),
    ("clap::", &["cli.rs", "cli/"]),
    ("clap_complete::", &["cli/"]),
    ("clap_mangen::", &["cli/man.rs"]),
    ("dialoguer::", &["cli/prompt.rs"]),
    ("indicatif::", &["cli/progress.rs"]),
    ("anstream::", &["cli/output.rs"]),
    ("anstyle::", &["cli/output.rs"]),
    ("quick_junit::", &["cli/"]),
];

/// Words of code and the only files (or directories) that may hold them.
const POWERS: &[(&str, &[&str])] = &[
    // Files are written in one place, with their mode from the first moment and as a whole.
    ("OpenOptions", &["artifact/system.rs"]),
    ("DirBuilder", &["artifact/system.rs"]),
    ("File::create", &[]),
    ("fs::write(", &[]),
    ("fs::create_dir", &[]),
    ("fs::copy(", &[]),
    ("fs::hard_link(", &[]),
    ("fs::set_permissions(", &[]),
    ("fs::rename(", &["artifact/file.rs", "artifact/system.rs"]),
    ("fs::remove_file(", &["artifact/file.rs", "artifact/directory.rs"]),
    ("fs::remove_dir(", &["artifact/directory.rs"]),
    ("fs::remove_dir_all(", &["artifact/directory.rs"]),
    // The clock, the environment and the terminal belong to the command line.
    ("now_utc(", &["cli/clock.rs"]),
    ("now_local(", &[]),
    ("SystemTime::now(", &[]),
    ("std::env", &["cli/environment.rs"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    ("stdout(", &["cli/output.rs"]),
    ("stderr(", &["cli/output.rs", "cli/prompt.rs", "cli/progress.rs"]),
    ("stdin(", &["cli/prompt.rs"]),
    ("process::exit(", &[]),
    ("Command::new(", &["cli/emit_args.rs"]),
    // What hides a failure or who depends on whom.
    ("unwrap(", &[]),
    ("panic!", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("unsafe", &[]),
    ("super::*", &[]),
    ("mod utils", &[]),
    ("mod util", &[]),
    ("mod helpers", &[]),
    ("mod common", &[]),
    ("mod prelude", &[]),
];

/// Longest file, in lines, without the tests at its end.
const MAX_LINES: usize = 300;

/// A file of the library.
struct Source {
    /// Below `src/`, with `/`.
    name: String,
    /// Without its tests and comments; strings are empty.
    code: String,
    /// As it is.
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut left = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).expect("src").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let name =
                    path.strip_prefix(&root).expect("below src").display().to_string().replace('\\', "/");
                found.push(Source { name, code: code_of(without_tests(&text)), text });
            }
        }
    }
    // Modules that only tests see.
    let test_only: Vec<String> = found.iter().flat_map(test_modules).collect();
    found.retain(|source| !test_only.contains(&source.name));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(found.len() > 40, "only {} source files were found", found.len());
    found
}

/// The files of the modules that a file declares for its tests.
fn test_modules(source: &Source) -> Vec<String> {
    let directory = source.name.trim_end_matches(".rs");
    let declared = source.text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let line = rest.lines().next()?.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
    });
    declared.map(|name| format!("{directory}/{name}.rs")).collect()
}

/// The text before the tests, which stand at the end.
fn without_tests(text: &str) -> &str {
    let start =
        text.find("\n#[cfg(test)]\nmod tests").or_else(|| text.find("\n#[cfg(all(test, unix))]\nmod tests"));
    start.map_or(text, |at| &text[..=at])
}

/// Code with its comments and the content of its strings left out.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            start + rest[start..].find(&end).expect("a raw string ends") + end.len()
        } else if c == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            2 + rest[2..].find('\'').expect("a character ends") + 1
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push_str(if c == '"' { "\"\"" } else { "" });
        rest = &rest[skipped..];
    }
    code
}

/// The number of `#` of a raw string that starts here.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a string does not end: {}", &rest[..rest.len().min(80)]);
}

/// Where `word` stands in `code` and is not a part of a longer name.
fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let longer_in_front = code[..*at].chars().next_back().is_some_and(in_name);
        let longer_behind = word.ends_with(in_name) && code[at + word.len()..].starts_with(in_name);
        !longer_in_front && !longer_behind
    })
}

/// Where the path of a library begins: a module of the same name inside another library is something else.
fn roots<'a>(code: &'a str, library: &'a str) -> impl Iterator<Item = usize> + 'a {
    places(code, library).filter(|at| !code[..*at].ends_with("::"))
}

fn line_of(code: &str, at: usize) -> &str {
    let start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    code[start..].lines().next().unwrap_or_default().trim()
}

/// The first name of a path after `crate::`, or the names in its braces.
fn names_after(code: &str) -> Vec<&str> {
    let identifier = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    match code.strip_prefix('{') {
        Some(list) => {
            let inner = &list[..list.find('}').unwrap_or(list.len())];
            inner
                .split(',')
                .map(str::trim)
                .map(|name| &name[..identifier(name)])
                .filter(|name| !name.is_empty())
                .collect()
        }
        None => vec![&code[..identifier(code)]],
    }
}

#[test]
fn every_module_imports_only_what_the_floor_plan_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let (mut offences, mut imports) = (Vec::new(), 0);
    for source in sources() {
        let module = source.name.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(allowed) = table.get(module) else {
            offences.push(format!("src/{}: the module {module} has no line in the table", source.name));
            continue;
        };
        // `super` as often as the module is deep means the crate.
        let depth = source.name.trim_end_matches(".rs").split('/').count();
        for root in ["crate::".to_owned(), "pkictl::".to_owned(), "super::".repeat(depth)] {
            for at in places(&source.code, &root) {
                for name in names_after(&source.code[at + root.len()..]) {
                    // The crate root has two names of the module `error`.
                    let name = if ["Error", "Result"].contains(&name) { "error" } else { name };
                    imports += 1;
                    if name != module && !allowed.contains(&name) {
                        offences.push(format!("src/{}: {}", source.name, line_of(&source.code, at)));
                    }
                }
            }
        }
    }
    assert!(offences.is_empty(), "against the floor plan:\n{}", offences.join("\n"));
    assert!(imports > 150, "only {imports} imports were found: the test reads too little");
}

#[test]
fn each_library_and_each_power_stays_in_its_place() {
    let sources = sources();
    let mut offences = Vec::new();
    let libraries = LIBRARIES.iter().map(|(word, homes)| (word, homes, true));
    for (word, homes, is_library) in libraries.chain(POWERS.iter().map(|(word, homes)| (word, homes, false)))
    {
        let found = |source: &Source| match is_library {
            true => roots(&source.code, word).collect::<Vec<_>>(),
            false => places(&source.code, word).collect(),
        };
        let lives_in = |home: &str, name: &str| name == home || home.ends_with('/') && name.starts_with(home);
        for source in &sources {
            if !homes.iter().any(|home| lives_in(home, &source.name)) {
                let lines = found(source).into_iter().map(|at| line_of(&source.code, at));
                offences.extend(lines.map(|line| format!("src/{}: `{word}` in: {line}", source.name)));
            }
        }
        let at_home = |source: &&Source| homes.iter().any(|home| lives_in(home, &source.name));
        let used = sources.iter().filter(at_home).any(|source| !found(source).is_empty());
        assert!(homes.is_empty() || used, "`{word}` is used nowhere: take it out of the table");
    }
    assert!(offences.is_empty(), "out of place:\n{}", offences.join("\n"));
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let lines = |source: &Source| without_tests(&source.text).lines().count();
    let all: Vec<Source> = sources();
    let long = all.iter().filter(|source| lines(source) > MAX_LINES);
    let long: Vec<String> =
        long.map(|source| format!("src/{}: {} lines", source.name, lines(source))).collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines:\n{}", long.join("\n"));
    let mut lengths: Vec<usize> = all.iter().map(lines).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < 150, "half of the files have {median} lines or more");
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.name)
        .collect();
    assert!(silent.is_empty(), "no `//!` in {silent:?}");
}

#[test]
fn no_dependency_needs_a_newer_compiler_than_the_package_promises() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--offline", "--locked"]);
    command.args(["--filter-platform", &host()]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("cargo runs");
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason.lines().next().unwrap_or_default();
        // Written past the test runner's capture: a skipped test must be seen.
        let _ = writeln!(std::io::stderr(), "skipped: the dependencies' manifests are not here: {reason}");
        return;
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let own = version(env!("CARGO_PKG_RUST_VERSION"));
    assert!(own > (1, 0) && packages.len() > 100, "{own:?}, {} packages", packages.len());
    let newer = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|one| version(one) > own));
    let names: Vec<String> = newer
        .map(|package| {
            format!("{} {} needs {}", package["name"], package["version"], package["rust_version"])
        })
        .collect();
    assert!(names.is_empty(), "newer than {}:\n{}", env!("CARGO_PKG_RUST_VERSION"), names.join("\n"));
}

/// `1.89.0` as numbers; the last one does not matter.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn host() -> String {
    let output = Command::new("rustc").args(["-vV"]).output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

#[test]
fn the_tests_read_code_and_not_words() {
    let code = code_of(
        "let a = \"rcgen::x \\\" // no\"; // rcgen::y\nlet b = r#\"\"rcgen::\"#; let c = '\"'; rcgen::z('\\'');",
    );
    assert_eq!(places(&code, "rcgen::").count(), 1, "{code}");
    assert_eq!(names_after("{error, pki::Label}; use x"), ["error", "pki"]);
    assert_eq!(names_after("store::Store;"), ["store"]);
    assert_eq!(places("my_rcgen::x rcgen::y", "rcgen::").count(), 1);
}
