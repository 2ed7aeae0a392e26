//! `pkictl profile`: the templates of certificates.

use serde::Serialize;

use super::args::manifest::TargetArgs;
use super::args::{ProfileArgs, ProfileCommand};
use super::failure::Failure;
use super::global::{Format, Global};
use super::manifest;
use super::presentation::hint::location;
use super::presentation::output::{BOLD, Output, RED, paint, table};
use crate::artifact;
use crate::error::Result;
use crate::profile::Profile;

pub(super) fn run(args: &ProfileArgs, global: &Global, output: &Output) -> std::result::Result<(), Failure> {
    match &args.command {
        ProfileCommand::List => list(global, output),
        ProfileCommand::Show { name, output: file, force } => {
            let target = TargetArgs { output: file.clone(), force: *force };
            show(name, &target, global, output)
        }
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    profile: Option<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    role: String,
    key_type: String,
    validity: String,
    summary: String,
}

impl Row {
    fn new(name: String, profile: Result<Profile>) -> Self {
        match profile {
            Ok(profile) => {
                let summary = Summary {
                    role: profile.role.to_string(),
                    key_type: profile.key_algorithm.to_string(),
                    validity: profile.validity.to_string(),
                    summary: profile.summary,
                };
                Self { name, profile: Some(summary), error: None }
            }
            // One that is broken must not hide the others.
            Err(error) => Self { name, profile: None, error: Some(error.to_string()) },
        }
    }

    fn cells(self) -> Vec<String> {
        let name = paint(BOLD, self.name);
        match self.profile {
            Some(found) => vec![name, found.key_type, found.validity, found.summary],
            None => vec![name, paint(RED, format!("unreadable: {}", self.error.unwrap_or_default()))],
        }
    }
}

fn list(global: &Global, output: &Output) -> std::result::Result<(), Failure> {
    let profiles = global.profile_library();
    let names = profiles.names().into_iter();
    let rows: Vec<Row> = names
        .map(|name| {
            let profile = profiles.load(&name);
            Row::new(name, profile)
        })
        .collect();
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct All {
            profiles: Vec<Row>,
        }
        return output.json(&All { profiles: rows });
    }
    output.data(&table(&rows.into_iter().map(Row::cells).collect::<Vec<_>>()))
}

fn show(
    name: &str,
    target: &TargetArgs,
    global: &Global,
    output: &Output,
) -> std::result::Result<(), Failure> {
    let profiles = global.profile_library();
    let (text, _) = profiles.text(name)?;
    let own = global.pki.join("profiles");
    if !manifest::is_stdout(target) {
        if target.output.starts_with(&global.pki) {
            artifact::create_directory(&global.pki, 0o700)?.keep();
        }
        manifest::write(&text, target, output)?;
        if let Some(copy) = target.output.file_stem() {
            output.next(&format!(
                "change it, and `pkictl issue {} NAME{}`",
                copy.to_string_lossy(),
                location(global)
            ));
        }
        return Ok(());
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct Shown {
            #[serde(flatten)]
            row: Row,
            text: String,
        }
        return output.json(&Shown { row: Row::new(name.to_owned(), profiles.load(name)), text });
    }
    output.data(&text)?;
    if !own.join(format!("{name}.toml")).exists() {
        output.next(&format!("pkictl profile show {name} -o {}/NAME.toml", own.display()));
    }
    Ok(())
}
