//! Source files, read as code: without comments, without the content of strings, without tests.

use std::path::Path;

/// A file of the library.
pub struct Source {
    /// Below its directory, with `/`.
    pub name: String,
    /// Without its tests and comments; strings are empty.
    pub code: String,
    /// As it is.
    pub text: String,
}

/// Every file of the library, without those that only tests see.
pub fn sources() -> Vec<Source> {
    let mut found = below("src");
    // Modules that only tests see.
    let test_only: Vec<String> = found.iter().flat_map(test_modules).collect();
    found.retain(|source| !test_only.contains(&source.name));
    assert!(found.len() > 40, "only {} source files were found", found.len());
    found
}

/// Every Rust file below a directory of the project.
pub fn below(directory: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut left = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory of the project").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let name =
                    path.strip_prefix(&root).expect("below it").display().to_string().replace('\\', "/");
                found.push(Source { name, code: code_of(without_tests(&text)), text });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
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
pub fn without_tests(text: &str) -> &str {
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
pub fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let longer_in_front = code[..*at].chars().next_back().is_some_and(in_name);
        let longer_behind = word.ends_with(in_name) && code[at + word.len()..].starts_with(in_name);
        !longer_in_front && !longer_behind
    })
}

/// Where the path of a library begins: a module of the same name inside another library is something else.
pub fn roots<'a>(code: &'a str, library: &'a str) -> impl Iterator<Item = usize> + 'a {
    places(code, library).filter(|at| !code[..*at].ends_with("::"))
}

/// The names of the types, traits and aliases that a file shows to others.
pub fn public_types(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in code.lines().map(str::trim_start) {
        let Some(mut rest) = line.strip_prefix("pub") else { continue };
        if rest.starts_with('(') {
            rest = &rest[rest.find(')').map_or(0, |end| end + 1)..];
        }
        let mut words = rest.split_whitespace().skip_while(|word| *word == "unsafe");
        if let (Some("struct" | "enum" | "trait" | "type" | "union"), Some(name)) =
            (words.next(), words.next())
        {
            found.push(names_after(name)[0]);
        }
    }
    found
}

/// The line of code in which something stands.
pub fn line_of(code: &str, at: usize) -> &str {
    let start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    code[start..].lines().next().unwrap_or_default().trim()
}

/// The first name of a path after `crate::`, or the names in its braces.
pub fn names_after(code: &str) -> Vec<&str> {
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
fn the_tests_read_code_and_not_words() {
    let code = code_of(
        "let a = \"rcgen::x \\\" // no\"; // rcgen::y\nlet b = r#\"\"rcgen::\"#; let c = '\"'; rcgen::z('\\'');",
    );
    assert_eq!(places(&code, "rcgen::").count(), 1, "{code}");
    assert_eq!(names_after("{error, pki::Label}; use x"), ["error", "pki"]);
    assert_eq!(names_after("store::Store;"), ["store"]);
    assert_eq!(places("my_rcgen::x rcgen::y", "rcgen::").count(), 1);
}
