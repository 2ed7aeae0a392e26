//! Builds the clap command for given arguments, and reads its matches.

use std::ffi::{OsStr, OsString};

use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches, Subcommand, ValueEnum};

use super::{Cli, Command};
use crate::cli::emit_args;
use crate::cli::environment::early_value;
use crate::cli::global::{Color, Explicit, Global};

/// As much of the command line as these arguments need: a program that runs for milliseconds must not spend one on
/// commands that were not named. All are built only if the arguments do not begin with the name of a command.
pub fn build_command(arguments: &[OsString]) -> clap::Command {
    let program = program(arguments);
    if matches!(arguments, [_, only] if only == "--version" || only == "-V") {
        return program;
    }
    if let Some(target) = emit_args::target(arguments)
        && let Some(emit) = alone("emit")
    {
        return emit_args::with_emitters(program.subcommand(emit), arguments, Some(target));
    }
    let names = |word: &str| arguments.iter().any(|argument| argument == word);
    // Manual pages are made of one command at a time.
    if names("man") {
        return emit_args::with_emitters(whole(program), arguments, None);
    }
    if ["emit", "bundle", "help"].into_iter().any(names) {
        return described(emit_args::with_emitters(whole(program), arguments, None));
    }
    match arguments.get(1).and_then(alone) {
        Some(named) => program.subcommand(named),
        None => described(whole(program)),
    }
}

/// The program without its commands. The colors of help and errors are decided before the arguments are understood.
fn program(arguments: &[OsString]) -> clap::Command {
    let wanted = early_value(arguments, "--color");
    let wanted = wanted.and_then(|when| Color::from_str(&when.to_string_lossy(), false).ok());
    Cli::command().color(match wanted.unwrap_or(Color::Auto) {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    })
}

/// One command.
fn alone(name: impl AsRef<OsStr>) -> Option<clap::Command> {
    let mut all = Command::augment_subcommands(clap::Command::default());
    let named = all.find_subcommand_mut(name).map(std::mem::take);
    // Dropping, piece by piece, what lives as long as the program would only take time.
    std::mem::forget(all);
    named
}

/// With every command built: before that, none has a description.
fn described(mut command: clap::Command) -> clap::Command {
    command.build();
    command
}

fn whole(program: clap::Command) -> clap::Command {
    // The commands bring a description of themselves, which would take the place of the program's.
    let [about, long_about] =
        [program.get_about(), program.get_long_about()].map(|text| text.cloned().unwrap_or_default());
    Command::augment_subcommands(program).about(about).long_about(long_about)
}

/// The options of every command, and the command.
pub fn read(mut matches: ArgMatches) -> Result<(Global, Command), clap::Error> {
    let explicit = Explicit::of(&matches);
    let mut global = Cli::from_arg_matches_mut(&mut matches)?.global;
    global.explicit = explicit.complete(&mut global);
    Ok((global, Command::from_arg_matches_mut(&mut matches)?))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, build_command};
    use crate::cli::emit_args;

    fn whole() -> clap::Command {
        super::whole(Cli::command())
    }

    /// What clap says to `arguments`: help, the version, or an error.
    fn answer(command: clap::Command, arguments: &[&str]) -> String {
        command.try_get_matches_from(arguments).expect_err("clap answers by itself").to_string()
    }

    #[test]
    fn a_command_that_is_built_alone_answers_as_it_does_among_all() {
        let commands = whole();
        let names = commands.get_subcommands().flat_map(|one| one.get_all_aliases().chain([one.get_name()]));
        // The emitters are added to these.
        for name in names.filter(|name| !["emit", "bundle", "man"].contains(name)) {
            for rest in ["--help", "-h", "--no-such-option"] {
                let arguments = ["pkictl", name, rest];
                let alone = build_command(&arguments.map(Into::into));
                assert!(alone.get_subcommands().count() == 1, "{name} is not built alone");
                assert_eq!(answer(alone, &arguments), answer(whole(), &arguments), "{arguments:?}");
            }
        }
        let all = || emit_args::with_emitters(whole(), &[], None);
        let emit = all().find_subcommand("emit").expect("a command").clone();
        let targets: Vec<String> =
            emit.get_subcommands().map(|target| target.get_name().to_owned()).collect();
        assert!(targets.len() > 30, "{targets:?}");
        for target in &targets {
            for rest in ["--help", "-h", "--no-such-option"] {
                let arguments = ["pkictl", "emit", target, rest];
                let one = build_command(&arguments.map(Into::into));
                let found = one.find_subcommand("emit").expect("a command").get_subcommands().count();
                assert_eq!(found, 1, "{target} is not built alone");
                assert_eq!(answer(one, &arguments), answer(all(), &arguments), "{arguments:?}");
            }
        }
        for option in ["--version", "-V"] {
            let arguments = ["pkictl", option];
            let root = build_command(&arguments.map(Into::into));
            assert!(root.get_subcommands().next().is_none(), "commands were built for nothing");
            assert_eq!(answer(root, &arguments), answer(whole(), &arguments));
        }
    }
}
