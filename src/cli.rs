//! The command line: arguments in, one call into the library, output and exit code out.
//!
//! Only here are the clock, the environment and the terminal looked at.

mod apply;
pub mod args;
mod candidates;
mod clock;
mod completions;
mod destination;
mod emit;
mod emit_args;
mod emit_input;
mod environment;
mod failure;
pub mod global;
mod init;
mod issue;
mod lint;
mod list;
mod man;
mod manifest;
mod manifest_context;
mod material;
mod passphrase;
mod presentation;
mod profile;
mod prompt;
mod show;
mod text;
mod verify;

use std::process::ExitCode;

use args::Command;
use failure::Failure;
use global::{Format, Global};
use presentation::output::{self, Output};
use presentation::suggestions;

/// Runs the program and returns its exit code: 0 done, 1 failed, 2 usage, 3 a check found a failure.
pub fn main() -> ExitCode {
    completions::answer_shell();
    let arguments = environment::arguments();
    let mut program = args::build_command(&arguments);
    let matches = program.try_get_matches_from_mut(&arguments);
    let (global, command) = match matches.and_then(args::read) {
        Ok(read) => read,
        Err(error) => {
            let format = environment::early_value(&arguments, "--format");
            return output::usage(
                suggestions::with_suggestion(error, &program, &arguments),
                format.as_deref(),
            );
        }
    };
    // Dropping, piece by piece, what lives as long as the program would only take time.
    std::mem::forget(program);
    prompt::set_color(global.color);
    let output = Output::new(&global);
    match run(&command, &global, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure, &global),
    }
}

fn run(command: &Command, global: &Global, output: &Output) -> Result<(), Failure> {
    global.check()?;
    check_form(command, global.format)?;
    match command {
        Command::Init(args) => init::run(args, global, output),
        Command::Issue(args) => issue::run(args, global, output),
        Command::List(args) => list::run(args, global, output),
        Command::Show(args) => show::run(args, global, output),
        Command::Verify(args) => verify::run(args, global, output),
        Command::Plan(args) => apply::plan(args, global, output),
        Command::Apply(args) => apply::apply(args, global, output),
        Command::Manifest(args) => manifest::run(args, global, output),
        Command::Lint(args) => lint::run(args, global, output),
        Command::Emit(args) => emit::run(args, global, output),
        Command::Profile(args) => profile::run(args, global, output),
        Command::Completions(args) => completions::run(args, output),
        Command::Man(args) => man::run(args, output),
    }
}

/// Refuses a format that the command does not support, instead of ignoring it.
fn check_form(command: &Command, format: Format) -> Result<(), Failure> {
    let (fits, message, hint) = match format {
        Format::Human => return Ok(()),
        Format::Json => (
            !prints_as_it_is(command),
            "this command does not support `--format json`",
            "omit `--format json`, or write to files to get their names as JSON",
        ),
        Format::Junit => (
            matches!(command, Command::Verify(_)),
            "only `verify` supports `--format junit`",
            "use `--format json`",
        ),
        Format::Sarif => (
            matches!(command, Command::Lint(_)),
            "only `lint` supports `--format sarif`",
            "use `--format json`",
        ),
        Format::Mermaid | Format::Dot => (
            matches!(command, Command::Verify(args) if args.policy.file.is_some()),
            "only `verify -f FILE` can draw a diagram",
            "specify the manifest with `-f`, or use `--format json`",
        ),
    };
    if fits { Ok(()) } else { Err(Failure::usage(message, Some(hint.into()))) }
}

/// Whether the command prints a file, a script or a page to standard output.
fn prints_as_it_is(command: &Command) -> bool {
    match command {
        Command::Completions(_) => true,
        Command::Man(args) => args.out_dir.is_none(),
        Command::Show(args) => args.pem,
        Command::Manifest(args) => manifest::prints(args),
        Command::Emit(args) => emit_args::prints(args),
        _ => false,
    }
}
