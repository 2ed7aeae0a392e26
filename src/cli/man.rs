//! `pkictl man`: manual pages, made from the same definitions as `--help`.

use super::args::{self, ManArgs};
use super::failure::Failure;
use super::output::Output;
use crate::artifact::{self, Artifact, Existing};
use crate::error::Error;

pub(super) fn run(args: &ManArgs, output: &Output) -> Result<(), Failure> {
    let command = args::command(&["pkictl".into(), "man".into()]).disable_help_subcommand(true);
    let Some(directory) = &args.out_dir else {
        return output.raw(&page(command)?);
    };
    let mut pages = vec![Artifact::public("pkictl.1", page(command.clone())?)];
    for subcommand in command.get_subcommands() {
        collect(subcommand, "pkictl", &mut pages)?;
    }
    let written = artifact::write_all(directory, &pages, Existing::Replace)?;
    output.say(&format!("wrote {} manual pages into {}", written.len(), directory.display()));
    Ok(())
}

/// The page of a command and those of its own commands, which it has only once it is built.
fn collect(command: &clap::Command, parent: &str, pages: &mut Vec<Artifact>) -> Result<(), Failure> {
    let name = format!("{parent}-{}", command.get_name());
    let mut named =
        command.clone().name(name.clone()).bin_name(name.replace('-', " ")).disable_help_subcommand(true);
    named.build();
    for subcommand in named.get_subcommands() {
        collect(subcommand, &name, pages)?;
    }
    pages.push(Artifact::public(format!("{name}.1"), page(named)?));
    Ok(())
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(|error| Error::io("make", "a manual page", error))?;
    Ok(text)
}
