//! `pkictl manifest`: a manifest to begin with, one drafted from another tool's file, and the schema for editors.

use super::args::manifest::{ImportCommand, ManifestArgs, ManifestCommand, TargetArgs};
use super::destination::Destination;
use super::failure::Failure;
use super::global::{Format, Global};
use super::presentation::output::Output;
use super::text;
use crate::artifact::{Artifact, Existing};
use crate::manifest::{self, FILE_NAME, compose};
use crate::template::shell_word;

/// Nothing that is drafted from comes near, in bytes.
const MAX_FILE: u64 = 1 << 21;

pub(super) fn run(args: &ManifestArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    match &args.command {
        ManifestCommand::Init { services, target } => {
            write(&manifest::starter(services)?, target, output)?;
            next(target, output);
        }
        ManifestCommand::Import { command: ImportCommand::Compose { file, target } } => {
            let draft = compose::draft(
                &text::read(file, MAX_FILE)?,
                &file.display().to_string(),
                &global.emitters(),
            )?;
            write(&draft.text, target, output)?;
            if output.format == Format::Human {
                let count = |number: usize, one: &str| {
                    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
                };
                output.say(&format!(
                    "drafted {} and {}",
                    count(draft.services, "service"),
                    count(draft.calls, "call")
                ));
            }
            next(target, output);
        }
        ManifestCommand::Schema { output: file, force } => {
            let schema = manifest::schema(&global.profile_library(), &global.emitters())?;
            let text = serde_json::to_string_pretty(&schema).expect("a JSON value always encodes");
            write(&format!("{text}\n"), &TargetArgs { output: file.clone(), force: *force }, output)?;
        }
    }
    Ok(())
}

/// Whether the manifest goes to standard output. A schema is JSON anyway.
pub(super) fn prints(args: &ManifestArgs) -> bool {
    match &args.command {
        ManifestCommand::Init { target, .. }
        | ManifestCommand::Import { command: ImportCommand::Compose { target, .. } } => is_stdout(target),
        ManifestCommand::Schema { .. } => false,
    }
}

pub(super) fn write(text: &str, target: &TargetArgs, output: &Output) -> Result<(), Failure> {
    let existing = if target.force { Existing::Replace } else { Existing::Keep };
    let name = target.output.file_name().unwrap_or_default().to_string_lossy();
    Destination::file(&target.output, existing)?.write(&[Artifact::public(name, text)], output)
}

/// What to do with a manifest that was written.
fn next(target: &TargetArgs, output: &Output) {
    if is_stdout(target) {
        return;
    }
    match target.output.as_os_str() == FILE_NAME {
        true => output.next("pkictl plan"),
        false => output.next(&format!("pkictl plan -f {}", shell_word(&target.output.display().to_string()))),
    }
}

pub(super) fn is_stdout(target: &TargetArgs) -> bool {
    target.output.as_os_str() == "-"
}
