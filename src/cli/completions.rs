//! Completions: a small script for each shell that asks this program, so that the names of profiles, emitters and
//! credentials complete as well as options do.

use clap::builder::{Resettable, Str};
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{self, CompletionsArgs};
use super::environment::{arguments, variable};
use super::failure::Failure;
use super::presentation::output::Output;

/// The variable by which a script asks.
const VARIABLE: &str = "COMPLETE";

/// Answers a shell that asks for completions, and ends the program; otherwise does nothing.
pub(super) fn answer_shell() {
    if variable(VARIABLE).is_none() {
        return;
    }
    let arguments = arguments();
    CompleteEnv::with_factory(|| without_aliases(args::build_command(&arguments)))
        .var(VARIABLE)
        .completer("pkictl")
        .complete();
}

/// Of names that mean the same the shell is offered the first in the alphabet, which need not be the command's own: so
/// the others are hidden, and still understood.
fn without_aliases(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|named| {
        let aliases: Vec<String> = named.get_all_aliases().map(str::to_owned).collect();
        named.visible_alias(Resettable::<Str>::Reset).aliases(aliases)
    })
}

pub(super) fn run(args: &CompletionsArgs, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    write_script(&args.shell, &mut script);
    output.raw(&script)
}

/// The script of `shell`, one of those that the argument admits.
pub(super) fn write_script(shell: &str, script: &mut Vec<u8>) {
    let shells = Shells::builtins();
    let completer = shells.completer(shell).expect("the argument admits only shells that are built in");
    completer
        .write_registration(VARIABLE, "pkictl", "pkictl", "pkictl", script)
        .expect("writing to memory does not fail");
}
