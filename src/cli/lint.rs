//! `pkictl lint`: finds mistakes in files made by any tool.

mod tracked;

use std::path::Path;

use serde::Serialize;
use zeroize::Zeroizing;

use super::args::LintArgs;
use super::args::lint::Deny;
use super::clock;
use super::failure::Failure;
use super::global::{Format, Global};
use super::presentation::finding_text::describe;
use super::presentation::output::{BOLD, DIM, Output, RED, YELLOW, paint};
use crate::lint::{self, Finding, FindingCounts, RuleInfo, Severity, SourceFile};
use crate::store;

pub(super) fn run(args: &LintArgs, _: &Global, output: &Output) -> Result<(), Failure> {
    if args.list {
        return list(output);
    }
    let read = args.files.iter().chain(args.ca.iter().filter(|path| !args.files.contains(path)));
    let inputs = read.map(|path| Input::read(path, args.ca.contains(path))).collect::<Result<Vec<_>, _>>()?;
    let files: Vec<SourceFile<'_>> = inputs.iter().map(Input::file).collect();
    let findings = lint::files(&files, &args.places, clock::now()?);
    let counts = FindingCounts::of(&findings);
    match output.format {
        Format::Json => output.json(&Json { counts, findings: &findings })?,
        Format::Sarif => output.raw(format!("{:#}\n", lint::sarif(&findings)).as_bytes())?,
        Format::Human if output.is_quiet() && findings.is_empty() => {}
        Format::Human | Format::Junit | Format::Mermaid | Format::Dot => {
            output.data(&human(&findings, counts, files.len()))?
        }
    }
    let denied = args.deny == Some(Deny::Warnings) && counts.warnings > 0;
    if counts.errors > 0 || denied { Err(Failure::checks_failed()) } else { Ok(()) }
}

#[derive(Serialize)]
struct Json<'a> {
    counts: FindingCounts,
    findings: &'a [Finding],
}

/// A file, read.
struct Input {
    name: String,
    bytes: Zeroizing<Vec<u8>>,
    mode: Option<u32>,
    tracked: bool,
    trusted: bool,
}

impl Input {
    fn read(path: &Path, trusted: bool) -> Result<Self, Failure> {
        let bytes = Zeroizing::new(store::read_file(path)?);
        Ok(Self {
            name: path.display().to_string(),
            mode: mode(path),
            tracked: tracked::is_tracked(path),
            bytes,
            trusted,
        })
    }

    fn file(&self) -> SourceFile<'_> {
        let Self { name, bytes, mode, tracked, trusted } = self;
        SourceFile { name, bytes, mode: *mode, tracked: *tracked, trusted: *trusted }
    }
}

/// The permission bits of a regular file; those of a pipe mean nothing.
#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

fn human(findings: &[Finding], counts: FindingCounts, files: usize) -> String {
    let mut text = String::new();
    for finding in findings {
        text += &format!("{} {}\n\n", severity(finding.rule.severity), describe(finding));
    }
    let part = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let [errors, warnings] =
        [(counts.errors, "error", RED), (counts.warnings, "warning", YELLOW)].map(|(count, word, style)| {
            match count {
                0 => part(count, word),
                _ => paint(style, part(count, word)),
            }
        });
    text + &format!("{errors}, {warnings}, {} in {}\n", part(counts.notes, "note"), part(files, "file"))
}

fn severity(severity: Severity) -> String {
    match severity {
        Severity::Error => paint(RED, "error:"),
        Severity::Warning => paint(YELLOW, "warning:"),
        Severity::Note => paint(BOLD, "note:"),
    }
}

fn list(output: &Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Rules {
        rules: Vec<RuleInfo>,
    }
    match output.format {
        Format::Json => output.json(&Rules { rules: lint::rules() }),
        Format::Sarif => output.raw(format!("{:#}\n", lint::sarif(&[])).as_bytes()),
        Format::Human | Format::Junit | Format::Mermaid | Format::Dot => {
            let rules: Vec<String> = lint::rules().iter().map(rule).collect();
            output.data(&rules.join("\n"))
        }
    }
}

fn rule(rule: &RuleInfo) -> String {
    let places: Vec<String> = rule.errors_for.iter().map(ToString::to_string).collect();
    let places = match places.is_empty() {
        true => String::new(),
        false => format!("; an error for {}", places.join(", ")),
    };
    let severity = severity(rule.severity).replace(':', "");
    format!(
        "{} ({severity}{places})\n  {} {}\n  {} {}\n",
        paint(BOLD, rule.id),
        paint(DIM, "source:"),
        rule.source,
        paint(DIM, "fix:   "),
        rule.fix
    )
}
