//! The commands in the comment at the top of an emitted file: a newcomer runs them as they stand there, and so do the
//! tests.

use std::path::Path;

/// The commands behind a word such as `Check`, one a line, without the remarks in brackets after them.
#[track_caller]
pub(super) fn commands(text: &str, word: &str) -> Vec<String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("# {word}:")));
    let first = lines.next().unwrap_or_else(|| panic!("no {word} in the comment of:\n{text}"));
    let first = first.split_once(':').map_or("", |(_, rest)| rest);
    // What goes on below the word is indented; a comment of its own is not.
    let more = lines.map_while(|line| line.strip_prefix("#   "));
    let bare = |line: &str| line.split("   (").next().unwrap_or_default().trim().to_owned();
    std::iter::once(first).chain(more.map(str::trim)).map(bare).collect()
}

/// The only command behind a word.
#[track_caller]
pub(super) fn command(text: &str, word: &str) -> String {
    let mut all = commands(text, word);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn commands_are_read_without_remarks() {
    let text = "# A server.\n# Check:  a -b   (in c)\n#         d\n# Load:   e\n# More.\nf\n";
    assert_eq!(commands(text, "Check"), ["a -b", "d"]);
    assert_eq!(command(text, "Load"), "e");
}

#[test]
fn a_check_that_shows_a_certificate_shows_its_chain() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/emit");
    let mut seen = 0;
    for emitter in pkictl::emit::Emitters::built_in().names() {
        for file in files(&templates.join(emitter).join("expected")) {
            let text = std::fs::read_to_string(&file).expect("text");
            for line in
                text.lines().filter(|line| line.contains("openssl s_client") && line.contains(" -cert "))
            {
                // openssl sends the first certificate of -cert alone: under an intermediate nobody knows the issuer.
                assert!(line.contains(" -cert_chain "), "{}: {line}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
