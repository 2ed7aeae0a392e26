//! `pkictl man`: manual pages, made from the same definitions as `--help`.

use clap_mangen::Man;

use super::args::{self, ManArgs};
use super::failure::Failure;
use super::presentation::output::Output;
use crate::artifact::{self, Artifact, Existing};
use crate::error::Error;

const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "Success."),
    ("1", "Failed."),
    ("2", "Wrong usage, or an invalid value."),
    ("3", "A check failed."),
];

const ENVIRONMENT: [(&str, &str); 5] = [
    ("PKICTL_DIR", "The PKI directory, if --pki is not given."),
    ("PKICTL_ENV", "The environment, if --env is not given."),
    ("PKICTL_PASSPHRASE", "The passphrase of the CA key, if --passphrase-file is not given."),
    ("NO_COLOR", "Disables colors, if --color is not given."),
    ("SOURCE_DATE_EPOCH", "The time to use as now, in seconds since 1970 (not by `verify`)."),
];

pub(super) fn run(args: &ManArgs, output: &Output) -> Result<(), Failure> {
    let mut command = args::build_command(&["pkictl".into(), "man".into()]).disable_help_subcommand(true);
    let Some(directory) = &args.out_dir else {
        return output.raw(&page(command)?);
    };
    let mut pages = vec![Artifact::public("pkictl.1", page(command.clone())?)];
    let global: Vec<clap::Arg> = command.get_arguments().filter(|one| one.is_global_set()).cloned().collect();
    for subcommand in command.get_subcommands_mut() {
        collect(subcommand, "pkictl", &global, &mut pages)?;
    }
    let written = artifact::write_all(directory, &pages, Existing::Replace)?;
    output.say(&format!("wrote {} manual pages to {}", written.len(), directory.display()));
    Ok(())
}

/// The page of a command and those of its own commands, which it has only once it is built.
fn collect(
    command: &clap::Command,
    parent: &str,
    global: &[clap::Arg],
    pages: &mut Vec<Artifact>,
) -> Result<(), Failure> {
    let name = format!("{parent}-{}", command.get_name());
    let mut named = command
        .clone()
        .name(name.clone())
        .bin_name(name.replace('-', " "))
        .disable_help_subcommand(true)
        .args(global);
    named.build();
    for subcommand in named.get_subcommands() {
        // The options of every command are handed down already.
        collect(subcommand, &name, &[], pages)?;
    }
    pages.push(Artifact::public(format!("{name}.1"), page(named)?));
    Ok(())
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut command = command.mut_args(with_aliases);
    let text = |part: Option<&clap::builder::StyledStr>| part.map(ToString::to_string).unwrap_or_default();
    let examples = text(command.get_before_help());
    // What all have in common has sections of its own.
    let notes = match command.get_name() == "pkictl" {
        true => String::new(),
        false => text(command.get_after_help()),
    };
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    let usage = command.render_usage().to_string();

    let mut page = Vec::new();
    let man = Man::new(command);
    let mut render = || {
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        page.extend(section("SYNOPSIS", usage.trim_start_matches("Usage: ")));
        man.render_description_section(&mut page)?;
        if !aliases.is_empty() {
            page.extend(format!(".PP\nAlso called {}.\n", escape(&aliases.join(", "))).into_bytes());
        }
        man.render_options_section(&mut page)?;
        man.render_subcommands_section(&mut page)
    };
    render().map_err(|error| Error::io("make", "a manual page", error))?;
    if !notes.is_empty() {
        page.extend(format!(".SH NOTES\n{}\n", escape(&notes).replace("\n\n", "\n.PP\n")).into_bytes());
    }
    page.extend(section("EXAMPLES", examples.trim_start_matches("Examples:\n")));
    page.extend(list("EXIT STATUS", &EXIT_STATUS));
    page.extend(list("ENVIRONMENT", &ENVIRONMENT));
    Ok(page)
}

/// An option with its other names in its description, because manual pages have no other place for them.
fn with_aliases(argument: clap::Arg) -> clap::Arg {
    let aliases: Vec<String> =
        argument.get_visible_aliases().unwrap_or_default().iter().map(|alias| format!("--{alias}")).collect();
    if aliases.is_empty() {
        return argument;
    }
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    argument.help(format!("{help} [also: {}]", aliases.join(", ")))
}

/// A section whose lines stay as they are; none for an empty text.
fn section(title: &str, text: &str) -> Vec<u8> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    format!(".SH {title}\n.nf\n{}\n.fi\n", escape(text.trim_end())).into_bytes()
}

fn list(title: &str, items: &[(&str, &str)]) -> Vec<u8> {
    let items = items.iter().map(|(name, text)| format!(".TP\n\\fB{}\\fR\n{}\n", escape(name), escape(text)));
    format!(".SH {title}\n{}", items.collect::<String>()).into_bytes()
}

/// Text escaped for roff: a backslash, a hyphen, and a dot or a quote that begins a line mean something else there.
fn escape(text: &str) -> String {
    let line = |line: &str| {
        let escaped = line.replace('\\', "\\e").replace('-', "\\-");
        match escaped.starts_with(['.', '\'']) {
            true => format!("\\&{escaped}"),
            false => escaped,
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
