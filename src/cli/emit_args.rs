//! The arguments of `emit`: one subcommand for each emitter, made from its description.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::environment::early_value;
use super::environment::variable;
use crate::emit::{Emitter, Emitters, OptionSpec, OptionType};

const HEADING: &str = "Output options";

const EXAMPLES: &str = "\
Examples:
  pkictl emit --list
  pkictl emit nginx --help
  pkictl emit nginx --cert web --allow backend -d deploy";

/// The option of emitters that need a CA key, which may be encrypted.
pub(super) const PASSPHRASE_FILE: &str = "passphrase-file";

/// The arguments of `emit` as given; the emitter's description defines their meaning.
#[derive(Debug)]
pub struct EmitArgs {
    target: Option<(String, ArgMatches)>,
}

impl EmitArgs {
    /// The emitter and its arguments; `None` for `--list`.
    pub(super) fn target(&self) -> Option<(&str, &ArgMatches)> {
        self.target.as_ref().map(|(name, matches)| (name.as_str(), matches))
    }
}

impl clap::FromArgMatches for EmitArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { target: matches.subcommand().map(|(name, matches)| (name.to_owned(), matches.clone())) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for EmitArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .about("Generate configuration for the place of use: Routes, nginx, Kubernetes, ...")
            .subcommand_value_name("TARGET")
            .subcommand_help_heading("Targets")
            .arg(
                Arg::new("list")
                    .long("list")
                    .action(ArgAction::SetTrue)
                    .help("List the targets, and what each was tested with"),
            )
            .arg_required_else_help(true)
            .before_help(EXAMPLES)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// Whether the main file goes to standard output.
pub(super) fn prints(args: &EmitArgs) -> bool {
    args.target().is_some_and(|(_, matches)| {
        let file = matches.get_one::<PathBuf>("output");
        matches.get_one::<PathBuf>("out-dir").is_none() && file.is_none_or(|file| file.as_os_str() == "-")
    })
}

/// The emitter that these arguments name behind `emit`; `None` if all must be built.
pub(super) fn target(arguments: &[OsString]) -> Option<String> {
    let [_, command, target, ..] = arguments else { return None };
    let is_emit = command == "emit" || command == "bundle";
    is_emit.then(|| emitters(arguments).names().into_iter().find(|name| target == name.as_str())).flatten()
}

/// Adds a subcommand for an emitter, or for each one that these arguments can see.
pub(super) fn with_emitters(
    command: clap::Command,
    arguments: &[OsString],
    only: Option<String>,
) -> clap::Command {
    let emitters = emitters(arguments);
    let taken = taken_names(&command);
    let names = only.map_or_else(|| emitters.names(), |name| vec![name]);
    let subcommands = names.into_iter().map(|name| match emitters.load(&name) {
        Ok(emitter) if clash(&emitter, &taken).is_none() => subcommand(&emitter),
        // The reason is reported when the emitter is used; the others must work meanwhile.
        _ => clap::Command::new(name)
            .about("(cannot read its emitter.toml)")
            .args(destination())
            .arg(Arg::new("rest").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true).hide(true)),
    });
    command.mut_subcommand("emit", |emit| emit.subcommands(subcommands.collect::<Vec<_>>()))
}

/// The emitters that these arguments can see.
pub(super) fn emitters(arguments: &[OsString]) -> Emitters {
    let pki =
        early_value(arguments, "--pki").or_else(|| variable("PKICTL_DIR")).unwrap_or_else(|| "pki".into());
    let own = early_value(arguments, "--templates").map(PathBuf::from);
    Emitters::new(own.into_iter().chain([PathBuf::from(pki).join("emit")]).collect())
}

/// A name or letter of the emitter's options that is already taken; within a description they are distinct.
pub(super) fn clash(emitter: &Emitter, taken: &[String]) -> Option<String> {
    let names = |option: &OptionSpec| {
        option.names().map(str::to_owned).chain(option.short.map(String::from)).collect::<Vec<_>>()
    };
    emitter.options.iter().flat_map(names).find(|name| taken.contains(name))
}

