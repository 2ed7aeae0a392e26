//! The only file that prints.
//!
//! Rules: stdout is data, stderr is talk. Errors begin with `error: ` in lower case and end without a full stop; then
//! `expected:` and `found:` where both exist, `caused by:`, an empty line, `hint:`. Color repeats what words say, and
//! never is alone. A closed pipe is not an error.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::error::ContextValue;
use serde::Serialize;

use super::rendered_error::RenderedError;
pub(in crate::cli) use super::style::{BOLD, DIM, GREEN, RED, Style, YELLOW, paint};
use super::style::{render, visible, width};
use crate::cli::failure::{Failure, Kind};
use crate::cli::global::{Color, Format, Global};
use crate::pki::Notice;

/// What an error calls stdout.
const STDOUT: &str = "standard output";

/// Where words go.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Output {
    /// The format of data on stdout.
    pub(in crate::cli) format: Format,
    quiet: bool,
    color: ColorChoice,
}

impl Output {
    pub(in crate::cli) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { format: global.format, quiet: global.quiet, color }
    }

    /// Data on stdout, with colors if wanted.
    pub(in crate::cli) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.color);
        finish(stream.write_all(render(text).as_bytes()).and_then(|()| stream.flush()), STDOUT)
    }

    /// Bytes on stdout, exactly.
    pub(in crate::cli) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stream = io::stdout().lock();
        finish(stream.write_all(bytes).and_then(|()| stream.flush()), STDOUT)
    }

    /// One JSON document on stdout; `"schema": 1` says which names it uses.
    pub(in crate::cli) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Document<'a, T> {
            schema: u32,
            #[serde(flatten)]
            value: &'a T,
        }
        let text = serde_json::to_string_pretty(&Document { schema: 1, value })
            .expect("this program's own types always encode");
        self.raw(format!("{text}\n").as_bytes())
    }

    /// Talk: what was done. Nothing with `--quiet`.
    pub(in crate::cli) fn say(&self, text: &str) {
        if !self.quiet {
            self.talk(text);
        }
    }

    /// Whether only failures are to be said.
    pub(in crate::cli) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The files that were written.
    pub(in crate::cli) fn wrote(&self, written: &[PathBuf]) -> Result<(), Failure> {
        let files: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        if self.format == Format::Json {
            #[derive(Serialize)]
            struct Written {
                files: Vec<String>,
            }
            return self.json(&Written { files });
        }
        for file in files {
            self.say(&format!("{} {file}", paint(GREEN, "wrote")));
        }
        Ok(())
    }

    /// The next useful command.
    pub(in crate::cli) fn next(&self, command: &str) {
        if self.format == Format::Human {
            self.say(&format!("{} {command}", paint(DIM, "next:")));
        }
    }

    /// Notes and warnings.
    pub(in crate::cli) fn notices(&self, notices: &[Notice]) {
        for notice in notices {
            match notice {
                Notice::Note(text) => self.say(&format!("{} {text}", paint(BOLD, "note:"))),
                Notice::Warning(text) => self.talk(&format!("{} {text}", paint(YELLOW.bold(), "warning:"))),
            }
        }
    }

    /// A failed command: prints why, and returns its exit code.
    pub(in crate::cli) fn failure(&self, failure: &Failure, global: &Global) -> ExitCode {
        match (&failure.kind, self.format) {
            (Kind::ChecksFailed, _) => {}
            (_, Format::Json) => complain(&RenderedError::of(failure, global).json()),
            _ => self.talk(&describe(failure, global)),
        }
        ExitCode::from(failure.exit_code())
    }

    /// Whether stdout is a terminal, where a private key must not appear by accident.
    pub(in crate::cli) fn stdout_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// How many columns data on stdout may take: those of the terminal, or 80 where there is none.
    pub(in crate::cli) fn width(&self) -> usize {
        let size = terminal_size::terminal_size().filter(|_| self.stdout_is_terminal());
        size.map_or(80, |(columns, _)| usize::from(columns.0))
    }

    fn talk(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.color);
        // There is nowhere left to report that stderr cannot be written.
        let _ = writeln!(stream, "{}", render(text));
    }
}

/// What clap has to say: help and version on stdout, wrong usage on stderr, for programs if they asked for that.
pub(in crate::cli) fn usage(mut error: clap::Error, format: Option<&OsStr>) -> ExitCode {
    if error.use_stderr() && format.is_some_and(|format| format == "json") {
        complain(&RenderedError::of_usage(&error).json());
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let typed: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(visible(text)))),
            _ => None,
        })
        .collect();
    for (kind, value) in typed {
        error.insert(kind, value);
    }
    if let Err(failed) = error.print()
        && failed.kind() != io::ErrorKind::BrokenPipe
        && !error.use_stderr()
    {
        complain(&format!("error: cannot write to standard output: {failed}"));
        return ExitCode::FAILURE;
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// A line on stderr, exactly. There is nowhere left to report that it cannot be written.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn describe(failure: &Failure, global: &Global) -> String {
    let rendered = RenderedError::of(failure, global);
    let lines: Vec<String> =
        rendered.messages.iter().map(|message| format!("{} {message}", paint(RED, "error:"))).collect();
    let mut text = lines.join("\n");
    for (name, value) in [("expected:", &rendered.expected), ("found:   ", &rendered.found)] {
        if let Some(value) = value {
            text += &format!("\n  {} {value}", paint(BOLD, name));
        }
    }
    for cause in &rendered.causes {
        text += &format!("\n  caused by: {cause}");
    }
    with_hint(text, rendered.hint.as_deref())
}

fn with_hint(text: String, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{text}\n\n{} {hint}", paint(GREEN.bold(), "hint:")),
        None => text,
    }
}

/// How writing to `place` ended; a closed pipe is not an error.
pub(in crate::cli) fn finish(result: io::Result<()>, place: &str) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| crate::error::Error::io("write to", place, error).into()),
    }
}

/// Columns of equal width with two spaces between them; colors do not count.
pub(in crate::cli) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            // Nothing follows a last cell, so its width does not matter.
            let cells = rows.iter().filter(|row| column + 1 < row.len()).map(|row| &row[column]);
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, column_width) in row.iter().zip(&widths) {
            line += cell;
            line += &" ".repeat(column_width.saturating_sub(width(cell)) + 2);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
