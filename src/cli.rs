//! The command line: arguments in, one call into the library, output and exit code out.
//!
//! Only here are the clock, the environment and the terminal looked at.

mod apply;
pub mod args;
mod clock;
mod completions;
mod destination;
mod drafts;
mod emit;
mod emit_args;
mod emit_input;
mod environment;
mod failure;
mod findings;
mod hint;
mod init;
mod issue;
mod lint;
mod list;
mod man;
mod manifest;
mod material;
mod matrix;
mod output;
mod passphrase;
mod profile;
mod progress;
mod prompt;
mod report;
mod show;
mod text;
mod verify;

use std::process::ExitCode;

use args::{Command, Format, Global};
use failure::Failure;
use output::Output;

/// Runs the program and returns its exit code: 0 done, 1 could not do it, 2 usage, 3 a check found a failure.
pub fn main() -> ExitCode {
    completions::answer_shell();
    let arguments = environment::arguments();
    let mut grammar = args::command(&arguments);
    let matches = grammar.try_get_matches_from_mut(&arguments);
    // Taking apart, piece by piece, what lives as long as the program would only take time.
    std::mem::forget(grammar);
    let (global, command) = match matches.and_then(args::read) {
        Ok(read) => read,
        Err(error) => return output::usage(&hint::with_tip(error)),
    };
    let output = Output::new(&global);
    match run(&command, &global, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure, &global),
    }
}

fn run(command: &Command, global: &Global, output: &Output) -> Result<(), Failure> {
    global.check()?;
    let is_lint = matches!(command, Command::Lint(_));
    let (only, name) = match global.format {
        Format::Junit => (matches!(command, Command::Verify(_)), "only `verify` reports in the form junit"),
        Format::Sarif => (is_lint, "only `lint` reports in the form sarif"),
        Format::Mermaid | Format::Dot => (
            matches!(command, Command::Verify(args) if args.policy.file.is_some()),
            "only `verify` draws, and only a manifest",
        ),
        Format::Human | Format::Json => (true, ""),
    };
    if !only {
        let draws = matches!(global.format, Format::Mermaid | Format::Dot);
        let hint =
            if draws { "name the manifest with `-f`, or use `--format json`" } else { "use `--format json`" };
        return Err(Failure::usage(name, Some(hint.into())));
    }
    match command {
        Command::Init(args) => init::run(args, global, output),
        Command::Issue(args) => issue::run(args, global, output),
        Command::List(args) => list::run(args, global, output),
        Command::Show(args) => show::run(args, global, output),
        Command::Verify(args) => verify::run(args, global, output),
        Command::Plan(args) => apply::plan(args, global, output),
        Command::Apply(args) => apply::apply(args, global, output),
        Command::Manifest(args) => drafts::run(args, global, output),
        Command::Lint(args) => lint::run(args, global, output),
        Command::Emit(args) => emit::run(args, global, output),
        Command::Profile(args) => profile::run(args, global, output),
        Command::Completions(args) => completions::run(args, output),
        Command::Man(args) => man::run(args, output),
    }
}
