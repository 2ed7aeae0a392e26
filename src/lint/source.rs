//! The files that are judged, and what their names say.

/// A file to judge, with what its bytes do not say.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    /// Its path, as people know it.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Its permission bits, where the system has them and they mean something.
    pub mode: Option<u32>,
    /// Whether it is under version control.
    pub tracked: bool,
    /// Whether someone loads it as trusted authorities. A name such as `ca.crt` says that, too.
    pub trusted: bool,
}

/// A file, or a field of a manifest.
pub(super) struct Source {
    /// What people call it: the file, or the file and the field.
    pub(super) place: String,
    /// What it has in common with the files that belong to it.
    pub(super) group: SourceGroup,
    /// The file.
    pub(super) file: String,
    /// Whether it is loaded as trusted authorities.
    pub(super) trusted: bool,
    /// Permission bits; `None` where they say nothing.
    pub(super) mode: Option<u32>,
    /// Whether it is under version control.
    pub(super) tracked: bool,
}

impl Source {
    pub(super) fn new(place: &str, file: &str, of: &SourceFile<'_>) -> Self {
        let trusted = of.trusted || words(last_part(place)).any(|word| TRUST_WORDS.contains(&word.as_str()));
        Self {
            place: place.to_owned(),
            group: group(place),
            file: file.to_owned(),
            trusted,
            mode: of.mode.filter(|_| place == file),
            tracked: of.tracked,
        }
    }
}

/// What names of files that belong together have in common, such as `web.crt` and `web-key.pem` in one directory: the
/// directory, and the words that do not name a kind of file.
pub(super) type SourceGroup = (String, Vec<String>);

fn group(place: &str) -> SourceGroup {
    let last = last_part(place);
    let stem = words(last).filter(|word| !KIND_WORDS.contains(&word.as_str())).collect();
    (place[..place.len() - last.len()].to_owned(), stem)
}

/// Words in names of files that are loaded as trusted authorities.
const TRUST_WORDS: [&str; 11] =
    ["ca", "cas", "cacert", "cacerts", "root", "roots", "rootca", "trust", "truststore", "anchor", "anchors"];

/// Words in names of files that say what kind of thing a file holds, not whose.
const KIND_WORDS: [&str; 11] =
    ["key", "cert", "crt", "cer", "pem", "der", "chain", "fullchain", "private", "certificate", "certs"];

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

fn last_part(place: &str) -> &str {
    let part = place.rsplit(['/', '\\']).next().unwrap_or(place);
    part.rsplit(": ").next().unwrap_or(part)
}