/// Names and letters of the options that every emitter has.
pub(super) fn taken_names(command: &clap::Command) -> Vec<String> {
    let all: Vec<Arg> = command.get_arguments().cloned().chain(destination()).collect();
    let own = ["help", "h", "version", "V", PASSPHRASE_FILE, "password-file"].map(str::to_owned);
    let names = all.iter().flat_map(|argument| {
        argument
            .get_long()
            .map(str::to_owned)
            .into_iter()
            .chain(argument.get_short().map(String::from))
            .collect::<Vec<_>>()
    });
    names.chain(own).collect()
}

fn subcommand(emitter: &Emitter) -> clap::Command {
    let examples: Vec<String> = emitter.examples.iter().map(|example| format!("  {example}")).collect();
    let mut command = clap::Command::new(emitter.name.clone()).about(emitter.summary.clone());
    command = command.before_help(format!("Examples:\n{}", examples.join("\n")));
    command = command.after_help(format!("Proven by: {}", emitter.proven_by));
    for option in &emitter.options {
        command = command.arg(argument(option));
        if let Some(files) = &option.files {
            let file = |name: &str, what: &str| {
                Arg::new(name.to_owned())
                    .long(name.to_owned())
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .value_hint(ValueHint::FilePath)
                    .requires(option.name.clone())
                    .help(format!("{what}, if --{} is a file", option.name))
            };
            command = command.arg(file(&files.key, "Private key in PEM"));
            if let Some(ca) = &files.ca {
                command = command.arg(file(ca, "Issuing CA certificates in PEM"));
            }
        }
    }
    if emitter.options.iter().any(|option| option.kind == OptionType::Authority) {
        command = command.arg(passphrase_file());
    }
    command.args(destination())
}

fn passphrase_file() -> Arg {
    Arg::new(PASSPHRASE_FILE)
        .long(PASSPHRASE_FILE)
        .visible_alias("password-file")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::FilePath)
        .help("File whose first line is the passphrase of the CA key")
}

fn argument(option: &OptionSpec) -> Arg {
    let mut argument = Arg::new(option.name.clone()).help(option.help.clone()).hide(option.hidden);
    if option.positional {
        argument = argument.required(option.required);
    } else {
        argument = argument.long(option.name.clone()).required(option.required);
        if let Some(short) = option.short {
            argument = argument.short(short);
        }
        argument = argument.visible_aliases(option.aliases.clone());
    }
    argument = argument.value_name(option.value_name.clone().unwrap_or_else(|| match option.kind {
        OptionType::Choice => option.name.rsplit('-').next().unwrap_or_default().to_uppercase(),
        _ => option.name.to_uppercase(),
    }));
    if let Some(default) = option.default.as_ref().filter(|text| !text.contains("{{") && !text.contains("{%"))
    {
        argument = argument.help(format!("{} [default: {default}]", option.help));
    }
    match option.kind {
        OptionType::Flag => argument.action(ArgAction::SetTrue),
        OptionType::List => argument.action(ArgAction::Append).value_delimiter(','),
        OptionType::Choice => argument.value_parser(PossibleValuesParser::new(option.choices.clone())),
        OptionType::Integer => argument.allow_negative_numbers(true),
        OptionType::Callers | OptionType::Credentials => argument
            .action(ArgAction::Append)
            .value_delimiter(',')
            .add(ArgValueCandidates::new(candidates::credentials)),
        OptionType::Server | OptionType::Client => {
            argument.value_hint(ValueHint::FilePath).add(candidates::credentials_or_files())
        }
        OptionType::Trust | OptionType::Authority => {
            argument.value_hint(ValueHint::FilePath).add(candidates::authorities_or_files())
        }
        _ => argument,
    }
}

fn destination() -> [Arg; 4] {
    let path = |name: &'static str, short: char, value: &'static str| {
        Arg::new(name)
            .long(name)
            .short(short)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .help_heading(HEADING)
    };
    [
        path("output", 'o', "FILE")
            .value_hint(ValueHint::FilePath)
            .conflicts_with("out-dir")
            .help("Write the main file here; - for standard output [default: -]"),
        path("out-dir", 'd', "DIR").value_hint(ValueHint::DirPath).help("Write all files to this directory"),
        Arg::new("force")
            .long("force")
            .short('f')
            .action(ArgAction::SetTrue)
            .help_heading(HEADING)
            .help("Replace existing files"),
        Arg::new("insist")
            .long("insist")
            .action(ArgAction::SetTrue)
            .help_heading(HEADING)
            .help("Write anyway if the cluster would accept the result but its clients would not"),
    ]
}
