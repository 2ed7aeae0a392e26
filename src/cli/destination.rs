//! Where emitted files go: standard output, one file, a pipe or device, or a directory.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::material::holds_key;
use super::presentation::output::{BOLD, Output, finish, paint};
use crate::artifact::{self, Artifact, Existing, Sensitivity};
use crate::template::shell_word;

/// Values of `-o` that select an output format in `oc` and `kubectl`, but not here.
const FORMATS: [&str; 4] = ["yaml", "json", "name", "wide"];

/// Where the files go, and whether what is there is replaced.
#[derive(Debug)]
pub(super) struct Destination {
    place: WriteTo,
    existing: Existing,
}

#[derive(Debug)]
enum WriteTo {
    /// Whether `-o -` was given explicitly.
    Standard {
        asked: bool,
    },
    /// A pipe, a terminal, a device: something that is written to and never replaced.
    Stream(PathBuf),
    File(PathBuf),
    Directory(PathBuf),
}

impl Destination {
    /// The destination that the arguments of an emitter name.
    pub(super) fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let existing = if matches.get_flag("force") { Existing::Replace } else { Existing::Keep };
        let path = |name| matches.get_one::<PathBuf>(name);
        let place = match (path("out-dir"), path("output")) {
            (Some(directory), _) => WriteTo::Directory(directory.clone()),
            (None, Some(path)) => place(path, existing)?,
            (None, None) => WriteTo::Standard { asked: false },
        };
        Ok(Self { place, existing })
    }

    /// Where `-o` of another command leads.
    pub(super) fn file(path: &Path, existing: Existing) -> Result<Self, Failure> {
        Ok(Self { place: place(path, existing)?, existing })
    }

    /// Writes the files. The first file of an emitter is the one that people mean; the others lie beside it in a
    /// directory.
    pub(super) fn write(&self, artifacts: &[Artifact], output: &Output) -> Result<(), Failure> {
        let Some((first, others)) = artifacts.split_first() else {
            return Err(Failure::usage("the emitter writes no file with these options", None));
        };
        let (directory, path) = match &self.place {
            WriteTo::Directory(directory) => {
                return output.wrote(&artifact::write_all(directory, artifacts, self.existing)?);
            }
            WriteTo::Standard { asked } => {
                require_no_terminal(first, !asked && output.stdout_is_terminal())?;
                output.raw(&first.contents)?;
                mention(others, output);
                return Ok(());
            }
            WriteTo::Stream(path) => {
                let mut stream = artifact::open_stream(path)?;
                require_no_terminal(first, stream.is_terminal())?;
                finish(stream.write_all(&first.contents), &path.display().to_string())?;
                mention(others, output);
                return Ok(());
            }
            WriteTo::File(path) => (path.parent().unwrap_or(Path::new("")), path),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let written = artifact::write_all(directory, &[renamed(first, &name)], self.existing)?;
        mention(others, output);
        output.wrote(&written)
    }
}

/// What `-o` names. A link to a file is written through, as `cp` does, if files may be replaced at all.
fn place(path: &Path, existing: Existing) -> Result<WriteTo, Failure> {
    let text = path.as_os_str().to_string_lossy();
    if text == "-" || text == "/dev/stdout" {
        return Ok(WriteTo::Standard { asked: text == "-" });
    }
    let is_directory = || {
        let message = format!("{text} is a directory, but `-o` expects a file");
        Err(Failure::usage(message, Some("use `-d` to write all files to it, or name a file in it".into())))
    };
    match path.metadata() {
        Ok(found) if found.is_dir() => is_directory(),
        Ok(found) if !found.is_file() || is_descriptor(path) => Ok(WriteTo::Stream(path.to_owned())),
        Ok(_) if existing == Existing::Replace => {
            Ok(WriteTo::File(path.canonicalize().unwrap_or_else(|_| path.to_owned())))
        }
        Err(_) if text.ends_with(std::path::is_separator) || path.file_name().is_none() => is_directory(),
        Err(_) if FORMATS.contains(&text.as_ref()) => Err(Failure::usage(
            format!("`-o {text}` would write a file named {text:?}: `-o` does not select a format"),
            Some(format!("omit it to print the file, or use `-o ./{text}` to write a file of that name")),
        )),
        _ => Ok(WriteTo::File(path.to_owned())),
    }
}

/// A file descriptor was opened by the caller.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stderr", "/proc/self/fd"].iter().any(|place| path.starts_with(place))
}

/// The same file under another name, by which the commands in its comments call it, too.
fn renamed(artifact: &Artifact, name: &str) -> Artifact {
    let text = std::str::from_utf8(&artifact.contents).unwrap_or_default();
    if text.is_empty() || name.contains(char::is_control) {
        return artifact.named(name);
    }
    let other = shell_word(name);
    let mut contents = Zeroizing::new(Vec::with_capacity(2 * text.len()));
    for line in text.split_inclusive('\n') {
        let is_comment = line.starts_with(['#', '/']);
        for word in line.split_inclusive([' ', '\n']) {
            let bare = word.trim_end_matches([' ', '\n']);
            let renamed = is_comment && bare == artifact.path;
            contents.extend_from_slice(if renamed { other.as_bytes() } else { bare.as_bytes() });
            contents.extend_from_slice(&word.as_bytes()[bare.len()..]);
        }
    }
    Artifact { contents, ..artifact.named(name) }
}

/// A private key is not printed on a terminal by accident.
fn require_no_terminal(artifact: &Artifact, is_terminal: bool) -> Result<(), Failure> {
    if !is_terminal || artifact.sensitivity != Sensitivity::Secret || !holds_key(&artifact.contents) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("{} contains a private key, which would be printed on this terminal", artifact.path),
        Some(
            "write it with `-o FILE` or `-d DIR`, pipe it to another program, or print it anyway with `-o -`"
                .into(),
        ),
    ))
}

/// Files that belong to the one that was written, and were not requested.
fn mention(others: &[Artifact], output: &Output) {
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|artifact| artifact.path.as_str()).collect();
        output.say(&format!("{} `-d DIR` also writes {}", paint(BOLD, "note:"), names.join(", ")));
    }
}
